"""The real server, its database not set up: what it tells, and whom."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import brotli
import pytest

from tests.browser.conftest import free_port, wait_for

TOKEN = "a-token-for-tests-0123456789-abcdef"


class Listener(BaseHTTPRequestHandler):
    """Takes in what a service for faults would."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "br":
            body = brotli.decompress(body)
        self.server.heard.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def faults():
    """The port of a listener, and what it has heard."""
    with HTTPServer(("127.0.0.1", 0), Listener) as listener:
        listener.heard = []
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield listener
        listener.shutdown()


@pytest.fixture(scope="module")
def server(faults, tmp_path_factory):
    """The process of the server, its port, and the file that it logs to."""
    folder = tmp_path_factory.mktemp("watched")
    port, log = free_port(), folder / "log"
    (folder / "portal.sqlite3").touch()
    env = {
        "PATH": os.environ["PATH"],
        "VAR_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WORKERS": "1",
        "LOG_FORMAT": "json",
        "METRICS_TOKEN": TOKEN,
        "PROXIES": "1",
        "SENTRY_DSN": f"http://key@127.0.0.1:{faults.server_port}/7",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, env=env, stderr=stderr)
    try:
        wait_for(port, process)
        yield process, port, log
    finally:
        process.terminate()
        process.wait()


def ask(port, path, **headers):
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as visitor:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        visitor.request("GET", path, headers=named)
        answer = visitor.getresponse()
        return answer.status, answer.read().decode(), answer.headers


def counted(port):
    """Return the lines of the figures that count something."""
    _, text, _ = ask(port, "/metrics", Authorization=f"Bearer {TOKEN}")
    return dict(
        line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")
    )


def heard(faults, number):
    """Return the fault of a request as the service heard it, and all that was sent."""
    for _ in range(100):
        for path, envelope in list(faults.heard):
            event = json.loads(envelope.splitlines()[-1])
            if event["tags"]["request_id"] == number:
                assert path == "/api/7/envelope/"
                return event, envelope
        time.sleep(0.1)
    raise AssertionError("It heard nothing.")


def lines_of(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_what_a_server_tells_of_a_fault_and_what_not(server, faults):
    _, port, log = server
    assert ask(port, "/healthz", Host="10.0.0.1")[:2] == (200, "ok\n")
    status, text, _ = ask(port, "/readyz", Host="10.0.0.1")
    assert (status, json.loads(text)["status"]) == (503, "not ready")

    personal = {
        "X_Request_ID": "0123456789abcdef",
        "Cookie": "django_language=en; secret=cookie-of-somebody",
        "User_Agent": "browser-of-somebody",
        "X_Forwarded_For": "203.0.113.77",
    }
    status, _, headers = ask(port, "/api/v1/topics/?q=illness", **personal)
    assert (status, headers["Retry-After"]) == (503, "30")
    assert headers["X-Request-ID"] == "0123456789abcdef"

    (line,) = [
        line
        for line in lines_of(log)
        if line.get("status") == 503 and "topics" in line["path"]
    ]
    assert line["request_id"] == "0123456789abcdef"
    assert (line["method"], line["path"], line["status"]) == (
        "GET",
        "/api/v1/topics/",
        503,
    )
    assert "no such table" in line["traceback"]

    event, envelope = heard(faults, "0123456789abcdef")
    assert event["tags"]["view"] == "api:topics"
    assert event["release"]
    assert "no such table" in event["exception"]["values"][-1]["value"]
    told = log.read_bytes() + envelope
    for hidden in (b"illness", b"somebody", b"203.0.113.77"):
        assert hidden not in told


def test_no_header_says_where_the_portal_stands_and_a_head_leaves_no_line(server):
    _, port, log = server
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as visitor:
        visitor.putrequest("HEAD", "/robots.txt")
        visitor.putheader("SCRIPT_NAME", "/evil")
        visitor.endheaders()
        answer = visitor.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0
    assert "no-body response" not in log.read_text()


def raw(port, request):
    """Return (status line, headers, body) of what is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as visitor:
        visitor.sendall(request)
        visitor.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: visitor.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    return status, headers, body


@pytest.mark.parametrize(
    ("request_", "status", "kind"),
    [
        ("GET /?q=ill\x01ness HTTP/1.1\r\n\r\n", "400 Bad Request", "RequestLine"),
        ("GET /illness HTTP/9.9\r\n\r\n", "400 Bad Request", "HTTPVersion"),
        ("ill! / HTTP/1.1\r\n\r\n", "400 Bad Request", "RequestMethod"),
        ("GET / HTTP/1.1\r\nill ness: x\r\n\r\n", "400 Bad Request", "HeaderName"),
        (
            "POST / HTTP/1.1\r\nTransfer-Encoding: illness\r\n\r\n",
            "501 Not Implemented",
            "TransferCoding",
        ),
    ],
)
def test_what_is_no_request_is_refused_and_repeated_nowhere(
    server, request_, status, kind
):
    _, port, log = server
    refused, headers, body = raw(port, request_.encode())
    assert refused == f"HTTP/1.1 {status}"
    assert body == f"{status[4:]}\n"
    assert "X-Content-Type-Options: nosniff" in headers
    assert any("default-src 'none'" in header for header in headers)
    assert f"Content-Length: {len(body)}" in headers
    line = lines_of(log)[-1]
    assert (line["level"], kind in line["message"]) == ("WARNING", True)
    assert "ill" not in str(line)
    assert "127.0.0.1" not in str(line)


def test_an_address_in_plain_chinese_is_answered(server):
    _, port, _log = server
    request = "GET /robots.txt?q=稀土 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert raw(port, request.encode())[0] == "HTTP/1.1 200 OK"


def test_counts_outlive_the_worker_that_counted_and_go_with_the_server(server):
    process, port, _ = server
    ask(port, "/robots.txt")
    before = counted(port)
    assert before["portal_database_errors_total"] != "0.0"
    assert before["portal_database_up"] == "0.0"
    (worker,) = (
        Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    )
    os.kill(int(worker), signal.SIGKILL)
    ask(port, "/robots.txt")
    robots = 'portal_requests_total{source="django",status="200",view="robots"}'
    after = counted(port)
    assert float(after[robots]) == float(before[robots]) + 1
    assert len(after) == len(before)
