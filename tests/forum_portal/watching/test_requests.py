"""Numbers of requests, and what the log says of them."""

import io
import json
import logging
import re
import time
from urllib.parse import quote

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.urls import path

from forum_portal import errors
from forum_portal.watching import logs, requests

NUMBER = "0123456789abcdef"


def failing(request, token=""):
    raise ValueError("It broke")


def database_gone(request):
    raise OperationalError("gone")


def slow(request):
    time.sleep(0.02)
    return HttpResponse("at last")


urlpatterns = [
    path("preview/<str:token>/", failing),
    path("gone/", database_gone),
    path("slow/", slow, name="slow"),
    path("rules/", slow, name="speculation-rules"),  # every page names it
]
handler404 = errors.page_not_found
handler500 = errors.server_error


@pytest.fixture
def failing_client(client, settings):
    settings.ROOT_URLCONF = __name__
    settings.ALLOWED_HOSTS = ["testserver"]
    client.raise_request_exception = False
    return client


@pytest.fixture(params=[logs.Json, logs.Text])
def lines(request):
    """What the log says, as lines; JSON or text."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    names = ("", "forum_portal.requests")
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield lambda: stream.getvalue()
    for name in names:
        logging.getLogger(name).removeHandler(handler)


def test_a_proxys_number_is_taken_over_only_if_there_is_a_proxy(client, settings):
    told = {"X-Request-ID": NUMBER}
    for proxies, taken in ((1, True), (0, False)):
        settings.PROXIES = proxies
        answer = client.get("/robots.txt", headers=told)
        assert (answer["X-Request-ID"] == NUMBER) == taken


@pytest.mark.parametrize(
    "bad",
    [
        "short",
        "a" * 65,
        "a b c d e f",
        'x"onload=1',
        "",
        "é" * 8,
        "12345678\n",
        "１" * 9,
    ],
)
def test_a_malformed_number_is_not_taken_over(rf, settings, bad):
    settings.PROXIES = 1
    request = rf.get("/robots.txt")
    request.META["HTTP_X_REQUEST_ID"] = bad
    number = requests.number_of(request)
    assert number != bad
    assert requests.WELL_FORMED.fullmatch(number)


def test_a_fault_is_logged_with_its_number_and_the_page_tells_it(
    failing_client, settings, lines
):
    settings.PROXIES = 1
    told = {"X-Request-ID": NUMBER}
    answer = failing_client.get("/preview/bearer-secret/?q=illness", headers=told)
    assert answer.status_code == 500
    assert answer["X-Request-ID"] == NUMBER
    assert answer.text.count(f"<code>{NUMBER}</code>") == 2
    said = lines()
    assert NUMBER in said
    assert "ValueError: It broke" in said
    assert "bearer-secret" not in said
    assert "illness" not in said
    if said.startswith("{"):
        (line,) = map(json.loads, said.splitlines())
        assert line.pop("time").endswith("+00:00")
        assert line.pop("traceback").startswith("Traceback (most recent call last)")
        assert line.pop("process") > 0
        assert line == {
            "level": "ERROR",
            "logger": "django.request",
            "message": "Internal Server Error: /preview/<token>/",
            "method": "GET",
            "path": "/preview/<token>/",
            "status": 500,
            "request_id": NUMBER,
        }
    assert logs.request_number.get() == ""


def test_a_failed_database_is_told_with_the_number_too(failing_client):
    answer = failing_client.get("/gone/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer.text.count(f"<code>{answer['X-Request-ID']}</code>") == 2


def test_what_takes_long_is_logged_and_all_else_only_if_wanted(
    failing_client, settings, monkeypatch, lines
):
    failing_client.get("/slow/?q=illness")
    assert lines() == ""
    settings.ACCESS_LOG = True
    failing_client.get("/slow/?q=illness")
    monkeypatch.setattr(requests, "SLOW", 0.01)
    failing_client.get("/slow/?q=illness")
    usual, slow = lines().splitlines()
    assert "GET /slow/ 200 in 0." in usual
    assert "Slow: GET /slow/ 200 in 0." in slow
    assert "illness" not in lines()
    if slow.startswith("{"):
        assert json.loads(slow)["level"] == "WARNING"
        assert json.loads(slow)["view"] == "slow"


FORGED = "2026-11-23 20:00:00Z CRITICAL [-] forged: line"
OF_A_REQUEST = re.compile(r"\S+ \S+Z (INFO|ERROR) \[\w{16}\] ")


def test_an_address_forges_no_line_and_reaches_no_terminal(
    failing_client, settings, lines
):
    settings.ACCESS_LOG = True
    for mark in ("\n", "\r\n", "\r", "\x1b[2J", "\x9b", "\u2028", "\x85", "\u202e"):
        failing_client.get(f"/x{quote(mark)}{quote(FORGED)}/")
    said = lines()
    if not said.startswith("{"):
        assert all(OF_A_REQUEST.match(line) for line in said.splitlines())
        assert not re.search(r"[^\n -~]", said)
        assert f"GET /x\\n{FORGED}/ " in said
        assert f"GET /x\\x1b[2J{FORGED}/ " in said
        assert f"GET /x\\u2028{FORGED}/ " in said


def test_what_an_exception_says_is_no_line_of_ours(lines):
    try:
        raise ValueError(f"It broke\n{FORGED}\x1b")
    except ValueError:
        logging.getLogger("portal").exception("Failed for %s", f"x\n{FORGED}")
    said = lines()
    if not said.startswith("{"):
        assert [one for one in said.splitlines() if one.startswith("2026")] == [
            said.splitlines()[0]
        ]
        assert "\n  Traceback (most recent call last):\n" in said
        assert f"\n  ValueError: It broke\n  {FORGED}\\x1b\n" in said
