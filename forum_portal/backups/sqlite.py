"""A SQLite database out of a running portal and into an empty place."""

import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection

from forum_portal.backups.archive import BackupError
from forum_portal.backups.contents import LEFT_OUT, described


def snapshot(path):
    """
    Write the database as it is at one moment into a file; return what it holds.

    SQLite's online backup, in one step: whoever writes meanwhile goes on, beside it.
    """
    connection.ensure_connection()
    try:
        return copied(path)
    except sqlite3.Error as error:
        raise BackupError(
            f"The database could not be copied into {path.parent.parent}: {error}. "
            "Is there room?"
        ) from error


def copied(path):
    """Copy the database into a file; return what it holds."""
    with closing(sqlite3.connect(path)) as copy:
        connection.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
        copy.execute("PRAGMA secure_delete=ON")
        tables = {
            name
            for (name,) in copy.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' "
                "AND name NOT LIKE 'sqlite_%'"
            )
        }
        for table in LEFT_OUT & tables:
            copy.execute(f'DELETE FROM "{table}"')  # noqa: S608
        copy.commit()
        return described(copy.cursor(), tables) | {"version": sqlite3.sqlite_version}


def check_empty():
    """Raise `BackupError` unless there is no database at the place of ours."""
    path = Path(connection.settings_dict["NAME"])
    beside = [Path(f"{path}-{word}") for word in ("wal", "shm", "journal")]
    if path.exists() and path.stat().st_size:
        raise BackupError(
            f"There is a database at {path}. Stop the portal, and move that file, "
            f"with {path.name}-wal and {path.name}-shm if they are there, elsewhere."
        )
    for one in beside:
        # SQLite would play what stands there into the restored database.
        if one.exists():
            raise BackupError(
                f"{one} belongs to another database. Stop the portal, and move it "
                "to where its database is now."
            )


@contextmanager
def filled(path):
    """
    Stand in for the portal's database by a file; then put it in its place, at once.

    Inside, Django works on the file, which lies in the folder of the database. If
    anything fails inside, there still is no database.
    """
    place = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            if (said := cursor.fetchall()) != [("ok",)]:
                raise BackupError(f"The database is damaged: {said[0][0]}")
            cursor.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()
        connection.settings_dict["NAME"] = place
    Path(path).chmod(0o600)
    Path(path).replace(place)
