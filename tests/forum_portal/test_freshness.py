"""No answer of the real server is older than the last commit of another process."""

import os
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from itertools import cycle
from threading import Event

import psycopg2
import pytest
from django.db import connection
from redis import Redis

from tests import redis
from tests.browser.conftest import free_port, wait_for

pytestmark = pytest.mark.django_db
PAGE = "/en/topics/tailings/"
ROUNDS = 25
MAKE = (
    "from topics.models import Topic;"
    "Topic.objects.create(slug='tailings', label_en='Round 0', state='published')"
)


@pytest.fixture(scope="module")
def database(tmp_path_factory, django_db_setup, django_db_blocker):
    """Yield (environment, connect) of a copy of the database, with one topic."""
    folder = tmp_path_factory.mktemp("fresh")
    env = os.environ | {"VAR_DIR": str(folder), "PAGE_CACHE_MB": "32"}
    with django_db_blocker.unblock():
        connection.ensure_connection()
        named = connection.settings_dict
        if connection.vendor == "postgresql":
            own = {"host": named["HOST"], "user": named["USER"], "dbname": "freshness"}
            env["DATABASE_URL"] = os.environ["DATABASE_URL"].rpartition("/")[0]
            env["DATABASE_URL"] += "/freshness"
            connection.close()  # Nobody may use what is copied.
            with closing(psycopg2.connect(**own | {"dbname": "postgres"})) as server:
                server.autocommit = True
                server.cursor().execute("DROP DATABASE IF EXISTS freshness")
                server.cursor().execute(
                    f'CREATE DATABASE freshness TEMPLATE "{named["NAME"]}"'
                )
        else:
            path = folder / "portal.sqlite3"
            env["DATABASE_URL"] = f"sqlite:///{path}"
            with closing(sqlite3.connect(path)) as copy:
                connection.connection.backup(copy)
    manage = [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE]
    subprocess.run(manage, env=env, check=True)
    if connection.vendor == "postgresql":
        return env, lambda: psycopg2.connect(**own)
    return env, lambda: sqlite3.connect(path, timeout=20)


@pytest.fixture(scope="module")
def server(database):
    """The ports of one real server, with two worker processes."""
    with hosts(1, database[0]) as ports:
        yield ports


@pytest.fixture(scope="module")
def two_servers(database):
    """The ports of two, which share their pages; and the store where they do."""
    with (
        redis.running() as (address, _process),
        hosts(2, database[0] | {"CACHE_URL": address}) as ports,
    ):
        yield ports, Redis.from_url(address)


@contextmanager
def hosts(number, env):
    """Run so many servers with two worker processes each; yield their ports."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
    ports, processes = [], []
    try:
        for _ in range(number):
            ports.append(free_port())
            own = env | {"HOST": "127.0.0.1", "PORT": str(ports[-1])}
            processes.append(subprocess.Popen(command, env=own))
        for one in zip(ports, processes, strict=True):
            wait_for(*one)
        yield ports
    finally:
        for process in processes:
            process.kill()  # Its workers see that it is gone.
            process.wait()


def read(port, tag=""):
    """Return (status, entity tag, body) of the page, by a connection of its own."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as visitor:
        # Behind one name, as hosts are: a page may show it.
        headers = {"Host": "localhost"} | ({"If-None-Match": tag} if tag else {})
        visitor.request("GET", PAGE, headers=headers)
        answer = visitor.getresponse()
        return answer.status, answer.headers["ETag"], answer.read().decode()


def test_no_answer_is_older_than_the_last_commit(database, server):
    assert answers_that_are_older(database, server) == []


@redis.needs_redis
def test_nor_is_one_of_hosts_that_share_their_pages(database, two_servers):
    ports, store = two_servers
    assert answers_that_are_older(database, ports) == []
    said = store.info("stats")
    assert min(said["keyspace_hits"], said["keyspace_misses"]) > ROUNDS / 5
    store.close()


def answers_that_are_older(database, ports):
    """Return (round, status) of each answer that did not know the last commit."""
    over = Event()
    servers = cycle(ports)

    def visit():
        while not over.is_set():
            read(next(servers))

    stale = []
    with ThreadPoolExecutor(3) as visitors, closing(database[1]()) as writer:
        crowd = [visitors.submit(visit) for _ in range(3)]
        for number in range(1, ROUNDS + 1):
            tag = read(ports[0])[1]
            # A transaction that stays open while others read
            renamed = f"UPDATE topics_topic SET label_en = 'Round {number}.'"  # noqa: S608
            writer.cursor().execute(renamed)
            time.sleep(0.01)
            writer.commit()
            for _ in range(5):
                status, _tag, body = read(next(servers), tag)
                if status != 200 or f"Round {number}." not in body:
                    stale.append((number, status))
        over.set()
        for one in crowd:
            one.result()
    assert read(ports[-1], read(ports[0])[1])[0] == 304
    return stale
