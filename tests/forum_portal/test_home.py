import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories import (
    make_edition,
    make_edition_role,
    make_forum,
    make_milestone,
    make_organization,
    make_outcome,
    make_regulation,
    make_session,
    make_stage,
)
from tests.sessions.reading import fact, headings, main, section, titles

pytestmark = pytest.mark.django_db


def days_from_now(days):
    return (timezone.localdate() + datetime.timedelta(days=days)).isoformat()


def test_home_of_an_empty_portal_says_so_in_plain_words(client):
    page = client.get("/en/")
    assert headings(page, 1) == ["Forum portal"]
    assert headings(page) == ["Programme", "Dates ahead", "What it led to"]
    assert section(page, "Programme").startswith("No edition published yet")
    assert section(page, "Dates ahead").startswith("All regulations No upcoming dates")
    assert section(page, "What it led to").startswith(
        "All outcomes No outcomes on record"
    )
    assert client.get("/zh-hans/").status_code == 200


@pytest.mark.parametrize(
    ("short_name", "title"), [("坛", "矿产论坛 · 坛"), ("矿产论坛", "矿产论坛")]
)
def test_the_title_of_home_says_a_name_that_is_also_the_short_one_once(
    client, short_name, title
):
    make_forum(name_zh_hans="矿产论坛", short_name_zh_hans=short_name)
    assert f"<title>{title}</title>" in client.get("/zh-hans/").text


def test_home_names_the_forum_in_both_languages_and_tells_of_the_edition(client):
    make_forum(
        name_en="Mineral Forum", name_zh_hans="矿产论坛", tagline_en="What was said."
    )
    edition = make_edition(
        slug="e2023",
        year=2023,
        starts_on="2023-09-20",
        ends_on="2023-09-22",
        city_en="Chengdu",
        country="CN",
    )
    make_edition_role(edition, make_organization(name_en="CCCMC"), "organizer")
    make_outcome(
        edition=edition,
        kind="fact",
        statement_en="People from 30 countries came.",
        note_en="Another report says 24.",
    )
    page = client.get("/en/")
    assert main(page).startswith(
        "Mineral Forum 矿产论坛 What was said. "
        "Search Programme, 2023 My agenda All editions"
    )
    assert fact(page, "Edition") == "2023"
    assert fact(page, "When") == "20–22 September 2023"
    assert fact(page, "Where") == "Chengdu, China"
    assert fact(page, "Organizers") == "CCCMC"
    assert fact(page, "Took part") == "1 organization on record"
    assert fact(page, "Reported") == (
        "People from 30 countries came. Another report says 24."
    )


def test_home_counts_public_sessions_and_regulations_of_each_stage(client):
    mining = make_stage(label_en="Mining", definition_en="Digging.", core_place=1)
    recycling = make_stage(label_en="Recycling", core_place=5)
    make_stage(label_en="Exploration")
    make_stage(label_en="Hidden", state="draft", core_place=3)
    make_session(stages=[mining])
    make_session(stages=[mining], state="draft")
    make_regulation(stages=[mining, recycling])
    page = client.get("/en/")
    assert section(page, "Follow the life cycle") == (
        "Mining Digging. 1 session, 1 regulation "
        "Recycling 0 sessions, 1 regulation Also: Exploration"
    )


def test_home_shows_the_next_five_dates_of_public_regulations(client):
    for days in (30, 10, 50, 20, 40, 60):
        make_milestone(days_from_now(days), "applies", note_en=f"In {days}")
    hidden = make_regulation(state="draft")
    make_milestone(days_from_now(1), "applies", regulation=hidden, note_en="In 1")
    make_milestone(days_from_now(0), "applies", note_en="In 0")
    page = client.get("/en/")
    assert [m.note for m in page.context["dates"]] == [
        "In 10",
        "In 20",
        "In 30",
        "In 40",
        "In 50",
    ]


def test_home_shows_what_the_forum_led_to_and_no_facts_or_drafts(client):
    edition = make_edition(year=2023)
    for number in range(7):
        make_outcome(edition=edition, statement_en=f"Outcome {number}", position=number)
    make_outcome(edition=edition, kind="fact", statement_en="A fact", position=0)
    make_outcome(edition=edition, state="draft", position=0)
    page = client.get("/en/")
    assert titles(page) == [f"Outcome {number}" for number in range(5)]


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 30])
def test_home_costs_the_same_however_much_it_shows(client, total):
    make_forum()
    edition = make_edition()
    for _ in range(total):
        organization = make_organization()
        stage = make_stage()
        make_session(edition=edition, stages=[stage])
        make_edition_role(edition, organization, "organizer")
        make_outcome(edition=edition, organizations=[organization])
        make_outcome(edition=edition, kind="fact")
        make_milestone(days_from_now(3), "applies")
    client.get("/en/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/en/").status_code == 200
    assert len(queries) == 14
