"""Visitors read from a real streaming replica: how old it may be, and when it fails."""

import os
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections
from psycopg2.extensions import set_wait_callback

from forum_portal.replicas import OF_A_VISITOR, Replicas, _mine, wait
from records import change_log
from tests.browser.conftest import free_port, wait_for
from tests.pgcluster import Server
from topics.models import Topic

pytestmark = pytest.mark.django_db
LAG = 5  # seconds
TOKEN = "read by who watches 0123456789 abcdefghijklmnopq"
PAGE = "/en/topics/tailings/"
PAGES = [
    "/en/",
    "/zh-hans/topics/",
    "/en/sessions/?stage=mining",
    "/en/search/?q=tailings",
    "/en/search/suggest/?q=tail",
    "/en/explore/",
    "/zh-hans/topics.csv",
    "/en/topics/tailings.json",
    "/api/v1/topics/",
    "/sitemap-topics.xml",
]


@pytest.fixture(scope="module")
def primary(tmp_path_factory, django_db_setup, django_db_blocker):
    """Yield (alias, address, connect) of a copy of the database, with one topic."""
    named = connection.settings_dict
    if connection.vendor != "postgresql" or "TEST_DATABASE_URL" in os.environ:
        pytest.skip("needs a PostgreSQL of its own")
    door = tmp_path_factory.mktemp("primary") / "door"  # to close it
    door.symlink_to(named["HOST"])
    own = {"host": named["HOST"], "user": named["USER"], "dbname": "replicated"}
    with django_db_blocker.unblock():
        connection.close()  # Nobody may use what is copied.
        with closing(psycopg2.connect(**own | {"dbname": "postgres"})) as server:
            server.autocommit = True
            server.cursor().execute("DROP DATABASE IF EXISTS replicated")
            server.cursor().execute(
                f'CREATE DATABASE replicated TEMPLATE "{named["NAME"]}"'
            )
        connections.databases["copy"] = named | {"NAME": "replicated"}
        Topic(slug="tailings", label_en="Round 0", state="published").save(using="copy")
        yield door, lambda: psycopg2.connect(**own)
        connections["copy"].close()
        del connections["copy"], connections.databases["copy"]


@pytest.fixture(scope="module")
def replica(primary):
    """Yield a standby of the server that the tests run on."""
    standby = Server({"fsync": "off"})
    try:
        yield standby.copy(connection.settings_dict["HOST"])
    finally:
        standby.remove()


@pytest.fixture(scope="module")
def portal(primary, replica, tmp_path_factory):
    """Yield the port of the real server, which knows of the replica."""
    port = free_port()
    door = str(primary[0]).replace("/", "%2F")
    env = os.environ | {
        "DATABASE_URL": f"postgres://postgres@{door}/replicated",
        "DATABASE_REPLICA_URL": replica.url("replicated"),
        "DATABASE_REPLICA_LAG": str(LAG),
        "HOST": "127.0.0.1",
        "METRICS_TOKEN": TOKEN,
        "PAGE_CACHE_MB": "32",
        "PORT": str(port),
        "SECRET_KEY": "the same on every host 0123456789 abcdefghijklmnopq",
        "VAR_DIR": str(tmp_path_factory.mktemp("host")),
        "WORKERS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
    process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.kill()  # Its worker sees that it is gone.


def read(port, path=PAGE, headers=None):
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as visitor:
        visitor.request("GET", path, headers=headers or {})
        answer = visitor.getresponse()
        return answer.status, answer.read().decode()


def rename(connect, name):
    with closing(connect()) as writer, writer.cursor() as cursor:
        cursor.execute("UPDATE topics_topic SET label_en = %s", [name])
        writer.commit()


def wait_until(holds, most):
    until = time.monotonic() + most
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def on(server, statement, database="replicated"):
    with closing(psycopg2.connect(server.url(database))) as asking:
        asking.autocommit = True
        asking.cursor().execute(statement)


def wait_in_step(connect, replica):
    with (
        closing(connect()) as writer,
        closing(psycopg2.connect(replica.url("replicated"))) as standby,
        writer.cursor() as at,
        standby.cursor() as there,
    ):
        standby.autocommit = True
        at.execute("SELECT pg_current_wal_insert_lsn()")
        (goal,) = at.fetchone()

        def reached():
            there.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [goal])
            return there.fetchone()[0]

        wait_until(reached, 20)


def test_a_visitor_never_sees_what_is_older_than_the_lag_that_is_allowed(
    primary, replica, portal
):
    connect = primary[1]
    rename(connect, "Before")
    wait_in_step(connect, replica)
    wait_until(lambda: "Before" in read(portal)[1], LAG)
    time.sleep(1.1)  # Then the replica is proven to have this.
    read(portal)
    on(replica, "SELECT pg_wal_replay_pause()")
    try:
        rename(connect, "After")
        committed = time.monotonic()
        staff = {"Cookie": f"{settings.SESSION_COOKIE_NAME}=x"}
        seen = [read(portal)[1], read(portal, headers=staff)[1]]
        assert ["Before" in body for body in seen] == [True, False]
        asked, fresh = committed, False
        while asked < committed + LAG + 1:
            asked = time.monotonic()
            fresh = "After" in read(portal)[1]
            assert fresh or asked < committed + LAG
            time.sleep(0.1)
        # Nor does a page that was kept for the replica come back.
        assert {"After" in read(portal)[1] for _ in range(30)} == {True}
    finally:
        on(replica, "SELECT pg_wal_replay_resume()")
    wait_in_step(connect, replica)
    assert "After" in read(portal)[1]


