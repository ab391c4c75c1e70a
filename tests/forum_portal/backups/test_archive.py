"""An archive is believed only if it is whole and holds nothing but a backup."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forum_portal.backups import BackupError, check
from forum_portal.backups.archive import STORAGES, has_place, written

FILES = {
    "database.sqlite3": b"rows",
    "media/logos/a.png": b"picture",
    "releases/2026-01-01/x.zip": b"",
}


def manifest_of(held, **changes):
    entries = [
        {"name": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in held.items()
    ]
    return {
        "format": 1,
        "made_at": "2026-01-01T00:00:00+00:00",
        "database": {"kind": "sqlite", "version": "3", "file": "database.sqlite3"},
        "migrations": [["records", "0001_initial"]],
        "counts": {"records_source": 3},
        "secret_key": "x",
        "files": entries,
        "missing": [],
        **changes,
    }


def packed(path, files, manifest=None, more=()):
    """Write an archive of files, what else is given as TarInfo, and a manifest."""
    with tarfile.open(path, "w") as tar:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
        for info in more:
            tar.addfile(info)
        if manifest is not None:
            body = manifest if isinstance(manifest, bytes) else json.dumps(manifest)
            body = body if isinstance(body, bytes) else body.encode()
            info = tarfile.TarInfo("manifest.json")
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return path


def refused(path):
    with pytest.raises(BackupError) as told:
        check(path)
    return str(told.value)


def test_a_whole_archive_is_believed_even_compressed(tmp_path):
    manifest = manifest_of(FILES)
    path = packed(tmp_path / "a.tar", FILES, manifest)
    assert check(path) == manifest
    for compress in (gzip.compress, bz2.compress, lzma.compress):
        smaller = tmp_path / "smaller"
        smaller.write_bytes(compress(path.read_bytes()))
        assert check(smaller) == manifest


def test_a_bit_flipped_anywhere_in_the_manifest_is_told(tmp_path):
    manifest = manifest_of(FILES, site="https://record.example.org")
    content = written(manifest)
    assert check(packed(tmp_path / "a.tar", FILES, content)) == manifest
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        refused(packed(tmp_path / "b.tar", FILES, bytes(damaged)))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_what_was_compressed_is_read_to_its_last_byte(tmp_path, compress):
    whole = packed(tmp_path / "a.tar", FILES, manifest_of(FILES)).read_bytes()
    content = compress(whole)
    path = tmp_path / "smaller"
    path.write_bytes(content[:-4])
    assert str(path) in refused(path)
    for place in (-8, -5, -4, -2):  # bzip2 may fill up its last byte
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert str(path) in refused(path)


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "/etc/passwd", "media/../../evil", "media/..", "media", "media/"),
        *("media//a", "media/./a", "media\\..\\a", "static/a", "", "a\0b", "./media/a"),
        *("database.sqlite3/x", "portal.sqlite3", "secret_key"),
    ],
)
def test_a_name_that_leads_elsewhere_has_no_place(name):
    assert not has_place(name)


@given(st.text(max_size=30) | st.from_regex(r"media/[./\\a]{1,8}", fullmatch=True))
@settings(max_examples=25)
def test_a_name_that_has_a_place_stays_in_its_folder(name):
    if has_place(name) and "/" in name:
        folder, *rest = name.split("/")
        assert folder in STORAGES
        assert not {"", ".", ".."} & set(rest)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE])
def test_links_and_folders_are_refused(tmp_path, kind):
    info = tarfile.TarInfo("media/a")
    info.type, info.linkname = kind, "/etc/passwd"
    path = packed(tmp_path / "a.tar", FILES, manifest_of(FILES), [info])
    assert "has no place in a backup" in refused(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"media/logos/a.png": b"pictur3"}, "media/logos/a.png is not what was"),
        ({"media/logos/b.png": b""}, "media/logos/b.png is not what was"),
        ({"media/logos/a.png": None}, "media/logos/a.png is not what was"),
        ({"database.sqlite3": None}, "database.sqlite3 is not what was"),
    ],
)
def test_what_differs_from_the_manifest_is_named(tmp_path, change, words):
    files = {name: body for name, body in (FILES | change).items() if body is not None}
    assert words in refused(packed(tmp_path / "a.tar", files, manifest_of(FILES)))


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "its manifest is missing"),
        (b"", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"{}", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (manifest_of(FILES, format=2), "format 2; this portal reads 1"),
        (manifest_of(FILES, counts=[]), "says what cannot be"),
        (manifest_of(FILES, files=[{"name": "x"}]), "cannot be read"),
        (manifest_of(FILES, database={"kind": "x", "file": "y"}), "what cannot be"),
    ],
)
def test_a_manifest_that_is_none_is_refused(tmp_path, manifest, words):
    assert words in refused(packed(tmp_path / "a.tar", FILES, manifest))


def test_a_second_database_is_refused(tmp_path):
    files = FILES | {"database.dump": b"more"}
    path = packed(tmp_path / "a.tar", files, manifest_of(files))
    assert "more than one" in refused(path)


def test_an_archive_cut_off_anywhere_is_refused(tmp_path):
    path = packed(tmp_path / "a.tar", FILES, manifest_of(FILES))
    content = path.read_bytes()
    with tarfile.open(path) as tar:
        end = tar.getmembers()[-1].offset_data
    for size in [0, 100, 512, 700, 1024, end - 512, end, end + 10]:
        path.write_bytes(content[:size])
        assert str(path) in refused(path)
    assert "cannot be read" in refused(tmp_path / "none.tar")
