"""From SQLite into PostgreSQL goes everything, as it stands, by way of a backup."""

import json

import psycopg2
import pytest
from django.db import connection

from forum_portal import backups
from forum_portal.backups import moving
from tests.copies import Place
from tests.pgserver import Server

pytestmark = pytest.mark.django_db
PROGRAM = "tests.forum_portal.backups.place"
# How much of a name is like what was asked for, each database says in its own way.
RANKED = "search/"


@pytest.fixture(scope="module")
def moved(tmp_path_factory, django_db_setup, django_db_blocker):
    """The backup, the server it went into, what the one and the other show."""
    if connection.vendor != "sqlite":
        pytest.skip("begins with SQLite")
    folder = tmp_path_factory.mktemp("moving")
    file, seen = folder / "all.tar", {}
    with django_db_blocker.unblock():
        places = {
            deed: Place(folder / deed, deed, filled=deed == "fill")
            for deed in ("fill", "restore")
        }
    server = Server("-c fsync=off")
    server.start()
    places["restore"].env["DATABASE_URL"] = server.url
    for deed, place in places.items():
        into = folder / f"{deed}.json"
        status, _said, errors = place.run("-m", PROGRAM, deed, file, into)
        assert status == 0, errors
        seen[deed] = json.loads(into.read_text())
    yield file, server.url, seen["fill"], seen["restore"]
    server.stop()


def test_a_portal_moved_to_postgresql_shows_the_same(moved):
    file, url, before, after = moved
    assert after["files"] == before["files"]
    assert {
        address: (before["pages"][address][0], found[0])
        for address, found in after["pages"].items()
        if found != before["pages"][address] and RANKED not in address
    } == {}
    counts = backups.check(file)["counts"]
    tables = {model._meta.db_table for model in moving.moved_tables()}
    assert len(tables) > 90
    assert {t: after["rows"][t][0] for t in tables} == {t: counts[t] for t in tables}
    # A row that is added gets the next number, and search and caches hear of it.
    with psycopg2.connect(url) as one, one.cursor() as cursor:
        cursor.execute("SELECT value FROM content_version")
        was = cursor.fetchone()
        cursor.execute("UPDATE topics_topic SET slug = slug || '-x' RETURNING id")
        assert cursor.fetchone()
        cursor.execute("SELECT count(*) FROM search_dirty")
        assert cursor.fetchone() > (0,)
        cursor.execute("INSERT INTO auth_group (name) VALUES ('New') RETURNING id")
        assert cursor.fetchone()
    with psycopg2.connect(url) as one, one.cursor() as cursor:
        cursor.execute("SELECT value FROM content_version")
        assert cursor.fetchone() > was


def test_only_a_backup_of_this_very_version_is_moved():
    manifest = {"migrations": [["records", "0001_initial"]]}
    with pytest.raises(backups.BackupError, match="of this very version"):
        moving.check_same_release(manifest, {("records", "0001_initial"), ("x", "y")})
    moving.check_same_release(manifest, {("records", "0001_initial")})
