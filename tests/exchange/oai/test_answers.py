"""The answers to harvesters, as they and the protocol read them."""

import datetime
from urllib.parse import urlencode

import pytest
from django.core import signing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.oai import arguments
from tests.exchange.oai.harvester import (
    NAMES,
    ask,
    errors,
    headers,
    read,
    told,
)
from tests.factories import (
    make_contribution,
    make_edition,
    make_forum,
    make_milestone,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)
from topics.models import Identifier, IssuingBody

pytestmark = pytest.mark.django_db
NOWHERE = "oai:testserver:5dfb5ce0-2e5a-4f35-87f3-18a165809e8a"


def test_a_token_says_where_in_the_list_it_is(client, settings):
    settings.OAI_PAGE_SIZE = 2
    organizations = [make_organization() for _ in range(3)]
    topic = make_topic()
    asked, seen = {"metadataPrefix": "oai_dc"}, []
    places = []
    while asked:
        tree = ask(client, verb="ListIdentifiers", **asked)
        seen += headers(tree)
        token = tree.find(".//oai:resumptionToken", NAMES)
        places.append((token.get("cursor"), token.get("completeListSize")))
        assert bool(token.text) == ("expirationDate" in token.attrib)
        asked = {"resumptionToken": token.text} if token.text else {}
    assert seen == [str(record.uid) for record in (*organizations, topic)]
    assert places == [("0", "4"), ("2", "4"), ("3", "4")]


def test_a_list_stays_right_while_records_change(client, settings):
    settings.OAI_PAGE_SIZE = 2
    first, second, third, fourth, fifth = (make_topic() for _ in range(5))
    tree = ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc")
    assert list(headers(tree)) == [str(first.uid), str(second.uid)]
    token = tree.findtext(".//oai:resumptionToken", namespaces=NAMES)
    third.state = second.state = "withdrawn"
    third.save()
    second.save()
    fourth.save()  # changed: its datestamp is new, its place is not
    sixth = make_topic()
    left = []
    while token:
        tree = ask(client, verb="ListIdentifiers", resumptionToken=token)
        left += [(uid, said[2]) for uid, said in headers(tree).items()]
        token = tree.findtext(".//oai:resumptionToken", namespaces=NAMES)
    withdrawn = [(str(one.uid), "deleted") for one in (second, third)]
    alive = [(str(one.uid), None) for one in (fourth, fifth, sixth)]
    assert left == alive + sorted(withdrawn)


def test_a_token_of_another_list_an_old_or_a_forged_one_is_refused(client, settings):
    settings.OAI_PAGE_SIZE = 1
    make_topic(), make_topic()
    tree = ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc")
    token = tree.findtext(".//oai:resumptionToken", namespaces=NAMES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arguments, "TOKENS_LAST", datetime.timedelta(seconds=-1))
        assert errors(ask(client, verb="ListIdentifiers", resumptionToken=token))[
            0
        ] == ("badResumptionToken")
    forged = signing.dumps(["ListRecords"], key="other", salt=arguments.SALT)
    for verb, one in [
        ("ListRecords", token),
        ("ListIdentifiers", token[:-1]),
        ("ListRecords", forged),
        ("ListSets", token),
        ("ListRecords", ""),
        ("ListRecords", "\x00<"),
    ]:
        code, _asked = errors(ask(client, verb=verb, resumptionToken=one))
        assert code == "badResumptionToken"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "badVerb"),
        ("verb=", "badVerb"),
        ("verb=identify", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&set=topics", "badArgument"),
        ("verb=Identify&x%00=%ff", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=GetRecord&metadataPrefix=oai_dc", "badArgument"),
        (f"verb=GetRecord&identifier={NOWHERE}", "badArgument"),
        ("verb=ListRecords&metadataPrefix=a%20b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=a&set=b", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=x", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=99999-01-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2023-02-30", "badArgument"),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&until=2023-02-03T00:00Z",
            "badArgument",
        ),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=٢٠٢٣-01-01", "badArgument"),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&from=2023-01-01"
            "&until=2023-02-01T00:00:00Z",
            "badArgument",
        ),
        (
            "verb=ListRecords&metadataPrefix=oai_dc&from=2023-01-02&until=2023-01-01",
            "badArgument",
        ),
        (
            f"verb=GetRecord&metadataPrefix=oai_dc&identifier={NOWHERE}%0a",
            "badArgument",
        ),
    ],
)
def test_what_is_not_asked_rightly_is_refused_and_not_repeated(client, query, code):
    assert errors(ask(client, query)) == (code, {})


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"verb": "ListRecords", "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        (
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "cats"},
            "noRecordsMatch",
        ),
        (
            {"verb": "ListRecords", "metadataPrefix": "oai_dc", "until": "1999-12-31"},
            "noRecordsMatch",
        ),
        (
            {
                "verb": "ListIdentifiers",
                "metadataPrefix": "oai_dc",
                "from": "9999-12-31",
            },
            "noRecordsMatch",
        ),
        ({"verb": "ListMetadataFormats", "identifier": NOWHERE}, "idDoesNotExist"),
        ({"verb": "ListMetadataFormats", "identifier": "<&>"}, "idDoesNotExist"),
        (
            {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:x:y"},
            "idDoesNotExist",
        ),
    ],
)
def test_what_there_is_not_is_refused_with_what_was_asked(client, asked, code):
    make_topic()
    assert errors(ask(client, **asked)) == (code, asked)


