"""
An empty database with every migration applied, made once for a whole run of tests.

Applying them takes a dozen seconds. So one process does it while the others collect
their tests, and each worker, and each portal that a test starts, takes a copy.
"""

import atexit
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2

ROOT = Path(__file__).parent.parent
TEMPLATE = "portal_tests_template"


def begin(folder):
    """
    Begin to make the database that DATABASE_URL calls for; do not wait for it.

    folder: where this run keeps its files (str).
    """
    os.environ["TESTS_PREPARED"] = made = f"{folder}/prepared.sqlite3"
    sqlite = os.environ["DATABASE_URL"].startswith("sqlite:")
    if sqlite and kept().exists():
        lock_file().touch()
        shutil.copy(kept(), made)
        return
    if sqlite:
        address = f"sqlite:///{made}"
    else:
        address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{TEMPLATE}")
        drop_template()
        on_server(f"CREATE DATABASE {TEMPLATE}")
        atexit.register(drop_template)
        address = address.geturl()
    # The lock ends with the process, however that ends.
    with lock_file().open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": address},
            stdin=subprocess.DEVNULL,
            pass_fds=[lock.fileno()],
        )
    atexit.register(end, process, sqlite)


def end(process, keep):
    """Stop making the database if nobody waited for it, else keep it if asked to."""
    if process.poll() is None:
        process.kill()
        process.wait()
    elif keep and process.returncode == 0:
        kept().parent.mkdir(parents=True, exist_ok=True)
        # Under another name first: another run may look for it just now.
        unfinished = shutil.copy(
            os.environ["TESTS_PREPARED"], f"{kept()}.{os.getpid()}"
        )
        Path(unfinished).replace(kept())


def kept():
    """Return the path where SQLite's file stays, of these migrations and packages."""
    read = hashlib.sha256((ROOT / "requirements.lock").read_bytes())
    for path in sorted(ROOT.glob("[a-z]*/**/migrations/*.py")):
        read.update(path.read_bytes())
    return ROOT / f".pytest_cache/prepared/{read.hexdigest()[:16]}.sqlite3"


def wait():
    """Return when the database is made; if it could not be, migrating says why."""
    with lock_file().open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)


def copy_to(path):
    """Copy the finished database, of SQLite, to a path."""
    wait()
    shutil.copy(os.environ["TESTS_PREPARED"], path)


def lock_file():
    """Return the path of the file that is locked while the database is made."""
    return Path(os.environ["TESTS_PREPARED"]).with_suffix(".lock")


def on_server(command):
    """Run an SQL command on the PostgreSQL server outside any transaction."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(command)
    connection.close()


def drop_template():
    """Remove the database from a server that is not ours alone."""
    on_server(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
