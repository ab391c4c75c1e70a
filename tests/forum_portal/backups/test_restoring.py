"""What was backed up comes back, bit by bit, into an empty place and no other."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from django.utils import timezone

from forum_portal import backups
from forum_portal.backups import archive, making
from tests.copies import Place

pytestmark = pytest.mark.django_db
LITTLE_ROOM = """
import resource, sys
from django.core.management import execute_from_command_line

room = int(sys.argv.pop())
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""
LARGE = 20 * 2**20  # bytes; larger than the database of a test
OWN = {"content_version", "django_session", "facet_touch", "content_touch"}


def test_every_page_and_file_is_byte_for_byte_the_same(both):
    before, after = both.seen["fill"], both.seen["restore"]
    assert len(before["pages"]) > 90
    assert {status for status, _ in before["pages"].values()} == {200}
    assert after["pages"] == before["pages"]
    assert len(before["files"]) >= 8
    assert after["files"] == before["files"]


def test_every_table_is_the_same_but_sign_ins_stay_behind(both):
    before, after = (both.seen[deed]["rows"] for deed in ("fill", "restore"))
    assert before.keys() == after.keys()
    assert {t for t in before if before[t] != after[t]} <= OWN
    assert (before["django_session"][0], after["django_session"][0]) == (1, 0)


def test_no_version_of_the_content_comes_twice(both):
    epochs = [
        place.rows("SELECT epoch FROM content_version")
        for place in both.places.values()
    ]
    assert epochs[0] != epochs[1]


def test_the_manifest_counts_the_rows_of_the_moment(both):
    manifest = backups.check(both.file)
    rows = both.seen["fill"]["rows"]
    assert {
        table: number
        for table, number in manifest["counts"].items()
        if table not in OWN and rows[table][0] != number
    } == {}
    assert manifest["missing"] == []
    assert (both.file.stat().st_mode & 0o777) == 0o600


def test_a_place_that_is_not_empty_is_refused(both, monkeypatch):
    place = both.places["restore"]
    if place.is_sqlite:
        monkeypatch.setitem(connection.settings_dict, "NAME", str(place.path))
    with pytest.raises(CommandError, match=r"Nothing was restored\. The(re| database)"):
        call_command("restore", str(both.file), verbosity=0)
    if place.is_sqlite:
        # A log without its database would be played into the restored one.
        alone = place.folder / "alone.sqlite3"
        Path(f"{alone}-wal").touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", str(alone))
        with pytest.raises(CommandError, match=r"-wal belongs to another database"):
            call_command("restore", str(both.file), verbosity=0)


def test_a_backup_of_a_newer_portal_is_refused(both, monkeypatch):
    manifest = backups.check(both.file)
    manifest["migrations"].append(["records", "9999_of_tomorrow"])
    with pytest.raises(backups.BackupError, match=r"newer portal.*9999_of_tomorrow"):
        backups.restoring.check_fits(manifest)
    manifest["database"]["kind"] = "oracle"
    with pytest.raises(backups.BackupError, match="backup is of oracle"):
        backups.restoring.check_fits(manifest)


def test_a_database_older_than_the_portal_can_be_backed_up(tmp_path):
    def lack_a_column(execute, sql, params, many, context):
        if "material" in sql:
            raise ProgrammingError
        return execute(sql, params, many, context)

    with connection.execute_wrapper(lack_a_column):
        assert making.names_on_record() == set()


def test_files_of_somebody_else_are_not_mixed_in(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "theirs.png").write_text("x")
    with pytest.raises(backups.BackupError, match=r"is not empty.*theirs\.png"):
        backups.restoring.check_no_files()


def test_old_backups_are_thinned_only_by_their_names(tmp_path, both, monkeypatch):
    names = [f"portal-2020-01-0{day}T000000Z.tar" for day in (1, 2, 3)]
    for name in [*names, "mine.tar", "portal-2020.tar"]:
        (tmp_path / name).touch()
    assert [path.name for path in backups.thin(tmp_path, 2)] == names[:1]
    assert len(list(tmp_path.iterdir())) == 4
    with pytest.raises(CommandError, match="at least 1"):
        call_command("backup", str(tmp_path), keep=0)


def test_old_backups_stay_while_files_of_the_record_are_missing(both, tmp_path, capsys):
    place = both.places["fill"]
    for day in (1, 2):
        (tmp_path / f"portal-2020-01-0{day}T000000Z.tar").touch()
    media = place.folder / "media"
    media.rename(place.folder / "unmounted")
    try:
        status, _said, errors = place.run("manage.py", "backup", tmp_path, "--keep=1")
    finally:
        media.rmdir() if media.exists() else None
        (place.folder / "unmounted").rename(media)
    assert status == 1
    assert "Missing when it was made, though named: " in errors
    assert "no older backup was deleted" in errors
    assert len(list(tmp_path.iterdir())) == 3
    status, _said, errors = place.run("manage.py", "backup", tmp_path, "--keep=1")
    assert (status, errors) == (0, "")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_backup_is_told_and_restores_nothing(both, tmp_path):
    damaged = tmp_path / "damaged.tar"
    content = bytearray(both.file.read_bytes())
    content[len(content) // 3] ^= 1
    damaged.write_bytes(content)
    with pytest.raises(CommandError, match="damaged"):
        call_command("backup", verify=damaged)
    with pytest.raises(CommandError, match=r"Nothing was restored.*damaged"):
        call_command("restore", str(damaged), verbosity=0)


def test_another_kind_of_archive_is_no_backup(tmp_path):
    (tmp_path / "x").mkdir()
    packed = shutil.make_archive(str(tmp_path / "y"), "zip", root_dir=tmp_path / "x")
    with pytest.raises(backups.BackupError, match="is no backup"):
        archive.check(packed)


def with_a_large_file(source, path):
    """Write an archive like another one, with a large file as its last one."""
    manifest = backups.check(source)
    large = io.BytesIO(bytes(LARGE))
    with tarfile.open(path, "w|") as tar:
        for name, file in archive.members(source):
            if name != archive.MANIFEST:
                body = io.BytesIO(b"".join(file))
                archive.add(tar, name, body, len(body.getvalue()), timezone.now())
        entry = archive.add(tar, "media/x/large.pdf", large, LARGE, timezone.now())
        manifest["files"].append(entry)
        content = archive.written(manifest)
        last = io.BytesIO(content)
        archive.add(tar, archive.MANIFEST, last, len(content), timezone.now())
    return path


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_restore_without_room_leaves_no_file_not_even_half_a_one(both, tmp_path):
    large = with_a_large_file(both.file, tmp_path / "large.tar")
    place = Place(tmp_path / "place", "keep_no_room", filled=False)
    status, _said, errors = place.run("-c", LITTLE_ROOM, "restore", large, LARGE // 2)
    assert status == 1
    assert errors.startswith("CommandError: Nothing was restored. ")
    assert files_in(place.folder) == []


def test_what_a_killed_restore_left_is_told_and_deleted(both, tmp_path):
    place = Place(tmp_path / "place", "keep_killed", filled=False)
    left = place.folder / ".restore-abc"
    left.mkdir()
    (left / "database").write_text("everything")
    (place.folder / "media").mkdir()
    (place.folder / "media/half.pdf").write_text("ha")
    status, said, errors = place.run("manage.py", "restore", both.file)
    assert status == 1
    assert "or delete it if a restore that was cut off has put it there" in errors
    assert f"{left} was deleted" in said
    assert files_in(place.folder) == ["half.pdf"]
    (place.folder / "media/half.pdf").unlink()
    left.mkdir()
    with backups.restoring.held(left):
        status, _said, errors = place.run("manage.py", "restore", both.file)
    assert (status, "Another restore is under way" in errors) == (1, True)
    status, _said, errors = place.run("manage.py", "restore", both.file)
    assert (status, errors) == (0, "")


def test_a_backup_without_room_says_so_in_a_line(both, tmp_path):
    place = both.places["fill"]
    status, _said, errors = place.run("-c", LITTLE_ROOM, "backup", tmp_path, 100_000)
    assert status == 1
    assert errors.startswith("CommandError: ")
    assert errors.count("\n") <= 2
    assert files_in(tmp_path) == []