def test_the_figures_tell_how_far_a_replica_is_behind(primary, replica, portal):
    def told():
        return read(portal, "/metrics", {"Authorization": f"Bearer {TOKEN}"})[1]

    wait_in_step(primary[1], replica)
    assert 'portal_replica_up{replica="replica1"} 1.0' in told()
    behind = 'portal_replica_bytes_behind{replica="replica1"}'
    # The primary writes a little by itself, now and then.
    wait_until(lambda: f"{behind} 0.0" in told(), 5)


def test_no_request_fails_when_the_replica_is_killed(primary, replica, portal):
    connect = primary[1]
    wait_in_step(connect, replica)
    time.sleep(1.1)
    assert read(portal)[0] == 200
    replica.kill()
    try:
        rename(connect, "Without it")
        answers = [read(portal, path) for path in (PAGE, *PAGES)]
        assert [status for status, _ in answers] == [200] * (1 + len(PAGES))
        assert "Without it" in answers[0][1]
    finally:
        replica.start()
    wait_in_step(connect, replica)
    time.sleep(1.1)
    assert read(portal)[0] == 200


def test_nobody_waits_for_a_replica_that_is_frozen(primary, replica, portal):
    wait_in_step(primary[1], replica)
    wait_until(lambda: read(portal)[0] == 200, LAG)
    time.sleep(1.1)
    replica.freeze()
    try:
        rename(primary[1], "While it is frozen")
        began = time.monotonic()
        answers = [read(portal, path) for path in (PAGE, *PAGES)]
        assert [status for status, _ in answers] == [200] * (1 + len(PAGES))
        assert "While it is frozen" in answers[0][1]
        assert time.monotonic() < began + LAG + OF_A_VISITOR
    finally:
        replica.thaw()
    wait_in_step(primary[1], replica)


def test_a_thread_waits_for_a_database_no_longer_than_it_is_to(primary, monkeypatch):
    monkeypatch.setattr(_mine, "patience", 0.1, raising=False)
    set_wait_callback(wait)
    try:
        with closing(primary[1]()) as asking:
            cursor = asking.cursor()
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
            with pytest.raises(psycopg2.OperationalError, match="No answer"):
                cursor.execute("SELECT pg_sleep(2)")
            assert asking.closed
    finally:
        set_wait_callback(None)


def test_visitors_read_on_while_the_primary_does_not_answer(primary, replica, portal):
    door, connect = primary
    wait_in_step(connect, replica)
    behind = door.resolve()
    door.unlink()
    try:
        with closing(connect()) as server:
            server.autocommit = True
            server.cursor().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = 'replicated' AND pid <> pg_backend_pid()"
            )
        time.sleep(1.1)
        assert [read(portal, path)[0] for path in PAGES] == [200] * len(PAGES)
        assert read(portal, "/en/corrections/")[0] >= 500
    finally:
        door.symlink_to(behind)
    wait_until(lambda: read(portal, "/en/corrections/")[0] == 200, 10)


def test_facets_on_a_replica_miss_no_transaction_that_was_under_way(primary, replica):
    connect = primary[1]
    with (
        closing(connect()) as slow,
        closing(connect()) as quick,
        closing(psycopg2.connect(replica.url("replicated"))) as standby,
    ):
        standby.autocommit = True
        reader = standby.cursor()
        wait_in_step(connect, replica)
        slow.cursor().execute("UPDATE topics_topic SET label_en = 'Slow'")
        # A later one that ends earlier
        quick.cursor().execute("DELETE FROM search_word")
        quick.commit()
        wait_in_step(connect, replica)
        position, _ = change_log.read_postgresql(reader, None)
        slow.commit()
        wait_in_step(connect, replica)
        _, entries = change_log.read_postgresql(reader, position)
        reader.execute("SELECT id FROM topics_topic")
        assert set(entries) == {("topics_topic", *reader.fetchone(), "topics_topic")}


@pytest.mark.either_database
@pytest.mark.parametrize(
    ("asked", "visits"),
    [
        ({}, True),
        ({"REQUEST_METHOD": "HEAD"}, True),
        ({"PATH_INFO": "/api/v1/sessions/"}, True),
        ({"PATH_INFO": "/media/photos/a.webp"}, True),
        ({"HTTP_COOKIE": "django_language=en"}, True),
        ({"REQUEST_METHOD": "POST"}, False),
        ({"PATH_INFO": "/zh-hans/preview/token/"}, False),
        ({"PATH_INFO": "/admin/"}, False),
        ({"PATH_INFO": "/oai"}, False),
        ({"PATH_INFO": "/readyz"}, False),
        ({"HTTP_COOKIE": "a=b; sessionid=c"}, False),
        ({"HTTP_AUTHORIZATION": "Basic eDp5"}, False),
    ],
)
def test_only_visits_of_what_everybody_may_see_go_to_a_replica(asked, visits):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/en/"} | asked
    assert Replicas(None, ["replica1"], LAG).is_visit(environ) is visits
