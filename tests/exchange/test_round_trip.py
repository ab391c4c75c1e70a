"""What we write as a schedule we read again without a difference."""

import datetime
import string

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.publishing.schedule import as_json, schedule
from exchange.publishing.schedule_xml import as_xml
from exchange.schedules.importing import import_schedule
from exchange.schedules.reading import read
from organizations.models import Person
from sessions.models import (
    Edition,
    EditionDay,
    Material,
    Room,
    Session,
    SpokenLanguage,
)
from tests.exchange.schedules import GUID, event, load, schedule_json
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
)

BASE = "https://forum.example.org"
MORNING = datetime.datetime(2026, 9, 21, 1, tzinfo=datetime.UTC)
# What differs of necessity: addresses, and what says which file it is
OWN = {"url", "slug", "code", "acronym", "version", "guid of a room", "rooms"}


def fill(edition, titles):
    """Give an edition sessions of those titles, each with something of its own."""
    day = EditionDay.objects.create(edition=edition, number=1, date="2026-09-21")
    hall = Room.objects.create(edition=edition, name_en="Hall A", slug="hall-a")
    people = [
        make_person(name_en="Ana Ruiz"),
        make_person(name_zh_hans="李伟", name_en=""),
    ]
    for number, title in enumerate(titles):
        starts = MORNING + datetime.timedelta(hours=number)
        session = make_session(
            edition=edition,
            code=f"S{number:02d}",
            title_en=title,
            subtitle_en="More" if number % 2 else "",
            abstract_en=f"*{title}* & <you>\n\n- one",
            track="Mud",
            format=["keynote", "side-event", "break"][number % 3],
            event_status=["scheduled", "moved", "cancelled"][number % 3],
            day=day,
            room=hall if number % 2 else None,
            starts_at=starts,
            ends_at=starts + datetime.timedelta(minutes=45) if number % 4 else None,
            stream_url="https://example.org/live" if number % 2 else "",
        )
        for code in ["en", "zh"][: number % 3]:
            SpokenLanguage.objects.create(session=session, language=code)
        for place, person in enumerate(people[: number % 3]):
            role = ["speaker", "moderator"][place]
            make_contribution(session, person, role, position=place)
        if number % 2:
            kind = list(Material.Kind)[number % 5]
            Material.objects.create(
                session=session, kind=kind, url="https://example.org/a", title_en="File"
            )


def make_full_edition(titles):
    edition = make_edition(
        slug="2026",
        name_en="Forum 2026",
        starts_on=datetime.date(2026, 9, 21),
        ends_on=datetime.date(2026, 9, 21),
    )
    fill(edition, titles)
    return edition


def told(value):
    """Return a schedule without what differs of necessity."""
    if isinstance(value, dict):
        return {key: told(one) for key, one in value.items() if key not in OWN}
    return [told(one) for one in value] if isinstance(value, list) else value


TITLES = ["Silt", "Sand", "Cancelled: not", "河流与边界", "A  b", "Ünï & <x>", "1"]


@pytest.mark.django_db
def test_our_json_makes_the_same_edition_again():
    edition = make_full_edition(TITLES)
    before = schedule(edition, BASE)
    import_schedule(read(as_json(before)), edition="2027", publish=True)
    after = schedule(Edition.objects.get(slug="2027"), BASE)
    assert told(after) == told(before)


@pytest.mark.django_db
@pytest.mark.parametrize("write", [as_json, as_xml])
def test_our_files_change_nothing_in_the_edition_they_are_of(write):
    edition = make_full_edition(TITLES)
    session = edition.sessions.get(code="S01")
    make_contribution(session, make_organization(), "host", position=9)
    spoke = session.contributions.filter(person__isnull=False).first()
    spoke.organization = make_organization()
    spoke.save()
    report = import_schedule(read(write(schedule(edition, BASE))), edition="2026")
    assert report.updated == []
    assert report.kept == []
    assert not report.changes_anything


def everything(session):
    """Return what a file of one language, for the public, cannot hold in full."""
    people = session.contributions.values_list("person__slug", "role", "position")
    texts = Session.objects.values_list(
        *("title_en", "title_zh_hans", "abstract_en", "abstract_zh_hans"),
        *("room__name_en", "room__name_zh_hans"),
    )
    return (
        texts.get(pk=session.pk),
        list(people),
        list(session.materials.values_list("kind", "url", "title_zh_hans", "licence")),
        Edition.objects.values_list("name_en", "name_zh_hans").get(),
        list(Person.objects.order_by("slug").values_list("name_en", "name_zh_hans")),
    )


@pytest.mark.django_db
def test_a_file_of_one_language_takes_nothing_away_that_it_cannot_hold():
    wei = {"id": 2, "name": {"en": "Li Wei", "zh": "李伟"}}
    talk = event(
        title={"en": "Silt talk", "zh": "Silt"},
        abstract={"en": "On silt", "zh": "关于泥沙"},
        persons=[
            {"id": 1, "name": "Ana Ruiz"},
            {"id": 3, "name": "Bo Holm", "role": "participant"},
            wei,
            wei | {"role": "moderator"},
        ],
        recording={"license": "CC BY 4.0", "url": "https://example.org/a.mp4"},
        attachments=[{"url": "https://example.org/a", "type": "slides", "title": "A"}],
    )
    rooms = [{"name": {"en": "Hall", "zh": "大厅"}, "guid": GUID.format(9)}]
    title = {"en": "Rivers 2025", "zh": "RV 2025"}
    load(schedule_json(talk, rooms=rooms, title=title), publish=True)
    session = Session.objects.get()
    Person.objects.filter(slug="ana-ruiz").update(state="draft")
    slides = session.materials.get(kind="slides")
    slides.title_zh_hans = "幻灯片"
    slides.save()
    Material.objects.create(
        session=session, kind="paper", availability="expected", title_en="Later"
    )
    transcript = ContentFile(b"so", name="so.txt")
    Material.objects.create(session=session, kind="transcript", file=transcript)
    before = everything(session)
    for language in ("en", "zh-hans", "en"):
        with override(language):
            document = schedule(session.edition, BASE)
        for write in (as_json, as_xml):
            report = import_schedule(read(write(document)), edition="2025")
            assert (report.updated, report.kept) == ([], [])
    assert everything(session) == before


PLAIN = st.text(string.printable + "河流é<>&*_", min_size=1, max_size=40)
ONE_LINE = PLAIN.map(lambda text: " ".join(text.split())).filter(bool)


@pytest.mark.django_db
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(titles=st.lists(ONE_LINE, min_size=1, max_size=4))
def test_whatever_sessions_are_called_they_come_back(titles):
    with transaction.atomic():
        edition = make_full_edition(titles)
        before = schedule(edition, BASE)
        for content in (as_json(before), as_xml(before)):
            report = import_schedule(read(content), edition="2026")
            assert (report.updated, report.kept) == ([], [])
        import_schedule(read(as_json(before)), edition="2027", publish=True)
        after = schedule(Edition.objects.get(slug="2027"), BASE)
        assert told(after) == told(before)
        transaction.set_rollback(True)
