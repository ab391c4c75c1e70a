"""What organizers are warned of before people stand before two doors."""

import datetime

import pytest
from django.utils import translation

from sessions.clashes import clashes
from sessions.models import EditionDay, Room
from tests.factories import (
    make_contribution,
    make_edition,
    make_person,
    make_session,
)

pytestmark = pytest.mark.django_db
UTC = datetime.UTC


def at(hour, minute=0, day=9):
    """Return a moment by the clock of Chengdu."""
    moment = datetime.datetime(2026, 11, day, hour, minute, tzinfo=UTC)
    return moment - datetime.timedelta(hours=8)


@pytest.fixture
def edition():
    return make_edition(
        starts_on=datetime.date(2026, 11, 9), ends_on=datetime.date(2026, 11, 10)
    )


def told(edition, *given):
    return [str(clash) for clash in clashes(edition, *given)]


def test_rooms_and_people_that_are_wanted_twice_are_named(
    edition, django_assert_num_queries
):
    hall = Room.objects.create(edition=edition, name_en="Hall", slug="hall")
    ada = make_person(name_en="Ada", state="draft")

    def held(title, starts, ends, **fields):
        made = make_session(edition=edition, title_en=title, **fields)
        made.starts_at, made.ends_at = at(*starts), at(*ends)
        made.save()
        return made

    day_long = held("Fair", (9,), (17,), room=hall)
    talk = held("Talk", (9,), (10,), room=hall)
    after = held("After", (17,), (18,), room=hall)
    workshop = held("Workshop", (9, 30), (11,))
    held("Coffee", (9,), (10,), room=hall, format="break")
    held("Off", (9,), (10,), room=hall, event_status="cancelled")
    held("Gone", (9,), (10,), room=hall, state="withdrawn")
    for session in (talk, workshop, after):
        make_contribution(session, ada)
    make_contribution(talk, ada, role="host")
    with django_assert_num_queries(3):
        found = clashes(edition)
    assert [(clash.kind, clash.sessions, clash.about) for clash in found] == [
        ("room", (talk, day_long), hall),
        ("person", (talk, workshop), ada),
    ]
    assert [str(clash) for clash in found] == [
        "Hall: “Talk” and “Fair” overlap.",
        "Ada is in “Talk” and “Workshop” at once.",
    ]


def test_what_is_outside_its_days_is_named_but_not_the_night_after(edition):
    first, unknown = (
        EditionDay.objects.create(edition=edition, number=1, date=edition.starts_on),
        EditionDay.objects.create(edition=edition, number=2),
    )
    times = {
        "Early": (at(9, day=8), first),
        "Party": (at(1, day=10), first),
        "Wrong day": (at(9, day=10), first),
        "Last night": (at(2, day=11), unknown),
        "Late": (at(9, day=11), None),
        "No clock": (None, first),
    }
    for title, (starts_at, day) in times.items():
        make_session(edition=edition, title_en=title, starts_at=starts_at, day=day)
    assert sorted(told(edition)) == [
        "“Early” is on 8 November 2026, not on the date of its day.",
        "“Early” is on 8 November 2026, outside the edition’s dates.",
        "“Late” is on 11 November 2026, outside the edition’s dates.",
        "“Wrong day” is on 10 November 2026, not on the date of its day.",
    ]


def test_what_is_about_to_be_saved_is_looked_at_instead_of_what_is_stored(edition):
    hall = Room.objects.create(edition=edition, name_zh_hans="大厅", slug="hall")
    hours = {"starts_at": at(9), "ends_at": at(10)}
    one, two = (
        make_session(edition=edition, title_zh_hans=t, title_en="", room=hall, **hours)
        for t in ("开幕", "主题发言")
    )
    with translation.override("zh-hans"):
        assert len(told(edition)) == 1
        two.starts_at, two.ends_at = at(10), at(11)
        assert told(edition, [one, two]) == []
