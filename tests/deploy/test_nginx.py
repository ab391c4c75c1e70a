"""nginx as deploy/ sets it up, before a portal that tells what reached it."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPSConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.deploy.front import NAME, front, programs_missing

pytestmark = pytest.mark.skipif(
    bool(programs_missing()), reason=f"not installed: {programs_missing()}"
)
MEGABYTE = 2**20
LARGE = 20 * MEGABYTE


class Echo(BaseHTTPRequestHandler):
    """Answers what it was asked, once all of it is there."""

    def do_GET(self):
        length = int(self.headers.get("Content-Length", 0))
        self.server.reached.append(self.path)
        while length > 0:
            length -= len(self.rfile.read(min(length, MEGABYTE)))
        if self.path.endswith(".pdf"):
            self.send_response(200)
            self.send_header("Content-Length", str(LARGE))
            self.end_headers()
            self.wfile.write(bytes(LARGE))
            self.server.given.append(self.path)
            return
        said = {"path": self.path, "headers": dict(self.headers)}
        self.send_response(200)
        self.send_header("Content-Location", self.path)
        self.send_header("X-Request-ID", "the portals own")
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def do_POST(self):
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def portal():
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.reached, server.given = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "var/static/css").mkdir(parents=True)
    for name in ("site.0123456789ab.css", "site.css"):
        (folder / "var/static/css" / name).write_text("a{}" * 200)
        (folder / "var/static/css" / f"{name}.gz").write_bytes(b"compressed before")
    return folder


@pytest.fixture(scope="module")
def ports(portal, folder):
    with front(folder, portal.server_port) as ports:
        yield ports


def tls():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


def plain(port):
    return HTTPConnection("127.0.0.1", port, timeout=20)


def secure(port):
    """Return a connection to the portal's own name, which the handshake tells."""
    connection = HTTPSConnection("127.0.0.1", port, timeout=20)
    raw = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sock = tls().wrap_socket(raw, server_hostname=NAME)
    return connection


def ask(port, path, method="GET", body=None, by=secure, **headers):
    connection = by(port)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(connection):
        connection.request(method, path, body, {"Host": NAME, **named})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_the_portal_hears_who_asks_and_how_whatever_the_reader_says(ports):
    lies = {
        "X_Forwarded_For": "203.0.113.1",
        "X_Forwarded_Proto": "http",
        "X_Request_ID": "made-up-by-a-reader",
    }
    status, headers, body = ask(ports[1], "/en/?q=%E9%92%B4", **lies)
    said = json.loads(body)
    assert (status, said["path"]) == (200, "/en/?q=%E9%92%B4")
    heard = {name: said["headers"].get(name) for name in (*KNOWN, "X-Request-ID")}
    number = heard.pop("X-Request-ID")
    assert re.fullmatch("[0-9a-f]{32}", number)
    assert heard == KNOWN
    assert headers.get_all("X-Request-ID") == [number]
    assert number in (log := log_of(ports))
    assert "/en/?q=%E9%92%B4" in log


KNOWN = {
    "Host": NAME,
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "Connection": "close",
}


@pytest.fixture(scope="module", autouse=True)
def _where(folder):
    log_of.folder = folder


def log_of(ports):
    time.sleep(0.1)
    return (log_of.folder / "portal.log").read_text()


def test_http_leads_to_https_and_other_names_nowhere(ports):
    status, headers, _ = ask(ports[0], "/en/topics/?page=2", by=plain)
    assert (status, headers["Location"]) == (
        301,
        f"https://{NAME}/en/topics/?page=2",
    )
    with pytest.raises(RemoteDisconnected):
        ask(ports[0], "/en/", by=plain, Host="somebody.example")
    with (
        pytest.raises(ssl.SSLError),
        socket.create_connection(("127.0.0.1", ports[1])) as raw,
    ):
        tls().wrap_socket(raw, server_hostname="somebody.example")
    with pytest.raises(RemoteDisconnected):
        ask(ports[1], "/en/", Host="somebody.example")


