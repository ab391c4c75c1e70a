"""
Make a release: everything public in one dated, checksummed ZIP file.

The same content makes the same bytes: rows come in the order of their names, and the
files in the ZIP bear the day of the release.
"""

import csv
import hashlib
import shutil
import sqlite3
import tempfile
import zipfile
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import override

from exchange.dataset import about, database, differences, graph
from exchange.dataset.contents import TABLES
from exchange.dataset.kinds import KINDS, MODELS
from exchange.models import DatasetRelease
from exchange.tables.formats import as_text

DATABASE = "forum.sqlite3"
GRAPH = "graph.ttl"
# What begins to read at one moment; writers wait for it in neither database.
BEGIN = {
    "sqlite": "BEGIN DEFERRED",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
AT_ONCE = 1000  # rows in memory
TOLD = 100  # records of a kind that the change log names
# What can be downloaded beside the ZIP file, as it is in it
BESIDE = ("datapackage.json", "SHA256SUMS", "CITATION.cff", "CHANGES.md")


class NothingChangedError(Exception):
    """Since the last release nothing that the public sees has changed."""


class NotReleasedError(Exception):
    """A release could not be made; the message says why."""


def release(*, forum, site, note=None, dry_run=False, force=False):
    """
    Make a release of what is public now, keep it and return it.

    `site` is scheme and host that permanent addresses begin with, `note` {language:
    text}. With `dry_run` nothing is kept. Unless `force` is given, something must
    have changed since the last release.
    """
    last = DatasetRelease.objects.first()
    facts = about.Facts(free_name(), forum, site, {}, note or {}, last and last.name)
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as scratch:
        folder = Path(scratch) / "release"
        with one_moment():
            write_data(folder, facts, last, dry_run=dry_run, force=force)
        made = DatasetRelease(
            name=facts.name,
            former=facts.former or "",
            counts=facts.counts,
            changes=facts.changes,
            note_en=facts.note.get("en", ""),
            note_zh_hans=facts.note.get("zh-hans", ""),
        )
        if not dry_run:
            files = pack(folder, facts)
            check_still_public(folder / DATABASE)
            keep(made, files)
    return made


@contextmanager
def one_moment():
    """Read all of the record as it is now, however long that takes."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(BEGIN[connection.vendor])
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def check_still_public(path):
    """Refuse a release of what was withdrawn while it was made."""
    made = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for kind in KINDS:
        public = MODELS[kind.name].objects.published().order_by()
        uids = {str(uid) for uid in public.values_list("uid", flat=True).iterator()}
        found = made.execute(f"SELECT uid FROM {database.quoted(kind.name)}")  # noqa: S608
        if any(uid not in uids for (uid,) in found):
            made.close()
            raise NotReleasedError(
                "Something was withdrawn while the release was made. Try again."
            )
    made.close()


def free_name():
    """Return today's date, with a number if there is a release of it already."""
    today = timezone.localdate().isoformat()
    taken = set(
        DatasetRelease.objects.filter(name__startswith=today).values_list(
            "name", flat=True
        )
    )
    names = (f"{today}-{n}" if n > 1 else today for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def write_data(folder, facts, last, *, dry_run, force):
    """Write all files of a release into a folder; of a dry run only the database."""
    at = timezone.now()
    (folder / "data").mkdir(parents=True)
    (folder / "records").mkdir()
    write_tables(folder, at)
    former = former_database(folder.parent, last, force)
    made = sqlite3.connect(f"file:{folder / DATABASE}?mode=ro", uri=True)
    try:
        facts.counts = database.counts(made)
        differences.find(made, former)
        facts.changes = differences.summary(made)
        if last and not facts.changes and not force:
            raise NothingChangedError(last.name)
        if dry_run:
            return
        facts.sources = made.execute(
            "SELECT coalesce(title_en, title_zh_hans), url FROM sources ORDER BY id"
        ).fetchall()
        for kind in KINDS:
            with (folder / "records" / f"{kind.name}.jsonl").open("wb") as file:
                file.writelines(database.json_lines(made, kind))
        write_changes(folder, facts, made)
    finally:
        made.close()
    with (folder / GRAPH).open("wb") as file:
        graph.write(file, facts.site, at)
    tables = [f"data/{table.name}.csv" for table in TABLES]
    facts.files = {path: measured(folder / path) for path in tables}
    about.write_all(folder, facts)
    checksums = [f"{measured(folder / p)[1]}  {p}\n" for p in all_files(folder)]
    (folder / "SHA256SUMS").write_text("".join(checksums), newline="\n")


def write_tables(folder, at):
    """Write each table as CSV and into the SQLite database, in one reading."""
    made = database.connect(folder / DATABASE)
    for table in TABLES:
        database.create(made, table)
        with (folder / "data" / f"{table.name}.csv").open(
            "w", encoding="utf-8", newline=""
        ) as file:
            lines = csv.writer(file, lineterminator="\r\n")
            lines.writerow(table.names)
            rows = table.read(at)
            while some := list(islice(rows, AT_ONCE)):
                database.insert(made, table, some)
                lines.writerows([as_text(value) for value in row] for row in some)
    database.finish(made)


def former_database(scratch, last, force):
    """Return the path of the last release's database, taken out of its ZIP file."""
    if not last:
        return ""
    path = scratch / "former.sqlite3"
    try:
        with (
            storages["releases"].open(last.path_of(last.archive)) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(DATABASE) as source,
            path.open("wb") as copy,
        ):
            shutil.copyfileobj(source, copy)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        if force:
            return ""
        raise NotReleasedError(
            f"The file of the release {last.name} cannot be read ({error}), so what "
            "changed since cannot be told. --force releases without."
        ) from error
    return str(path)


def write_changes(folder, facts, made):
    with (folder / "changes.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\r\n")
        lines.writerow(["kind", "uid", "id", "change", "field"])
        lines.writerows(differences.rows(made))
    changes = [
        {
            "kind": kind,
            "change": change,
            "count": facts.changes[kind.name][change],
            "records": differences.changed_records(made, kind.name, change, TOLD),
        }
        for kind in KINDS
        for change in differences.CHANGES
        if change in facts.changes.get(kind.name, {})
    ]
    with override("en"):
        text = render_to_string(
            "exchange/dataset/CHANGES.md", {"facts": facts, "changes": changes}
        )
    (folder / "CHANGES.md").write_text(text, encoding="utf-8", newline="\n")


def all_files(folder):
    """Return the paths of all files below a folder, in order."""
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(found)


def measured(path):
    """Return the size of a file in bytes, and its SHA-256."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def pack(folder, facts):
    """Return {name: path} of the files of a release, the ZIP file first."""
    with override("en"):
        word = slugify(facts.forum.short_name or "forum")
    name = f"{word}-record-{facts.name}.zip"
    archive = folder.parent / name
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in all_files(folder):
            entry = zipfile.ZipInfo(path, facts.day.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever it is made
            with (folder / path).open("rb") as source, packed.open(entry, "w") as copy:
                shutil.copyfileobj(source, copy)
    digest = folder.parent / f"{name}.sha256"
    digest.write_text(f"{measured(archive)[1]}  {name}\n", newline="\n")
    files = [archive, digest, *(folder / name for name in BESIDE)]
    return {path.name: path for path in files}


class Finished(File):
    """A file that a storage on the same disk moves into its place, all at once."""

    def temporary_file_path(self):
        return self.name


def keep(made, files):
    """
    Put the files of a release where every host finds them, then its row.

    Nothing is offered without its row, so that half a release is never seen.
    """
    storage, stored = storages["releases"], []
    made.files = []
    for name, path in files.items():
        size, digest = measured(path)
        made.files.append({"name": name, "size": size, "sha256": digest})
    try:
        with transaction.atomic():
            made.save(force_insert=True)
            for name, path in files.items():
                storage.delete(made.path_of(name))  # of a release that failed
                with path.open("rb") as file:
                    content = Finished(file, name=str(path))
                    stored.append(storage.save(made.path_of(name), content))
    except IntegrityError as error:
        message = f"Another process has made the release {made.name} meanwhile."
        raise NotReleasedError(message) from error
    except BaseException:
        for path in stored:
            storage.delete(path)
        raise
