"""Finished pages, given out before Django begins: what is kept, and from whom."""

import ast
import gzip
import os
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Event

import brotli
import pytest
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
from gunicorn.http.wsgi import FileWrapper

from forum_portal.page_cache import PARAMETERS, PageCache, canonical
from records.filters import RecordFilterSet
from sessions.models import Session
from tests.connections import kept_open
from tests.factories import make_session

pytestmark = pytest.mark.django_db
DJANGO = get_wsgi_application()


class Portal:
    """The portal behind its cache; counts what Django had to render."""

    def __init__(self, room=10_000_000):
        self.renders = []
        self.cache = PageCache(self.application, room)

    def application(self, environ, start_response):
        self.renders.append(environ["PATH_INFO"])
        return DJANGO(environ, start_response)

    def get(self, address, method="GET", **environ):
        """Return (status, {header: value}, body) of a request to the cache."""
        path, _mark, query = address.partition("?")
        asked = RequestFactory().generic(method, path).environ
        asked |= {"QUERY_STRING": query, "HTTP_HOST": "localhost", **environ}
        said = []
        body = self.cache(asked, lambda *answer: said.append(answer))
        whole = b"".join(body)
        status, headers = said[0][:2]
        return int(status[:3]), dict(headers), whole


@pytest.fixture(autouse=True)
def _one_connection():
    with kept_open():
        yield


@pytest.fixture
def portal():
    return Portal()


@pytest.fixture
def session():
    return make_session(title_en="Cobalt roundtable", title_zh_hans="钴圆桌会议")


def test_a_page_is_rendered_once_and_then_given_out_the_same(portal, session):
    address = session.get_absolute_url()
    first, second = portal.get(address), portal.get(address)
    assert first == second
    assert first[0] == 200
    assert "Cobalt roundtable" in first[2].decode()
    assert portal.renders == [address]


@pytest.mark.parametrize(
    ("accepted", "encoding", "decode"),
    [
        ("", None, bytes),
        ("gzip, deflate", "gzip", gzip.decompress),
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("br; q=0.000, gzip;q=0.001", "gzip", gzip.decompress),
        ("br ;Q=0. , gzip ; q=1", "gzip", gzip.decompress),
        ("identity", None, bytes),
    ],
)
def test_each_client_gets_the_encoding_that_it_takes(
    portal, session, accepted, encoding, decode
):
    address = session.get_absolute_url()
    plain = portal.get(address)[2]
    _status, headers, body = portal.get(address, HTTP_ACCEPT_ENCODING=accepted)
    assert headers.get("Content-Encoding") == encoding
    assert headers["Content-Length"] == str(len(body))
    assert headers["Vary"] == "Accept-Encoding"
    assert decode(body) == plain


def test_who_has_the_page_in_any_encoding_is_told_so(portal, session):
    address = session.get_absolute_url()
    _status, headers, _body = portal.get(address, HTTP_ACCEPT_ENCODING="br")
    for condition in (
        headers["ETag"],
        f'W/{headers["ETag"]}, "other"',
        headers["ETag"].replace("-br", ""),
        "*",
    ):
        answer = portal.get(
            address, HTTP_IF_NONE_MATCH=condition, HTTP_ACCEPT_ENCODING="gzip"
        )
        assert (answer[0], answer[2]) == (304, b"")
        assert {"ETag", "Cache-Control", "Vary"} <= answer[1].keys()
    assert portal.get(address, HTTP_IF_NONE_MATCH='"other"')[0] == 200


@pytest.mark.django_db(transaction=True)
def test_a_change_elsewhere_leaves_the_tag_and_a_change_here_does_not(portal, session):
    address = session.get_absolute_url()
    tag = portal.get(address)[1]["ETag"]
    session.edition.editor_note = "Nobody sees this."
    session.edition.save()
    assert portal.get(address, HTTP_IF_NONE_MATCH=tag)[0] == 304
    assert len(portal.renders) == 2
    Session.objects.filter(pk=session.pk).update(title_en="Nickel roundtable")
    status, _headers, body = portal.get(address, HTTP_IF_NONE_MATCH=tag)
    assert status == 200
    assert "Nickel roundtable" in body.decode()


