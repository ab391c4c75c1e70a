"""
Measure the harvest of 10,000 sessions over OAI-PMH, and the largest linked data.

    .venv/bin/python -m bench.harvest [sessions]

In one process, with production settings, on a made-up record in a new database (or
in that of DATABASE_URL, which should be empty).
"""

import os
import re
import sys
import tempfile
import time

from bench import KEY

LIST = "verb=ListRecords&metadataPrefix=oai_dc&set=sessions"
TOKEN = re.compile(r">([^<>]+)</resumptionToken>")


def main(size):
    """Print what each part of a harvest costs, and an edition as a file."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": KEY}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    from bench.lists import fill

    fill(size)
    print("request                                       queries    KB  CPU ms")
    text = measure("first part of all sessions", f"/oai?{LIST}")
    for _ in range(3):
        token = TOKEN.search(text)[1]
        text = measure(
            "following part", f"/oai?verb=ListRecords&resumptionToken={token}"
        )
    measure("changed since a day", f"/oai?{LIST}&from=2020-01-01")
    measure("changed before a day: none", f"/oai?{LIST}&until=2020-01-01")
    from exchange.record_files import address
    from sessions.models import Edition

    edition = Edition.objects.published().first()
    for ending in ("jsonld", "ttl"):
        path = address(edition, ending)
        measure(f"edition as {ending}", path)


def measure(name, path):
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    with CaptureQueriesContext(connection) as queries:
        start = time.process_time()
        answer = client.get(path)
        took = (time.process_time() - start) * 1000
    size = len(answer.content) / 1000
    print(f"{name:45} {len(queries):7} {size:5.0f} {took:7.0f}")
    return answer.text


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
