"""What was public, or was shown to staff, stays in no kept page and in no count."""

import datetime
import json

import pytest
from django.contrib.auth.models import User
from django.test import Client

from records.models import PreviewLink, State
from sessions.models import Room
from tests.factories import make_edition, make_session, make_topic
from tests.forum_portal.test_page_cache import Portal, _one_connection  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
WORD = "zqxkept"
NINE = datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC)


@pytest.fixture
def edition():
    edition = make_edition(slug="2026")
    room = Room.objects.create(edition=edition, name_en="Hall", slug="hall")
    make_session(edition=edition, slug="2026-shown", room=room)
    return edition


def addresses(slug):
    """Yield addresses that tell of a session: pages and files of each sort."""
    yield from (f"/en/sessions/{slug}/", f"/en/sessions/{slug}.json")
    yield from ("/zh-hans/sessions/", "/en/sessions.atom", "/en/sessions.csv")
    yield from ("/en/editions/2026/programme/", "/en/editions/2026/programme.ics")
    yield f"/api/v1/sessions/{slug}/"


def told(portal, slug, **environ):
    return {
        address
        for address in addresses(slug)
        if WORD.encode() in portal.get(address, **environ)[2]
    }


def test_a_page_that_was_kept_forgets_what_is_withdrawn(edition):
    portal, slug = Portal(), "2026-kept"
    session = make_session(
        edition=edition, slug=slug, title_en=f"On {WORD}", starts_at=NINE
    )
    assert told(portal, slug) == set(addresses(slug))
    session.state, session.withdrawn_reason_en = State.WITHDRAWN, "A mistake"
    session.save()
    status, _headers, body = portal.get(f"/en/sessions/{slug}/")
    assert (status, b"A mistake" in body) == (410, True)
    # Its own addresses say what was withdrawn.
    assert told(portal, slug) <= {a for a in addresses(slug) if slug in a}


def test_nothing_that_staff_were_shown_is_given_to_a_visitor(edition):
    portal, slug = Portal(), "2026-kept"
    make_session(
        edition=edition,
        slug=slug,
        title_en=f"On {WORD}",
        state="draft",
        event_status="cancelled",
        status_reason_en=f"Because {WORD}",
        room=Room.objects.get(),
    )
    staff = Client()
    staff.force_login(User.objects.create_superuser("admin"))
    cookie = f"sessionid={staff.cookies['sessionid'].value}"
    path = "/en/sessions/2026-shown/"
    to_staff = portal.get(path, HTTP_COOKIE=cookie)[2]
    assert b"/admin/" not in to_staff
    assert portal.get(path)[2] == to_staff
    told(portal, slug, HTTP_COOKIE=cookie)
    assert told(portal, slug) == set()


def test_no_count_holds_what_is_hidden(edition, client):
    topic = make_topic(slug="labour")
    for state in ("draft", "withdrawn"):
        make_session(edition=edition, state=state, topics=[topic], format="launch")
    page = client.get("/en/sessions/").text
    assert "1 session" in page
    assert "Launch" not in page
    for address in ("/en/sessions.json", "/api/v1/sessions/"):
        assert json.loads(client.get(address).getvalue())["count"] == 1
    # Nor does a filter by what only hidden ones have.
    found = client.get("/en/sessions.json?topic=labour")
    assert json.loads(found.getvalue())["count"] == 0


def test_a_preview_that_was_taken_back_shows_nothing(edition):
    slug = "2026-kept"
    draft = make_session(edition=edition, slug=slug, title_en=WORD, state="draft")
    link = PreviewLink.objects.create(record=draft, expires_at=PreviewLink.until(1))
    path, portal = f"/en/preview/{link.token}/", Portal()
    assert WORD.encode() in portal.get(path)[2]
    link.revoke()
    status, _headers, body = portal.get(path)
    assert (status, WORD.encode() in body) == (410, False)
