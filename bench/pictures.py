"""
Measure every picture at 300 organizations, 40 topics and 1,000 sessions.

    .venv/bin/python -m bench.pictures

In one process, with production settings and without the page cache, on a made-up
record in a new database (or in that of DATABASE_URL, which should be empty). CPU is
the least of several runs; bytes are those of the page, compressed.
"""

import gzip
import os
import random
import sys
import tempfile
import time

from bench import KEY

ORGANIZATIONS, TOPICS, REGULATIONS, SESSIONS, EDITIONS = 300, 40, 150, 1_000, 3
CPU, BYTES, QUERIES, FILE_QUERIES = 0.1, 30_000, 15, 12
STAGES = "Exploration Mining Refining Processing Manufacturing Trade Recycling".split()
INDEX_CPU, INDEX_BYTES = 0.2, 25_000
RUNS = 7


def start():
    """Set Django up on a new database and fill it."""
    folder = tempfile.mkdtemp(prefix="pictures-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": KEY}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    make()


def make(seed=1):
    """Write the record; what many deal with and few deal with differs a lot."""
    import datetime

    from bench.make_record import Words, few
    from organizations.models import Organization
    from search import index
    from sessions.models import Contribution, Edition, Session
    from topics.models import LifecycleStage, Milestone, Regulation, Topic

    words, chance = Words(seed), random.Random(seed)

    def some(model, number, names=None, **fields):
        made = []
        for n in range(number):
            english, chinese = words.title()
            named = {
                f"{model.title_field}_en": names[n] if names else english[:90],
                f"{model.title_field}_zh_hans": chinese[:30],
            }
            values = {name: value(n) for name, value in fields.items()}
            slug = f"{model.__name__.lower()}-{n}"
            made.append(model(slug=slug, state="published", **named, **values))
        return model.objects.bulk_create(made)

    with index.together():
        topics = some(Topic, TOPICS)
        stages = some(
            LifecycleStage,
            7,
            STAGES,
            order=lambda n: n,
            core_place=lambda n: n if 0 < n < 6 else None,
        )
        bodies = some(Organization, ORGANIZATIONS, kind=lambda n: "company")
        places = (
            "INT EU CN US DE FR GB CA AU JP KR BR CL CD ZA ZM ID PH IN NO CH".split()
        )
        regulations = some(
            Regulation,
            REGULATIONS,
            kind=lambda n: "statute",
            binding=lambda n: n % 3 > 0,
            jurisdiction=lambda n: places[min(int(chance.expovariate(0.25)), 20)],
        )
        editions = some(
            Edition,
            EDITIONS,
            year=lambda n: 2020 + 3 * n,
            starts_on=lambda n: datetime.date(2020 + 3 * n, 9, 20),
        )
        Milestone.objects.bulk_create(
            Milestone(
                regulation=regulation,
                date=datetime.date(
                    chance.randint(1995, 2032), chance.randint(1, 12), 1
                ),
                kind="amended",
            )
            for regulation in regulations
            for _ in range(4)
        )
        sessions = some(
            Session,
            SESSIONS,
            code=lambda n: f"S{n}",
            edition=lambda n: editions[n % EDITIONS],
            format=lambda n: "plenary",
        )
        Contribution.objects.bulk_create(
            Contribution(session=session, organization=body, role="speaker")
            for session in sessions
            for body in few(chance, bodies, 4)
        )
    for name, values, most in (
        ("topics", topics, 3),
        ("stages", stages, 2),
        ("regulations", regulations, 2),
    ):
        through = getattr(Session, name).through
        column = values[0]._meta.model_name
        through.objects.bulk_create(
            through(session=session, **{column: value})
            for session in sessions
            for value in few(chance, values, most)
        )


def measure(client, address):
    """Return (CPU seconds, bytes, queries) of an address."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    spent = []
    for _run in range(RUNS):
        began = time.process_time()
        response = client.get(address)
        spent.append(time.process_time() - began)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    if response.status_code != 200:
        sys.exit(f"{address}: {response.status_code}")
    return min(spent), len(gzip.compress(response.content)), len(queries)


def main():
    """Print the table; exit 1 if a picture breaks its budget."""
    start()
    from django.test import Client

    from exchange.pictures.kinds import PICTURES

    client, broken = Client(headers={"host": "localhost"}), 0
    print("address                                      CPU    bytes  queries")
    todo = [
        (f"/{language}/explore/", INDEX_CPU, INDEX_BYTES, QUERIES)
        for language in ("en", "zh-hans")
    ]
    for name in PICTURES:
        page = f"/en/explore/{name}"
        for address in (f"{page}/", f"{page}/?edition=edition-1"):
            todo.append((address, CPU, BYTES, QUERIES))
        todo += [(f"{page}.{kind}", CPU, None, FILE_QUERIES) for kind in ("svg", "csv")]
    todo.append(
        ("/zh-hans/explore/network/?organization=organization-0", CPU, BYTES, QUERIES)
    )
    for address, most_cpu, most_bytes, most_queries in todo:
        cpu, size, queries = measure(client, address)
        over = cpu > most_cpu or queries > most_queries
        over |= most_bytes is not None and size > most_bytes
        broken |= over
        sign = "  over" if over else ""
        print(f"{address[:40]:40} {cpu * 1000:4.0f} ms {size:8,} {queries:8}{sign}")
    sys.exit(broken)


if __name__ == "__main__":
    main()