def test_what_watches_may_ask_by_address_and_figures_stay_here(ports):
    for path, status in (("/healthz", 200), ("/readyz", 200), ("/metrics", 200)):
        assert ask(ports[0], path, by=plain, Host="10.0.0.7")[0] == status
    assert ask(ports[1], "/metrics")[0] == 404


def test_static_files_come_from_the_disk_compressed_and_for_good(ports, portal):
    before = len(portal.reached)
    path = "/static/css/site.0123456789ab.css"
    status, headers, body = ask(ports[1], path, Accept_Encoding="gzip, br")
    assert (status, body) == (200, b"compressed before")
    assert {name: headers[name] for name in FOR_GOOD} == FOR_GOOD
    status, headers, body = ask(ports[1], "/static/css/site.css")
    assert (headers["Cache-Control"], len(body)) == ("max-age=60, public", 600)
    assert ask(ports[1], "/static/nothing.css")[0] == 404
    assert portal.reached[before:] == []


FOR_GOOD = {
    "Cache-Control": "max-age=315360000, public, immutable",
    "Content-Encoding": "gzip",
    "Content-Type": "text/css; charset=utf-8",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


@pytest.mark.parametrize(
    "path",
    [
        "/static/../portal.sqlite3",
        "/static../portal.sqlite3",
        "/static/css/%2e%2e/%2e%2e/portal.sqlite3",
        "/static//../portal.sqlite3",
    ],
)
def test_nothing_beside_the_static_files_is_given_out(ports, folder, path):
    (folder / "var/portal.sqlite3").write_text("everything")
    assert b"everything" not in ask(ports[1], path)[2]


def test_bodies_are_bounded_and_those_of_editors_may_be_larger(ports, portal):
    def size(path, megabytes, sent=True):
        """Return the status; what is told too large is refused before it is sent."""
        length = int(megabytes * MEGABYTE)
        told = {"Content_Length": str(length)}
        return ask(ports[1], path, "POST", b"x" * length if sent else None, **told)[0]

    assert size("/en/corrections/", 10.9) == 200
    assert size("/admin/sheets/", 12) == 200
    before = len(portal.reached)
    assert size("/en/corrections/", 11.1, sent=False) == 413
    assert size("/admin/sheets/", 100.1, sent=False) == 413
    assert len(portal.reached) == before


def test_a_slow_sender_is_waited_for_here_and_not_by_the_portal(ports, portal):
    before = len(portal.reached)
    slow = []
    for _ in range(50):
        raw = socket.create_connection(("127.0.0.1", ports[1]))
        sender = tls().wrap_socket(raw, server_hostname=NAME)
        sender.sendall(
            f"POST /en/corrections/ HTTP/1.1\r\nHost: {NAME}\r\n"
            "Content-Length: 1000\r\n\r\nx".encode()
        )
        slow.append(sender)
    assert ask(ports[1], "/en/")[0] == 200
    assert portal.reached[before:] == ["/en/"]
    # Whoever sends nothing more is let go: after 20 seconds, here after 2.
    slow[0].settimeout(10)
    assert slow[0].recv(100) == b"" or b"408" in slow[0].recv(100)
    for sender in slow:
        sender.close()


def test_the_portal_is_done_with_a_file_however_slowly_it_is_read(ports, portal):
    asked = (
        f"GET /media/materials/x.pdf HTTP/1.1\r\nHost: {NAME}\r\n"
        "Connection: close\r\n\r\n"
    )
    with ExitStack() as stack:
        readers = []
        for _ in range(6):
            raw = stack.enter_context(closing(socket.socket()))
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            raw.connect(("127.0.0.1", ports[1]))
            reader = stack.enter_context(tls().wrap_socket(raw, server_hostname=NAME))
            reader.sendall(asked.encode())
            readers.append(reader)
        until = time.monotonic() + 20
        while len(portal.given) < 6 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(portal.given) == 6
        read = 0
        while part := readers[0].recv(MEGABYTE):
            read += len(part)
        assert read > LARGE


def test_an_address_of_32_kilobytes_reaches_the_portal_and_may_come_back(ports):
    path = "/en/?q=" + "x" * 32_768
    status, headers, _body = ask(ports[1], path)
    assert (status, headers["Content-Location"]) == (200, path)
    assert ask(ports[1], "/en/?q=" + "x" * 60_000)[0] == 414


def test_a_venue_behind_one_address_is_not_locked_out(ports):
    # A hall that opens the first page at one word: as fast as one connection carries it
    for _ in range(2):  # nginx closes a connection after 1,000.
        assert ask_often(ports[1], "/static/css/site.css", 900) == {200}
    assert ask_often(ports[1], "/en/", 300) == {200}


def ask_often(port, path, times):
    """Return each status that so many requests in a row met (set)."""
    met = set()
    with closing(secure(port)) as connection:
        for _ in range(times):
            connection.request("GET", path, headers={"Host": NAME})
            answer = connection.getresponse()
            answer.read()
            met.add(answer.status)
    return met


@pytest.fixture(scope="module")
def large(folder):
    """A file of 12 MB: a visitor may not send it, an editor may."""
    (folder / "large").write_bytes(b"x" * 12 * MEGABYTE)
    return folder / "large"


def send(port, path, file, version):
    """Send a file as curl does; return (status, headers in small letters, page)."""
    told = subprocess.run(
        f"curl --silent --insecure --{version} --include --max-time 20 "
        f"--header Expect: --resolve {NAME}:{port}:127.0.0.1 --data-binary @{file} "
        f"https://{NAME}:{port}{path}".split(),
        capture_output=True,
        text=True,
    ).stdout
    head, _, page = told.partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, page


BY_CURL = pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
SAFE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "strict-transport-security": "max-age=31536000; includesubdomains; preload",
    "x-content-type-options": "nosniff",
}


