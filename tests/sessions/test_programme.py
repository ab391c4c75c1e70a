import datetime

import pytest

from sessions.models import EditionDay, Session
from sessions.neighbours import neighbours
from sessions.programme import by_day, zone_name
from tests.factories import make_edition, make_session

pytestmark = pytest.mark.django_db


def at(day, hour, minute=0):
    zone = datetime.timezone(datetime.timedelta(hours=8))
    return datetime.datetime(2026, 9, day, hour, minute, tzinfo=zone)


def laid_out(edition):
    """Return [(day number or None, [codes])] of the programme of an edition."""
    sessions = Session.objects.for_edition(edition).in_programme_order()
    return [
        (group["day"] and group["day"].number, [s.code for s in group["sessions"]])
        for group in by_day(sessions)
    ]


def test_sessions_without_a_day_come_where_their_first_position_puts_them():
    edition = make_edition()
    day_2 = EditionDay.objects.create(edition=edition, number=2)
    make_session(edition=edition, code="A", day=day_2, position=3)
    make_session(edition=edition, code="B", position=1)
    make_session(edition=edition, code="C", position=9)
    assert laid_out(edition) == [(None, ["B", "C"]), (2, ["A"])]
    Session.objects.filter(code="B").update(position=4)
    assert laid_out(edition) == [(2, ["A"]), (None, ["B", "C"])]


def test_days_come_by_number_and_sessions_by_clock_then_position():
    edition = make_edition()
    day_1 = EditionDay.objects.create(edition=edition, number=1)
    day_2 = EditionDay.objects.create(edition=edition, number=2)
    make_session(edition=edition, code="A", day=day_2, position=1)
    make_session(edition=edition, code="B", day=day_1, position=2, starts_at=at(21, 14))
    make_session(edition=edition, code="C", day=day_1, position=3, starts_at=at(21, 9))
    make_session(edition=edition, code="D", day=day_1, position=5)
    make_session(edition=edition, code="E", day=day_1, position=4)
    assert laid_out(edition) == [(1, ["E", "D", "C", "B"]), (2, ["A"])]


def test_a_session_past_midnight_belongs_to_its_day():
    edition = make_edition()
    day_1 = EditionDay.objects.create(edition=edition, number=1)
    day_2 = EditionDay.objects.create(edition=edition, number=2)
    make_session(
        edition=edition,
        code="LATE",
        day=day_1,
        starts_at=at(22, 0, 30),
        ends_at=at(22, 1),
    )
    make_session(edition=edition, code="NEXT", day=day_2, starts_at=at(22, 9))
    assert laid_out(edition) == [(1, ["LATE"]), (2, ["NEXT"])]


def test_neighbours_pass_over_breaks_and_name_what_runs_at_the_same_time():
    edition = make_edition()
    day = EditionDay.objects.create(edition=edition, number=1)

    def session(code, starts, ends, **fields):
        return make_session(
            edition=edition,
            code=code,
            day=day,
            starts_at=starts,
            ends_at=ends,
            **fields,
        )

    first = session("A", at(21, 9), at(21, 10))
    session("B", at(21, 10), at(21, 10, 30), format="break")
    middle = session("C", at(21, 10, 30), at(21, 12))
    beside = session("D", at(21, 11), at(21, 12, 30))
    last = make_session(edition=edition, code="E", position=10**6)
    assert neighbours(first, 6) == (None, middle, [], 0)
    assert neighbours(middle, 6) == (first, beside, [beside], 1)
    assert neighbours(last, 6) == (beside, None, [], 0)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"city_en": "Chengdu", "time_zone": "Asia/Shanghai"}, "Chengdu time (UTC+8)"),
        ({"time_zone": "America/New_York"}, "America/New York time (UTC−4)"),
        ({"city_en": "Delhi", "time_zone": "Asia/Kolkata"}, "Delhi time (UTC+5:30)"),
    ],
)
def test_the_clock_is_named_by_the_venue_and_its_offset_on_that_date(fields, name):
    assert zone_name(make_edition(**fields), at(21, 9)) == name
