"""
Measure every format of a list of 10,000 sessions.

    .venv/bin/python -m bench.lists [sessions]

In one process, with production settings, on a made-up record in a new database (or
in that of DATABASE_URL, which should be empty). The first byte is measured from the
request to the first part of the answer; memory is what the peak of the process grew
by, of one format after the other in processes of their own.
"""

import os
import resource
import sys
import tempfile
import time

from bench import KEY

FORMATS = ("csv", "xlsx", "json", "bib", "ris", "atom")
FIRST_BYTE, GROWTH = 0.3, 60  # seconds, MB


def main(size):
    """Print the table; exit 1 if a format breaks its budget."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": KEY}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    if not os.fork():
        fill(size)
        os._exit(0)
    os.wait()
    print("format  first byte  whole  queries  MB of file  MB of memory")
    for ending in FORMATS:
        if not os.fork():
            os._exit(measure(ending))
        if os.wait()[1]:
            sys.exit(1)


def fill(size):
    import django

    django.setup()
    from django.core.management import call_command

    from bench.make_record import make

    call_command("migrate", verbosity=0)
    make(size * 10 // 9)


def measure(ending):
    """Print one line; return 1 if the format breaks its budget."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    client.get(f"/en/sessions.{ending}?q=warm")  # imports and patterns are made
    b"".join(client.get(f"/en/sessions.{ending}?day=1"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, length, first = time.perf_counter(), 0, None
    for part in client.get(f"/en/sessions.{ending}"):
        first = first or time.perf_counter() - started
        length += len(part)
    whole = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with CaptureQueriesContext(connection) as queries:
        for _part in client.get(f"/en/sessions.{ending}"):
            pass
    print(
        f"{ending:6}  {first * 1000:7.0f} ms  {whole:3.1f} s  {len(queries):7}"
        f"  {length / 1e6:10.1f}  {grown:12.0f}",
        flush=True,
    )
    return int(first > FIRST_BYTE or grown > GROWTH)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
