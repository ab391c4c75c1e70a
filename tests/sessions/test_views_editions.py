import pytest

from sessions.models import (
    EditionDay,
    Room,
)
from tests.factories import (
    make_contribution,
    make_edition,
    make_edition_role,
    make_organization,
    make_outcome,
    make_person,
    make_session,
    make_topic,
)
from tests.sessions.reading import fact, headings, main, section, titles
from tests.sessions.samples import HOUR, MORNING, hide

pytestmark = pytest.mark.django_db


# Editions


def test_editions_are_listed_newest_first_with_dates_place_and_sessions(client):
    make_edition(name_en="Forum 2020", year=2020)
    edition = make_edition(
        name_en="Forum 2023",
        name_zh_hans="2023论坛",
        year=2023,
        starts_on="2023-09-20",
        ends_on="2023-09-22",
        city_en="Chengdu",
        country="CN",
    )
    make_edition(name_en="Hidden", state="draft")
    make_session(edition=edition)
    hide(make_session, edition=edition)
    shown = main(client.get("/en/editions/")).partition("2 editions ")[2]
    assert shown == (
        "Forum 2023 2023论坛 20–22 September 2023. Chengdu, China 1 session "
        "Forum 2020 2020. Dates not on record. Place not on record "
        "No sessions on record"
    )


def test_an_edition_shows_what_is_on_record_and_says_what_is_not(client):
    edition = make_edition(slug="e2020", year=2020)
    page = client.get("/en/editions/e2020/")
    assert fact(page, "When") == "2020. Dates not on record"
    assert fact(page, "Where") == "Not on record"
    assert fact(page, "Organizers") == "Not on record"
    assert fact(page, "Took part") == "Not on record"
    assert section(page, "Programme").startswith("No sessions on record")
    assert section(page, "What it led to").startswith("No outcomes on record")
    assert edition.get_programme_url() in page.text


def test_an_edition_counts_who_took_part_by_role_or_in_its_sessions_once(client):
    edition = make_edition(slug="e2023")
    organizer = make_organization(name_en="CCCMC")
    make_edition_role(edition, organizer, "organizer")
    make_edition_role(edition, organizer, "partner", note_en="Of the centre")
    make_edition_role(edition, make_organization(name_en="The Brief"), "publisher")
    make_edition_role(edition, make_person(name_en="Wen Bo"), "photographer")
    make_edition_role(edition, make_organization(state="draft"), "organizer")
    session = make_session(edition=edition)
    make_contribution(session, organizer, "host")
    make_contribution(session, make_organization(name_en="GIZ"), "host")
    make_contribution(session, make_person(name_en="Ann"), "speaker")
    make_contribution(session, make_person(state="draft"), "speaker")
    page = client.get("/en/editions/e2023/")
    assert fact(page, "Organizers") == "CCCMC"
    assert fact(page, "Took part") == "2 organizations on record 1 person named"
    assert fact(page, "Photographer") == "Wen Bo"
    assert fact(page, "Publisher of the source") == "The Brief"
    assert section(page, "Who took part").partition(" Record ")[0] == (
        "All organizations on record for this edition "
        "Organizer CCCMC Partner CCCMC Of the centre In its sessions GIZ Ann"
    )


def test_an_edition_shows_outcomes_apart_from_facts_and_what_a_fact_leaves_open(client):
    edition = make_edition(slug="e2023", year=2023)
    make_outcome(
        edition=edition,
        kind="fact",
        statement_en="People from 30 countries came.",
        note_en="Another report says 24.",
    )
    make_outcome(edition=edition, kind="commitment", statement_en="A centre opens.")
    hide(make_outcome, edition=edition, kind="fact")
    hide(make_outcome, edition=edition)
    page = client.get("/en/editions/e2023/")
    assert section(page, "What it led to") == (
        "A centre opens. Commitment, 2023 No follow-up on record"
    )
    assert section(page, "What the sources report") == (
        "People from 30 countries came. Another report says 24."
    )


