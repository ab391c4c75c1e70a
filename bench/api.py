"""
Measure the API: 50 sessions with all their relations told at length.

    .venv/bin/python -m bench.api [sessions]

In one process, with production settings, on a made-up record of 1,000 sessions in a
new database (or in that of DATABASE_URL, which should be empty), each session with
three topics, two minerals, two stages, two regulations, four contributions, one
outcome and one source. The CPU is that of the whole answer before compression: the
median and the least of several. Exits 1 if a budget is broken.
"""

import gzip
import os
import random
import sys
import tempfile
import time

from bench import KEY

QUERIES, CPU = 12, 40  # at most; milliseconds
RELATIONS = (
    "edition",
    "topics",
    "minerals",
    "stages",
    "regulations",
    "contributions",
    "organizations",
    "people",
    "outcomes",
    "materials",
    "languages",
)
ASKED = [
    ("a page of 50, links only", {}),
    ("the same, all relations expanded", {"expand": ",".join(RELATIONS)}),
    ("the same, in English", {"expand": ",".join(RELATIONS), "lang": "en"}),
    ("names only", {"fields": "name"}),
]


def main(size):
    """Print the table; exit 1 if the page with relations breaks a budget."""
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {
        "VAR_DIR": folder,
        "DEBUG": "",
        "SECRET_KEY": KEY,
        "API_RATE": "100000/minute",
    }
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from bench.make_record import make

    call_command("migrate", verbosity=0)
    make(size * 10 // 9)
    tie()
    print(
        "what                                queries   CPU ms   least   KB    KB gzip"
    )
    broken = [measure(*asked) for asked in ASKED]
    sys.exit(int(any(broken)))


def tie():
    """Tie each session to records of each kind, in bulk."""
    from django.contrib.contenttypes.models import ContentType

    from organizations.models import Organization, Person
    from records.models import Citation, Source
    from sessions.models import Contribution, Outcome, Session
    from topics.models import LifecycleStage, Mineral, Regulation, Topic

    chance = random.Random(1)
    sessions = list(Session.objects.order_by("-edition__year").only("edition")[:200])
    for model, name, number in (
        (Topic, "topics", 3),
        (Mineral, "minerals", 2),
        (LifecycleStage, "stages", 2),
        (Regulation, "regulations", 2),
    ):
        keys = list(model.objects.values_list("pk", flat=True))
        through = getattr(Session, name).through
        to = f"{model._meta.model_name}_id"
        through.objects.bulk_create(
            through(session_id=session.pk, **{to: key})
            for session in sessions
            for key in chance.sample(keys, number)
        )
    people = list(Person.objects.all())
    bodies = list(Organization.objects.all())
    Contribution.objects.bulk_create(
        Contribution(
            session=session,
            person=who,
            organization=chance.choice(bodies),
            role="panelist",
        )
        for session in sessions
        for who in chance.sample(people, 2)
    )
    Outcome.objects.bulk_create(
        Outcome(
            slug=f"outcome-{session.pk}",
            state="published",
            edition_id=session.edition_id,
            session=session,
            kind="outcome",
            statement_en="Something came of it.",
        )
        for session in sessions
    )
    source = Source.objects.create(title_en="A source", url="https://example.org/")
    kind = ContentType.objects.get_for_model(Session)
    Citation.objects.bulk_create(
        Citation(
            content_type=kind, object_id=session.pk, source=source, certainty="stated"
        )
        for session in sessions
    )


def measure(name, asked):
    """Print one line; return True if it breaks a budget."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})

    def get():
        return client.get("/api/v1/sessions/", asked)

    get()
    with CaptureQueriesContext(connection) as queries:
        answer = get()
    asked_for = len(queries)  # the next request forgets them
    times = []
    for _turn in range(15):
        started = time.process_time()
        get()
        times.append((time.process_time() - started) * 1000)
    median, least = sorted(times)[len(times) // 2], min(times)
    size, packed = len(answer.content), len(gzip.compress(answer.content))
    print(
        f"{name:36}{asked_for:7}{median:9.1f}{least:8.1f}"
        f"{size / 1024:8.1f}{packed / 1024:8.1f}",
        flush=True,
    )
    return asked_for > QUERIES or least > CPU


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
