"""A portal apart: a folder and a database of its own, for tests that run programs."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
from django.db import connection

KEY = "a key for tests alone, which signs nothing else: 0123456789"
ROOT = Path(__file__).parent.parent


class Place:
    """A folder, its database (filled like the tests' own, or empty) and settings."""

    def __init__(self, folder, name, *, filled, **settings):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name = folder, name
        self.is_sqlite = connection.vendor == "sqlite"
        self.env = os.environ | {"VAR_DIR": str(folder), "SECRET_KEY": KEY} | settings
        if self.is_sqlite:
            self.path = folder / "portal.sqlite3"
            self.env["DATABASE_URL"] = f"sqlite:///{self.path}"
            if filled:
                connection.ensure_connection()
                with closing(sqlite3.connect(self.path)) as copy:
                    connection.connection.backup(copy)
        else:
            server = os.environ["DATABASE_URL"].rpartition("/")[0]
            self.env["DATABASE_URL"] = f"{server}/{name}"
            ours = connection.settings_dict
            self.own = {key.lower(): ours[key] for key in ("HOST", "USER", "PASSWORD")}
            self.own |= {"port": ours["PORT"] or None, "dbname": name}
            template = ours["NAME"] if filled else "template0"
            connection.close()  # Nobody may use what is copied.
            with closing(psycopg2.connect(**self.own | {"dbname": "postgres"})) as one:
                one.autocommit = True
                one.cursor().execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                one.cursor().execute(f'CREATE DATABASE {name} TEMPLATE "{template}"')

    def connect(self):
        """Return a connection of one's own, past Django."""
        if self.is_sqlite:
            return sqlite3.connect(self.path, timeout=20)
        return psycopg2.connect(**self.own)

    def rows(self, sql):
        """Return what a query finds."""
        with closing(self.connect()) as one:
            cursor = one.cursor()
            cursor.execute(sql)
            return cursor.fetchall()

    def run(self, *arguments):
        """Run Python with these arguments; return (status, output, errors)."""
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr
