"""How often one network may ask, and how that is counted."""

import gc
import subprocess
import sys
import threading
import time

import pytest
from django.conf import settings as real
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client, RequestFactory

from forum_portal.errors import too_many_requests
from records import rates
from records.clients import ip_of, network_of
from records.counters import HostCounters
from tests.connections import kept_open
from tests.factories import make_edition, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
COUNT = """
import sys
from django.conf import settings
settings.configure()
from records.counters import HostCounters
counters = HostCounters(sys.argv[1], {})
for _ in range(400):
    counters.add("all", 0, 60) or counters.incr("all")
"""


@pytest.fixture(autouse=True)
def _nobody_asked_before():
    caches["rates"].clear()
    rates.turns.taken.clear()


def slow(settings, *names):
    """Let a network ask twice an hour."""
    settings.RATES = settings.RATES | dict.fromkeys(names, "2/hour")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "<h1>Too many requests</h1>"), ("zh-hans", 'lang="zh-Hans"')],
)
def test_who_searches_too_often_is_told_when_to_come_back(
    client, settings, language, words
):
    slow(settings, "search")
    asked = [f"/{language}/search/?q=a", f"/{language}/search/suggest/?q=a"]
    answers = [client.get(address) for address in [*asked, *asked]]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 3600
    assert words in answers[-1].text
    # All else goes on, and so does everybody else.
    assert client.get(f"/{language}/topics/").status_code == 200
    assert client.get(asked[0], REMOTE_ADDR="192.0.2.1").status_code == 200


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "Wait 1 second and"), (90, "Wait 90 seconds"), (91, "Wait 2 minutes")],
)
def test_how_long_to_wait_is_told_in_words(rf, seconds, words):
    answer = too_many_requests(rf.get("/en/search/"), seconds)
    assert words in " ".join(answer.content.decode().split())
    assert answer["Retry-After"] == str(seconds)


def test_every_kind_of_file_counts_as_one_export(client, settings):
    slow(settings, "exports")
    topic = make_topic()
    edition = make_edition(slug="2023")
    for address in (
        "/en/topics.csv",
        "/en/explore/mentions.csv",
        "/en/sessions.ics",
        *(f"/en/editions/{edition.slug}/programme.{kind}" for kind in ("ics", "xml")),
        f"/en/trace/topics/{topic.slug}.csv",
        "/en/regulations/compare.csv",
        "/en/about/data/none/none.zip",
    ):
        caches["rates"].clear()
        statuses = [client.get(address).status_code for _ in range(3)]
        assert 429 not in statuses[:2], address
        assert statuses[2] == 429, address
    # A harvester knows 503 (OAI-PMH, section 3.1.2.2).
    answer = client.get("/oai?verb=Identify")
    assert (answer.status_code, answer.content) == (503, b"")
    assert int(answer["Retry-After"]) >= 1
    assert client.get(f"/en/topics/{topic.slug}.json").status_code == 200


def test_a_harvester_that_asks_too_often_is_no_fault_of_ours(client, settings, caplog):
    slow(settings, "exports")
    with caplog.at_level("WARNING", "django.request"):
        statuses = [client.get("/oai?verb=Identify").status_code for _ in range(3)]
    assert statuses == [200, 200, 503]
    assert [line.levelname for line in caplog.records] == ["WARNING"]


def test_attempts_to_sign_in_are_counted_whoever_they_are_for(client, settings):
    slow(settings, "sign-in", "reset")
    # Who has an account may not try the passwords of others either.
    client.force_login(User.objects.create_user("colleague"))
    for address, field in (("login/", "username"), ("password-reset/", "email")):
        page = f"/admin/{address}"
        sent = [{field: f"{n}@example.org", "password": "wrong"} for n in range(3)]
        statuses = [client.post(page, one).status_code for one in sent]
        assert statuses[-1] == 429
        assert 429 not in statuses[:-1]
        assert client.get(page).status_code == 200


def test_staff_in_a_full_hall_search_and_export_without_being_counted(
    client, admin_client, settings
):
    slow(settings, "search", "exports")
    for address in ("/en/search/?q=a", "/en/topics.csv"):
        visitors = [client.get(address).status_code for _ in range(3)]
        staff = [admin_client.get(address).status_code for _ in range(3)]
        assert (visitors, staff) == ([200, 200, 429], [200, 200, 200])
    client.cookies[settings.SESSION_COOKIE_NAME] = "forged"
    assert client.get("/en/search/?q=a").status_code == 429


@pytest.mark.parametrize(
    ("proxies", "direct", "told", "ip", "network"),
    [
        (0, "192.0.2.7", "198.51.100.1", "192.0.2.7", "192.0.2.7"),
        (1, "10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1", "198.51.100.1"),
        (2, "10.0.0.1", "6.6.6.6,198.51.100.1 ,10.0.0.2", "198.51.100.1", None),
        (2, "10.0.0.1", "198.51.100.1", "198.51.100.1", "198.51.100.1"),
        (1, "192.0.2.7", "", "192.0.2.7", "192.0.2.7"),
        (1, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (0, "::ffff:192.0.2.7", "", "192.0.2.7", "192.0.2.7"),
        (1, "10.0.0.1", "<script>", None, None),
        (0, "", "", None, None),
        (0, "fe80::1%eth0", "", "fe80::1%eth0", "fe80::"),
    ],
)
def test_who_asks_is_who_our_own_proxy_names(
    settings, proxies, direct, told, ip, network
):
    settings.PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=direct)
    if told:
        request.META["HTTP_X_FORWARDED_FOR"] = told
    assert ip_of(request) == ip
    assert network_of(request) == (network or ip)