@BY_CURL
@pytest.mark.parametrize("version", ["http1.1", "http2"])
def test_what_nginx_refuses_it_refuses_in_both_languages(ports, large, version):
    status, headers, page = send(ports[1], "/en/corrections/", large, version)
    assert (status, headers.get("retry-after")) == (413, None)
    assert {name: headers.get(name) for name in SAFE} == SAFE
    assert "larger than the portal takes" in page
    assert '<section lang="zh-Hans">' in page


@BY_CURL
@pytest.mark.parametrize("version", ["http1.1", "http2"])
def test_a_large_upload_hears_that_the_portal_is_away_and_not_too_large(
    tmp_path, large, version
):
    with away(tmp_path) as ports:
        status, headers, page = send(ports[1], "/admin/login/", large, version)
    assert (status, headers["retry-after"]) == (502, "30")
    assert {name: headers.get(name) for name in SAFE} == SAFE
    assert "Not available at the moment" in page


@contextmanager
def away(folder):
    """Run nginx before a portal that does not answer; yield its ports."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with front(folder, nobody.getsockname()[1]) as ports:
            yield ports


def test_the_handshake_is_of_today(ports):
    with (
        socket.create_connection(("127.0.0.1", ports[1])) as raw,
        tls().wrap_socket(raw, server_hostname=NAME) as spoken,
    ):
        assert spoken.version() == "TLSv1.3"


def test_the_page_of_an_absent_portal_speaks_both_languages(tmp_path):
    with away(tmp_path) as ports:
        status, headers, body = ask(ports[1], "/en/")
    assert (status, headers["Retry-After"]) == (502, "30")
    assert headers["Cache-Control"] == "no-store"
    page = body.decode()
    assert "Not available at the moment" in page
    assert '<section lang="zh-Hans">' in page