def test_the_end_of_time_is_no_limit(client):
    topic = make_topic()
    tree = ask(client, verb="ListRecords", metadataPrefix="oai_dc", until="9999-12-31")
    assert list(headers(tree)) == [str(topic.uid)]


ARGUMENTS = ["verb", "from", "until", "set", "metadataPrefix", "identifier", "x"]
VALUES = ["ListRecords", "GetRecord", "oai_dc", "topics", "2023-01-01", NOWHERE]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*ARGUMENTS, "resumptionToken"]),
            st.sampled_from(VALUES) | st.text(max_size=12),
        ),
        max_size=5,
    )
)
def test_whatever_is_asked_is_answered_by_the_protocol(client, pairs):
    read(client.get("/oai?" + urlencode(pairs, errors="replace")))


def test_it_names_the_forum_and_whom_to_write_to(client):
    def said(name):
        return ask(client, verb="Identify").findtext(f".//oai:{name}", namespaces=NAMES)

    assert said("adminEmail") == "not-on-record@forum-portal.invalid"
    make_forum(contact="record@example.org", name_zh_hans="论坛")
    client.cookies["django_language"] = "zh-hans"
    assert (said("repositoryName"), said("adminEmail"), said("baseURL")) == (
        "Test Forum",
        "record@example.org",
        "http://testserver/oai",
    )


def test_a_session_in_dublin_core(client):
    edition = make_edition(slug="2026", city_en="Chengdu", city_zh_hans="成都")
    topic = make_topic(label_en="Labour", label_zh_hans="劳工")
    law = make_regulation(slug="law")
    session = make_session(
        edition=edition,
        slug="opening",
        title_en="Opening",
        title_zh_hans="开幕",
        abstract_en="On *mines* & <law>.",
        topics=[topic, make_topic(state="draft")],
        regulations=[law],
        starts_at=datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC),
    )
    make_contribution(session, make_person(name_en="Ana", sort_name="Silva, Ana"))
    make_contribution(session, make_person(state="draft", name_en="Nobody"))
    tree = ask(
        client,
        verb="GetRecord",
        metadataPrefix="oai_dc",
        identifier=f"oai:testserver:{session.uid}",
    )
    assert told(tree) == [
        ("title", "en", "Opening"),
        ("title", "zh-Hans", "开幕"),
        ("identifier", None, "http://testserver/sessions/opening/"),
        ("identifier", None, session.uid.urn),
        ("type", None, "Event"),
        ("type", "en", "Session"),
        ("type", "zh-Hans", "场次"),
        ("description", "en", "On mines & <law>."),
        ("language", None, "en"),
        ("language", None, "zh-Hans"),
        ("relation", None, "http://testserver/editions/2026/"),
        ("relation", None, "http://testserver/regulations/law/"),
        ("subject", "en", "Labour"),
        ("subject", "zh-Hans", "劳工"),
        ("creator", None, "Silva, Ana"),
        ("date", None, "2026-09-01"),
        ("coverage", "en", "Chengdu"),
        ("coverage", "zh-Hans", "成都"),
    ]


def test_an_instrument_has_its_numbers_and_of_a_hidden_person_there_is_the_name(client):
    law = make_regulation(short_name_en="Law", official_title_en="Act", slug="law")
    make_milestone("2023-07-12", "signed", regulation=law)
    IssuingBody.objects.create(regulation=law, name_en="Parliament")
    for scheme, value in [
        ("CELEX", "32023R1542"),
        ("ELI", "http://data.europa.eu/eli/x"),
    ]:
        Identifier.objects.create(regulation=law, scheme=scheme, value=value)
    person = make_person(
        slug="ana", name_en="Ana", listed=False, orcid="0000-0002-1825-0097", bio_en="B"
    )
    tree = ask(client, verb="ListRecords", metadataPrefix="oai_dc")
    found = told(tree)
    assert [text for name, _lang, text in found if name != "type"] == [
        "Ana",
        "http://testserver/people/ana/",
        person.uid.urn,
    ]
    token = tree.findtext(".//oai:resumptionToken", namespaces=NAMES)
    found = told(ask(client, verb="ListRecords", resumptionToken=token))
    assert [
        text for name, _lang, text in found if name not in {"type", "language"}
    ] == [
        "Law",
        "Act",
        "http://testserver/regulations/law/",
        law.uid.urn,
        "CELEX:32023R1542",
        "http://publications.europa.eu/resource/celex/32023R1542",
        "http://data.europa.eu/eli/x",
        "Parliament",
        "2023-07-12",
        "EU",
    ]


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 12])
def test_a_part_costs_the_same_however_much_there_is(
    client, total, django_assert_num_queries
):
    edition = make_edition()
    for _ in range(total):
        session = make_session(edition=edition, topics=[make_topic()])
        make_contribution(session, make_person())
        make_session(edition=edition, state="withdrawn")
    asked = {"verb": "ListRecords", "metadataPrefix": "oai_dc", "set": "sessions"}
    with django_assert_num_queries(11):
        tree = ask(client, **asked)
    assert len(told(tree)) > total
