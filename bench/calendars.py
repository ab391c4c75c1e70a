"""
What calendar files cost: queries, CPU, bytes. `make bench` runs it.

An edition of 900 sessions with clock times in 30 rooms, seeded, in a database of
its own; in one process, without a server. CPU is the least of several runs.
"""

import datetime
import gzip
import os
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
SESSIONS = 900
MOST_QUERIES, MOST_CPU = 12, 400
HOME = Path(__file__).parent.parent


def main():
    """Print the table; exit 1 if a file breaks its budget."""
    sys.path.insert(0, str(HOME))
    folder = tempfile.mkdtemp(prefix="bench-")
    os.environ |= {"VAR_DIR": folder, "DEBUG": "", "SECRET_KEY": "bench key " * 6}
    os.environ["DJANGO_SETTINGS_MODULE"] = "forum_portal.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    codes = fill()
    print(f"{'file':44} {'queries':>7} {'CPU ms':>7} {'bytes':>10} {'gzip':>8}")
    over = []
    for language in ("en", "zh-hans"):
        for path in (
            "editions/edition-0.ics",
            "editions/edition-0/programme.ics?day=1",
            f"agenda.ics?edition=edition-0&s={'.'.join(codes[:40])}",
            "sessions/session-200.ics",
        ):
            queries, cpu, body = measure(f"/{language}/{path}")
            name = f"/{language}/{path}"[:44]
            size = len(gzip.compress(body))
            print(f"{name:44} {queries:7} {cpu:7.1f} {len(body):10,} {size:8,}")
            if queries > MOST_QUERIES or cpu > MOST_CPU:
                over.append(path)
    if over:
        sys.exit(f"Over budget: {over}")


def fill():
    """Write an edition of many sessions; return their codes."""
    from bench.make_record import make
    from sessions.models import Edition, EditionDay, Room, Session
    from topics.models import Topic

    make(SESSIONS + 130)
    edition = Edition.objects.get(slug="edition-0")
    topics = list(Topic.objects.all())
    days = EditionDay.objects.bulk_create(
        EditionDay(edition=edition, number=n + 1, date=datetime.date(2026, 9, 1 + n))
        for n in range(3)
    )
    rooms = Room.objects.bulk_create(
        Room(edition=edition, name_en=f"Room {n}", name_zh_hans=f"{n}厅", slug=f"r{n}")
        for n in range(30)
    )
    sessions = list(Session.objects.order_by("pk")[:SESSIONS])
    for n, session in enumerate(sessions):
        day, slot = days[n % 3], n // 3 // 30
        start = datetime.time(9 + slot, tzinfo=edition.zone)
        session.edition, session.day, session.room = edition, day, rooms[n // 3 % 30]
        session.starts_at = datetime.datetime.combine(day.date, start)
        session.ends_at = session.starts_at + datetime.timedelta(minutes=50)
    fields = ["edition", "day", "room", "starts_at", "ends_at"]
    Session.objects.bulk_update(sessions, fields, batch_size=100)
    Session.topics.through.objects.bulk_create(
        Session.topics.through(session=session, topic=topics[(n + k) % len(topics)])
        for n, session in enumerate(sessions)
        for k in range(3)
    )
    return [session.code for session in sessions]


def measure(path):
    """Return queries, least CPU in ms, and the bytes of one file."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    response = client.get(path)
    if response.status_code != 200:
        sys.exit(f"{path} answered {response.status_code}")
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    queries = len(captured)
    times = []
    for _run in range(RUNS):
        start = time.process_time()
        client.get(path)
        times.append(time.process_time() - start)
    return queries, min(times) * 1000, response.content


if __name__ == "__main__":
    main()
