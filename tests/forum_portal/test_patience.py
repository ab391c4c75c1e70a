"""Slow clients, and the real server with its two workers of four threads each."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser

from forum_portal.patience import LONGEST, OF_A_BODY, missing
from tests.browser.conftest import free_port, wait_for
from tests.forum_portal.answering import MEGABYTES, PAGE

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
CHUNKED = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def server():
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers=2", "--threads=4"]
    command += [
        "--worker-class=forum_portal.patience.Worker",
        f"--bind=127.0.0.1:{port}",
    ]
    command += ["--no-control-socket", "--log-level=critical", "--max-requests=1000000"]
    command.append("tests.forum_portal.answering:application")
    process = subprocess.Popen(command, env=os.environ)
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def opened(port, stack, sent=b""):
    visitor = stack.enter_context(socket.create_connection(("127.0.0.1", port), 20))
    visitor.sendall(sent)
    return visitor


def read(visitor, answers=1):
    """Return the first lines of so many answers."""
    said = b""
    while said.count(b"\r\n\r\n") < answers and (part := visitor.recv(4096)):
        said += part
    return re.findall(rb"HTTP/1.1 [^\r]+", said)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        GET,
        GET + b"X-Slow: ",
        POST + b"500\r\n\r\nwrong=It",
        GET + b"X: y\r\n",
        GET + b"Content-Length: 1000\r\n\r\n",
        GET + b"content-length:0009\r\n\r\n",
        CHUNKED + b"1\r\na\r\n",
        CHUNKED.replace(b"POST", b"GET") + b"5\r\nwrong\r\n0\r\n",
    ],
)
def test_two_hundred_slow_clients_stop_nobody(server, sent):
    with ExitStack() as stack:
        slow = [opened(server, stack, sent) for _ in range(200)]
        began = time.monotonic()
        for _ in range(20):
            with closing(http.client.HTTPConnection("127.0.0.1", server)) as visitor:
                visitor.request("GET", "/")
                assert visitor.getresponse().read() == b"0"
        assert time.monotonic() - began < 5
        # They were not answered, and are not yet sent away.
        for one in slow:
            one.setblocking(False)
            with pytest.raises(BlockingIOError):
                one.recv(1)


def spent(server):
    """Return the seconds of CPU of all processes that listen there."""
    found = subprocess.run(
        ["pgrep", "-f", f"bind=127.0.0.1:{server}"], capture_output=True, text=True
    )
    total = 0.0
    for pid in found.stdout.split():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
    return total


@pytest.mark.parametrize("sent", [b"G", GET, POST + b"500\r\n\r\nwrong=It"])
def test_who_hangs_up_in_the_middle_of_a_request_costs_nothing_more(server, sent):
    with ExitStack() as stack:
        for _ in range(20):
            opened(server, stack, sent)
        time.sleep(0.5)
    time.sleep(0.5)
    before = spent(server)
    assert before
    time.sleep(1)
    assert spent(server) - before < 0.3


def test_who_never_ends_a_request_is_sent_away_whatever_comes_meanwhile(server):
    with ExitStack() as stack:
        silent, dripping = (opened(server, stack, GET) for _ in range(2))
        dripping.settimeout(0.5)
        began, ended = time.monotonic(), False
        while not ended and time.monotonic() - began < 30:
            try:
                dripping.sendall(b"x")
                ended = dripping.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended
        with suppress(ConnectionResetError):
            assert silent.recv(1) == b""


@pytest.mark.parametrize("length", [0, 1, 2000, OF_A_BODY, 70_000, 400_000])
def test_bodies_of_every_length_arrive(server, length):
    with closing(http.client.HTTPConnection("127.0.0.1", server)) as visitor:
        for _ in range(2):
            visitor.request("POST", "/", body=b"x" * length)
            assert visitor.getresponse().read() == str(length).encode()


def test_requests_in_pieces_and_in_a_row_are_answered_in_turn(server):
    with ExitStack() as stack:
        visitor = opened(server, stack, (GET + b"\r\n") * 3)
        assert read(visitor, 3) == [b"HTTP/1.1 200 OK"] * 3
        for piece in (GET[:9], GET[9:] + b"\r", b"\n" + POST, b"3\r\n\r\na", b"b"):
            visitor.sendall(piece)
            time.sleep(0.05)
        assert read(visitor) == [b"HTTP/1.1 200 OK"]
        visitor.sendall(b"c")
        assert read(visitor) == [b"HTTP/1.1 200 OK"]


def test_who_asks_before_sending_a_body_is_answered(server):
    with ExitStack() as stack:
        visitor = opened(server, stack, POST + b"3\r\nExpect: 100-continue\r\n\r\n")
        assert read(visitor) == [b"HTTP/1.1 100 Continue"]
        visitor.sendall(b"abc")
        assert read(visitor) == [b"HTTP/1.1 200 OK"]


@pytest.mark.parametrize(
    ("come", "before", "waits_for"),
    [
        (b"", 0, 2),
        (b"GET /", 0, 6),
        (b"GET /", 5, 2),
        (b"GET /", 3, 3),
        (GET + b"\r\n", 0, 1),
        (GET + b"X-Content-Length: 9\r\n\r\nContent-Length: 9\r\n\r\n", 0, 1),
        (GET + b"Content-Length: 9\r\n\r\n", 0, len(GET) + 21 + 9),
        (POST + b"9\r\n\r\n", 0, len(POST) + 5 + 9),
        (POST + b"9\r\n\r\n12345", len(POST), 5 + 9),
        (POST + b"9\r\n\r\n123456789", 0, 1),
        (POST + b"99999999\r\n\r\n", 0, len(POST) + 12 + OF_A_BODY),
        (POST + b"0" * 5000 + b"9\r\n\r\n", 0, len(POST) + 5005 + 9),
        (POST + b"9" * 5000 + b"\r\n\r\n", 0, len(POST) + 5004 + OF_A_BODY),
        (POST + b"nine\r\n\r\n", 0, 1),
        (b"x" * LONGEST, 0, 1),
        (CHUNKED, 0, len(CHUNKED) + 1),
        (CHUNKED + b"a", len(CHUNKED), 2),
        (CHUNKED + b"A;x=y\r\n", len(CHUNKED), 7 + 10 + 2 + 5),
        (CHUNKED + b"1\r\na\r\n0\r\n", len(CHUNKED), 6 + 3 + 1),
        (CHUNKED + b"1\r\na\r\n0\r\n\r\n", 0, 1),
        (CHUNKED + b"1\r\na\r\n0\r\n\r\nGET /", 0, 1),
        (CHUNKED + b"0\r\nX: y\r\n", len(CHUNKED), 3 + 6 + 1),
        (CHUNKED + b"0\r\nX: y\r\n\r\n", 0, 1),
        (CHUNKED + b"5\r\n0\r\n\r\n\r\n", len(CHUNKED), 3 + 5 + 2 + 5),
        (CHUNKED + b"none\r\n", 0, 1),
        (CHUNKED + b"ffffffffffff\r\n", len(CHUNKED), OF_A_BODY),
        (CHUNKED + b"1\r\na\r\n" * 1001, len(CHUNKED), OF_A_BODY),
        (CHUNKED + b"ffff\r\n" + b"x" * OF_A_BODY, 0, 1),
    ],
)
def test_what_is_waited_for(come, before, waits_for):
    assert missing(come, before) == waits_for


def answers_at_once(server, seconds=5):
    """Tell if twenty visitors are answered, one after another."""
    began = time.monotonic()
    for _ in range(20):
        with closing(http.client.HTTPConnection("127.0.0.1", server)) as visitor:
            visitor.request("GET", "/")
            assert visitor.getresponse().read() == b"0"
    return time.monotonic() - began < seconds


@pytest.mark.parametrize(
    "sent",
    [GET + b"Connection: close\r\n\r\n", b"\r\n\r\n", b"Good day\r\n\r\n"],
)
def test_who_does_not_hang_up_after_the_last_answer_stops_nobody(server, sent):
    with ExitStack() as stack:
        staying = [opened(server, stack, sent) for _ in range(24)]
        for one in staying:
            assert read(one)
        assert answers_at_once(server)
        time.sleep(4)
        for one in staying:  # They are not waited for without end either.
            one.setblocking(False)
            with suppress(ConnectionError):
                one.sendall(b"x")
        time.sleep(0.1)
        for one in staying:
            with pytest.raises(ConnectionError):
                one.sendall(b"x")


def test_who_is_told_to_go_on_and_then_does_not_stops_nobody(server):
    asked = POST + b"1000\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as stack:
        for one in [opened(server, stack, asked) for _ in range(24)]:
            assert read(one) == [b"HTTP/1.1 100 Continue"]
            one.sendall(b"a")
        assert answers_at_once(server)


def test_bodies_in_chunks_arrive(server):
    with ExitStack() as stack:
        visitor = opened(server, stack)
        for whole in (b"5\r\nHello\r\n0\r\n\r\n", b"1;x\r\na\r\n00\r\nX: y\r\n\r\n"):
            for place in range(0, len(CHUNKED + whole), 20):
                visitor.sendall((CHUNKED + whole)[place : place + 20])
                time.sleep(0.02)
            assert read(visitor) == [b"HTTP/1.1 200 OK"]
        visitor.sendall(CHUNKED + b"11170\r\n" + b"x" * 70_000 + b"\r\n0\r\n\r\n")
        assert read(visitor) == [b"HTTP/1.1 200 OK"]


def test_a_large_body_that_drips_is_given_up(server):
    with ExitStack() as stack:
        dripping = opened(server, stack, POST + b"200000\r\n\r\n" + b"x" * OF_A_BODY)
        dripping.settimeout(0.5)
        began, ended = time.monotonic(), False
        while not ended and time.monotonic() - began < 30:
            try:
                dripping.sendall(b"x")
                ended = dripping.recv(1) == b""
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert 2 < time.monotonic() - began < 12


def workers_of(server, number):
    """Return which workers answer so many visitors who come at once."""
    slow = GET.replace(b"/", b"/slow", 1) + b"\r\n"
    with ExitStack() as stack:
        workers = []
        for visitor in [opened(server, stack, slow) for _ in range(number)]:
            said = b""
            while not re.search(rb"\r\n\r\n.{8}", said):
                said += visitor.recv(4096)
            workers.append(said[-8:])
    return workers


def test_visitors_who_come_at_once_are_shared_among_the_workers(server):
    while len(set(workers_of(server, 8))) < 2:
        time.sleep(0.1)  # One of them has not started yet.
    workers = workers_of(server, 24)
    assert sorted(map(workers.count, set(workers)))[0] >= 6
    assert len(set(workers)) == 2


def file_reader(port, stack, room=4096, path=b"/file", times=1):
    """Ask for a large file on a connection that takes in little at once."""
    reader = stack.enter_context(closing(socket.socket()))
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    reader.settimeout(20)
    reader.connect(("127.0.0.1", port))
    reader.sendall((GET.replace(b"/", path, 1) + b"\r\n") * times)
    return reader


def test_slow_readers_of_a_file_stop_nobody(server):
    with ExitStack() as stack:
        readers = [file_reader(server, stack) for _ in range(24)]
        for reader in readers:
            assert reader.recv(12) == b"HTTP/1.1 200"
        began = time.monotonic()
        for _ in range(20):
            with closing(http.client.HTTPConnection("127.0.0.1", server)) as visitor:
                visitor.request("GET", "/")
                assert visitor.getresponse().read() == b"0"
        assert time.monotonic() - began < 10
        for reader in readers:  # They are still being sent to.
            assert reader.recv(100)


def test_a_file_arrives_whole_at_a_slow_reader_who_then_asks_again(server):
    with closing(http.client.HTTPConnection("127.0.0.1", server)) as visitor:
        for _ in range(2):
            visitor.request("GET", "/file")
            answer = visitor.getresponse()
            time.sleep(0.5)
            for number in range(MEGABYTES):
                assert answer.read(2**20) == bytes([number]) * 2**20
        visitor.request("GET", "/")
        assert visitor.getresponse().read() == b"0"


def test_who_reads_no_more_of_a_file_is_sent_away(server):
    with ExitStack() as stack:
        reader = file_reader(server, stack)
        time.sleep(8)
        read = 0
        with suppress(ConnectionResetError):
            while part := reader.recv(2**20):
                read += len(part)
        assert read < MEGABYTES * 2**20


def parsed(line):
    head = line + b"\r\nHost: localhost\r\n\r\n"
    return next(RequestParser(Config(), iter([head]), ("127.0.0.1", 1)))


def test_an_address_that_was_not_percent_encoded_is_read_as_if_it_had_been():
    request = parsed("GET /en/矿/?q=稀%E5%9C%9F HTTP/1.1".encode())
    assert (request.path, request.query) == ("/en/%E7%9F%BF/", "q=%E7%A8%80%E5%9C%9F")
    assert parsed(b"GET /\xff\x85 HTTP/1.1").path == "/%FF%85"


@pytest.mark.parametrize(
    "line",
    [
        "GET /矿\x01 HTTP/1.1",
        "GET /矿\x7f HTTP/1.1",
        "GET /矿\nX: y HTTP/1.1",
        "GET /矿\tx HTTP/1.1",
        "GET /矿 x HTTP/1.1",
        "GET /矿",
        "GET 矿 HTTP/1.1",
        "矿GET / HTTP/1.1",
        "GET / HTTP/1.1矿",
        "GET\u00a0/ HTTP/1.1",
        "CONNECT 矿:80 HTTP/1.1",
    ],
)
def test_nothing_else_of_a_malformed_line_passes_with_it(line):
    with pytest.raises(ParseException):
        parsed(line.encode())


def test_who_asks_for_many_pages_and_reads_none_stops_nobody(server):
    with ExitStack() as stack:
        readers = [
            file_reader(server, stack, path=b"/page", times=200) for _ in range(24)
        ]
        for reader in readers:
            assert reader.recv(12) == b"HTTP/1.1 200"
        assert answers_at_once(server)


def test_pages_arrive_whole_at_who_is_slow_to_read_them(server):
    with ExitStack() as stack:
        reader = file_reader(server, stack, path=b"/page", times=40)
        time.sleep(1)
        said = reader.makefile("rb")
        for _ in range(40):
            while said.readline().strip():
                pass
            assert said.read(len(PAGE)) == PAGE


def test_who_reads_no_more_of_a_list_that_is_being_made_is_sent_away(server):
    with ExitStack() as stack:
        reader = file_reader(server, stack, path=b"/list")
        time.sleep(5)
        read = 0
        with suppress(ConnectionResetError):
            while part := reader.recv(2**20):
                read += len(part)
        assert read < MEGABYTES * 2**20
