import datetime
import json
import re

import pytest

from exchange.linked_data.page import described
from records.models import AltName
from sessions.models import EditionDay, Room, Session, SpokenLanguage
from tests.factories import (
    make_affiliation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_forum,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_topic,
)
from topics.models import Identifier, IssuingBody

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

SITE = "http://testserver"
CONTEXT = {
    "@vocab": "https://schema.org/",
    "url": {"@type": "@id"},
    "sameAs": {"@type": "@id"},
    "eventStatus": {"@type": "@vocab"},
    "actionStatus": {"@type": "@vocab"},
    "legislationLegalForce": {"@type": "@vocab"},
}
NINE = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def read(client, path):
    """Return the documents in the data blocks of a page."""
    return [json.loads(block) for block in BLOCK.findall(client.get(path).text)]


def en(text):
    return {"@value": text, "@language": "en"}


def step(position, name, path):
    item = {"@type": "ListItem", "position": position, "name": name}
    return {**item, "item": SITE + path}


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
            "@context": CONTEXT,
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
            "mainEntityOfPage": {
                "@type": "AboutPage",
                "@id": f"{SITE}/en/sessions/opening/",
                "inLanguage": "en",
                "isPartOf": {"@type": "WebSite", "@id": f"{SITE}/"},
                "breadcrumb": {
                    "@type": "BreadcrumbList",
                    "itemListElement": [
                        step(1, "Home", "/en/"),
                        step(2, "Editions", "/en/editions/"),
                        step(3, "2026", "/en/editions/2026/"),
                        step(4, "Programme", "/en/editions/2026/programme/"),
                        {"@type": "ListItem", "position": 5, "name": "Opening"},
                    ],
                },
            },
        }
    ]


def test_moved_and_cancelled_sessions_say_so(session):
    session.starts_at = NINE + HOUR / 2
    session.save()
    moved = described(session, SITE)
    assert (moved["eventStatus"], moved["previousStartDate"]) == (
        "https://schema.org/EventRescheduled",
        "2026-09-01T09:00:00+08:00",
    )
    session.event_status = "cancelled"
    session.save()
    assert described(session, SITE)["eventStatus"].endswith("/EventCancelled")


def test_what_is_not_on_record_is_left_out(client):
    edition = make_edition(slug="bare")
    day = EditionDay.objects.create(edition=edition, number=1, date=NINE.date())
    dated = make_session(edition=edition, day=day)
    undated = make_session(edition=edition)
    found = [described(session, SITE) for session in (dated, undated)]
    assert [one.get("startDate") for one in found] == ["2026-09-01", None]
    assert {"location", "organizer", "performer", "endDate"} & set(found[0]) == set()


def test_an_edition_names_its_organizers_and_up_to_25_sessions(session, client):
    edition = session.edition
    make_edition_role(edition, make_organization(name_en="CCCMC"), "organizer")
    make_edition_role(edition, make_organization(name_en="Other"), "supporter")
    make_session(edition=edition, state="draft")
    make_session(edition=edition, format="break")
    for _ in range(30):
        make_session(edition=edition)
    pages = ["/en/editions/2026/", "/en/editions/2026/programme/"]
    [one], [other] = (read(client, page) for page in pages)
    page = {"mainEntityOfPage": other["mainEntityOfPage"]}
    assert {**one, **page, "subEvent": other["subEvent"]} == other
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


def test_the_home_page_is_that_of_a_site_about_the_forum(client):
    assert read(client, "/en/") == []
    make_forum(name_en="Forum", name_zh_hans="论坛", tagline_en="A record.")
    assert read(client, "/zh-hans/") == [
        {
            "@context": CONTEXT,
            "@type": "WebSite",
            "@id": f"{SITE}/",
            "url": f"{SITE}/zh-hans/",
            "name": [en("Forum"), zh("论坛")],
            "alternateName": [en("Forum")],
            "description": [en("A record.")],
            "inLanguage": ["en", "zh-Hans"],
            "about": {
                "@type": "EventSeries",
                "@id": f"{SITE}/#forum",
                "name": [en("Forum"), zh("论坛")],
            },
        }
    ]


def test_a_list_names_its_first_rows(client):
    topics = [make_topic() for _ in range(22)]
    make_topic(state="draft")
    [found] = read(client, "/en/topics/")
    assert (found["@type"], found["@id"]) == ("CollectionPage", f"{SITE}/en/topics/")
    rows = found["mainEntity"]
    assert rows["numberOfItems"] == 22
    assert {row["url"] for row in rows["itemListElement"]} < {
        SITE + topic.address for topic in topics
    }
    assert [row["position"] for row in rows["itemListElement"]] == list(range(1, 21))


def test_other_pages_tell_where_they_stand_and_filtered_ones_nothing(session, client):
    [found] = read(client, "/en/editions/2026/changes/")
    assert found["@type"] == "WebPage"
    assert len(found["breadcrumb"]["itemListElement"]) == 5
    for path in ("editions/2026/programme/?format=opening", "nope/", "search/?q=x"):
        assert read(client, f"/en/{path}") == []


