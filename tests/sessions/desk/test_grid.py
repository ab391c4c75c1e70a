"""A day as it lies on the desk: where each session is drawn, and what has no place."""

import datetime

import pytest

from sessions.models import EditionDay
from tests.sessions.desk.conftest import at

pytestmark = pytest.mark.django_db


def drawn(answer):
    """Return ({title: (step, to, column, lane)}, titles on the tray, steps)."""
    board = answer.context["board"]
    blocks = {
        str(block.row.session): (block.at, block.to, block.column, block.lane)
        for block in board.blocks
    }
    return blocks, [str(row.session) for row in board.tray], board.steps


def test_sessions_lie_in_their_rooms_and_what_has_no_time_on_the_tray(
    edition, held, desk, admin_client
):
    annex = edition.rooms.get(slug="annex")
    held("Early", 7, room=None)
    held("Long", 9, ends_at=at(12))
    held("Over it", 10)
    held("After it", 12)
    held("Beside it", 10, room=annex, ends_at=at(10, 20))
    held("Night", starts_at=at(23), ends_at=at(1, day=10))
    held("No time")
    held("No day, no time", day=None, room=None)
    held("Wrong date", starts_at=at(9, day=20))
    held("Other day", 9, day=edition.days.last())
    # From 07:00, one hour past the last: 76 steps. Rooms come by name: Annex, Hall.
    assert drawn(admin_client.get(desk("grid") + "?day=1")) == (
        {
            "Early": (1, 5, 1, 0),
            "Long": (9, 21, 3, 0),
            "Over it": (13, 17, 3, 1),
            "Beside it": (13, 15, 2, 0),
            "After it": (21, 25, 3, 0),
            "Night": (65, 73, 3, 0),
        },
        ["No time", "Wrong date", "No day, no time"],
        76,
    )


def test_a_day_in_which_the_clocks_go_back_has_an_hour_more(
    edition, held, desk, admin_client
):
    edition.time_zone = "Europe/London"
    edition.save()
    day = edition.days.first()
    day.date = datetime.date(2026, 10, 25)
    day.save()
    times = [datetime.datetime(2026, 10, 25, h, tzinfo=datetime.UTC) for h in (0, 1, 2)]
    held("Twice one", starts_at=times[0], ends_at=times[2])
    blocks, _tray, _steps = drawn(admin_client.get(desk("grid")))
    # From 01:00 to 02:00 by the clock, two hours long.
    assert blocks == {"Twice one": (1, 9, 3, 0)}


def test_a_day_without_a_date_or_a_time_says_so_and_an_unknown_one_is_not_found(
    edition, held, desk, admin_client
):
    held("No time", day=EditionDay.objects.create(edition=edition, number=3))
    page = admin_client.get(desk("grid") + "?day=3")
    assert "nothing to draw a grid from" in page.content.decode()
    assert drawn(page) == ({}, ["No time"], 0)
    assert admin_client.get(desk("grid") + "?day=9").status_code == 404
    assert admin_client.get(desk("grid") + "?day=\x00").status_code == 400


def test_who_may_not_change_a_session_is_offered_no_form_to_move_it(
    held, desk, signed_in
):
    draft, public = held("Draft", 9), held("Public", 10, state="published")
    page = signed_in("Editor").get(desk("grid")).content.decode()
    assert f'name="{draft.pk}-starts_at"' in page
    assert f'name="{public.pk}-starts_at"' not in page
