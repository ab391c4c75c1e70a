"""The real server under measurement: start it, visit it, read its CPU and memory."""

import http.client
import os
import socket
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from bench import KEY

ROOT = Path(__file__).resolve().parent.parent
PROCESSES, THREADS = 2, 4
# As long as the portal keeps a connection: a yardstick must not pay for new ones.
WORKERS = [
    f"--workers={PROCESSES}",
    f"--threads={THREADS}",
    "--worker-class=forum_portal.patience.Worker",
    "--keep-alive=15",
]
CROWDED = 16  # visitors who keep every thread busy
AFTERWARDS = 0.002  # seconds in which a worker ends what it has answered already
# As any portal is served, but for whoever counts how often one address asks
SETTINGS = {
    "DEBUG": "",
    "SITE_URL": "",
    "SECRET_KEY": KEY,
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
        command,
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # slow requests are what is looked for here
    )
    try:
        for _ in range(300):
            time.sleep(0.1)
            if len(children(server.pid)) == PROCESSES:
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
    """Return the pids of the processes that this one has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def cpu(*pids):
    """
    Return {thread: nanoseconds of CPU} of what these processes have started.

    To the nanosecond (kernel: scheduler/sched-stats, /proc/<pid>/schedstat): by clock
    ticks, a hundred quick requests are known to a fifth only.
    """
    spent = {}
    for child in (child for pid in pids for child in children(pid)):
        for thread in Path(f"/proc/{child}/task").glob("*/schedstat"):
            with suppress(OSError):  # It has just ended.
                spent[thread] = int(thread.read_text().split()[0])
    return spent


def memory(pid):
    """
    Return megabytes (PSS) of the largest worker of a server.

    Of the memory that several processes share each is charged its part (proc(5),
    smaps_rollup).
    """
    found = []
    for child in children(pid):
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


def warm(port, address, most=400):
    """
    Ask for one address with many visitors, till every worker has all its threads.

    Until then a request costs a fifth less or more, as it happens: a worker begins
    threads one by one, and each has its own connection to the database.
    """
    visitors = [Visitor(port) for _ in range(CROWDED)]
    with ThreadPoolExecutor(CROWDED) as pool:
        for _ in range(most // CROWDED):
            list(pool.map(lambda visitor: visitor.get(address), visitors))


def spell(server, address, most, seconds=0.5, also=(), **headers):
    """
    Ask for one address over one connection, for so long or so often.

    One, because two may fall to one worker, where threads wait for each other, or to
    two, where they do not: that alone makes a third of the CPU.

    Return {"cpu" (ms a request), "rate" (requests a second), "times" (ms), "status",
    "bytes"}. `also` are pids whose children work for the server too.
    """
    pid, port = server
    visitor, answers = Visitor(port), []
    visitor.get(address, **headers)  # connects, on either side
    time.sleep(AFTERWARDS)
    before, started = cpu(pid, *also), time.perf_counter()
    until = started + seconds
    while not answers or (len(answers) < most and time.perf_counter() < until):
        answers.append(visitor.get(address, **headers)[:3])
    passed = time.perf_counter() - started
    time.sleep(AFTERWARDS)
    after = cpu(pid, *also)
    visitor.connection.close()
    spent = sum(after[thread] - before.get(thread, 0) for thread in after)
    statuses = {status for status, _size, _time in answers}
    if statuses - {200, 304}:
        sys.exit(f"{address} answered {statuses}")
    return {
        "cpu": spent / len(answers) / 1e6,
        "rate": len(answers) / passed,
        "times": [taken * 1000 for _status, _size, taken in answers],
        "status": answers[0][0],
        "bytes": answers[0][1],
    }


def together(spells, **yardsticks):
    """
    Return what several spells of one address say: medians, and all their times.

    `yardsticks` are spells of something else in the same turns; "x name" says how many
    times its CPU this one took, the median of the turns.
    """
    times = sorted(taken for one in spells for taken in one["times"])
    return {
        "cpu": statistics.median(one["cpu"] for one in spells),
        "rate": statistics.median(one["rate"] for one in spells),
        "p50": times[len(times) // 2],
        "p99": times[int(len(times) * 0.99)],
        "status": spells[0]["status"],
        "bytes": spells[0]["bytes"],
        **{
            f"x {name}": statistics.median(
                one["cpu"] / other["cpu"]
                for one, other in zip(spells, others, strict=True)
            )
            for name, others in yardsticks.items()
        },
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
