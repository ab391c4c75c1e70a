"""From SQLite into PostgreSQL goes everything, as it stands, by way of a backup."""

import psycopg2
import pytest
from django.db import connection

from forum_portal import backups
from forum_portal.backups import moving
from tests.copies import Place
from tests.forum_portal.backups.conftest import run
from tests.pgserver import Server

pytestmark = pytest.mark.django_db
# How much of a name is like what was asked for, each database says in its own way.
RANKED = "search/"


@pytest.fixture
def moved(both, tmp_path):
    """The address of a server into which the backup went, and what it shows there."""
    if connection.vendor != "sqlite":
        pytest.skip("begins with SQLite")
    server = Server("-c fsync=off")
    server.start()
    place = Place(tmp_path, "moved", filled=False)
    place.env["DATABASE_URL"] = server.url
    yield server.url, run(place, "restore", both.file)
    server.stop()


def test_a_portal_moved_to_postgresql_shows_the_same(both, moved):
    before, (url, after) = both.seen["fill"], moved
    assert after["files"] == before["files"]
    assert {
        address: (before["pages"][address][0], found[0])
        for address, found in after["pages"].items()
        if found != before["pages"][address] and RANKED not in address
    } == {}
    counts = backups.check(both.file)["counts"]
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
