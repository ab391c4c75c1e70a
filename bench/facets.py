"""
What counting facets costs: `make bench-facets`.

Sessions with ten facets at three sizes, on SQLite and on PostgreSQL, each in a
process of its own: `python -m bench.facets [sizes]`. In one process, production
settings, no page cache. Times of counting are medians and the longest; the CPU of
a page is the least of several runs.
"""

import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import KEY

SIZES = (1_000, 10_000, 100_000)
GOALS = {1_000: (5, 40), 10_000: (5, 40), 100_000: (15, 80)}  # counting, page
RUNS = 25
QUERIES = {
    "no filter": "",
    "edition": "edition=edition-3",
    "edition + topic": "edition=edition-3&topic=topic-0",
    "2 topics + mineral": "topic=topic-0&topic=topic-7&mineral=mineral-1",
    "organization": "organization=organization-5",
}


def main(sizes):
    """Measure every size on both databases."""
    from tests import pgserver

    with tempfile.TemporaryDirectory() as scratch:
        for vendor in ("sqlite", "postgresql"):
            for size in sizes:
                url = f"sqlite:///{scratch}/{size}.sqlite3"
                if vendor == "postgresql":
                    url = pgserver.start()
                subprocess.run(  # noqa: S603
                    [sys.executable, "-m", "bench.facets", "measure", str(size)],
                    env={
                        **os.environ,
                        "DATABASE_URL": url,
                        "VAR_DIR": scratch,
                        "DEBUG": "",
                        "SECRET_KEY": KEY,
                    },
                    check=True,
                )


