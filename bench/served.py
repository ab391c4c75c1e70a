"""
Measure what the real server does for a page that it keeps, beside two yardsticks.

    .venv/bin/python -m bench.served [requests a spell]

Under the same server in the same run: a bare Django "hello", a file by WhiteNoise,
and the portal with the starting content. CPU is that of the workers, the least of
several interleaved spells; on PostgreSQL that of the server is added.
"""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests import pgserver

SPELLS = 5
ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
PAGE = "/en/sessions/2023-plenary-due-diligence-policy/"


@contextmanager
def served(app, env, *options):
    """Run an application with two workers of four threads; yield its port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *options, app, "--bind"]
    command += [f"127.0.0.1:{port}", "--log-level", "error"]
    command += "--workers 2 --threads 4 --worker-class gthread".split()
    env = {**os.environ, **env, "HOST": "127.0.0.1", "PORT": str(port)}
    server = subprocess.Popen(  # noqa: S603 — our own server
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            time.sleep(0.1)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()


def cpu(master):
    """Return seconds of CPU of the processes that this one has started."""
    seconds = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # It has just ended.
        if int(fields[1]) == master:
            seconds += sum(map(int, fields[11:13])) / TICK
    return seconds


def spell(port, masters, address, headers, requests):
    """Return (ms of CPU a request, median ms, status, bytes) of one spell."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    began = sum(map(cpu, masters))
    times, answers = [], set()
    for _ in range(requests):
        start = time.perf_counter()
        connection.request("GET", address, headers=headers)
        response = connection.getresponse()
        answers.add((response.status, len(response.read())))
        times.append(time.perf_counter() - start)
    spent = (sum(map(cpu, masters)) - began) / requests * 1000
    connection.close()
    (answer,) = answers
    return spent, sorted(times)[len(times) // 2] * 1000, *answer


def portal(stack, url):
    """Serve the portal with the starting content from that database."""
    var = stack.enter_context(tempfile.TemporaryDirectory())
    env = {"VAR_DIR": var, "DATABASE_URL": url, "DEBUG": ""}
    for command in ("migrate", "load_forum data/smisc", "collectstatic --no-input"):
        manage = [sys.executable, "manage.py", *command.split(), "--verbosity=0"]
        whole = {**os.environ, **env}
        subprocess.run(manage, cwd=ROOT, env=whole, check=True)  # noqa: S603
    config = ("-c", "python:forum_portal.gunicorn")
    return stack.enter_context(served("forum_portal.wsgi", env, *config))


def main(requests=3000):
    """Print one line for each address."""
    with ExitStack() as stack:
        files = stack.enter_context(tempfile.TemporaryDirectory())
        Path(files, "page.txt").write_bytes(b"x" * 5000)
        env = {"FILES": files}
        hello = stack.enter_context(served("bench.hello:application", env))
        file = stack.enter_context(served("bench.hello:file", env))
        sqlite = portal(stack, "")
        url = pgserver.start()
        postgres = portal(stack, url)
        home = Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))
        (pid,) = home.rglob("postmaster.pid")
        backends = int(pid.read_text().split()[0])
        brotli = {"Accept-Encoding": "br"}
        known = {**brotli, "If-None-Match": etag(sqlite[1], PAGE, brotli)}
        known_too = {**brotli, "If-None-Match": etag(postgres[1], PAGE, brotli)}
        asked = {
            "bare Django hello": (hello, [], "/", {}),
            "WhiteNoise file": (file, [], "/page.txt", {}),
            "SQLite, kept page": (sqlite, [], PAGE, brotli),
            "SQLite, 304": (sqlite, [], PAGE, known),
            "PostgreSQL, kept page": (postgres, [backends], PAGE, brotli),
            "PostgreSQL, 304": (postgres, [backends], PAGE, known_too),
        }
        found = {name: [] for name in asked}
        for _ in range(SPELLS):
            for name, ((master, port), more, *request) in asked.items():
                masters = [master, *more]
                found[name].append(spell(port, masters, *request, requests))
    hello = min(found["bare Django hello"])[0]
    print(
        f"{'':24} {'status':>6} {'bytes':>6} {'CPU ms':>7} {'x hello':>7} {'p50 ms':>7}"
    )
    for name, spells in found.items():
        spent, _p50, status, size = min(spells)
        p50 = min(one[1] for one in spells)
        print(
            f"{name:24} {status:6} {size:6}"
            f" {spent:7.3f} {spent / hello:7.2f} {p50:7.2f}"
        )


def etag(port, address, headers):
    """Return the entity tag of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", address, headers=headers)
    response = connection.getresponse()
    response.read()
    if response.status != HTTPStatus.OK:
        sys.exit(f"{address}: {response.status}")
    return response.headers["ETag"]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