def test_an_edition_shows_six_sessions_of_a_day_and_six_outcomes_then_all(client):
    edition = make_edition(slug="e2023")
    for _ in range(8):
        make_session(edition=edition)
        make_outcome(edition=edition)
    page = client.get("/en/editions/e2023/")
    assert len(titles(page)) == 12
    assert "All 8 outcomes" in main(page)
    assert (
        "/en/outcomes/?kind=outcome&amp;kind=commitment&amp;edition=e2023" in page.text
    )
    assert fact(page, "Sessions") == "8 sessions"


# Programme


def test_the_programme_says_what_is_known_of_days_dates_and_clock(client):
    edition = make_edition(
        slug="e2023",
        year=2023,
        name_en="Forum 2023",
        starts_on="2023-09-20",
        ends_on="2023-09-22",
        city_en="Chengdu",
        note_en="Two days or three?",
    )
    day = EditionDay.objects.create(edition=edition, number=2)
    make_session(edition=edition, title_en="Trends", position=1)
    make_session(edition=edition, title_en="Rights", position=2, day=day)
    hide(make_session, edition=edition, day=day)
    page = client.get("/en/editions/e2023/programme/")
    assert (
        main(page)
        .partition("Day not on record Day 2")[0]
        .endswith(
            "Programme, 2023 Forum 2023 2 sessions in Chengdu. "
            "Dates of the forum: 20–22 September 2023. "
            "Which date was day 2 is not on record. "
            "The day of 1 session is not on record. What changed "
        )
    )
    assert headings(page) == [
        "Day not on record",
        "Day 2",
        "What the sources leave open",
        "On paper",
    ]
    assert titles(page) == ["Trends", "Rights"]
    assert "Hollow piece: clock time not on record" in main(page)
    assert 'id="day-2"' in page.text
    assert 'href="#day-2"' in page.text


def test_the_programme_gives_times_in_the_venues_zone_and_names_it_once(client):
    edition = make_edition(slug="e2026", city_en="Chengdu", time_zone="Asia/Shanghai")
    day = EditionDay.objects.create(
        edition=edition, number=1, date="2026-09-21", title_en="Workshops"
    )
    make_session(
        edition=edition,
        title_en="Rights",
        day=day,
        starts_at=MORNING,
        ends_at=MORNING + HOUR,
        room=Room.objects.create(edition=edition, name_en="Hall A", slug="a"),
        event_status="cancelled",
    )
    page = client.get("/en/editions/e2026/programme/")
    shown = main(page)
    assert shown.count("Chengdu time (UTC+8)") == 1
    assert "All times are Chengdu time (UTC+8)." in shown
    assert section(page, "Day 1, 21 September 2026: Workshops") == (
        "09:00–10:00 Plenary, Hall A Rights Cancelled"
    )
    assert 'datetime="2026-09-21T09:00+08:00"' in page.text
    assert "Hollow piece" not in shown
    assert "rail-filled" in page.text


def test_the_programme_is_narrowed_and_keeps_what_the_form_does_not_offer(client):
    edition = make_edition(slug="e2023")
    day = EditionDay.objects.create(edition=edition, number=2)
    topic = make_topic(slug="labour", label_en="Labour")
    make_topic(slug="elsewhere", label_en="Elsewhere")
    make_session(edition=edition, title_en="One", day=day, topics=[topic])
    make_session(edition=edition, title_en="Two", topics=[topic])
    make_session(edition=edition, title_en="Three", day=day)
    page = client.get("/en/editions/e2023/programme/?topic=labour&day=2&room=x")
    assert titles(page) == ["One"]
    assert "Not understood and left out: room “x”." in main(page)
    assert '<input type="hidden" name="day" value="2">' in page.text
    assert '<option value="labour" selected>Labour</option>' in page.text
    assert "Elsewhere" not in main(page)


def test_a_programme_without_sessions_says_so(client):
    make_edition(slug="e2023", name_en="Forum 2023")
    page = main(client.get("/en/editions/e2023/programme/"))
    assert (
        "The dates of the forum are not on record. No sessions published yet "
        "See what is on record of this edition: Forum 2023"
    ) in page


def test_a_programme_with_nothing_in_the_filter_offers_to_clear_it(client):
    edition = make_edition(slug="e2023")
    make_session(edition=edition, format="plenary")
    page = client.get("/en/editions/e2023/programme/?format=workshop")
    assert "Nothing on record matches these filters" in main(page)
    assert f'href="{edition.get_programme_url()}"' in page.text