def test_head_has_the_headers_of_get_and_no_body(portal, session):
    address = session.get_absolute_url()
    head, get = portal.get(address, method="HEAD"), portal.get(address)
    assert head == (200, get[1], b"")


def test_those_who_have_signed_in_and_those_who_send_something_go_round(
    portal, session
):
    address = session.get_absolute_url()
    portal.get(address)
    for environ in (
        {"HTTP_COOKIE": f"a=b; {settings.SESSION_COOKIE_NAME}=x"},
        {"HTTP_AUTHORIZATION": "Basic x"},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"CONTENT_LENGTH": "3"},
        {"HTTP_HOST": "evil.example"},
    ):
        before = len(portal.renders)
        portal.get(address, **environ)
        assert len(portal.renders) == before + 1, environ
    before = len(portal.renders)
    assert portal.get(address)[0] == 200
    assert len(portal.renders) == before


def test_what_a_visitor_sends_never_reaches_another_visitor(portal, session):
    address = session.get_absolute_url()
    portal.get(
        address,
        HTTP_COOKIE="django_language=zh-hans; theme=EVIL",
        HTTP_USER_AGENT="EVIL",
        HTTP_REFERER="https://EVIL",
        HTTP_X_FORWARDED_HOST="EVIL",
        HTTP_ACCEPT_LANGUAGE="zh",
        HTTP_RANGE="bytes=0-1",
        RAW_URI="/EVIL",
    )
    status, headers, body = portal.get(f"{address}?utm_source=EVIL&EVIL")
    assert (status, len(portal.renders)) == (200, 1)
    assert b"EVIL" not in body
    assert "EVIL" not in str(headers)


def test_hosts_and_schemes_are_kept_apart(portal, session):
    address = session.get_absolute_url()
    pages = {
        portal.get(address, HTTP_HOST="localhost")[2],
        portal.get(address, HTTP_HOST="127.0.0.1:8000")[2],
    }
    assert len(pages) == 2
    portal.get(address, **{"wsgi.url_scheme": "https"})
    assert len(portal.renders) == 3
    portal.get(address, HTTP_HOST="LocalHost")
    assert len(portal.renders) == 3


def test_a_scheme_that_proxies_told_counts_as_django_reads_it(portal, session):
    address = session.get_absolute_url()
    for told in ("https", "https, http", "https ,EVIL", "http", "EVIL", "ws", " "):
        assert b"EVIL" not in portal.get(address, HTTP_X_FORWARDED_PROTO=told)[2]
    assert len(portal.renders) == 2


def test_hosts_share_pages_that_name_the_public_address(portal, session, settings):
    settings.SITE_URL = "http://record.example.org"
    address = session.get_absolute_url()
    for host in ("localhost", "localhost:666", "127.0.0.1", "evil.example"):
        portal.get(address, HTTP_HOST=host)
    assert len(portal.renders) == 2  # The last of them is refused each time.


def test_errors_redirects_and_pages_without_a_language_are_not_kept(portal, session):
    for address, status in (
        ("/en/sessions/nowhere/", 404),
        ("/en/sessions", 301),
        (session.address, 302),
        ("/robots.txt", 200),
        ("/admin/login/", 200),
    ):
        assert [portal.get(address)[0] for _ in range(2)] == [status, status]
    assert len(portal.renders) == 2 * 5


def test_a_filter_counts_and_what_means_nothing_does_not():
    assert canonical("") == ""
    assert canonical("topic=b&utm_source=x&q=a+b&topic=a&=&fbclid") == (
        "q=a+b&topic=b&topic=a"
    )
    assert canonical("%74opic=a") == "%74opic=a"
    assert canonical("topics=a&tópic=b&%ff=c") == ""


def test_every_parameter_that_some_page_reads_is_known():
    filters = [RecordFilterSet]
    for one in filters:
        filters += one.__subclasses__()
    named = {name for one in filters for name in one.base_filters}
    for app in settings.PORTAL_APPS:
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if {"admin", "api", "desk"} & set(path.with_suffix("").parts):
                continue  # These are not kept.
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Attribute)
                    and node.func.value.attr == "GET"
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    named.add(node.args[0].value)
    assert {"edition", "about"} <= named
    assert named <= PARAMETERS


