"""
Fill a database, and tell what each page costs in one process: no server, no cache.

`python -m bench.inside SESSIONS` makes that many sessions in the database of the
settings, unless it has them, two editions of 10 and 900 besides, and prints JSON:
{name: {"address", "queries", "cpu" (ms, the least of several), "gzip" (bytes)}}.
"""

import gzip
import json
import logging
import os
import sys
import time
import warnings
from contextlib import closing
from wsgiref.util import setup_testing_defaults

SECONDS = 0.4  # that each page is measured for


def fill(size):
    """Write the record, unless it is there; return nothing."""
    from django.core.management import call_command

    from bench.make_programme import make_programme
    from bench.make_record import make
    from sessions.models import Edition

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if not Edition.objects.filter(slug="edition-0").exists():
        make(size * 10 // 9)
    for sessions, year in ((10, 2026), (900, 2027)):
        if not Edition.objects.filter(slug=str(year)).exists():
            make_programme(sessions, max(20, sessions), 30, year=year)
    analyse()


def analyse():
    """Let the database look at its tables, as it does by itself in time."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def addresses():
    """Return {name: address} of a page of each kind; the records have many ties."""
    from sessions.models import Session

    amid = Session.objects.filter(edition__slug="2027", code="P450").get()
    return {
        "page without a record": "/en/about/privacy/",
        "home": "/en/",
        "programme of 10 sessions": "/en/editions/2026/programme/",
        "programme of 900, one day": "/en/editions/2027/programme/",
        "session": amid.get_absolute_url(),
        "organization": "/en/organizations/organization-0/",
        "regulation": "/en/regulations/regulation-0/",
        "topic": "/en/topics/topic-0/",
        "sessions, first page": "/en/sessions/",
        "sessions, with facets": "/en/sessions/?edition=edition-3&topic=topic-0",
        "search": "/en/search/?q=mineral",
        "suggestions": "/en/search/suggest/?q=mi",
        "calendar of 900 (ICS)": "/en/editions/2027.ics",
        "schedule of 900 (XML)": "/en/editions/2027/programme.xml",
        "900 sessions (CSV)": "/en/sessions.csv?edition=2027",
        "API, 50 sessions": "/api/v1/sessions/",
    }


def measure(address, seconds=SECONDS):
    """Return (queries, least CPU in ms, bytes compressed) of one address."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    body = ask(address)
    with CaptureQueriesContext(connection) as captured:
        ask(address)
    queries = len(captured)  # the next request empties the log
    times, began = [], time.process_time()
    while len(times) < 3 or time.process_time() - began < seconds:
        start = time.process_time()
        ask(address)
        times.append(time.process_time() - start)
    return queries, min(times) * 1000, len(gzip.compress(body))


def ask(address):
    """Return the body (bytes) that the server's application answers."""
    from forum_portal.wsgi import application

    path, _mark, query = address.partition("?")
    environ = {"HTTP_HOST": "localhost", "PATH_INFO": path, "QUERY_STRING": query}
    setup_testing_defaults(environ)
    said = []
    with closing(application(environ, lambda *args: said.append(args[0]))) as parts:
        body = b"".join(parts)
    if said != ["200 OK"]:
        sys.exit(f"{address} answered {said}")
    return body


def main(size):
    """Fill the database and print what its pages cost."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    os.environ["PAGE_CACHE_MB"] = "0"
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)  # of requests that a busy machine makes slow
    import django

    django.setup()
    fill(size)
    told = {}
    for name, address in addresses().items():
        queries, cpu, size = measure(address)
        told[name] = {
            "address": address, "queries": queries, "cpu": cpu, "gzip": size
        }  # fmt: skip
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]))
