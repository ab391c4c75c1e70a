"""docs/scale.md tells how nginx may keep pages for a second: it does what it says."""

import json
import re
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.deploy.front import NAME, ROOT, SITE, front, programs_missing
from tests.deploy.test_nginx import ask, ask_often, secure

pytestmark = pytest.mark.skipif(
    bool(programs_missing()), reason=f"not installed: {programs_missing()}"
)
PUBLIC = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding", "ETag": '"tag"'}
HEADERS = {
    "/en/corrections/": {"Cache-Control": "private, no-store"},
    "/en/language/": PUBLIC | {"Set-Cookie": "language=en"},
}


class Clock(BaseHTTPRequestHandler):
    """Tells the time, and how often this address was asked for."""

    def do_GET(self):
        self.server.asked.append(self.path)
        said = {"time": time.time(), "count": self.server.asked.count(self.path)}
        self.send_response(404 if "nothing" in self.path else 200)
        for name, value in HEADERS.get(self.path, PUBLIC).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def clock():
    with ThreadingHTTPServer(("127.0.0.1", 0), Clock) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def with_what_is_told(folder):
    """Return the configuration of deploy/ with what docs/scale.md puts into it."""
    text = (ROOT / "docs" / "scale.md").read_text()
    part = text[text.index("## A cache at the edge") : text.index("## Several hosts")]
    above, inside = re.findall(r"```nginx\n(.+?)```", part, re.DOTALL)
    above = above.replace("/var/cache/nginx-portal", str(folder / "kept"))
    site = SITE.read_text().replace("\nserver {", f"\n{above}\nserver {{", 1)
    head, tail = site.split("    location / {\n        limit_conn")
    return f"{head}    location / {{\n{inside}\n        limit_conn{tail}"


@pytest.fixture(scope="module")
def port(clock, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with front(folder, clock.server_port, with_what_is_told(folder)) as (_http, https):
        yield https


def counts(port, path, **headers):
    """Return which answer of the portal each of three requests in a row was given."""
    told = [json.loads(ask(port, path, **headers)[2]) for _ in range(3)]
    return [one["count"] for one in told]


def test_no_answer_is_older_than_two_seconds_however_it_is_asked_for(port, clock):
    oldest, often = 0, [0.02] * 90
    waits = [*often, 4, *often, 2.5, 1.9]
    with closing(secure(port)) as connection:
        for wait in waits:
            time.sleep(wait)
            connection.request("GET", "/en/", headers={"Host": NAME})
            told = json.loads(connection.getresponse().read())
            oldest = max(oldest, time.time() - told["time"])
    assert oldest <= 2
    assert clock.asked.count("/en/") < len(waits) / 4


def test_what_is_for_one_reader_is_kept_for_nobody(port):
    assert counts(port, "/en/corrections/") == [1, 2, 3]
    assert counts(port, "/en/language/") == [1, 2, 3]
    assert counts(port, "/en/topics/", Cookie="sessionid=staff") == [1, 2, 3]
    assert counts(port, "/en/sessions/", Authorization="Basic x") == [1, 2, 3]
    assert counts(port, "/en/nothing/") == [1, 2, 3]
    assert counts(port, "/media/file.pdf") == [1, 2, 3]


def test_limits_hold_for_pages_that_are_kept(clock, tmp_path):
    site = with_what_is_told(tmp_path)
    site = site.replace("rate=200r/s", "rate=1r/s").replace("burst=1000", "burst=9")
    with front(tmp_path, clock.server_port, site) as (_http, https):
        assert ask_often(https, "/en/", 20) == {200, 429}


def test_a_portal_that_is_away_is_not_covered_up(tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), Clock) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        site = with_what_is_told(tmp_path)
        with front(tmp_path, server.server_port, site) as (_http, https):
            assert ask(https, "/en/")[0] == 200
            server.shutdown()
            server.server_close()
            time.sleep(2.1)
            assert ask(https, "/en/")[0] == 502
