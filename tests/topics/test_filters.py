import datetime
import json
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from records.models import AltName
from tests.factories import (
    make_contribution,
    make_edition,
    make_milestone,
    make_mineral,
    make_organization,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from tests.topics.reading import count, section, titles, words

pytestmark = pytest.mark.django_db


def listed(client, path, **query):
    response = client.get(f"/en/{path}/?{urlencode(query, doseq=True)}")
    assert response.status_code == 200
    return titles(response)


@pytest.fixture
def laws():
    """Two laws that every filter can tell apart, and a draft that fits them all."""
    tin, gold = make_mineral(slug="tin"), make_mineral(slug="gold")
    mining, recycling = make_stage(slug="mining"), make_stage(slug="recycling")
    rights = make_topic(slug="rights")
    child = make_topic(slug="child-labour", parent=rights)
    one = make_regulation(
        short_name_en="One",
        short_name_zh_hans="一号法",
        jurisdiction="EU",
        kind="directive",
        topics=[child],
        minerals=[tin],
        stages=[mining],
    )
    two = make_regulation(
        short_name_en="Two",
        jurisdiction="CN",
        kind="guidance",
        binding=False,
        minerals=[gold],
        stages=[recycling],
    )
    hidden = make_regulation(
        short_name_en="Hidden",
        state="draft",
        kind="directive",
        topics=[child],
        minerals=[tin, gold],
        stages=[mining, recycling],
    )
    for law in (one, hidden):
        make_milestone("2020-05-01", "proposed", regulation=law)
        make_milestone("2024-05-01", "in-force", regulation=law)
    make_milestone("2021-05-01", "launched", regulation=two)
    AltName.objects.create(record=one, text="The Great Act")
    return {"one": one, "two": two}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["One", "Two"]),
        ({"q": "one"}, ["One"]),
        ({"q": "一号"}, ["One"]),
        ({"q": "great act"}, ["One"]),
        ({"jurisdiction": "EU"}, ["One"]),
        ({"jurisdiction": ["EU", "CN"]}, ["One", "Two"]),
        ({"jurisdiction": "FR"}, []),
        ({"kind": "directive"}, ["One"]),
        ({"binding": "yes"}, ["One"]),
        ({"binding": "no"}, ["Two"]),
        ({"binding": ["yes", "no"]}, ["One", "Two"]),
        ({"topic": "child-labour"}, ["One"]),
        ({"topic": "rights"}, ["One"]),
        ({"mineral": "tin"}, ["One"]),
        ({"mineral": ["tin", "gold"]}, ["One", "Two"]),
        ({"stage": "recycling"}, ["Two"]),
        ({"stage": "recycling", "kind": "directive"}, []),
        ({"status": "in-force"}, ["One"]),
        ({"status": ["in-force", "in-use"]}, ["One", "Two"]),
        ({"status": "proposed"}, []),
        ({"status": "proposed", "as_of": "2023-09-20"}, ["One"]),
        ({"status": "none", "as_of": "2019-12-31"}, ["One", "Two"]),
        ({"as_of": "2019-12-31"}, ["One", "Two"]),
        ({"year_from": "2022"}, ["One"]),
        ({"year_to": "2020"}, ["One"]),
        ({"year_from": "2021", "year_to": "2023"}, ["Two"]),
        ({"year_from": "2025"}, []),
    ],
)
def test_regulations_are_filtered_by_the_names_of_the_contract(
    client, laws, query, expected
):
    assert listed(client, "regulations", sort="name", **query) == expected


def test_an_organization_leads_to_what_it_issued_and_to_what_its_sessions_named(
    client, laws
):
    body = make_organization(slug="body")
    laws["two"].issuing_bodies.create(organization=body)
    assert listed(client, "regulations", organization="body") == ["Two"]
    session = make_session(regulations=[laws["one"]])
    contribution = make_contribution(session, body)
    query = {"organization": "body", "sort": "name"}
    assert listed(client, "regulations", **query) == ["One", "Two"]
    session.state = "draft"
    session.save()
    assert listed(client, "regulations", organization="body") == ["Two"]
    contribution.delete()
    body.state = "draft"
    body.save()
    response = client.get("/en/regulations/?organization=body")
    assert "organization “body”" in words(response.text)


def test_an_edition_leads_to_what_its_public_sessions_named(client, laws):
    edition = make_edition(slug="2023")
    make_session(edition=edition, regulations=[laws["one"]])
    make_session(edition=edition, regulations=[laws["two"]], state="draft")
    assert listed(client, "regulations", edition="2023") == ["One"]


def test_regulations_are_sorted_by_next_date_with_those_without_one_last(client):
    today = timezone.localdate()
    for name, days in [("B", [900]), ("C", [-9, 40]), ("D", [-1]), ("A", [])]:
        regulation = make_regulation(short_name_en=name)
        for ahead in days:
            date = (today + datetime.timedelta(days=ahead)).isoformat()
            make_milestone(date, "applies", regulation=regulation)
    assert listed(client, "regulations") == ["C", "B", "A", "D"]
    assert listed(client, "regulations", sort="name") == ["A", "B", "C", "D"]
    assert listed(client, "regulations", sort="newest") == ["D", "C", "A", "B"]


