"""A new edition from last year's: its structure, and nothing that is public."""

import datetime

import pytest

from records.models import Operation
from sessions.models import Contribution, Edition, Session
from tests.factories import make_contribution, make_edition_role, make_organization
from tests.sessions.desk.conftest import at

pytestmark = pytest.mark.django_db

NEW = {
    "slug": "2027",
    "year": "2027",
    "name_en": "Forum 2027",
    "name_zh_hans": "论坛 2027",
    "starts_on": "2027-11-15",
    "ends_on": "2027-11-15",
}


@pytest.fixture
def last_year(edition, held):
    """Fill last year's edition with all that a copy could take."""
    session = held(
        "Opening",
        9,
        slug="2026-opening",
        code="S01",
        state="published",
        abstract_en="What was said",
        track="Labour",
    )
    held("Second day", starts_at=at(9, day=10), day=edition.days.last(), code="S02")
    held("Gone", 11, state="withdrawn", code="S03")
    session.spoken_languages.create(language="zh")
    host = make_organization()
    make_contribution(session, host, "host", recording_consent="given")
    session.contributions.create(role="speaker", name_removed=True)
    make_edition_role(edition, host, "organizer")
    make_edition_role(edition, make_organization(), "attendee")
    return edition


def test_structure_is_taken_as_drafts_and_can_be_taken_back(
    last_year, desk, admin_client
):
    sent = NEW | {"days": "on", "rooms": "on", "roles": "organizer"}
    sent |= {"sessions": "on", "contributions": "on"}
    answer = admin_client.post(desk("copy"), sent)
    edition = Edition.objects.get(slug="2027")
    assert answer["Location"] == f"/admin/forum_sessions/edition/{edition.pk}/desk/"
    assert (edition.state, edition.venue, edition.time_zone) == (
        *("draft", ""),
        "Asia/Shanghai",
    )
    # The second day would be past the end: its session waits for one.
    assert list(edition.days.values_list("number", "date")) == [
        (1, datetime.date(2027, 11, 15))
    ]
    assert list(edition.rooms.values_list("slug", "name_zh_hans")) == [
        ("annex", "Annex厅"),
        ("hall", "Hall厅"),
    ]
    assert [role.role for role in edition.roles.all()] == ["organizer"]
    made = Session.objects.for_edition(edition).order_by("code")
    assert [
        (s.slug, s.state, s.track, s.room.edition_id, s.abstract, s.first_published_at)
        for s in made
    ] == [
        ("2027-opening", "draft", "Labour", edition.pk, "", None),
        (made[1].slug, "draft", "", edition.pk, "", None),
    ]
    nine = datetime.datetime(2027, 11, 15, 1, tzinfo=datetime.UTC)
    assert [s.starts_at for s in made] == [nine, None]
    assert [one.language for one in made[0].spoken_languages.all()] == ["zh"]
    part = Contribution.objects.get(session=made[0])
    assert (part.role, part.recording_consent) == ("host", "")
    assert [s.history.count() for s in made] == [1, 1]
    assert not Session.objects.published().for_edition(edition).exists()
    Operation.objects.get(kind="copy").undo()
    assert not Edition.objects.filter(slug="2027").exists()
    assert Session.objects.count() == 3


def test_nothing_is_taken_that_was_not_chosen(last_year, desk, admin_client):
    admin_client.post(desk("copy"), NEW)
    edition = Edition.objects.get(slug="2027")
    parts = (edition.days, edition.rooms, edition.roles, edition.sessions)
    assert [part.count() for part in parts] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "2026"), ("slug", "No Slug"), ("name_en", ""), ("starts_on", "soon"),
     ("ends_on", "2027-11-14"), ("ends_on", "2037-11-14"), ("contributions", "on"),
     ("roles", "king"), ("year", "-1")],
)  # fmt: skip
def test_a_wrong_field_makes_nothing(last_year, desk, admin_client, field, value):
    sent = NEW | {"name_zh_hans": "", field: value}
    page = admin_client.post(desk("copy"), sent)
    assert page.context["form"].errors
    assert Edition.objects.count() == 1


def test_an_editor_copies_and_nothing_becomes_public(last_year, desk, signed_in):
    editor = signed_in("Editor")
    forged = {"state": "published", "publish_at_0": "2020-01-01", "sessions": "on"}
    editor.post(desk("copy"), NEW | forged)
    states = Edition.objects.filter(slug="2027").values_list("state", "sessions__state")
    assert set(states) == {("draft", "draft")}


def test_each_date_of_the_new_edition_is_a_day_called_as_the_old_one(
    edition, held, desk, admin_client
):
    first, second = edition.days.all()
    held("Second day", starts_at=at(9, day=10), day=second, code="S02")
    first.delete()
    for date in (None, second.date):
        edition.days.update(date=date, title_en="Workshops", title_zh_hans="工作坊")
        sent = NEW | {"ends_on": "2027-11-17", "days": "on", "sessions": "on"}
        admin_client.post(desk("copy"), sent)
        copy = Edition.objects.get(slug="2027")
        assert list(copy.days.values_list("number", "date", "title_zh_hans")) == [
            (1, datetime.date(2027, 11, 15), ""),
            (2, datetime.date(2027, 11, 16), "工作坊"),
            (3, datetime.date(2027, 11, 17), ""),
        ]
        session = Session.objects.for_edition(copy).get()
        assert session.starts_at.astimezone(copy.zone).isoformat()[:16] == (
            "2027-11-16T09:00"
        )
        Operation.objects.filter(kind="copy").latest("pk").undo()
