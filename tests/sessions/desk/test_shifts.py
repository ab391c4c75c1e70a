"""Many sessions moved at once, shown first and done when confirmed."""

import datetime
import re

import pytest

from records.models import Operation
from sessions.models import Session
from tests.sessions.desk.conftest import at

pytestmark = pytest.mark.django_db


def times(edition):
    return {
        session.title_en: (session.starts_at, session.ends_at)
        for session in Session.objects.for_edition(edition)
    }


def confirmed(client, url, sent):
    """Look at what would move, then do it; return (page that showed it, answer)."""
    page = client.post(url, sent)
    key = re.search(r'name="confirm" value="(\w+)"', page.content.decode())
    return page, client.post(url, sent | {"confirm": key[1]}, follow=True)


def test_a_day_is_shifted_from_a_time_on_in_one_room_and_back(
    edition, held, desk, admin_client
):
    held("Before", 9)
    held("Moved", 14, state="published")
    held("Clash", 15, day=edition.days.create(number=3))
    held("Elsewhere", 15, room=edition.rooms.get(slug="annex"))
    held("Other day", starts_at=at(15, day=10), day=edition.days.last())
    day, hall = edition.days.first(), edition.rooms.get(slug="hall")
    sent = {"day": day.pk, "room": hall.pk, "since": "13:00", "minutes": "30"}
    before = times(edition)
    page = admin_client.post(desk("shift"), sent)
    assert [
        (str(m.session), m.before, m.after) for m in page.context["plan"].moves
    ] == [("Moved", ("14:00", "15:00"), ("14:30", "15:30"))]
    assert "Hall: “Moved” and “Clash” overlap." in page.content.decode()
    assert times(edition) == before
    confirmed(admin_client, desk("shift"), sent)
    after = before | {"Moved": (at(14, 30), at(15, 30))}
    assert times(edition) == after
    # Calendars hear of it.
    assert Session.objects.get(title_en="Moved").sequence == 1
    Operation.objects.get(kind="bulk").undo()
    assert times(edition) == before


def test_what_changed_since_it_was_shown_is_shown_again(
    edition, held, desk, admin_client
):
    session = held("Moved", 14)
    sent = {"day": edition.days.first().pk, "minutes": "-15"}
    page = admin_client.post(desk("shift"), sent)
    Session.objects.filter(pk=session.pk).update(starts_at=at(13, 50))
    old = sent | {"confirm": page.context["plan"].key}
    again = admin_client.post(desk("shift"), old)
    assert [str(m) for m in again.context["messages"]] == [
        "It has changed since it was shown. Look at it again."
    ]
    assert times(edition) == {"Moved": (at(13, 50), at(15))}
    admin_client.post(desk("shift"), sent | {"confirm": again.context["plan"].key})
    assert times(edition) == {"Moved": (at(13, 35), at(14, 45))}


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes", "0"), ("minutes", "1441"), ("minutes", "x"), ("day", "0"),
     ("since", "25:00"), ("room", "none")],
)  # fmt: skip
def test_what_makes_no_sense_is_said_beside_the_field(
    edition, held, desk, admin_client, field, value
):
    held("Moved", 14)
    sent = {"day": edition.days.first().pk, "minutes": "15", field: value}
    form = admin_client.post(desk("shift"), sent).context["form"]
    assert list(form.errors) == [field]


def test_an_editor_shifts_drafts_alone_and_moves_no_day_of_a_public_edition(
    edition, held, desk, signed_in
):
    held("Draft", 9)
    held("Public", 10, state="published")
    editor, before = signed_in("Editor"), times(edition)
    for page, sent in (
        ("shift", {"minutes": "15", "day": edition.days.first().pk}),
        ("day", {"date": "2026-11-10", "day": edition.days.first().pk}),
    ):
        answer = editor.post(desk(page), sent)
        plan = answer.context["plan"]
        assert "“Public” is public: a publisher moves it." in plan.errors
        assert 'name="confirm"' not in answer.content.decode()
        editor.post(desk(page), sent | {"confirm": plan.key})
    assert times(edition) == before
    assert edition.days.first().date == datetime.date(2026, 11, 9)


def test_a_day_moves_to_another_date_by_the_clock_of_the_place(
    edition, held, desk, admin_client
):
    edition.time_zone = "Europe/London"
    edition.save()
    day, utc = edition.days.first(), datetime.UTC
    day.date = datetime.date(2026, 10, 24)
    day.save()
    summer = datetime.datetime(2026, 10, 24, 8, tzinfo=utc)  # 09:00 there
    held("Talk", starts_at=summer, ends_at=summer + datetime.timedelta(hours=1))
    held("No time")
    sent = {"day": day.pk, "date": "2026-10-26"}
    page, _answer = confirmed(admin_client, desk("day"), sent)
    assert [m.after for m in page.context["plan"].moves] == [("09:00", "10:00")]
    winter = datetime.datetime(2026, 10, 26, 9, tzinfo=utc)
    hour = datetime.timedelta(hours=1)
    assert times(edition) == {"Talk": (winter, winter + hour), "No time": (None, None)}
    day.refresh_from_db()
    assert day.date == datetime.date(2026, 10, 26)
    # Into an hour that the clocks leave out it cannot move.
    Session.objects.filter(title_en="Talk").update(
        starts_at=datetime.datetime(2026, 10, 26, 1, 30, tzinfo=utc)
    )
    page = admin_client.post(desk("day"), {"day": day.pk, "date": "2027-03-28"})
    assert page.context["plan"].errors == [
        "“Talk”: The clocks go forward then: there is no such time."
    ]
