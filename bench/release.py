"""
Rehearse a release: deploy/release changes over under load, and nobody notices.

    .venv/bin/python -m bench.release [seconds of load around each change]

For real: nginx with deploy/nginx.conf, gunicorn, deploy/release itself, two checkouts
of this repository, an SQLite database with the starting content. The second release
says another version and brings a migration that adds a column. Only systemd is played,
by a script that starts and stops the servers as deploy/systemd says, and the packages
are those that are installed here. Readers follow links, ask again with entity tags and
fetch static files; harvesters post, which nothing may repeat; editors save. Then a
release that cannot start is tried, and the way back.
"""

import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from pathlib import Path

from tests.deploy.front import NAME, ROOT, front, programs_missing

READERS, POSTERS = 4, 1
PAGES = (
    "/en/",
    "/zh-hans/",
    "/en/sessions/",
    "/en/topics/",
    "/zh-hans/regulations/?jurisdiction=EU",
    "/en/search/?q=cobalt",
    "/en/regulations.csv",
    "/api/v1/topics/",
    "/static/css/site.css",
)
MIGRATION = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "{last}")]
    operations = [
        migrations.RunSQL("ALTER TABLE topics_topic ADD COLUMN rehearsed integer"),
    ]
"""
SYSTEMCTL = """#!/bin/bash
# Plays systemd: starts and stops portal@PORT, and reloads nginx.
folder={folder}
case $1 in
is-active) [ -e $folder/${{3#portal@}}.pid ] ;;
start)
    port=${{2#portal@}}
    cd $folder/srv/$port
    set -a; . $folder/portal.env; set +a
    export HOST=127.0.0.1 PORT=$port
    setsid .venv/bin/gunicorn -c python:forum_portal.gunicorn \\
        >>$folder/$port.log 2>&1 9>&- &
    echo $! >$folder/$port.pid ;;
stop)
    pid=$(cat $folder/${{2#portal@}}.pid)
    kill -TERM $pid
    while kill -0 $pid 2>/dev/null; do sleep 0.1; done
    rm $folder/${{2#portal@}}.pid ;;
reload) kill -HUP $(cat $folder/nginx.pid) ;;
esac
"""
# Everybody is the portal's user here.
RUNUSER = '#!/bin/bash\nshift 3\nexec "$@"\n'
NGINX = "#!/bin/bash\nexec {nginx} -c {folder}/main.conf -p {folder} -t -q\n"


def git(folder, *words):
    """Run git in a folder; return what it says."""
    who = ["-c", "user.name=Rehearsal", "-c", "user.email=rehearsal@localhost"]
    command = ["git", "-C", str(folder), *who, *words]
    told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    return told.stdout.strip()


def stage(folder):
    """Lay out a server in a folder: releases as tags, two checkouts, settings."""
    source = folder / "source"
    git(folder, "clone", "-q", "--no-hardlinks", str(ROOT), str(source))
    # What is not committed yet is rehearsed too.
    changed = git(ROOT, "ls-files", "-mo", "--exclude-standard").splitlines()
    for name in changed:
        if (ROOT / name).is_file() and not (ROOT / name).is_symlink():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    git(source, "add", "-A")
    git(source, "commit", "-q", "--allow-empty", "-m", "One")
    git(source, "tag", "one")
    project = source / "pyproject.toml"
    project.write_text(project.read_text().replace('version = "', 'version = "9.'))
    last = sorted((source / "records/migrations").glob("0*.py"))[-1].stem
    added = source / "records/migrations" / f"{int(last[:4]) + 1:04}_rehearsed.py"
    added.write_text(MIGRATION.format(last=last))
    git(source, "add", "-A")
    git(source, "commit", "-q", "-m", "Two")
    git(source, "tag", "two")
    urls = source / "forum_portal/urls.py"
    urls.write_text(urls.read_text() + "\nraise RuntimeError('cannot start')\n")
    git(source, "commit", "-q", "-a", "-m", "Three")
    git(source, "tag", "three")
    for port in ("8001", "8002"):
        place = folder / "srv" / port
        git(folder, "clone", "-q", str(source), str(place))
        git(place, "checkout", "-q", "--detach", "one")
    var = folder / "var"
    var.mkdir()
    (folder / "portal.env").write_text(
        f"SITE_URL='https://{NAME}'\nVAR_DIR='{var}'\nLOG_LEVEL='WARNING'\nDEBUG=''\n"
        "API_RATE='100000/minute'\nEXPORT_RATE='100000/minute'\n"
    )
    programs = folder / "bin"
    programs.mkdir()
    nginx = shutil.which("nginx")
    for name, text in {
        "systemctl": SYSTEMCTL.format(folder=folder),
        "runuser": RUNUSER,
        "nginx": NGINX.format(nginx=nginx, folder=folder),
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PORTAL_ROOT": str(folder / "srv"),
        "PORTAL_ENV": str(folder / "portal.env"),
        "PORTAL_SERVER": str(folder / "server.conf"),
        "PORTAL_PATIENCE": "60",
        "PORTAL_LINGER": "5",
    }


class Load:
    """Visitors of all sorts; what they met is counted."""

    def __init__(self, port, var):
        self.port, self.var = port, var
        self.over = threading.Event()
        self.met, self.bad, self.slowest = Counter(), Counter(), 0.0
        self.versions, self.saved = Counter(), []
        self.lock = threading.Lock()
        tasks = [self.read] * READERS + [self.post] * POSTERS + [self.save]
        self.threads = [threading.Thread(target=task) for task in tasks]

    def connection(self):
        """Connect as one of several visitors: each thread has an address of its own."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(NAME, self.port, timeout=30)
        place = self.threads.index(threading.current_thread()) + 2
        raw = socket.create_connection(
            ("127.0.0.1", self.port), 30, (f"127.0.0.{place}", 0)
        )
        connection.sock = context.wrap_socket(raw, server_hostname=NAME)
        connection.sent = 0
        return connection

    def ask(self, connection, method, path, body=None, headers=None):
        """Return (connection, answer); a kept connection that had ended is renewed."""
        began = time.monotonic()
        for _ in range(2):
            try:
                if connection is None or connection.sock is None:
                    connection = self.connection()
                connection.sent += 1
                connection.request(
                    method, path, body, {"Host": NAME, **(headers or {})}
                )
                answer = connection.getresponse()
                answer.body = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError) as error:
                # What browsers do too, if nothing was answered (RFC 9112, 9.3.1).
                reused = connection.sent > 1
                connection.close()
                connection = None
                if not reused:
                    raise error
                with self.lock:
                    self.met["connection had ended, asked again"] += 1
        with self.lock:
            self.slowest = max(self.slowest, time.monotonic() - began)
        return connection, answer

    def count(self, kind, good, answer):
        with self.lock:
            self.met[kind] += 1
            if answer.status not in good:
                self.bad[f"{kind}: {answer.status}"] += 1

    def read(self):
        connection, tags, turn = None, {}, 0
        while not self.over.is_set():
            path = PAGES[turn % len(PAGES)]
            turn += 1
            known = (
                {"If-None-Match": tags[path]} if turn % 3 == 0 and path in tags else {}
            )
            try:
                connection, answer = self.ask(connection, "GET", path, headers=known)
            except OSError as error:
                connection = None
                self.failed("read", error)
                continue
            tags[path] = answer.headers.get("ETag", "")
            self.count("read", {200, 304}, answer)
            if turn % 50 == 0:  # a visitor who comes anew
                connection.close()
                connection = None

    def post(self):
        """Ask as harvesters do, each time by a new connection; never asked again."""
        while not self.over.is_set():
            try:
                connection, answer = self.ask(
                    None,
                    "POST",
                    "/oai",
                    "verb=Identify",
                    {"Content-Type": "application/x-www-form-urlencoded"},
                )
                connection.close()
            except OSError as error:
                self.failed("post", error)
                continue
            self.count("post", {200}, answer)
            time.sleep(0.02)

    def save(self):
        """Write through the database, past both releases, and read it at once."""
        import sqlite3

        connection = None
        while not self.over.is_set():
            name = f"Saved {len(self.saved) + 1}"
            with sqlite3.connect(self.var / "portal.sqlite3", timeout=20) as database:
                database.execute(
                    "UPDATE topics_topic SET label_en = ? WHERE id = 1", [name]
                )
            database.close()
            self.saved.append(name)
            try:
                connection, answer = self.ask(
                    connection, "GET", "/api/v1/topics/?lang=en"
                )
                self.count("saved and read", {200}, answer)
                if name not in answer.body.decode():
                    self.bad["saved and read: older than the commit"] += 1
            except OSError as error:
                connection = None
                self.failed("saved and read", error)
            time.sleep(0.1)

    def failed(self, kind, error):
        with self.lock:
            self.met[kind] += 1
            self.bad[f"{kind}: {type(error).__name__}"] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *args):
        self.over.set()
        for thread in self.threads:
            thread.join()


def version(port):
    """Return the version that answers through nginx."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/readyz")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["version"], answer["status"]


def main(seconds=5):
    """Rehearse; print what was met, and end with 1 if anything failed."""
    if missing := programs_missing():
        sys.exit(
            f"Needs {' and '.join(missing)}. Debian: apt install nginx-light openssl"
        )
    folder = Path(tempfile.mkdtemp(prefix="portal-release-"))
    env = stage(folder)
    release = [str(folder / "srv/8001/deploy/release")]

    def change(*words, good=True):
        told = subprocess.run(  # noqa: S603
            [*release, *words], env=env, capture_output=True, text=True
        )
        print(textwrap.indent(told.stdout + told.stderr, "    "), flush=True)
        if (told.returncode == 0) != good:
            raise RuntimeError(f"deploy/release {words}: {told.returncode}")

    try:
        with front(folder, 9) as (http_port, https_port):
            (folder / "server.conf").unlink()
            print("First release", flush=True)
            change("one")
            load_content(folder, env)
            found = [version(http_port)]
            with Load(https_port, folder / "var") as load:
                time.sleep(seconds)
                for what, words, good in (
                    ("Second release, under load", ["two"], True),
                    ("A release that cannot start", ["three"], False),
                    ("Back to the first", ["--back"], True),
                ):
                    print(what, flush=True)
                    change(*words, good=good)
                    found.append(version(http_port))
                    time.sleep(seconds)
    finally:
        for pid in folder.glob("800*.pid"):
            subprocess.run([folder / "bin/systemctl", "stop", f"portal@{pid.stem}"])  # noqa: S603
    print("Who answered:", ", ".join(f"{name} ({state})" for name, state in found))
    for kind, number in sorted(load.met.items()):
        print(f"{number:8} {kind}")
    print(f"{load.slowest:8.2f} seconds, the slowest answer")
    print(f"{sum(load.bad.values()):8} failed", dict(load.bad) or "")
    if load.bad:
        sys.exit(f"See {folder}")
    shutil.rmtree(folder)


def load_content(folder, env):
    manage = [str(folder / "srv/8001/deploy/manage")]
    command = [*manage, "load_forum", "data/smisc", "--verbosity", "0"]
    subprocess.run(command, env=env, check=True)  # noqa: S603


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
