import datetime
import json
import re

import pytest

from exchange.linked_data import document
from sessions.models import EditionDay, Room, Session, SpokenLanguage
from tests.factories import (
    make_contribution,
    make_edition,
    make_edition_role,
    make_organization,
    make_person,
    make_session,
)

pytestmark = pytest.mark.django_db

SITE = "http://testserver"
NINE = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def read(client, path):
    """Return the documents in the data blocks of a page."""
    return [json.loads(block) for block in BLOCK.findall(client.get(path).text)]


def en(text):
    return {"@value": text, "@language": "en"}


def zh(text):
    return {"@value": text, "@language": "zh-Hans"}


@pytest.fixture
def session():
    edition = make_edition(
        slug="2026",
        name_en="Forum 2026",
        starts_on=NINE.date(),
        ends_on=NINE.date(),
        venue_en="Hall",
        city_en="Chengdu",
        city_zh_hans="成都",
        country="CN",
    )
    room = Room.objects.create(edition=edition, name_en="A", slug="a")
    session = make_session(
        edition=edition,
        slug="opening",
        title_en="Opening",
        title_zh_hans="开幕",
        abstract_en="All about *mines* & law.",
        room=room,
        starts_at=NINE,
        ends_at=NINE + HOUR,
    )
    SpokenLanguage.objects.create(session=session, language="zh")
    SpokenLanguage.objects.create(session=session, language="en", interpreted=True)
    return session


def test_a_session_is_an_event_in_the_words_of_schema_org(session, client):
    host = make_organization(slug="giz", name_en="GIZ")
    ana = make_person(slug="ana", name_en="Ana")
    make_contribution(session, host, "host")
    make_contribution(session, ana, "speaker")
    make_contribution(session, make_person(state="draft"), "speaker")
    venue = {
        "@type": "Place",
        "name": [en("Hall")],
        "address": {
            "@type": "PostalAddress",
            "addressLocality": [en("Chengdu"), zh("成都")],
            "addressCountry": "CN",
        },
    }
    assert read(client, "/en/sessions/opening/") == [
        {
            "@context": {
                "@vocab": "https://schema.org/",
                "url": {"@type": "@id"},
                "eventStatus": {"@type": "@vocab"},
            },
            "@type": "Event",
            "@id": f"{SITE}/sessions/opening/",
            "identifier": session.uid.urn,
            "name": [en("Opening"), zh("开幕")],
            "url": f"{SITE}/en/sessions/opening/",
            "startDate": "2026-09-01T09:00:00+08:00",
            "endDate": "2026-09-01T10:00:00+08:00",
            "eventStatus": "https://schema.org/EventScheduled",
            "description": en("All about mines & law."),
            "inLanguage": ["zh"],
            "location": {
                "@type": "Place",
                "name": [en("A")],
                "address": venue["address"],
                "containedInPlace": venue,
            },
            "organizer": [
                {
                    "@type": "Organization",
                    "@id": f"{SITE}/organizations/giz/",
                    "identifier": host.uid.urn,
                    "name": [en("GIZ")],
                    "url": f"{SITE}/en/organizations/giz/",
                }
            ],
            "performer": [
                {
                    "@type": "Person",
                    "@id": f"{SITE}/people/ana/",
                    "identifier": ana.uid.urn,
                    "name": [en("Ana")],
                    "url": f"{SITE}/en/people/ana/",
                }
            ],
            "superEvent": {
                "@type": "Event",
                "@id": f"{SITE}/editions/2026/",
                "identifier": session.edition.uid.urn,
                "name": [en("Forum 2026")],
                "url": f"{SITE}/en/editions/2026/",
            },
        }
    ]


def test_moved_and_cancelled_sessions_say_so(session):
    session.starts_at = NINE + HOUR / 2
    session.save()
    moved = document(session, SITE)
    assert (moved["eventStatus"], moved["previousStartDate"]) == (
        "https://schema.org/EventRescheduled",
        "2026-09-01T09:00:00+08:00",
    )
    session.event_status = "cancelled"
    session.save()
    assert document(session, SITE)["eventStatus"].endswith("/EventCancelled")


def test_what_is_not_on_record_is_left_out(client):
    edition = make_edition(slug="bare")
    day = EditionDay.objects.create(edition=edition, number=1, date=NINE.date())
    dated = make_session(edition=edition, day=day)
    undated = make_session(edition=edition)
    found = [document(session, SITE) for session in (dated, undated)]
    assert [one.get("startDate") for one in found] == ["2026-09-01", None]
    assert {"location", "organizer", "performer", "endDate"} & set(found[0]) == set()


def test_an_edition_names_its_organizers_and_up_to_25_sessions(session, client):
    edition = session.edition
    make_edition_role(edition, make_organization(name_en="CCCMC"), "organizer")
    make_edition_role(edition, make_organization(name_en="Other"), "supporter")
    make_session(edition=edition, state="draft")
    make_session(edition=edition, format="break")
    for _ in range(60):
        make_session(edition=edition)
    pages = ["/en/editions/2026/", "/en/editions/2026/programme/"]
    [one], [other] = (read(client, page) for page in pages)
    assert {**one, "subEvent": other["subEvent"]} == other
    assert [named["name"] for named in one["organizer"]] == [[en("CCCMC")]]
    # The edition names those that its page shows.
    assert one["subEvent"] == other["subEvent"][:6]
    assert len(other["subEvent"]) == 25
    assert (one["startDate"], one["endDate"]) == ("2026-09-01", "2026-09-01")


def test_a_title_cannot_end_the_data_block(session, client):
    evil = "</script><script>alert(1)</script><!-- & "
    Session.objects.update(title_en=evil)
    [found] = read(client, "/en/sessions/opening/")
    assert found["name"][0] == en(evil)
    assert "alert(1)</script>" not in client.get("/en/sessions/opening/").text


@pytest.mark.parametrize(
    "path", ["editions/2026/changes/", "editions/2026/programme/?format=opening", ""]
)
def test_other_pages_have_no_data_block(session, client, path):
    assert read(client, f"/en/{path}") == []


def test_a_kind_without_linked_data_has_none():
    assert document(make_person(), SITE) is None
