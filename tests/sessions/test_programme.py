import datetime
import zoneinfo

import pytest
from django.utils.html import strip_tags

from sessions.models import EditionDay, Session
from sessions.neighbours import neighbours
from sessions.programme import by_day, slots_of, zone_name, zones_of
from sessions.templatetags.programme import clock, is_next_day
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


def moment(zone, *when):
    return datetime.datetime(*when, tzinfo=zoneinfo.ZoneInfo(zone))


def clocks(zone, *moments):
    """Return the names of the clocks of an edition's sessions, and their times."""
    edition = make_edition(time_zone=zone)
    sessions = [make_session(edition=edition, starts_at=at) for at in moments]
    return zones_of(edition, sessions), [strip_tags(clock(one)) for one in sessions]


@pytest.mark.parametrize(
    ("zone", "whens", "names", "times"),
    [
        (
            "Europe/Berlin",
            [(2026, 10, 24, 9), (2026, 10, 25, 9)],
            ["Europe/Berlin time (UTC+2)", "Europe/Berlin time (UTC+1)"],
            ["09:00", "09:00"],
        ),
        (
            "Australia/Lord_Howe",
            [(2026, 10, 3, 9), (2026, 10, 4, 9)],
            [
                "Australia/Lord Howe time (UTC+10:30)",
                "Australia/Lord Howe time (UTC+11)",
            ],
            ["09:00", "09:00"],
        ),
        (
            "America/St_Johns",
            [(2026, 10, 31, 9), (2026, 11, 1, 9)],
            ["America/St Johns time (UTC−2:30)", "America/St Johns time (UTC−3:30)"],
            ["09:00", "09:00"],
        ),
        (
            "Asia/Kolkata",
            [(2026, 3, 1, 9), (2026, 11, 1, 9)],
            ["Asia/Kolkata time (UTC+5:30)"],
            ["09:00", "09:00"],
        ),
    ],
)
def test_a_clock_that_changes_has_a_name_for_each_offset(zone, whens, names, times):
    assert clocks(zone, *(moment(zone, *when) for when in whens)) == (names, times)


def test_times_of_the_hour_that_comes_twice_differ_by_their_offset():
    edition = make_edition(time_zone="Europe/Berlin")
    first = datetime.datetime(2026, 10, 25, 0, 30, tzinfo=datetime.UTC)
    session = make_session(
        edition=edition, starts_at=first, ends_at=first + datetime.timedelta(hours=1)
    )
    assert clock(session) == (
        '<time datetime="2026-10-25T02:30+02:00">02:30</time>–'
        '<time datetime="2026-10-25T02:30+01:00">02:30</time>'
    )


@pytest.mark.parametrize(
    ("day", "start", "late"),
    [
        ("2026-09-21", at(22, 0, 30), True),
        ("2026-09-21", at(21, 23, 30), False),
        (None, at(22, 0, 30), False),
        ("2026-09-21", None, False),
    ],
)
def test_past_midnight_is_told_where_the_date_of_the_day_is_known(day, start, late):
    edition = make_edition()
    of = EditionDay.objects.create(edition=edition, number=1, date=day)
    of.refresh_from_db()
    session = make_session(edition=edition, day=of, starts_at=start)
    assert is_next_day(session) is late


def test_sessions_are_grouped_by_their_start_only_where_some_start_together():
    a, b, c = (make_session(starts_at=at(21, hour)) for hour in (9, 9, 10))
    d = make_session()
    assert slots_of([d, a, c]) == [(None, [d, a, c])]
    assert slots_of([d, a, b, c]) == [
        (None, [d]),
        (at(21, 9), [a, b]),
        (at(21, 10), [c]),
    ]
    assert slots_of([]) == []