def test_a_person_has_places_with_their_times_and_a_hidden_one_a_name(client):
    giz = make_organization(slug="giz", name_en="GIZ")
    ana = make_person(slug="ana", name_en="Ana", orcid="0000-0002-1825-0097")
    make_affiliation(person=ana, organization=giz, title_en="Head")
    past = {"starts": datetime.date(2020, 1, 1), "ends": datetime.date(2021, 1, 1)}
    make_affiliation(person=ana, organization=giz, title_en="Clerk", **past)
    [found] = read(client, "/en/people/ana/")
    assert (found["jobTitle"], found["sameAs"]) == (
        [en("Head")],
        "https://orcid.org/0000-0002-1825-0097",
    )
    said = {
        role["roleName"][0]["@value"]: (role.get("startDate"), role.get("endDate"))
        for role in found["affiliation"]
        if role["affiliation"]["@id"] == f"{SITE}/organizations/giz/"
    }
    assert said == {"Clerk": ("2020-01-01", "2021-01-01"), "Head": (None, None)}
    ana.listed = False
    ana.save()
    [found] = read(client, "/en/people/ana/")
    known = {"@context", "@type", "@id", "identifier", "name", "url"}
    assert set(found) == {*known, "mainEntityOfPage"}


def test_an_organization_has_its_kin_and_the_addresses_that_identify_it(client):
    above = make_organization(slug="above", kind="ngo")
    make_organization(slug="gone", parent=above, state="draft")
    below = make_organization(
        slug="below",
        parent=above,
        acronym="B",
        country="DE",
        ror="https://ror.org/041kmwe10",
        wikidata="Q54129",
        website="javascript:alert(1)",
    )
    AltName.objects.create(record=below, text="Unten", language="de")
    AltName.objects.create(record=below, text="?", language="no such tag")
    [found] = read(client, "/en/organizations/below/")
    assert found["alternateName"] == [
        "B",
        {"@value": "Unten", "@language": "de"},
        "?",
    ]
    assert found["address"] == {"@type": "PostalAddress", "addressCountry": "DE"}
    assert found["parentOrganization"]["@type"] == "NGO"
    assert found["sameAs"] == [
        "https://ror.org/041kmwe10",
        "http://www.wikidata.org/entity/Q54129",
    ]
    [found] = read(client, "/en/organizations/above/")
    assert [one["@id"] for one in found["subOrganization"]] == [
        f"{SITE}/organizations/below/"
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_binds_is_legislation_with_its_relations(client, language):
    old, law, soft = (make_regulation(slug=slug) for slug in ("old", "law", "soft"))
    make_relation(law, "amends", old)
    make_relation(law, "based-on", soft)
    make_relation(make_regulation(slug="new"), "repeals", law)
    make_relation(make_regulation(state="draft"), "repeals", law)
    make_relation(make_regulation(slug="code", binding=False), "refers-to", law)
    make_milestone("2023-07-12", "signed", regulation=law)
    make_milestone("2023-08-17", "in-force", regulation=law)
    make_milestone("2023-07-01", "published", regulation=law, precision="month")
    for scheme, value in [("CELEX", "3 2"), ("ELI", "http://data.europa.eu/eli/x")]:
        Identifier.objects.create(regulation=law, scheme=scheme, value=value)
    IssuingBody.objects.create(regulation=law, name_en="Parliament")
    [found] = read(client, f"/{language}/regulations/law/")
    names = ("legislationDate", "datePublished", "legislationLegalForce")
    assert [found[name] for name in names] == [
        "2023-07-12",
        "2023-07",
        "https://schema.org/InForce",
    ]
    assert found["creativeWorkStatus"] == [en("In force"), zh("已生效")]
    assert found["legislationIdentifier"] == ["3 2", "http://data.europa.eu/eli/x"]
    assert found["sameAs"] == [
        "http://publications.europa.eu/resource/celex/3%202",
        "http://data.europa.eu/eli/x",
    ]
    assert found["legislationPassedBy"][0]["name"] == [en("Parliament")]
    assert found["legislationJurisdiction"] == {
        "@type": "AdministrativeArea",
        "name": [en("European Union"), zh("欧洲联盟")],
        "identifier": "EU",
    }
    ends = [(found, "legislationChanges", "old"), (found, "isBasedOn", "soft")]
    ends += [(found["@reverse"], "legislationChanges", "new")]
    ends += [(found["@reverse"], "citation", "code")]
    for end, word, slug in ends:
        assert [one["@id"] for one in end[word]] == [f"{SITE}/regulations/{slug}/"]
    [found] = read(client, "/en/regulations/code/")
    assert found["@type"] == "CreativeWork"
    assert {name for name in found if name.startswith("legislation")} == set()


def test_an_outcome_is_an_action_with_a_status_and_a_fact_a_claim(client):
    who, topic = make_organization(), make_topic()
    done = make_outcome(
        kind="commitment", status="fulfilled", organizations=[who], topics=[topic]
    )
    fact = make_outcome(kind="fact", organizations=[who], topics=[topic])
    [found] = read(client, done.get_absolute_url())
    assert (found["@type"], found["actionStatus"]) == (
        "Action",
        "https://schema.org/CompletedActionStatus",
    )
    assert [one["@id"] for one in found["agent"]] == [SITE + who.address]
    [found] = read(client, fact.get_absolute_url())
    assert found["@type"] == "Claim"
    assert [one["@id"] for one in found["about"]] == [
        SITE + who.address,
        SITE + topic.address,
    ]
