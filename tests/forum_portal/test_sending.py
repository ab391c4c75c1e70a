"""Our answer beside Gunicorn's own: the same bytes come out of both."""

import re
import socket
import sys

import pytest
from gunicorn.config import Config
from gunicorn.http import RequestParser
from gunicorn.http.errors import InvalidResponseHeader, InvalidResponseHeaderName
from hypothesis import given, settings
from hypothesis import strategies as st

from forum_portal.sending import GunicornsResponse, Response, checked

pytestmark = pytest.mark.either_database
HTML = ("Content-Type", "text/html; charset=utf-8")
DATE = re.compile(rb"\r\nDate: [^\r]+")


class Wire:
    """Keeps what is sent, part by part."""

    def __init__(self):
        self.parts = []

    def sendall(self, part):
        self.parts.append(bytes(part))

    def sendmsg(self, parts, *_options):
        self.parts.append(b"".join(parts))
        return len(self.parts[-1])

    def settimeout(self, seconds):
        """Send at once, however long one may wait."""


def sent(kind, status, headers, *bodies, method="GET", version="1.1", instead=None):
    """Return what goes over the wire, in parts, and whether it is closed after."""
    asked = f"{method} / HTTP/{version}\r\nHost: localhost\r\n\r\n".encode()
    parser = RequestParser(Config(), iter([asked]), ("127.0.0.1", 1))
    wire = Wire()
    answer = kind(next(parser), wire, Config())
    answer.start_response(status, headers)
    if instead:
        try:
            raise RuntimeError
        except RuntimeError:
            answer.start_response(*instead, sys.exc_info())
    for body in bodies:
        answer.write(body)
    answer.close()
    return [DATE.sub(b"", part) for part in wire.parts], answer.should_close()


def both(*given, **options):
    """Return the bytes that both send, and in how many parts ours does."""
    theirs, closes = sent(GunicornsResponse, *given, **options)
    ours, ours_closes = sent(Response, *given, **options)
    assert (b"".join(ours), ours_closes) == (b"".join(theirs), closes)
    return b"".join(ours), len(ours)


def of(length):
    return "Content-Length", str(length)


def test_a_whole_page_goes_out_in_one_piece_with_its_head():
    whole, parts = both("200 OK", [HTML, of(5)], b"Hello")
    assert (whole.partition(b"\r\n\r\n")[2], parts) == (b"Hello", 1)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (("200 OK", [HTML], b"Hello", b"", b"again"), {}),
        (("200 OK", [HTML], b"Hello"), {"version": "1.0"}),
        (("200 OK", [HTML, of(10)], b"Hello", b"again"), {}),
        (("200 OK", [HTML, of(3)], b"Hello"), {}),
        (("200 OK", [HTML, of(0)], b""), {}),
        (("200 OK", [HTML, of(0)]), {}),
        (("200 OK", [HTML, of(2**20 + 1)], b"x" * (2**20 + 1)), {}),
        (("200 OK", [HTML, of(5)], b"Hello"), {"method": "HEAD"}),
        (("304 Not Modified", [("ETag", '"a"')]), {}),
        (("304 Not Modified", [("ETag", '"a"'), of(5)]), {}),
        (("204 No Content", [HTML, of(0)]), {}),
        (("200 OK", [HTML, ("Connection", "close"), of(1)], b"x"), {}),
        (("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), of(1)], b"x"), {}),
        (("200 OK", [("X", " \tspaces "), ("Y", ""), of(1)], b"x"), {}),
        (("200 OK", [("X", "é"), of(1)], b"x"), {}),
        (
            ("200 OK", [HTML], b"Sorry"),
            {"instead": ("500 Internal Server Error", [of(5)])},
        ),
    ],
)
def test_every_kind_of_answer_is_that_of_gunicorn(given, options):
    both(*given, **options)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Link", "ETag", "Vary", "Content-Length", "Upgrade", "A b"]
            ),
            st.text(st.characters(max_codepoint=300), max_size=8),
        ),
        max_size=4,
    ),
    st.sampled_from(["200 OK", "204 No Content", "304 Not Modified", "404 Not Found"]),
    st.lists(st.binary(max_size=6), max_size=3),
)
@settings(max_examples=25, deadline=None)
def test_any_headers_are_sent_or_refused_as_by_gunicorn(headers, status, bodies):
    told = []
    for kind in (GunicornsResponse, Response, Response):  # the last one remembers
        try:
            parts, closes = sent(kind, status, headers, *bodies)
            told.append((b"".join(parts), closes))
        except (InvalidResponseHeader, InvalidResponseHeaderName, ValueError) as error:
            told.append((type(error), str(error)))
    assert told[0] == told[1] == told[2]


def test_what_splits_an_answer_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(InvalidResponseHeader):
            sent(Response, "200 OK", [("X", "a\r\nSet-Cookie: b=1")])


def test_the_answer_to_a_head_has_the_length_and_needs_no_line_in_the_log(caplog):
    whole, _parts = both("200 OK", [HTML, of(5)], b"Hello", method="HEAD")
    assert b"Content-Length: 5" in whole
    caplog.clear()
    sent(Response, "200 OK", [HTML, of(5)], b"Hello", method="HEAD")
    assert caplog.text == ""


def test_an_answer_that_is_changed_leaves_the_remembered_one_alone():
    headers = [HTML, of(0)]
    whole, _parts = both("200 OK", headers, b"")
    both("204 No Content", headers)
    both("200 OK", headers, instead=("500 Oh", [("X", "y")]))
    assert both("200 OK", headers, b"")[0] == whole
    assert checked(tuple(headers))[0] == tuple(headers)


def test_the_socket_of_a_visitor_gets_one_piece():
    here, there = socket.socketpair()
    with here, there:
        asked = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        parser = RequestParser(Config(), iter([asked]), ("127.0.0.1", 1))
        answer = Response(next(parser), here, Config())
        answer.start_response("200 OK", [of(2)])
        answer.write(b"Hi")
        assert there.recv(4096).endswith(b"\r\n\r\nHi")
