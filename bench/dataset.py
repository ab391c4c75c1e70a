"""
Measure a release of the data set, and the coverage page, at 10,000 sessions.

    .venv/bin/python -m bench.dataset [sessions]

In one process, with production settings, on a made-up record in a new database (or
in that of DATABASE_URL, which should be empty). Memory is what the peak of the process
grew by.
"""

import os
import resource
import sys
import tempfile
import time

from bench import KEY

GROWTH = 60  # MB
QUERIES = 15


def main(size):
    """Print the figures; exit 1 if one breaks its budget."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": KEY}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    from bench.lists import fill

    if not os.fork():
        fill(size)
        os._exit(0)
    os.wait()
    failed = 0
    for measure in (coverage, release):
        if not os.fork():
            os._exit(measure())
        failed += os.wait()[1]
    sys.exit(bool(failed))


def coverage():
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(headers={"host": "localhost"})
    client.get("/en/about/coverage/")
    started = time.process_time()
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/en/about/coverage/")
    spent = time.process_time() - started
    print(
        f"coverage page: {len(queries)} queries, {spent * 1000:.0f} ms CPU, "
        f"{len(page.content) / 1000:.0f} KB of HTML",
        flush=True,
    )
    return int(page.status_code != 200 or len(queries) > QUERIES)


def release():
    import django

    django.setup()
    from django.core.management import call_command

    from exchange.models import DatasetRelease

    site = "https://record.example.org"
    call_command("release_dataset", "--dry-run", site=site, verbosity=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, spent = time.perf_counter(), time.process_time()
    call_command("release_dataset", site=site, verbosity=0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    made = DatasetRelease.objects.get()
    print(
        f"release of {made.counts['records']} records: "
        f"{time.process_time() - spent:.0f} s CPU, {time.perf_counter() - started:.0f} "
        f"s in all, ZIP {made.files[0]['size'] / 1e6:.1f} MB, {grown:.0f} MB of memory",
        flush=True,
    )
    return int(grown > GROWTH)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
