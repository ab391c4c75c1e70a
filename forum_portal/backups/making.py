"""
Making a backup while the portal runs.

The database comes first, as it is at one moment; then the files. A file lies in its
storage before the row that names it is committed, so every file that this moment's
rows name is still there to be read; what came later is only too much, and
`delete_unused_files` takes it away after a restore. A file that somebody deletes
meanwhile is told as missing.
"""

import io
import os
import re
import shutil
import tarfile
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.utils import timezone

from forum_portal.backups import archive, postgresql, sqlite
from forum_portal.backups.archive import BackupError
from forum_portal.backups.contents import key_digest
from records.files import store

DATED = re.compile(r"portal-\d{4}-\d\d-\d\dT\d{6}Z\.tar")
SCRATCH = ".backup-"  # what the folder of a backup under way begins with
DAY = 24 * 3600  # seconds


def make(where):
    """
    Make a backup; return its path and its manifest.

    `where` (Path) is a file if it ends with `.tar`, else a folder, where it gets the
    date as its name. The file appears when it is complete, and only for its owner.
    """
    made_at = timezone.now()
    is_file = where.suffix == ".tar"
    path = where if is_file else where / f"portal-{made_at:%Y-%m-%dT%H%M%SZ}.tar"
    if path.exists():
        raise BackupError(f"{path} is there already.")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    clear_away(path.parent)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=path.parent) as scratch:
        part = Path(scratch) / "archive"
        manifest = write(part, Path(scratch) / "database", made_at)
        archive.check(part)
        part.rename(path)
    sync(path.parent)
    return path, manifest


def write(path, scratch, made_at):
    """Write the archive to `path`, the snapshot on the way to `scratch`."""
    kind = connection.vendor
    held = (postgresql if kind == "postgresql" else sqlite).snapshot(scratch)
    if not held["migrations"]:
        raise BackupError("There is nothing to back up: the database is empty.")
    named = names_on_record()
    with private(path) as file, tarfile.open(fileobj=file, mode="w|") as tar:
        with scratch.open("rb") as source:
            size = scratch.stat().st_size
            name = archive.DATABASES[kind]
            entries = [archive.add(tar, name, source, size, made_at)]
        scratch.unlink()
        for folder, alias in archive.STORAGES.items():
            entries += add_files(tar, folder, storages[alias], made_at)
        there = {entry["name"] for entry in entries}
        manifest = {
            "format": archive.FORMAT,
            "made_at": made_at.isoformat(timespec="seconds"),
            "site": settings.SITE_URL,
            "database": {
                "kind": kind,
                "version": held["version"],
                "file": archive.DATABASES[kind],
            },
            "migrations": held["migrations"],
            "counts": held["counts"],
            "secret_key": key_digest(),
            "files": entries,
            "missing": sorted(n for n in named if f"media/{n}" not in there),
        }
        content = archive.written(manifest)
        last = io.BytesIO(content)
        archive.add(tar, archive.MANIFEST, last, len(content), made_at)
        tar.close()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def names_on_record():
    """
    Return the names of files that rows name.

    None of a database that is older than this portal, as just before it is brought
    up to date: then nobody can tell which are missing, and all are backed up.
    """
    try:
        return store.named()
    except DatabaseError:
        return set()


def add_files(tar, folder, storage, made_at):
    """Write each file of a storage; return the entries for the manifest."""
    entries = []
    for name in store.names(storage=storage):
        try:
            file, size = storage.open(name), storage.size(name)
        except FileNotFoundError:
            continue  # deleted since it was listed
        with file:
            called = f"{folder}/{name}"
            if not archive.has_place(called):
                raise BackupError(f"A file cannot be backed up by its name: {called!r}")
            entries.append(archive.add(tar, called, file, size, made_at))
    return entries


def private(path):
    """Open a new file that nobody else may read."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def sync(folder):
    """Have the disk keep the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def clear_away(folder):
    """Delete what backups left that were killed more than a day ago."""
    for scratch in folder.glob(f"{SCRATCH}*"):
        if scratch.is_dir() and scratch.stat().st_mtime < time.time() - DAY:
            shutil.rmtree(scratch, ignore_errors=True)


def thin(folder, keep):
    """
    Delete all but the `keep` newest backups of a folder; return their paths.

    Only what bears the name that a backup gets from its date counts, and goes.
    """
    dated = sorted(path for path in folder.iterdir() if DATED.fullmatch(path.name))
    gone = dated[:-keep]
    for path in gone:
        path.unlink()
    return gone