def start():
    """Set Django up on the scratch database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)


def unheard(model):
    """Return a manager whose writes search does not hear of: no index is needed."""
    return model._base_manager


def make(size, seed=1):
    """Write that many sessions and what they are tied to; return nothing."""
    from organizations.models import Organization, Person
    from sessions.models import (
        Contribution,
        Edition,
        EditionDay,
        Session,
        SpokenLanguage,
    )
    from topics.models import LifecycleStage, Mineral, Regulation, Topic

    chance = random.Random(seed)

    def some(model, number, **fields):
        word = model.__name__.lower()
        return unheard(model).bulk_create(
            model(
                slug=f"{word}-{n}",
                state="published",
                **{f"{model.title_field}_en": f"{word.capitalize()} {n} of the record"},
                **{name: value(n) for name, value in fields.items()},
            )
            for n in range(number)
        )

    topics = some(Topic, 200)
    for n in range(40, 200):
        topics[n].parent = topics[n % 40]
    unheard(Topic).bulk_update(topics, ["parent"])
    minerals = some(Mineral, 100, kind=lambda n: "metal")
    stages = some(LifecycleStage, 7, order=lambda n: n)
    regulations = some(
        Regulation,
        300,
        kind=lambda n: "statute",
        binding=lambda n: True,
        jurisdiction=lambda n: "EU",
    )
    bodies = some(Organization, max(20, size // 50), kind=lambda n: "company")
    people = some(Person, max(40, size // 25))
    editions = some(Edition, 10, year=lambda n: 2015 + n)
    days = [
        EditionDay(edition=edition, number=number)
        for edition in editions
        for number in (1, 2, 3)
    ]
    unheard(EditionDay).bulk_create(days)
    relations = {
        "topic": (Session.topics.through, topics, 3),
        "mineral": (Session.minerals.through, minerals, 2),
        "lifecyclestage": (Session.stages.through, stages, 2),
        "regulation": (Session.regulations.through, regulations, 1),
    }
    for begin in range(0, size, 2000):
        sessions = unheard(Session).bulk_create(
            Session(
                slug=f"session-{n}",
                code=f"S{n}",
                state="published" if n % 20 else "draft",
                title_en=f"Session {n} on supply chains",
                title_zh_hans=f"供应链会议{n}",
                edition=editions[n % 10],
                day=days[n % 10 * 3 + n // 10 % 3],
                format=chance.choice(Session.Format.values),
                position=n,
            )
            for n in range(begin, min(begin + 2000, size))
        )
        for name, (through, values, most) in relations.items():
            through.objects.bulk_create(
                through(session=session, **{name: value})
                for session in sessions
                for value in {chance.choice(values) for _ in range(most)}
            )
        unheard(Contribution).bulk_create(
            Contribution(session=session, role="speaker", **{name: chance.choice(who)})
            for session in sessions
            for name, who in (("person", people), ("organization", bodies))
        )
        SpokenLanguage.objects.bulk_create(
            SpokenLanguage(session=session, language=chance.choice(["en", "zh", "fr"]))
            for session in sessions
        )


def measure(size):
    """Make that many sessions and print how long counting and a page take."""
    start()
    from django.db import connection

    began = time.perf_counter()
    make(size)
    print(f"\n{connection.vendor}, {size} sessions, ten facets")
    print(f"  made in {time.perf_counter() - began:.0f} s", flush=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    goal, page_goal = GOALS.get(size, ("-", "-"))
    print(f"  goals: counting {goal} ms, CPU of a page {page_goal} ms")
    wall, cpu = count("")
    print(f"  built from nothing     {wall:7.1f} ms, CPU {cpu:.1f} ms")
    for name, query in QUERIES.items():
        tell(name, [count(query) for _ in range(RUNS)])
    for name, change in (("after 1 change", one), ("after 50 changes", fifty)):
        taken = []
        for n in range(RUNS):
            change(n)
            taken.append(count("edition=edition-3"))
        tell(name, taken)
    pages()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  most memory, making the records included: {memory:.0f} MB", flush=True)


def count(query):
    """Count once; return (time, CPU time of this process) in ms."""
    from django.http import QueryDict

    from records.facets import count_facets
    from sessions.filters import SessionFilter
    from sessions.models import Session

    filterset = SessionFilter(QueryDict(query), Session.objects.published())
    wall, cpu = time.perf_counter(), time.process_time()
    count_facets(filterset)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def tell(name, taken):
    walls, cpus = zip(*taken, strict=True)
    print(
        f"  {name:<22} p50 {statistics.median(walls):6.1f} ms  most {max(walls):6.1f} "
        f"ms   CPU p50 {statistics.median(cpus):6.1f} ms  most {max(cpus):6.1f} ms",
        flush=True,
    )


def one(n):
    """Change one session: each time in another way."""
    from sessions.models import Contribution, Session
    from topics.models import Topic

    session = Session.objects.order_by("pk")[n]
    if n % 4 == 0:
        session.topics.add(Topic.objects.order_by("pk")[n])
    elif n % 4 == 1:
        unheard(Session).filter(pk=session.pk).update(state="draft")
    elif n % 4 == 2:
        unheard(Session).filter(pk=session.pk).update(format="keynote")
    else:
        unheard(Contribution).filter(session=session).delete()


def fifty(n):
    """Change fifty sessions at once."""
    from sessions.models import Session

    first = Session.objects.order_by("pk")[0].pk + n * 50
    among = unheard(Session).filter(pk__range=(first, first + 49))
    among.update(format=["break", "launch"][n % 2])


def pages():
    """Print the least CPU of a page for each query."""
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    for name, query in QUERIES.items():
        times = []
        for _ in range(8):
            began = time.process_time()
            response = client.get(f"/en/sessions/?{query}")
            times.append((time.process_time() - began) * 1000)
        if response.status_code != 200:
            sys.exit(f"{query} answered {response.status_code}")
        size = len(response.content) // 1024
        print(f"  page, {name:<16} CPU {min(times):6.1f} ms, {size} KiB")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    if sys.argv[1:2] == ["measure"]:
        measure(int(sys.argv[2]))
    else:
        main([int(size) for size in sys.argv[1:]] or SIZES)
