"""A record as it was on a day, cited as that version."""

import datetime
import json
import re

import pytest
from django.utils import timezone

from tests.exchange.tables.reading import read_bib, read_ris
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)
from tests.past import day, days_pass
from tests.records.test_version_pages import every_kind
from tests.topics.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
ENDINGS = ("bib", "ris", "csl.json")


def file(client, record, ending, asked, language="en"):
    address = f"/{language}{record.address.removesuffix('/')}.{ending}"
    return client.get(address, {"version": asked})


def test_the_files_cite_the_version_with_its_title_authors_and_address(client):
    session = make_session(title_en="Old title", edition=make_edition(year=2024))
    left = make_contribution(session, make_organization(name_en="Left since"))
    alone = make_person(name_en="PLANTED1", state="draft")
    make_contribution(session, alone)
    days_pass(5, session)
    session.title_en = "New title"
    session.save()
    left.delete()
    url = f"http://testserver{session.address}?version={day(4)}"

    ((key, entry),) = read_bib(file(client, session, "bib", day(4)).content).items()
    assert key == f"sessions-{session.slug}-{day(4)}"
    assert "Old title" in str(entry)
    assert "Left since" in str(entry)
    assert url in str(entry)
    (ris,) = read_ris(file(client, session, "ris", day(4)).content)
    ris = dict(ris)
    assert (ris["TI"], ris["AU"], ris["UR"]) == ("Old title", "Left since", url)
    (item,) = json.loads(file(client, session, "csl.json", day(4)).content)
    assert (item["title"], item["URL"]) == ("Old title", url)
    assert item["author"] == [{"literal": "Left since"}]
    assert item["custom"]["data-version"] == day(4)
    (today,) = json.loads(file(client, session, "csl.json", day(0)).content)
    assert today["title"] == "New title"
    assert "author" not in today

    page = client.get(session.get_absolute_url(), {"version": day(4)}).text
    (box,) = re.findall(r'<section id="cite".*?</section>', page, re.S)
    assert "Old title" in words(box)
    assert f'<a href="{url}">' in box
    for ending in ENDINGS:
        address = session.get_absolute_url().removesuffix("/")
        assert f'href="{address}.{ending}?version={day(4)}"' in box
    assert ".jsonld" not in box


def test_a_regulation_is_cited_with_its_bodies_and_numbers_of_then(client):
    law = make_regulation(official_title_en="The Act")
    law.issuing_bodies.create(name_en="Old council")
    number = law.identifiers.create(scheme="No", value="17")
    days_pass(3, law)
    law.issuing_bodies.update(name_en="New council")
    number.delete()
    (item,) = json.loads(file(client, law, "csl.json", day(3)).content)
    assert item["author"] == [{"literal": "Old council"}]
    assert item["number"] == "No:17"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_no_version_is_refused_or_not_found(client, ending):
    topic = make_topic()
    days_pass(2)
    for asked in ("2999-01-01", "2023-02-30", "x"):
        response = file(client, topic, ending, asked)
        assert response.status_code == 400
        assert "version" in response.text
    assert file(client, topic, ending, day(9)).status_code == 404
    assert file(client, topic, ending, "").status_code == 200


@pytest.mark.parametrize("ending", ["jsonld", "ttl", "json", "atom"])
def test_a_format_that_knows_today_only_does_not_pass_for_a_version(client, ending):
    topic = make_topic()
    days_pass(2)
    assert file(client, topic, ending, day(1)).status_code == 400


def test_a_page_leads_to_its_own_version_whenever_it_was_written(client):
    topic = make_topic(publish_at=timezone.now() + datetime.timedelta(days=2))
    days_pass(4)
    page = client.get(topic.get_absolute_url()).text
    (asked,) = re.findall(r'href="http://testserver/topics/.*?version=(.*?)"', page)
    assert client.get(topic.get_absolute_url(), {"version": asked}).status_code == 200


def test_a_version_of_every_kind_can_be_cited_in_both_languages(
    client, django_assert_max_num_queries
):
    kinds = every_kind()
    days_pass(3)
    for record in kinds:
        for language in ("en", "zh-hans"):
            with django_assert_max_num_queries(25):
                assert file(client, record, "ris", day(1), language).status_code == 200
