"""
Restoring a backup into an empty place: all of it or nothing.

Everything is checked before anything is written. The files come first and the database
last, so that a restore that is cut off leaves no portal that looks whole.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from forum_portal.backups import archive, moving, postgresql, sqlite
from forum_portal.backups.archive import BackupError
from forum_portal.backups.contents import LEFT_OUT, described, key_digest
from records import content_version
from records.files import store
from search import index

SCRATCH = ".restore-"  # what the folder of a restore under way begins with


def restore(path, tell=print):
    """
    Restore a backup (Path) and return its manifest; `tell` hears a line per step.

    Raise `BackupError`, with nothing written, if the archive is not whole, is not
    for this portal or this kind of database, or if the place is not empty.
    """
    here = postgresql if connection.vendor == "postgresql" else sqlite
    manifest = archive.check(path)
    tell(f"{path} is whole: made {manifest['made_at']}.")
    check_fits(manifest)
    scratch_in = settings.VAR_DIR
    if connection.vendor == "sqlite":
        scratch_in = Path(connection.settings_dict["NAME"]).parent
    clear_away(Path(scratch_in), tell)
    here.check_empty()
    check_no_files()
    if manifest["secret_key"] != key_digest():
        tell(
            "Note: the SECRET_KEY here is another one than the backup was made with. "
            "Links to previews end, and the addresses of removed people answer 404."
        )
    Path(scratch_in).mkdir(parents=True, exist_ok=True)
    written = []
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=scratch_in) as scratch:
        database = Path(scratch) / "database"
        with held(Path(scratch)):
            try:
                put_files(path, manifest, database, written)
                tell(f"{len(written)} files are back.")
                with (moving if moving.moves(manifest) else here).filled(database):
                    check_counts(manifest)
                    finish(tell)
            except BaseException as error:
                take_back(written, error)
                raise
    store.count_anew()
    return manifest


def clear_away(folder, tell):
    """
    Delete what a restore left that was killed: it may hold the whole database.

    Raise `BackupError` if one is still under way.
    """
    for scratch in folder.glob(f"{SCRATCH}*"):
        try:
            with held(scratch):
                shutil.rmtree(scratch)
        except BlockingIOError:
            raise BackupError("Another restore is under way.") from None
        tell(
            f"{scratch} was deleted: it was left by a restore that was cut off. The "
            "files that one had put back are still in their folders."
        )


@contextmanager
def held(folder):
    """Hold a folder while this process lives; `BlockingIOError` if another one does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def take_back(written, error):
    """Delete each (storage, name); raise `BackupError` if one cannot be, too."""
    left = []
    for storage, name in written:
        try:
            storage.delete(name)
        except Exception:  # whatever a storage elsewhere may raise
            left.append(name)
    if left:
        raise BackupError(
            f"{error} These files could not be deleted again: {', '.join(left)}."
        ) from error


def check_fits(manifest):
    """Raise `BackupError` if this portal is too old for it, or of another database."""
    kind = manifest["database"]["kind"]
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if moving.moves(manifest):
        moving.check_same_release(manifest, known.keys())
    elif kind != connection.vendor:
        raise BackupError(
            f"The backup is of {kind}, the portal here uses {connection.vendor}. "
            "A backup goes back into the same kind of database, or from SQLite into "
            "PostgreSQL."
        )
    ours = {app for app, _name in known}
    unknown = [
        f"{app}.{name}"
        for app, name in map(tuple, manifest["migrations"])
        if app in ours and (app, name) not in known
    ]
    if unknown:
        raise BackupError(
            "The backup was made by a newer portal, whose migrations are not known "
            f"here ({', '.join(unknown[:5])}). Install that version first."
        )


def check_no_files():
    """Raise `BackupError` unless all storages are empty."""
    for folder, alias in archive.STORAGES.items():
        storage = storages[alias]
        if name := next(store.names(storage=storage), None):
            place = getattr(storage, "location", f"the storage of {folder}")
            raise BackupError(
                f"{place} is not empty: it holds {name}. Move what is there elsewhere, "
                "or delete it if a restore that was cut off has put it there."
            )


def put_files(path, manifest, database, written):
    """
    Write the database to a file, and all else to its storage.

    Each (storage, name) is added to `written` before it is begun: a full disk leaves
    half a file. What is read now has to be what was checked before.
    """
    named = {entry["name"]: entry for entry in manifest["files"]}
    for name, file in archive.members(path):
        if name == archive.MANIFEST:
            break
        if name == manifest["database"]["file"]:
            with database.open("wb") as copy:
                shutil.copyfileobj(file, copy, archive.PART)
        else:
            folder, _slash, rest = name.partition("/")
            storage = storages[archive.STORAGES[folder]]
            written.append((storage, rest))
            try:
                saved = storage.save(rest, Streamed(file, rest))
            except SuspiciousFileOperation as error:
                written.pop()
                raise BackupError(f"{name!r} has no place here.") from error
            if saved != rest:
                written[-1] = storage, saved
                raise BackupError(f"The storage has put {rest} at {saved}.")
        if named.get(name) != file.as_entry(name):
            raise BackupError(f"{path} has changed while it was read: {name}.")


class Streamed(File):
    """A file that a storage reads from front to back, once."""

    def __init__(self, measured, name):
        super().__init__(measured, name)
        self.size = 0  # A storage may ask whether there is one.

    def chunks(self, chunk_size=None):
        yield from self.file


def check_counts(manifest):
    """Raise `BackupError` unless each table holds as many rows as were backed up."""
    counts = manifest["counts"]
    if moving.moves(manifest):
        tables = {model._meta.db_table for model in moving.moved_tables()}
        counts = {table: counts[table] for table in counts.keys() & tables}
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
        if gone := counts.keys() - there:
            raise BackupError(f"These tables did not come back: {sorted(gone)}")
        found = described(cursor, counts.keys())["counts"]
    for table, number in counts.items():
        if table not in LEFT_OUT and found[table] != number:
            raise BackupError(f"{table} has {found[table]} rows instead of {number}.")


def finish(tell):
    """
    Bring a restored database up to this portal, and make it new to every cache.

    Numbers of the content version come back with a backup: a new epoch keeps any page
    that was stored meanwhile from passing for a current one.
    """
    try:
        call_command("migrate", interactive=False, verbosity=0)
        content_version.renew_epoch()
        connection.check_constraints()
        if number := index.drain():
            tell(f"{number} records were filed anew for search.")
    except DatabaseError as error:
        raise BackupError(f"The database refused: {error}") from error
