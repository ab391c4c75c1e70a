import datetime
import zoneinfo

import pytest

from sessions.grid import MOST_STEPS, grid_of
from sessions.models import Room
from tests.factories import make_edition, make_session
from tests.sessions.samples import HOUR, MORNING

pytestmark = pytest.mark.django_db
QUARTER = datetime.timedelta(minutes=15)


@pytest.fixture
def venue():
    edition = make_edition()
    rooms = [
        Room.objects.create(edition=edition, name_en=name, slug=name, position=n)
        for n, name in enumerate("ab")
    ]
    return edition, rooms


def session(edition, room, start, end, **fields):
    return make_session(
        edition=edition, room=room, starts_at=start, ends_at=end, **fields
    )


def laid(sessions, edition, rooms):
    """Return [(room, at, to, codes)] of the cells, and the codes of the rest."""
    grid, rest = grid_of(sessions, edition.zone, rooms)
    cells = [
        (c["room"], c["at"], c["to"], [s.code for s in c["sessions"]])
        for c in grid["cells"]
    ]
    return cells, [s.code for s in rest]


def test_cells_come_by_time_then_by_room(venue):
    edition, (a, b) = venue
    sessions = [
        session(edition, b, MORNING, MORNING + HOUR, code="B1"),
        session(edition, a, MORNING + HOUR, MORNING + 2 * HOUR, code="A2"),
        session(edition, a, MORNING, MORNING + QUARTER, code="A1"),
    ]
    assert laid(sessions, edition, [a, b]) == (
        [(1, 1, 2, ["A1"]), (2, 1, 5, ["B1"]), (1, 5, 9, ["A2"])],
        [],
    )


def test_what_shares_a_room_and_a_quarter_of_an_hour_shares_a_cell(venue):
    edition, (a, b) = venue
    five = datetime.timedelta(minutes=5)
    sessions = [
        session(edition, a, MORNING, MORNING + five, code="X"),
        session(edition, a, MORNING + five, MORNING + 2 * five, code="Y"),
    ]
    assert laid(sessions, edition, [a, b]) == ([(1, 1, 2, ["X", "Y"])], [])


def test_a_break_without_a_room_crosses_all_unless_a_room_is_at_work(venue):
    edition, (a, b) = venue
    pause = {"room": None, "format": "break"}
    sessions = [
        session(edition, a, MORNING, MORNING + HOUR, code="A"),
        make_session(
            edition=edition,
            code="P",
            starts_at=MORNING + HOUR,
            ends_at=MORNING + HOUR + QUARTER,
            **pause,
        ),
        make_session(
            edition=edition,
            code="Q",
            starts_at=MORNING,
            ends_at=MORNING + HOUR,
            **pause,
        ),
    ]
    assert laid(sessions, edition, [a, b]) == (
        [(1, 1, 5, ["A"]), (0, 5, 6, ["P"])],
        ["Q"],
    )


def test_what_has_no_room_no_clock_or_begins_too_late_is_left_for_the_list(venue):
    edition, (a, b) = venue
    sessions = [
        make_session(edition=edition, room=a, code="NO-CLOCK"),
        session(edition, a, MORNING, MORNING + 60 * HOUR, code="LONG"),
        session(edition, None, MORNING, MORNING + HOUR, code="NO-ROOM"),
        session(edition, b, MORNING + 30 * HOUR, MORNING + 31 * HOUR, code="LATE"),
    ]
    assert laid(sessions, edition, [a, b]) == (
        [(1, 1, MOST_STEPS + 1, ["LONG"])],
        ["NO-CLOCK", "NO-ROOM", "LATE"],
    )
    assert grid_of(sessions[:1], edition.zone, [a]) == (None, sessions[:1])


def test_an_hour_that_the_clocks_leave_out_has_no_place_in_the_grid(venue):
    edition, (a, b) = venue
    edition.time_zone = "Australia/Lord_Howe"  # forward by half an hour at 02:00
    zone = zoneinfo.ZoneInfo(edition.time_zone)
    start = datetime.datetime(2026, 10, 4, 1, 30, tzinfo=zone)
    end = datetime.datetime(2026, 10, 4, 3, 0, tzinfo=zone)
    cells, rest = laid([session(edition, a, start, end, code="N")], edition, [a, b])
    # From 01:30 (+10:30) to 03:00 (+11) is an hour; the grid begins at 01:00.
    assert (cells, rest) == ([(1, 3, 7, ["N"])], [])
