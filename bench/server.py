"""The real server under measurement: start it, visit it, read its CPU and memory."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = os.sysconf("SC_CLK_TCK")
WORKERS = "--workers 2 --threads 4 --worker-class forum_portal.patience.Worker".split()
# As any portal is served, but for whoever counts how often one address asks
SETTINGS = {
    "DEBUG": "",
    "SITE_URL": "",
    "SECRET_KEY": "bench key " * 6,
    **{f"{what}_RATE": "100000/second" for what in ("API", "SEARCH", "EXPORT")},
}


@contextmanager
def served(app, env, *options):
    """Run an application with two workers of four threads; yield (its pid, port)."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", *options, app, *WORKERS]
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "error"]
    env = {**os.environ, **env, "HOST": "127.0.0.1", "PORT": str(port)}
    server = subprocess.Popen(  # noqa: S603 — our own server
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(300):
            time.sleep(0.1)
            if len(list(children(server.pid))) == int(WORKERS[1]):
                break
        yield server.pid, port
    finally:
        server.terminate()
        server.wait()


@contextmanager
def portal(url, var, **env):
    """Serve the portal with the database and the folder given; yield (pid, port)."""
    env = {**SETTINGS, "DATABASE_URL": url, "VAR_DIR": str(var), **env}
    config = ("-c", "python:forum_portal.gunicorn")
    with served("forum_portal.wsgi", env, *config) as (pid, port):
        yield pid, port


def children(pid):
    """Yield (pid, seconds of CPU) of the processes that this one has started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # It has just ended.
        if int(fields[1]) == pid:
            yield int(stat.parent.name), sum(map(int, fields[11:13])) / TICK


def cpu(*pids):
    """Return seconds of CPU of what these processes have started."""
    return sum(seconds for pid in pids for _child, seconds in children(pid))


def memory(pid):
    """
    Return megabytes (PSS) of the largest worker of a server.

    Of the memory that several processes share each is charged its part (proc(5),
    smaps_rollup).
    """
    found = []
    for child, _cpu in children(pid):
        for line in Path(f"/proc/{child}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                found.append(int(line.split()[1]) / 1024)
    return max(found)


class Visitor:
    """Asks one server over one connection, as a browser that takes brotli."""

    def __init__(self, port):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, address, **headers):
        """Return (status, bytes, seconds, headers) of one answer."""
        start = time.perf_counter()
        asked = {"Accept-Encoding": "br, gzip", **headers}
        self.connection.request("GET", address, headers=asked)
        response = self.connection.getresponse()
        size = len(response.read())
        return response.status, size, time.perf_counter() - start, response.headers


def spell(server, address, most, seconds=0.5, also=(), **headers):
    """
    Ask for one address over two connections, for so long or so often.

    Return {"cpu" (ms a request), "rate" (requests a second), "times" (ms), "status",
    "bytes"}. `also` are pids whose children work for the server too.
    """
    pid, port = server
    until = time.perf_counter() + seconds

    def visit(visitor):
        answers = []
        while not answers or (len(answers) < most / 2 and time.perf_counter() < until):
            answers.append(visitor.get(address, **headers)[:3])
        return answers

    visitors = [Visitor(port), Visitor(port)]
    before, started = cpu(pid, *also), time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        answers = [one for some in pool.map(visit, visitors) for one in some]
    passed, spent = time.perf_counter() - started, cpu(pid, *also) - before
    statuses = {status for status, _size, _time in answers}
    if statuses - {200, 304}:
        sys.exit(f"{address} answered {statuses}")
    return {
        "cpu": spent / len(answers) * 1000,
        "rate": len(answers) / passed,
        "times": [taken * 1000 for _status, _size, taken in answers],
        "status": answers[0][0],
        "bytes": answers[0][1],
    }


def together(spells):
    """Return what several spells of one address say: medians, and all their times."""
    times = sorted(taken for one in spells for taken in one["times"])
    return {
        "cpu": statistics.median(one["cpu"] for one in spells),
        "rate": statistics.median(one["rate"] for one in spells),
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "status": spells[0]["status"],
        "bytes": spells[0]["bytes"],
    }


def crowd(port, addresses, visitors, seconds):
    """
    Let that many visitors ask at once, each the next page as soon as it has one.

    They are two processes of threads. Return {"visitors", "requests", "rate",
    "errors", "p50", "p99"} with times in ms.
    """
    half = visitors // 2
    command = [sys.executable, "-m", "bench.visits", str(port), str(half), str(seconds)]
    asking = [
        subprocess.Popen(  # noqa: S603
            [*command, str(n), *addresses],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(2)
    ]
    lines = [line for one in asking for line in one.communicate()[0].splitlines()]
    times = sorted(float(line) for line in lines if line != "error")
    return {
        "visitors": visitors,
        "requests": len(lines),
        "rate": len(lines) / seconds,
        "errors": lines.count("error"),
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
    }