def test_many_who_ask_at_once_wait_for_one_render(session):
    begun, go_on = Event(), Event()

    def slow(environ, start_response):
        renders.append(environ["PATH_INFO"])
        begun.set()
        assert go_on.wait(10)
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"The page"]

    renders = []
    portal = Portal()
    portal.cache.application = slow
    # One connection serves all threads of a test: the version is read beforehand.
    portal.cache.version = lambda: "1"
    with ThreadPoolExecutor(8) as visitors:
        answers = [visitors.submit(portal.get, "/en/") for _ in range(8)]
        assert begun.wait(10)
        go_on.set()
        assert {answer.result()[2] for answer in answers} == {b"The page"}
    assert renders == ["/en/"]


def test_memory_is_bounded_and_what_was_asked_last_stays(session):
    portal = Portal(room=150_000)
    for number in range(30):
        portal.get("/en/")
        portal.get(f"/en/sessions/?q={number}")
    assert portal.cache.used <= 150_000
    assert 1 < len(portal.cache.pages) < 30
    assert portal.renders.count("/en/") == 1


@pytest.mark.parametrize("length", [10, 100_000])
def test_memory_holds_whatever_is_asked_and_in_whatever_form(length):
    def application(environ, start_response):
        headers = [("Content-Type", "text/plain"), *[("X-More", "y" * 50)] * 9]
        start_response("200 OK", [(f"{name}", f"{value}") for name, value in headers])
        return [os.urandom(length // 2).hex().encode()]

    room = 4_000_000
    cache = PageCache(application, room)
    cache.version = lambda: "1"
    asked = RequestFactory().get("/en/", headers={"host": "localhost"}).environ
    tracemalloc.start()
    try:
        forms = ("", "gzip", "br")
        for number, form in product(range(3 * room // (length + 3000)), forms):
            asked["QUERY_STRING"] = f"q={number:02000}"
            asked["HTTP_ACCEPT_ENCODING"] = form
            asked["HTTP_X_FORWARDED_PROTO"] = "z" * 8000
            cache(dict(asked), lambda *started: None)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert room / 2 < cache.used <= room
    assert room / 2 < taken < 1.1 * room
    cache.pages.clear()


@pytest.mark.django_db(transaction=True)
def test_a_render_that_began_before_a_change_is_not_given_out_after_it(session):
    address = session.get_absolute_url()
    portal = Portal()
    render = portal.application

    def changed_meanwhile(environ, start_response):
        body = list(render(environ, start_response))
        portal.cache.application = render
        Session.objects.filter(pk=session.pk).update(title_en="Nickel roundtable")
        return body

    portal.cache.application = changed_meanwhile
    assert "Cobalt" in portal.get(address)[2].decode()
    assert "Nickel" in portal.get(address)[2].decode()


def test_a_file_is_left_to_the_server_unread(tmp_path, rf):
    file = (tmp_path / "release.zip").open("w+b")

    def release(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/zip")])
        return environ["wsgi.file_wrapper"](file)

    environ = rf.get("/en/about/data/files/release.zip").environ
    environ |= {"HTTP_HOST": "localhost", "wsgi.file_wrapper": FileWrapper}
    answer = PageCache(release, 10_000)(environ, lambda *started: None)
    assert isinstance(answer, FileWrapper)
    answer.close()
    assert file.closed


@pytest.mark.parametrize(("seconds", "times"), [(0.3, 1), (8, 2)])
def test_a_file_that_another_request_makes_is_waited_for_but_not_long(
    rf, seconds, times
):
    begun, done, made = Event(), Event(), []

    def export(environ, start_response):
        made.append(environ)
        if not begun.is_set():
            begun.set()
            done.wait(seconds)
        start_response("200 OK", [("Content-Type", "text/csv")])
        return [b"made"]

    cache = PageCache(export, 10_000)
    cache.version = lambda: "1"
    environ = rf.get("/en/sessions.csv", headers={"host": "localhost"}).environ
    with ThreadPoolExecutor(1) as pool:
        pool.submit(cache, environ, lambda *started: None)
        assert begun.wait(5)
        began = time.monotonic()
        try:
            assert b"".join(cache(environ, lambda *started: None)) == b"made"
            assert time.monotonic() - began < 5
            assert len(made) == times
        finally:
            done.set()
