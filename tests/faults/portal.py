"""A real portal that faults happen to, and what is asked of it before and after."""

import http.client
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import lxml.html
import psycopg2

from tests import prepared
from tests.browser.conftest import free_port, wait_for
from tests.copies import KEY, ROOT
from tests.files import picture

RIVERS = ROOT / "tests" / "data" / "rivers"
TOPIC = "/admin/topics/topic/add/"
PREPARE = """
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client
from organizations.models import Organization
from tests.files import picture
board = Organization.objects.get()
board.logo.save("logo.png", ContentFile(picture()))
client = Client()
client.force_login(User.objects.create_superuser("admin"))
print(client.cookies["sessionid"].value, board.logo.url)
"""


class Portal:
    """
    A folder, a database and the web server of a portal.

    `postgres` is a `pgserver.Server`, or None for SQLite. `cookie` is the session of
    an administrator who has signed in, `logo` the address of a public picture.
    """

    def __init__(self, folder, name, postgres=None):
        self.folder, self.name, self.postgres = folder, name, postgres
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "portal.sqlite3"
        url = f"sqlite:///{self.path}"
        if postgres:
            url = postgres.url.rpartition("/")[0] + f"/{name}"
        self.env = os.environ | {
            "DATABASE_URL": url,
            "VAR_DIR": str(folder),
            "SECRET_KEY": KEY,
            "DEBUG": "",
            "HOST": "127.0.0.1",
            "PYTHONPATH": str(ROOT),
        }
        self.process = None

    # Making

    def prepare(self):
        """Fill it: migrations, content, a picture, an administrator, static files."""
        if self.postgres:
            prepared.wait()
            made = f"CREATE DATABASE {self.name} TEMPLATE {prepared.TEMPLATE}"
            self.on_server(made)
        else:
            prepared.copy_to(self.path)
        for command in (
            ["load_forum", RIVERS, "--verbosity=0"],
            ["collectstatic", "--no-input", "--verbosity=0"],
        ):
            self.manage(*command)
        said = self.manage("shell", "--verbosity=0", "--command", PREPARE)
        self.cookie, self.logo = said.split()
        return self

    def copy(self, folder, name, tablespace="pg_default"):
        """Return another one like this, in a folder; this one must not run."""
        other = Portal(folder, name, self.postgres)
        other.cookie, other.logo = self.cookie, self.logo
        shutil.copytree(self.folder / "media", folder / "media")
        (folder / "static").symlink_to(self.folder / "static")
        if self.postgres:
            made = f"CREATE DATABASE {name} TEMPLATE {self.name}"
            self.on_server(f"{made} TABLESPACE {tablespace}")
            # Other tests need not, but here what is acknowledged has to be safe.
            self.on_server(f"ALTER DATABASE {name} SET synchronous_commit = on")
            # Else the sequences of a copied database could fall back in a crash.
            self.on_server("CHECKPOINT")
        else:
            shutil.copy(self.path, other.path)
        return other

    def on_server(self, sql):
        """Carry a statement out that belongs to no database."""
        with closing(self.connect("postgres")) as one:
            one.autocommit = True
            one.cursor().execute(sql)

    # Running

    def start(self, config="python:forum_portal.gunicorn", workers=2, **settings):
        """Start the web server as `make serve` does; return self."""
        self.port = free_port()
        env = {"PORT": str(self.port), "WORKERS": str(workers), **settings}
        command = [sys.executable, "-m", "gunicorn", "-c", config]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env | env, stdout=log, stderr=log
            )
        wait_for(self.port, self.process)
        self.until(lambda: self.get("/en/")[0] == 200)
        return self

    def stop(self):
        if self.process:
            self.process.kill()  # Its workers see that it is gone.
            self.process.wait()
            self.process = None

    def workers(self):
        """Return the process ids of the workers."""
        task = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(task).read_text().split()]

    def kill_worker(self):
        """Kill one of the workers as nothing can be caught or cleaned up."""
        os.kill(self.workers()[0], signal.SIGKILL)

    def manage(self, *arguments):
        """Run manage.py; return what it printed."""
        command = [sys.executable, "manage.py", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    @staticmethod
    def until(holds, seconds=20):
        """Wait until something holds; fail if it has not in that many seconds."""
        end = time.monotonic() + seconds
        while True:
            try:
                if holds():
                    return
            except (OSError, http.client.HTTPException):
                pass
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.05)

    # Asking

    def ask(self, method, path, body=None, headers=None, timeout=40):
        """Return (status, headers, text) of a request by an own connection."""
        visit = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        with closing(visit):
            visit.request(method, path, body, headers or {})
            answer = visit.getresponse()
            text = answer.read().decode(errors="replace")
            return answer.status, answer.headers, text

    def get(self, path, signed_in=False):
        return self.ask("GET", path, headers=self.cookies() if signed_in else None)

    def cookies(self, **more):
        pairs = {"sessionid": self.cookie, **more}
        return {"Cookie": "; ".join(f"{name}={text}" for name, text in pairs.items())}

    def form(self, path, number=-1):
        """Return (fields of a form of a page of the admin, headers to send it with)."""
        status, headers, text = self.get(path, signed_in=True)
        assert status == 200, (status, text[:2000])
        token = headers["Set-Cookie"].partition("csrftoken=")[2].partition(";")[0]
        forms = [
            one
            for one in lxml.html.fromstring(text).forms
            if "csrfmiddlewaretoken" in one.fields and one.get("id") != "logout-form"
        ]
        return dict(forms[number].form_values()), self.cookies(csrftoken=token)

    def post(self, path, fields, headers, files=None):
        """Send a form; return (status, headers, text)."""
        if files is None:
            kind, body = "application/x-www-form-urlencoded", urlencode(fields)
        else:
            kind, body = multipart(fields, files)
        return self.ask("POST", path, body, headers | {"Content-Type": kind})

    # Looking behind the scenes

    def connect(self, name=None, timeout=20):
        """Return a connection to the database, past the portal."""
        if self.postgres:
            home, name = str(self.postgres.home), name or self.name
            return psycopg2.connect(host=home, user="postgres", dbname=name)
        return sqlite3.connect(self.path, timeout=timeout)

    def rows(self, sql):
        """Return what a query finds, as a list."""
        with closing(self.connect()) as one:
            cursor = one.cursor()
            cursor.execute(sql)
            return cursor.fetchall()

    def write(self, sql):
        """Carry a statement out and commit it."""
        with closing(self.connect()) as one:
            one.cursor().execute(sql)
            one.commit()

    def topics(self):
        """Return the slugs of all topics."""
        return {slug for (slug,) in self.rows("SELECT slug FROM topics_topic")}

    def counts(self):
        """Return {table: rows} of everything that people put in."""
        listed = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            if self.postgres
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
        apart = ("sqlite_", "search_", "facet_", "content_", "django_session", "axes_")
        return {
            table: self.rows(f'SELECT count(*) FROM "{table}"')[0][0]  # noqa: S608
            for (table,) in self.rows(listed)
            if not table.startswith(apart)
        }

    def is_writing(self):
        """Tell whether somebody is in the middle of a transaction that writes."""
        if self.postgres:
            found = self.rows(
                "SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL "
                "AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            return bool(found)
        with closing(self.connect(timeout=0)) as one:
            try:
                one.execute("BEGIN IMMEDIATE")
                one.execute("ROLLBACK")
            except sqlite3.OperationalError:
                return True
        return False

    def check(self):
        """Fail unless the database is sound, and pages show what it holds now."""
        if not self.postgres:
            with closing(self.connect()) as one:
                found = one.execute("PRAGMA integrity_check").fetchall()
                assert found == [("ok",)]
                assert one.execute("PRAGMA foreign_key_check").fetchall() == []
        else:
            self.write("CREATE EXTENSION IF NOT EXISTS amcheck")
            self.rows(
                "SELECT bt_index_check(c.oid, true) FROM pg_index AS i "
                "JOIN pg_class AS c ON c.oid = i.indexrelid "
                "JOIN pg_am AS a ON a.oid = c.relam AND a.amname = 'btree' "
                "WHERE c.relnamespace = 'public'::regnamespace"
            )
        # Each topic has its history, each history its topic: nothing is half saved.
        assert self.rows(
            "SELECT slug FROM topics_topic WHERE id NOT IN "
            "(SELECT id FROM topics_historicaltopic)"
        ) == self.rows(
            "SELECT slug FROM topics_historicaltopic WHERE id NOT IN "
            "(SELECT id FROM topics_topic)"
        )
        for label in ("Afloat", "Aground"):
            self.write(
                f"UPDATE topics_topic SET label_en = '{label}' WHERE slug = 'water'"  # noqa: S608
            )
            status, _headers, text = self.get("/en/topics/water/")
            assert (status, label in text) == (200, True)
        assert self.get("/readyz")[0] == 200

    @contextmanager
    def load(self, readers=2, writers=1, fields=None):
        """
        Keep visitors and editors busy; yields what they were answered, as it grows.

        `answers` are the (status, headers, text) of readers, `saved` the slugs whose
        saving was acknowledged, `refused` the answers to those that were not, `cut`
        how many connections broke.
        """
        from concurrent.futures import ThreadPoolExecutor
        from threading import Event
        from types import SimpleNamespace

        told = SimpleNamespace(answers=[], saved=[], refused=[], cut=0)
        over = Event()
        fields, headers = self.form(TOPIC)

        def read(number):
            turn = 0
            while not over.is_set():
                turn += 1
                # Every other page was never asked for and is in no cache.
                query = f"?q=river{number}x{turn}" if turn % 2 else ""
                try:
                    told.answers.append(self.get(f"/en/topics/{query}"))
                except (OSError, http.client.HTTPException):
                    told.cut += 1
                time.sleep(0.02)

        def write(number):
            turn = 0
            while not over.is_set():
                turn += 1
                slug = f"new-{number}-{turn}"
                sent = fields | {"slug": slug, "label_en": slug}
                try:
                    answer = self.post(TOPIC, sent, headers)
                except (OSError, http.client.HTTPException):
                    told.cut += 1
                else:
                    if answer[0] == 302:
                        told.saved.append(slug)
                    else:
                        told.refused.append(answer)
                time.sleep(0.02)

        with ThreadPoolExecutor(readers + writers) as crowd:
            all_of_them = [
                *(crowd.submit(read, number) for number in range(readers)),
                *(crowd.submit(write, number) for number in range(writers)),
            ]
            try:
                yield told
            finally:
                over.set()
            for one in all_of_them:
                one.result()


def multipart(fields, files):
    """Return (content type, body) of a form with files {name: (name, bytes)}."""
    mark = "mark-of-a-part"
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    body = "".join(parts).encode()
    for name, (called, content) in files.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{called}"'
        body += f"--{mark}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return f"multipart/form-data; boundary={mark}", body + f"--{mark}--\r\n".encode()


def logo():
    """Return a picture to upload, as `multipart` takes it."""
    return {"logo": ("logo.png", picture(colour="red"))}
