"""Pages that workers and hosts share through a Redis server."""

import signal
import time
from urllib.parse import urlsplit

import pytest
import redis
from django.core.cache import caches
from django.test import override_settings

from forum_portal import shared_pages
from forum_portal.shared_pages import SharedPages
from records import shared
from sessions.models import Session
from tests.factories import make_session
from tests.forum_portal.test_page_cache import Portal, _one_connection  # noqa: F401
from tests.redis import needs_redis, running

pytestmark = [pytest.mark.django_db, needs_redis]


@pytest.fixture(scope="module")
def server():
    with running() as (address, process):
        yield address, process


@pytest.fixture
def store(server, settings, monkeypatch, tmp_path):
    """Return a plain client of the store that the portal is told of, empty."""
    address, _process = server
    monkeypatch.setattr(shared, "line", shared.Line())
    rates = {
        "BACKEND": "records.shared.SharedCounters",
        "LOCATION": tmp_path,
        "OPTIONS": {"store": address},
    }
    pages = {"BACKEND": "records.shared.Shared", "LOCATION": address}
    settings.CACHES = settings.CACHES | {"rates": rates, "shared": pages}
    client = redis.Redis.from_url(address)
    client.flushall()
    yield client
    client.close()


def worker():
    """Return a portal with a memory of its own, as another worker has."""
    portal = Portal()
    portal.cache.shared = SharedPages()
    return portal


@pytest.fixture
def address():
    return make_session(title_en="Cobalt roundtable").get_absolute_url()


def test_a_page_that_one_worker_made_is_taken_by_the_others(store, address):
    one, other = worker(), worker()
    for accepted in ("br", "gzip", ""):
        told = {"HTTP_ACCEPT_ENCODING": accepted}
        mine, yours = one.get(address, **told), other.get(address, **told)
        assert mine == yours
        assert mine[0] == 200
        tag = {"HTTP_IF_NONE_MATCH": mine[1]["ETag"]}
        assert other.get(address, **told, **tag)[0] == 304
    assert (len(one.renders), len(other.renders)) == (1, 0)
    (name,) = store.keys()
    assert 0 < store.ttl(name) <= shared_pages.LASTS
    # Both compressed forms are shorter than the page, which stands nowhere plain.
    assert b"Cobalt roundtable" not in store.get(name)


def test_small_answers_and_what_must_not_be_kept(store):
    worker().get("/en/search/suggest/?q=xyzzy")
    other = worker()
    status, _headers, body = other.get("/en/search/suggest/?q=xyzzy")
    assert (status, body[:1], other.renders) == (200, b"{", [])
    before = store.dbsize()
    for path in ("/en/topics/nowhere/", "/en/corrections/", "/admin/login/"):
        other.get(path)
    other.get("/en/", HTTP_COOKIE="sessionid=x")
    assert store.dbsize() == before


@pytest.mark.django_db(transaction=True)
def test_nobody_takes_a_page_of_before_a_change(store):
    session = make_session(title_en="Cobalt roundtable")
    address = session.get_absolute_url()
    worker().get(address)
    Session.objects.filter(pk=session.pk).update(title_en="Nickel roundtable")
    assert "Nickel" in worker().get(address)[2].decode()


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"x" * 31,
        b"x" * 5000,
        b"cos\nsystem\n(S'false'\ntR.",
        "another page",
        "changed",
    ],
)
def test_what_is_not_ours_in_the_store_is_left_out(store, address, poison):
    worker().get(address)
    (name,) = store.keys()
    ours = store.get(name)
    if poison == "another page":
        worker().get("/en/")
        (other,) = set(store.keys()) - {name}
        poison = store.get(other)
    elif poison == "changed":
        poison = ours[:-1] + b"!"
    store.set(name, poison)
    again = worker()
    status, _headers, body = again.get(address)
    assert (status, again.renders) == (200, [address])
    assert "Cobalt roundtable" in body.decode()
    assert store.get(name) == ours


def test_another_release_secret_or_setting_shares_nothing(store, address, tmp_path):
    worker().get(address)
    (tmp_path / "staticfiles.json").write_text("{}")
    for name, value in [
        ("SECRET_KEY", "another secret"),
        ("SITE_URL", "https://other.example"),
        ("STATIC_ROOT", tmp_path),
    ]:
        with override_settings(**{name: value}):
            other = worker()
            other.get(address)
        assert other.renders == [address], name


@pytest.mark.parametrize("failure", ["gone", "stopped", "full"])
def test_without_the_store_readers_notice_nothing(
    store, server, address, failure, caplog, settings, monkeypatch
):
    settings.RATES = settings.RATES | {"search": "2/hour"}
    if failure == "gone":
        gone = {"LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = settings.CACHES | {"shared": settings.CACHES["shared"] | gone}
    elif failure == "stopped":
        server[1].send_signal(signal.SIGSTOP)
    else:
        store.config_set("maxmemory", "1")
    portal = worker()
    try:
        began = time.monotonic()
        assert portal.get(address)[0] == 200
        assert [portal.get("/en/")[0] for _ in range(3)] == [200] * 3
        # Two questions at most have waited in vain.
        assert time.monotonic() - began < 5
        asked = "/en/search/?q={}"
        statuses = [portal.get(asked.format(n))[0] for n in range(4)]
        assert statuses == [200, 200, 429, 429]
    finally:
        server[1].send_signal(signal.SIGCONT)
        store.config_set("maxmemory", "0")
    said = [one for one in caplog.messages if "without the shared store" in one]
    assert len(said) == 1
    assert "answers again" not in caplog.text
    if failure == "stopped":
        monkeypatch.setattr(shared.line, "again", time.monotonic())
        portal.get("/en/topics/")
        assert "The shared store answers again." in caplog.text


def test_all_hosts_count_together(store, client, settings, tmp_path):
    settings.RATES = settings.RATES | {"search": "2/hour"}
    asked = [client.get("/en/search/?q=a").status_code]
    rates = settings.CACHES["rates"] | {"LOCATION": tmp_path / "another host"}
    settings.CACHES = settings.CACHES | {"rates": rates}
    asked += [client.get("/en/search/?q=a").status_code for _ in range(2)]
    assert asked == [200, 200, 429]
    (name,) = store.keys()
    assert 3595 <= store.ttl(name) + 3600 <= 7210
    assert store.get(name) == b"3"


def test_counting_in_the_store_costs_little(store):
    counters = caches["rates"]
    counters.add("cost", 0, 60)

    def cost(ask):
        began = time.process_time()
        for _ in range(200):
            ask()
        return time.process_time() - began

    def count():
        counters.add("cost", 1, 60)
        counters.incr("cost")

    # As two questions to the store itself, on whatever machine.
    assert cost(count) < 10 * cost(store.ping)
    assert urlsplit(str(counters.store._servers[0])).scheme == "redis"
