"""
The archive of a backup: one tar file, written and read as a stream.

It holds the database (`database.sqlite3`, or `database.dump` as pg_dump writes it),
the files of each storage below `media/` and `releases/`, and at the very end
`manifest.json`, which names them all with their sizes and SHA-256: an archive that
was cut off has none. It ends with a SHA-256 of its own; those made before it did have
none. Somebody may have compressed an archive since; that is read too.
"""

import bz2
import gzip
import hashlib
import json
import lzma
import re
import tarfile
import zlib
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

FORMAT = 1
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 256 * 2**20  # bytes: more than a million files
# What the database is called, by the kind of database
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
# Which storage of the settings each folder is
STORAGES = {"media": "default", "releases": "releases"}
PART = 2**20  # bytes in memory at a time
# What a manifest says, and as what
SHAPE = {
    "format": int,
    "made_at": str,
    "database": dict,
    "migrations": list,
    "counts": dict,
    "secret_key": str,
    "files": list,
    "missing": list,
}
# How a manifest ends, and how one without a checksum of its own does
SEAL = ',\n "sha256": "%s"\n}'
SEALED = re.compile((re.escape(SEAL) % "([0-9a-f]{64})").encode() + rb"\Z")
BARE = "\n}"
DAMAGED = tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile
# What else a manifest says, if it has no checksum
ALSO = {"site"}
# How what was compressed begins
OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}


class BackupError(Exception):
    """A backup could not be made, is not whole, or does not fit; says why."""


class Measured:
    """A file that is read once; tells then how long it was, and its SHA-256."""

    closed = False

    def __init__(self, file):
        self.file = file
        self.size = 0
        self.sha256 = hashlib.sha256()

    def read(self, size=PART):
        part = self.file.read(size if size > 0 else PART)
        self.size += len(part)
        self.sha256.update(part)
        return part

    def seekable(self):
        return False  # A storage elsewhere asks before it begins to send.

    def __iter__(self):
        return iter(self.read, b"")

    def as_entry(self, name):
        """Return what the manifest says of it."""
        return {"name": name, "size": self.size, "sha256": self.sha256.hexdigest()}


def members(path):
    """
    Yield (name, `Measured`) of each file in an archive, in its order.

    Each has to be read before the next. Whatever has no place in a backup is refused:
    links, devices, and names that lead out of the folders.
    """
    with opened(path) as file:
        with tarfile.open(fileobj=file, mode="r|") as tar:
            for member in tar:
                if not (member.isreg() and has_place(member.name)):
                    raise BackupError(f"{member.name!r} has no place in a backup.")
                yield member.name, Measured(tar.extractfile(member))
                tar.members.clear()  # They would pile up in memory.
        while file.read(PART):  # What was compressed has its own checksum at the end.
            pass


def opened(path):
    """Open an archive to read what it holds, whatever it was compressed with."""
    with Path(path).open("rb") as file:
        begins = file.read(max(map(len, OPENERS)))
    for start, opener in OPENERS.items():
        if begins.startswith(start):
            return opener(path)
    return Path(path).open("rb")


def has_place(name):
    """Tell whether a backup may hold a file of this name."""
    if name in {MANIFEST, *DATABASES.values()}:
        return True
    folder, *rest = PurePosixPath(name).parts or [""]
    return (
        folder in STORAGES
        and bool(rest)
        and ".." not in rest
        and not {"\\", "\0"} & set(name)
        and str(PurePosixPath(name)) == name
    )


@contextmanager
def readable(path):
    """Say of whatever goes wrong while an archive is read that it is not whole."""
    try:
        yield
    except DAMAGED as error:
        raise BackupError(f"{path} is no backup, or is cut off: {error}") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error}") from error


def check(path):
    """
    Read a whole archive and return its manifest (dict).

    Raise `BackupError` unless it holds exactly what the manifest names, bit by bit.
    """
    found, manifest = {}, None
    with readable(path):
        for name, file in members(path):
            if manifest is not None or name in found:
                raise BackupError(f"{path} holds {name} where it does not belong.")
            if name == MANIFEST:
                manifest = manifest_of(path, file.read(LARGEST_MANIFEST))
                continue
            for _part in file:
                pass
            found[name] = file.as_entry(name)
    if manifest is None:
        raise BackupError(f"{path} is cut off: its manifest is missing.")
    named = {entry["name"]: entry for entry in manifest["files"]}
    for name in sorted(named.keys() | found.keys()):
        if named.get(name) != found.get(name):
            raise BackupError(f"{path} is damaged: {name} is not what was backed up.")
    databases = named.keys() & set(DATABASES.values())
    if databases != {manifest["database"]["file"]}:
        raise BackupError(f"{path} holds no database, or more than one.")
    return manifest


def written(manifest):
    """Return a manifest (dict) as bytes that end with their checksum."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return (text.removesuffix(BARE) + SEAL % digest).encode()


def unsealed(content):
    """Return the bytes that a checksum is of, and it; or all of them, and None."""
    if not (seal := SEALED.search(content)):
        return content, None
    return content[: seal.start()] + BARE.encode(), seal[1].decode()


def manifest_of(path, content):
    """Return a manifest (dict) from its bytes; `BackupError` if it is none."""
    content, digest = unsealed(content)
    if digest and hashlib.sha256(content).hexdigest() != digest:
        raise BackupError(f"{path} is damaged: its manifest is not what was written.")
    try:
        manifest = json.loads(content)
        shape = {name: type(manifest[name]) for name in SHAPE}
        entries = [
            (str(entry["name"]), int(entry["size"]), str(entry["sha256"]))
            for entry in manifest["files"]
        ]
        migrations = [(str(app), str(name)) for app, name in manifest["migrations"]]
        kind, file = (manifest["database"][word] for word in ("kind", "file"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BackupError(f"{path}: its manifest cannot be read: {error}") from error
    if manifest["format"] != FORMAT:
        raise BackupError(
            f"{path} has format {manifest['format']}; this portal reads {FORMAT}. "
            "Restore it with the version that made it."
        )
    if (
        shape != SHAPE
        or not (digest or manifest.keys() <= SHAPE.keys() | ALSO)
        or DATABASES.get(kind) != file
        or len({name for name, *_ in entries}) != len(entries)
        or len(migrations) != len(set(migrations))
    ):
        raise BackupError(f"{path}: its manifest says what cannot be.")
    return manifest


def add(tar, name, file, size, made_at):
    """
    Write a file (read by bytes) into a tar file; return its entry for the manifest.

    `size` in bytes; `made_at` a datetime. A file that is shorter raises OSError.
    """
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    info.mtime = int(made_at.timestamp())
    measured = Measured(file)
    tar.addfile(info, measured)
    tar.members.clear()
    return measured.as_entry(name)
