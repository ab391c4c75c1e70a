"""
What every kind of page costs, kept and made anew: `make bench`.

    python -m bench.portal [sessions ...]

The real server runs beside two yardsticks under the same server, a bare Django
"hello" and a file by WhiteNoise as long as the kept session page; all are asked by
turns, so that what else the machine does falls on all alike. `BENCH_DIR` keeps the
SQLite databases for the next run. Prints one table, and writes it to bench.json in
VAR_DIR (var/).

CPU is that of the workers, on PostgreSQL with its own. It and its ratio to the
yardsticks are medians of the turns. Times are what a visitor waits, over one
connection. Memory is PSS of the largest worker.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from urllib.parse import unquote, urlsplit

from bench.server import (
    CROWDED,
    ROOT,
    SETTINGS,
    Visitor,
    crowd,
    memory,
    portal,
    served,
    together,
    warm,
)
from bench.server import spell as ask
from tests import pgserver

TURNS = 15
KEPT, ANEW = (60, 0.2), (20, 0.1)  # requests of a turn at most, seconds at most
CROWD, CROWD_SECONDS = 64, 5
VENDORS = ("sqlite", "postgresql")
HEAD = (
    f"{'':27}{'made anew':^42}|{'kept':^42}|\n"
    f"{'':27}{'CPU ms':>7}{'x hello':>8}{'a second':>9}{'p50':>6}{'p99':>6}"
    f"{'SQL':>5} |{'CPU ms':>7}{'x hello':>8}{'x file':>7}{'a second':>9}"
    f"{'p50':>5}{'p99':>5} |{'bytes':>7}{'in process':>11}"
)


def main(sizes):
    """Measure every size on both databases; print and write the table."""
    began, told, kept = time.time(), {}, os.environ.get("BENCH_DIR")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for vendor in VENDORS:
            for size in sizes:
                var = Path(kept or scratch) / str(size)
                var.mkdir(parents=True, exist_ok=True)
                url, also = f"sqlite:///{var}/portal.sqlite3", []
                if vendor == "postgresql":
                    url = pgserver.start()
                    also = [postmaster(url)]
                found = measure(size, url, var, also)
                told.setdefault(vendor, {})[size] = found
                show(vendor, size, found)
    growth = grown(told, sizes)
    for vendor, pages in growth.items():
        print(f"\n{vendor}, {sizes[-1]:,} sessions for {sizes[0]:,}, CPU made anew:")
        for name, factor in pages.items():
            print(f"  {name:27}{factor:5.2f} times")
    path = Path(os.environ.get("VAR_DIR") or ROOT / "var") / "bench.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = {"measured": told, "growth": growth}
    path.write_text(json.dumps(whole, indent=1) + "\n")
    print(f"\nWritten to {path}, after {time.time() - began:.0f} s.")


def postmaster(url):
    """Return the pid of the PostgreSQL server at this address, which is a folder."""
    home = Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))
    (pid,) = home.rglob("postmaster.pid")
    return int(pid.read_text().split()[0])


def measure(size, url, var, also):
    """Return {"pages", "yardsticks", "crowd", "memory"} of one record."""
    env = {**os.environ, **SETTINGS, "DATABASE_URL": url, "VAR_DIR": str(var)}
    inside = json.loads(
        subprocess.run(  # noqa: S603
            [sys.executable, "-m", "bench.inside", str(size)],
            env=env,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )
    addresses = {name: page["address"] for name, page in inside.items()}
    with ExitStack() as stack:
        files = stack.enter_context(tempfile.TemporaryDirectory())
        anew = stack.enter_context(portal(url, var, PAGE_CACHE_MB="0"))
        kept = stack.enter_context(portal(url, var))
        page = addresses["session"]
        _status, length, _time, headers = Visitor(kept[1]).get(page)
        Path(files, "page.txt").write_bytes(b"x" * length)
        hello, file = (
            stack.enter_context(served(f"bench.hello:{app}", {"FILES": files}))
            for app in ("application", "file")
        )
        asked = {
            "hello": (hello, "/", {}),
            "file": (file, "/page.txt", {}),
            "304": (kept, page, {"also": also, "If-None-Match": headers["ETag"]}),
        }
        for server, address, _options in asked.values():
            warm(server[1], address)
        warm(anew[1], page, 2 * CROWDED)
        for name, address in addresses.items():
            asked[name, "kept"] = kept, address, {"also": also}
            asked[name, "anew"] = anew, address, {"also": also}
        spells = {key: [] for key in asked}
        dice = Random(1)
        for _turn in range(TURNS):
            # Who comes after whom makes a difference: in each turn another one.
            for key in dice.sample(list(asked), len(asked)):
                server, address, options = asked[key]
                bounds = ANEW if server is anew else KEPT
                spells[key].append(ask(server, address, *bounds, **options))
        pages = people(addresses)
        crowds = {
            "kept": crowd(kept[1], pages, CROWD, CROWD_SECONDS),
            "anew": crowd(anew[1], pages, CROWD, CROWD_SECONDS),
        }
        beside = {name: spells[name] for name in ("hello", "file")}
        return {
            "pages": {
                name: {
                    way: together(spells[name, way], **beside)
                    for way in ("kept", "anew")
                }
                | page
                for name, page in inside.items()
            },
            "yardsticks": {
                name: together(spells[name], **beside)
                for name in ("hello", "file", "304")
            },
            "crowd": crowds,
            "memory": {"kept": memory(kept[0]), "anew": memory(anew[0])},
        }


def people(addresses):
    """Return the addresses of pages: what programs fetch is not for a crowd."""
    whole = ("calendar", "schedule", "900 sessions", "API")
    return [
        address for name, address in addresses.items() if not name.startswith(whole)
    ]


def show(vendor, size, found):
    """Print one part of the table."""
    print(f"\n{vendor}, {size:,} sessions\n{HEAD}")
    for name, page in found["pages"].items():
        print(
            f"{name:27}{columns(page['anew'])}{page['queries']:5} |"
            f"{columns(page['kept'], 5, file=True)} |"
            f"{page['kept']['bytes']:7,}{page['cpu']:8.1f} ms"
        )
    for name, label in (
        ("304", "session, 304"),
        ("hello", "bare Django hello"),
        ("file", "WhiteNoise file"),
    ):
        one = found["yardsticks"][name]
        line = columns(one, 5, file=True)
        print(f"{label:27}{'':41} |{line} |{one['bytes']:7,}")
    for way, label in (("anew", "made anew"), ("kept", "kept")):
        one = found["crowd"][way]
        print(
            f"{one['visitors']} visitors at once, {label}: {one['rate']:.0f} a second, "
            f"{one['errors']} errors, p50 {one['p50']:.0f} ms, p99 {one['p99']:.0f} ms"
        )
    used = found["memory"]
    print(
        f"memory of a worker: {used['kept']:.0f} MB, "
        f"{used['anew']:.0f} MB without kept pages",
        flush=True,
    )


def columns(one, width=6, *, file=False):
    beside = f"{one['x file']:7.2f}" if file else ""
    return (
        f"{one['cpu']:7.2f}{one['x hello']:8.2f}{beside}{one['rate']:9.0f}"
        f"{one['p50']:{width}.1f}{one['p99']:{width}.1f}"
    )


def grown(told, sizes):
    """Return {vendor: {page: how many times its CPU is at the largest size}}."""
    if len(sizes) == 1:
        return {}
    return {
        vendor: {
            name: page["anew"]["cpu"] / found[sizes[0]]["pages"][name]["anew"]["cpu"]
            for name, page in found[sizes[-1]]["pages"].items()
        }
        for vendor, found in told.items()
    }


if __name__ == "__main__":
    main(sorted(int(size) for size in sys.argv[1:]) or [1_000])
