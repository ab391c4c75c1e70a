"""
A programme as large as the largest forums have: seeded, bilingual, of one edition.

It is written with bulk methods into the database of the settings.
"""

import datetime
import zoneinfo

from django.utils import timezone
from django.utils.text import slugify

from bench.make_record import FIRST, GIVEN, LATIN, SURNAMES, Words
from organizations.models import Organization, Person
from sessions.models import Contribution, Edition, EditionDay, Room, Session
from topics.models import LifecycleStage, Topic

ZONE = zoneinfo.ZoneInfo("Asia/Shanghai")
LENGTH = datetime.timedelta(minutes=25)
STEP = datetime.timedelta(minutes=30)


def make_programme(sessions=900, people=930, rooms=30, days=2, year=2027):
    """Write an edition of that many sessions, in as many rooms at once; return it."""
    words = Words(year)
    chance = words.chance
    shared = {"state": "published", "created_at": timezone.now()}
    first = datetime.date(year, 9, 20)
    edition = Edition.objects.create(
        slug=str(year),
        year=year,
        name_en=f"Forum {year}",
        name_zh_hans=f"{year}年论坛",
        city_en="Chengdu",
        city_zh_hans="成都",
        time_zone=ZONE.key,
        starts_on=first,
        ends_on=first + datetime.timedelta(days=days - 1),
        **shared,
    )
    dates = [first + datetime.timedelta(days=n) for n in range(days)]
    of_days = EditionDay.objects.bulk_create(
        EditionDay(edition=edition, number=n, date=date)
        for n, date in enumerate(dates, 1)
    )
    in_rooms = Room.objects.bulk_create(
        Room(edition=edition, slug=f"room-{n}", name_en=f"Room {n}", position=n)
        for n in range(1, rooms + 1)
    )
    names = [
        (
            f"{chance.choice(FIRST)} {chance.choice(LATIN)} {n}",
            "".join(chance.sample(GIVEN, 2)),
        )
        for n in range(people)
    ]
    speakers = Person.objects.bulk_create(
        Person(
            slug=f"{year}-speaker-{n}",
            name_en=name,
            name_zh_hans=chance.choice(SURNAMES) + given,
            **shared,
        )
        for n, (name, given) in enumerate(names)
    )
    hosts = Organization.objects.bulk_create(
        Organization(
            slug=f"{year}-host-{n}",
            kind="company",
            name_en=words.title()[0][:60],
            **shared,
        )
        for n in range(60)
    )
    topics = list(Topic.objects.published()[:20])
    stages = list(LifecycleStage.objects.published())
    made = []
    for n in range(sessions):
        turn, room = divmod(n // days, rooms)
        day = of_days[n % days]
        start = (
            datetime.datetime.combine(day.date, datetime.time(9), ZONE) + turn * STEP
        )
        (title, chinese), (text, text_zh) = words.title(), words.texts()
        made.append(
            Session(
                slug=f"{year}-{slugify(title)[:60]}-{n}",
                code=f"P{n}",
                edition=edition,
                day=day,
                room=in_rooms[room],
                title_en=title,
                title_zh_hans=chinese,
                abstract_en=text,
                abstract_zh_hans=text_zh,
                format=chance.choice(["plenary", "workshop", "roundtable"]),
                starts_at=start,
                ends_at=start + LENGTH,
                position=n,
                **shared,
            )
        )
    made = Session.objects.bulk_create(made)
    Contribution.objects.bulk_create(
        Contribution(session=session, role=role, person=person, organization=host)
        for n, session in enumerate(made)
        for role, person, host in (
            ("speaker", speakers[n % people], None),
            ("speaker", chance.choice(speakers[: people // 2]), chance.choice(hosts)),
            ("host", None, chance.choice(hosts)),
        )
    )
    for tied, records in ((Session.topics, topics), (Session.stages, stages)):
        through = tied.through
        name = tied.field.m2m_reverse_field_name()
        through.objects.bulk_create(
            through(**{"session": session, name: record})
            for session in made
            for record in chance.sample(records, min(2, len(records)))
        )
    return edition