def test_a_household_is_one_however_many_addresses_it_has(settings):
    slow(settings, "search")
    client = Client()
    asked = [
        client.get("/en/search/?q=a", REMOTE_ADDR=f"2001:db8:1:{net}::{host:x}")
        for net, host in [(1, 1), (1, 2), (1, 3), (2, 1)]
    ]
    assert [answer.status_code for answer in asked] == [200, 200, 429, 200]


def test_processes_that_count_at_once_lose_no_number(tmp_path):
    command = [sys.executable, "-c", COUNT, str(tmp_path)]
    for process in [subprocess.Popen(command) for _ in range(4)]:
        assert process.wait(60) == 0
    assert HostCounters(tmp_path, {}).get("all") == 4 * 400 - 1


def test_a_count_ends_with_its_time_and_what_is_old_is_deleted(tmp_path, monkeypatch):
    counters = HostCounters(tmp_path, {})
    assert counters.add("a", 1, 0.2)
    assert not counters.add("a", 1, 0.2)
    assert counters.incr("a") == 2
    time.sleep(0.25)
    assert counters.get("a") is None
    with pytest.raises(ValueError, match="not found"):
        counters.incr("a")
    monkeypatch.setattr("records.counters.TIDY", 1)
    assert counters.add("b", 1, 60)
    rows, _changed = counters.execute("SELECT name FROM counts")
    assert rows == [(counters.make_key("b"),)]


@pytest.mark.parametrize("broken", ["no database", "a folder"])
def test_where_nothing_can_be_counted_nobody_is_refused(
    client, settings, tmp_path, broken, caplog
):
    slow(settings, "search")
    rates = settings.CACHES["rates"] | {"LOCATION": tmp_path}
    settings.CACHES = settings.CACHES | {"rates": rates}
    file = tmp_path / "counters.sqlite3"
    if broken == "a folder":
        file.mkdir()
    else:
        file.write_text("This is no database, and it is long enough to be none." * 99)
    statuses = [client.get("/en/search/?q=a").status_code for _ in range(4)]
    assert statuses[0] == 200
    assert "Requests are not counted" in caplog.text
    # A file that is broken is made anew.
    assert statuses[-1] == (200 if broken == "a folder" else 429)


def test_counting_costs_little():
    counters = caches["rates"]
    counters.add("cost", 0, 60)
    began = time.process_time()
    for _ in range(500):
        counters.add("cost", 1, 60)
        counters.incr("cost")
    assert (time.process_time() - began) / 500 < 0.0003


@pytest.mark.parametrize("address", ["/en/sessions.csv", "/en/sessions.ics"])
def test_a_worker_makes_few_files_of_lists_at_once_and_one_for_each(
    client, address, settings, monkeypatch
):
    settings.EXPORT_TURNS = 2, 1
    monkeypatch.setattr(rates, "BRIEFLY", 0.01)

    def ask(place, address=address):
        return client.get(address, REMOTE_ADDR=f"192.0.2.{place}")

    first = ask(1, "/en/sessions.json")
    refused = ask(1)
    assert (refused.status_code, refused["Retry-After"]) == (429, str(rates.WAIT))
    assert "Wait 10 seconds" in " ".join(refused.text.split())
    second = ask(2, "/en/topics.json")
    assert (first.status_code, second.status_code) == (200, 200)
    assert ask(3).status_code == 429
    # Pages are nobody's turn, and who has read a file, or hung up, makes room.
    assert ask(1, "/en/topics/").status_code == 200
    with kept_open():
        first.close()
    third = ask(3)
    assert (third.status_code, ask(2).status_code) == (200, 429)
    with kept_open():
        third.close()
    del second
    gc.collect()
    assert ask(2).status_code == 200


def test_one_request_waits_briefly_for_its_turn_and_others_are_told_at_once(settings):
    settings.EXPORT_TURNS = 2, 1
    turns, got = rates.Turns(), []
    assert turns.take("home")
    waits = threading.Thread(target=lambda: got.append(turns.take("home")))
    waits.start()
    while not turns.somebody_waits:
        time.sleep(0.001)
    began = time.monotonic()
    assert not turns.take("home")
    assert time.monotonic() - began < rates.BRIEFLY / 2
    assert turns.take("elsewhere")
    turns.give_back("home")
    waits.join()
    assert got == [True]
    assert turns.taken == {"home": 1, "elsewhere": 1}


def test_parts_of_the_sitemap_count_as_exports(client, settings):
    slow(settings, "exports")
    asked = [client.get("/sitemap-topics.xml").status_code for _ in range(3)]
    assert asked == [200, 200, 429]
    assert client.get("/sitemap.xml").status_code == 200


def test_a_file_that_fails_gives_its_turn_back(client, monkeypatch, settings):
    settings.EXPORT_TURNS = 2, 1
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr("exchange.tables.views.file_of", lambda *given: 1 / 0)
        assert client.get("/en/topics.csv").status_code == 500
    assert client.get("/en/topics.csv").status_code == 200


def test_a_hall_behind_one_address_may_search_by_default():
    most, period = real.RATES["search"].split("/")
    assert (int(most) >= 900, period) == (True, "minute")