def test_rows_show_the_status_of_the_day_that_is_asked_for(client, laws):
    response = client.get("/en/regulations/?as_of=2023-09-20&jurisdiction=EU")
    row = words(response.text.split('<li class="row">')[1].split("</li>")[0])
    assert row.startswith("One 一号法 Directive, European Union. No upcoming dates.")
    assert row.endswith("Compare One Proposed")
    assert "Status as of" in words(response.text)
    way_back = 'href="/en/regulations/?jurisdiction=EU">Show the status of today'
    assert way_back in response.text
    facet = next(f for f in response.context["facets"] if f.name == "status")
    assert [(v.value, v.count) for v in facet.values] == [
        ("proposed", 1),
        ("in-use", 0),
    ]


def test_the_list_leads_to_the_statuses_at_each_forum(client, laws):
    make_edition(year=2023, starts_on="2023-09-20", ends_on="2023-09-22")
    make_edition(year=2021, starts_on="2021-01-01", state="draft")
    make_edition(year=2020)
    response = client.get("/en/regulations/?jurisdiction=EU")
    way = "jurisdiction=EU&amp;as_of=2023-09-22#results"
    assert f'<a href="?{way}">2023</a></p>' in response.text
    assert '<input type="date" name="as_of" id="id_as_of">' in response.text
    response = client.get("/en/regulations/?jurisdiction=EU&as_of=2023-09-22")
    assert f'<a href="?{way}" aria-current="true">2023</a>' in response.text


@pytest.mark.parametrize(
    ("day", "statuses"),
    [
        ("2023-09-22", ["Proposed", "In use"]),
        ("0001-01-01", ["Not yet proposed", "Not yet proposed"]),
        ("9999-12-31", ["In force", "In use"]),
    ],
)
def test_a_day_far_away_is_answered_alike_by_page_and_file(client, laws, day, statuses):
    query = f"as_of={day}&sort=name"
    response = client.get(f"/en/regulations/?{query}")
    rows = response.text.split('<li class="row">')[1:]
    assert [s in words(r) for s, r in zip(statuses, rows, strict=True)] == [True] * 2
    file = client.get(f"/en/regulations.json?{query}").getvalue()
    found = json.loads(file)["results"]
    assert [row["status"] for row in found] == statuses
    assert {row["status_day"] for row in found} == {day}


@pytest.mark.parametrize("day", ["99999-01-01", "0000-00-00", "2023-W38-5", "20230922"])
def test_what_is_no_day_is_named_on_pages_and_refused_in_files(client, laws, day):
    for path in ("regulations/", f"regulations/{laws['one'].slug}/"):
        response = client.get(f"/en/{path}?as_of={day}")
        said = f"Not understood and left out: as_of “{day}”"
        assert (response.status_code, said in words(response.text)) == (200, True)
    assert client.get(f"/en/regulations.csv?as_of={day}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "topic=nope",
        "jurisdiction=eu",
        "jurisdiction=XX",
        "kind=law",
        "binding=maybe",
        "status=dead",
        "as_of=2023-13-01",
        "year_from=abc",
        "year_to=20230",
        "sort=x",
        "page=999",
        "mineral=%00",
    ],
)
def test_what_is_not_understood_is_named_and_left_out(client, laws, query):
    response = client.get(f"/en/regulations/?{query}")
    assert response.status_code == 200
    assert count(response) == "2 regulations"
    assert f"Not understood and left out: {query.split('=')[0]}" in words(response.text)


def test_a_filtered_list_that_is_empty_says_so_and_shows_the_way_back(client, laws):
    response = client.get("/en/regulations/?q=nothing+like+it")
    assert count(response) == "0 results"
    assert "No regulation fits these filters Show all regulations." in words(
        response.text
    )


def test_filtered_topics_are_a_flat_list_with_their_broader_topic(client):
    top = make_topic(label_en="Rights")
    make_topic(label_en="Child labour", parent=top)
    response = client.get("/en/topics/?q=child")
    assert (count(response), titles(response)) == ("1 topic", ["Child labour"])
    assert "Part of Rights" in words(response.text)


def test_topics_are_filtered_by_regulation_and_edition(client):
    edition = make_edition(slug="2023")
    named, linked = make_topic(label_en="Named"), make_topic(label_en="Linked")
    make_topic(label_en="Neither")
    make_session(edition=edition, topics=[named])
    make_session(edition=edition, topics=[linked], state="draft")
    make_regulation(slug="act", topics=[linked])
    assert listed(client, "topics", edition="2023") == ["Named"]
    assert listed(client, "topics", regulation="act") == ["Linked"]


def test_minerals_are_filtered_by_kind_regulation_and_their_sessions(client):
    edition, stage = make_edition(slug="2023"), make_stage(slug="mining")
    topic = make_topic(slug="rights")
    tin = make_mineral(label_en="Tin", symbol="Sn")
    make_mineral(label_en="Earths", kind="group")
    make_session(edition=edition, minerals=[tin], topics=[topic], stages=[stage])
    make_regulation(slug="act", minerals=[tin])
    assert listed(client, "minerals") == ["Earths", "Tin Sn"]
    for query in (
        {"q": "sn"},
        {"kind": "metal"},
        {"regulation": "act"},
        {"topic": "rights"},
        {"stage": "mining"},
        {"edition": "2023"},
    ):
        assert listed(client, "minerals", **query) == ["Tin Sn"]


def test_stages_are_found_by_name(client):
    make_stage(label_en="Mining", core_place=1)
    make_stage(label_en="Exploration")
    response = client.get("/en/stages/?q=explor")
    assert count(response) == "1 stage"
    assert section(response, "further").startswith("Further stages Exploration")
