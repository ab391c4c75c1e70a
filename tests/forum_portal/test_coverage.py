"""What is on record and what is not: every number is that of the list it leads to."""

import datetime

import pytest
from django.utils import timezone

from exchange.tables.kinds import TABLES
from forum_portal.coverage import coverage
from records.models import AltName
from tests.exchange.tables.reading import fetch, read_csv
from tests.factories import (
    make_citation,
    make_contribution,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from topics.models.regulations import VERIFIED_FOR

pytestmark = pytest.mark.django_db


@pytest.fixture
def gaps():
    """Make a record that lacks nothing and others that do, public and not."""
    today = timezone.localdate()
    known = {"website": "https://example.org/", "description_en": "Mines."}
    known |= {"description_zh_hans": "采矿。", "name_zh_hans": "机构", "country": "CN"}
    whole = make_organization(**known)
    make_citation(whole)
    make_organization(state="draft")
    one_sided = make_organization(**{**known, "description_zh_hans": ""})
    make_citation(one_sided, source=None, certainty="memory")
    talk = make_session(abstract_en="On cobalt.", starts_at=timezone.now())
    make_contribution(talk, whole)
    make_session(edition=talk.edition)
    hidden = make_person(state="draft")
    make_contribution(make_session(edition=talk.edition), hidden)
    make_person(listed=False)
    make_person()
    law = make_regulation(last_verified_on=today, official_url="https://example.org/l")
    make_milestone("2023-07-12", "adopted", regulation=law)
    make_regulation(last_verified_on=today - VERIFIED_FOR)
    make_regulation(last_verified_on=today - VERIFIED_FOR - datetime.timedelta(1))
    make_topic(definition_en="Work.")
    make_stage()
    make_outcome(edition=talk.edition)
    AltName.objects.create(record=whole, text="W")


@pytest.mark.usefixtures("gaps")
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_number_is_that_of_the_list_it_leads_to(client, language):
    page = client.get(f"/{language}/about/coverage/")
    counted = {
        gap["url"]: gap["count"] for kind in page.context["kinds"] for gap in kind.gaps
    }
    lists = [client.get(address) for address in counted]
    assert [found.context["ignored"] for found in lists] == [[]] * len(lists)
    assert (
        dict(zip(counted, [c.context["count"] for c in lists], strict=True)) == counted
    )
    linked = [f'<a href="{address}">' in page.text for address in counted]
    assert len(linked) > 20
    assert all(linked)
    address = f"/{language}/regulations/?lacking=verification"
    file = fetch(client, address.replace("/?", ".csv?"))
    assert len(read_csv(file)) == counted[address]


@pytest.mark.usefixtures("gaps")
def test_a_gap_counts_what_it_says():
    found = {
        kind.url.split("/")[2]: {
            gap["url"].partition("?")[2]: gap["count"] for gap in kind.gaps
        }
        for kind in coverage()
    }
    assert found["organizations"] == {
        "edition=none": 1,
        "lacking=confirmation": 1,
        "lacking=zh-hans": 1,
    }
    assert found["sessions"] == {
        "person=none": 3,
        "topic=none": 3,
        "lacking=speakers": 2,
        "lacking=date": 2,
        "lacking=abstract": 2,
        "lacking=sources": 3,
        "lacking=zh-hans": 3,
    }
    # Who asked to be shown by name only has no organization for the public, and no
    # other gap is told of them.
    assert found["people"] == {
        "organization=none": 2,
        "lacking=sources": 1,
        "lacking=zh-hans": 1,
    }
    assert found["regulations"] == {
        "edition=none": 3,
        "topic=none": 3,
        "lacking=verification": 1,
        "lacking=dates": 2,
        "lacking=official-text": 2,
        "lacking=sources": 3,
        "lacking=zh-hans": 3,
    }


@pytest.mark.either_database
@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_twelve_queries(client, count, django_assert_num_queries):
    session = make_session()
    for _n in range(count):
        make_contribution(make_session(edition=session.edition), make_organization())
    client.get("/en/about/coverage/")  # which fills what facets count with
    with django_assert_num_queries(12):
        client.get("/en/about/coverage/")


def test_without_records_the_page_says_so(client):
    page = client.get("/en/about/coverage/")
    assert page.text.count("Nothing yet") == len(TABLES)


@pytest.mark.parametrize("value", ["nonsense", "' OR 1=1", "sources\x00"])
def test_what_cannot_be_lacking_is_left_out_and_named(client, value):
    page = client.get("/en/topics/", {"lacking": value})
    assert page.context["ignored"] == [("lacking", value)]
    assert client.get("/en/topics.csv", {"lacking": value}).status_code == 400
