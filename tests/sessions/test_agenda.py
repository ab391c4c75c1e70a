"""An agenda is its address: what the page makes of good and bad ones."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sessions.agenda import MOST, clashes
from sessions.models import EditionDay, Session
from tests.factories import make_edition, make_session
from tests.sessions.reading import headings, main, titles

pytestmark = pytest.mark.django_db

NINE = datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC)


def hours(start, end=None):
    """Return the times of a session, in hours after nine."""
    hour = datetime.timedelta(hours=1)
    ends_at = None if end is None else NINE + end * hour
    return {"starts_at": NINE + start * hour, "ends_at": ends_at}


@pytest.fixture
def edition():
    return make_edition(slug="2026", year=2026, starts_on=NINE, ends_on=NINE)


def test_the_page_shows_what_the_address_names_by_day_and_in_order(client, edition):
    day = EditionDay.objects.create(edition=edition, number=2)
    make_session(edition=edition, code="B", title_en="Later", day=day, position=2)
    make_session(edition=edition, code="A", title_en="Earlier", day=day, position=1)
    make_session(edition=edition, code="C", title_en="Not asked for")
    response = client.get("/en/agenda/?edition=2026&s=B.A.B")
    assert titles(response) == ["Earlier", "Later"]
    assert headings(response)[0] == "Day 2"
    assert main(response).startswith("Home My agenda My agenda Forum 2026 2 sessions.")
    removals = re.findall(r'href="(\?edition[^"]*)" data-remove="(\w)"', response.text)
    assert removals == [
        ("?edition=2026&amp;s=B", "A"),
        ("?edition=2026&amp;s=A", "B"),
    ]
    assert 'name="robots" content="noindex, nofollow"' in response.text
    assert "Anyone with the link can see it." in main(response)
    assert titles(client.get("/en/agenda/?s=C")) == ["Not asked for"]


def test_the_address_is_shared_as_text_as_a_code_and_as_a_calendar(client, edition):
    make_session(edition=edition, code="A", **hours(0, 1))
    page = client.get("/zh-hans/agenda/?s=A&edition=2026").text
    share = "http://testserver/agenda/?edition=2026&amp;s=A"
    assert f'<a href="{share}">{share}</a>' in page
    assert 'role="img"' in page
    assert '<svg viewBox="0 0 37 37">' in page
    assert 'href="/zh-hans/agenda.ics?edition=2026&amp;s=A"' in page
    neutral = client.get("/agenda/?edition=2026&s=A")
    assert neutral["Location"] == "/en/agenda/?edition=2026&s=A"


def test_hidden_unknown_and_impossible_codes_are_named_and_the_rest_holds(
    client, edition
):
    make_session(edition=edition, code="A", title_en="Shown")
    make_session(edition=edition, code="D", title_en="Draft title", state="draft")
    elsewhere = make_edition(slug="2024", year=2024)
    make_session(edition=elsewhere, code="E", title_en="Elsewhere")
    response = client.get("/en/agenda/?edition=2026&s=A.D&s=E..%00<b>.A")
    assert titles(response) == ["Shown"]
    assert response.context["ignored"] == [("s", "D"), ("s", "E"), ("s", "\0<b>")]
    assert "Draft title" not in response.text
    assert "<b>" not in response.text
    lost = client.get("/en/agenda/?edition=nope%00&s=A")
    assert lost.context["ignored"] == [("edition", "nope\0")]
    assert "No sessions in this agenda" in main(lost)
    many = ".".join(f"X{n}" for n in range(3000))
    assert client.get(f"/en/agenda/?edition=2026&s=A.{many}").status_code == 200


def test_a_withdrawn_session_is_named_as_such_and_one_never_public_is_not(
    client, edition
):
    make_session(edition=edition, code="A", title_en="Shown")
    gone = make_session(edition=edition, code="W", title_en="Went", slug="went")
    gone.state, gone.withdrawn_reason_en = "withdrawn", "Called off."
    gone.save()
    draft = make_session(edition=edition, code="D", title_en="Draft", state="draft")
    never = make_session(edition=edition, code="N", title_en="Never", state="draft")
    never.state, never.withdrawn_reason_en = "withdrawn", "Not to be."
    never.save()
    response = client.get("/en/agenda/?edition=2026&s=W.A.D.N")
    assert titles(response) == ["Shown"]
    said = main(response)
    assert "1 session of this agenda was withdrawn. W Remove" in said
    assert response.context["ignored"] == [("s", "D"), ("s", "N")]
    assert draft.title_en not in said
    assert never.title_en not in said
    assert gone.title_en not in said
    # Each can be taken away alone; what else was asked for stays asked for.
    assert re.findall(r'href="\?([^"]*)" data-remove="([\w.]+)"', response.text) == [
        ("edition=2026&amp;s=W.A", "D.N"),
        ("edition=2026&amp;s=A.D.N", "W"),
        ("edition=2026&amp;s=W.D.N", "A"),
    ]
    assert response.context["share"].endswith("?edition=2026&s=A")


def test_what_went_with_its_edition_is_not_named(client, edition):
    make_session(edition=edition, code="A", title_en="Shown once")
    edition.state, edition.withdrawn_reason_en = "withdrawn", "A mistake."
    edition.save()
    response = client.get("/en/agenda/?edition=2026&s=A")
    assert response.context["withdrawn"] == []
    assert "Shown once" not in response.text


def test_more_sessions_than_an_agenda_shows_are_said_to_be_too_many(client, edition):
    make_session(edition=edition, code="A", title_en="Shown")
    make_session(edition=edition, code="Z", title_en="Beyond")
    many = ".".join(f"X{n}" for n in range(MOST - 1))
    within = client.get(f"/en/agenda/?edition=2026&s=A.{many}")
    assert "at most" not in main(within)
    beyond = client.get(f"/en/agenda/?edition=2026&s=A.{many}.Z.Y")
    said = "An agenda shows at most 200 sessions: 2 more were left out."
    assert said in main(beyond)
    assert titles(beyond) == ["Shown"]
    assert ("s", "Z") not in beyond.context["ignored"]
    assert len(beyond.context["ignored"]) == MOST - 1


def test_an_address_too_long_for_a_code_does_not_speak_of_one(client, edition):
    codes = [f"{n:032}" for n in range(31)]
    for code in codes:
        make_session(edition=edition, code=code)
    short = client.get(f"/en/agenda/?edition=2026&s={codes[0]}")
    long = client.get(f"/en/agenda/?edition=2026&s={'.'.join(codes)}")
    assert "Open it elsewhere, or point a phone’s camera at the code." in main(short)
    assert "This address holds the whole agenda. Open it elsewhere. http" in main(long)
    assert 'class="qr"' not in long.text


def test_an_empty_agenda_says_how_to_save(client, edition):
    said = main(client.get("/en/agenda/"))
    assert "No sessions in this agenda Save sessions on the programme" in said
    assert "Programme, 2026" in said
    edition.state = "draft"
    edition.save()
    assert client.get("/en/agenda/").status_code == 200
    assert client.get("/en/agenda.ics").status_code == 404


def test_what_overlaps_is_named_and_what_only_touches_is_not(client, edition):
    for code, times in {
        "A": hours(0, 2),
        "B": hours(1, 3),
        "C": hours(2, 3),
        "D": hours(5),
        "E": hours(5),
        "F": {},
        "G": {**hours(0, 9), "event_status": "cancelled"},
    }.items():
        make_session(edition=edition, code=code, title_en=f"<{code}>", **times)
    pairs = [(one.code, other.code) for one, other in clashes(Session.objects.all())]
    assert pairs == [("A", "B"), ("B", "C"), ("D", "E")]
    said = main(client.get("/en/agenda/?s=A.B.G"))
    assert said.count("overlap") == 1
    assert "&lt;A&gt; and &lt;B&gt; overlap." in said


@pytest.mark.either_database
def test_an_agenda_costs_the_same_however_many_sessions_it_has(client, edition):
    counts = []
    for _size in (1, 30):
        for _n in range(_size):
            make_session(edition=edition, **hours(0, 1))
        codes = ".".join(Session.objects.values_list("code", flat=True))
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/en/agenda/?edition=2026&s={codes}")
        assert len(response.content) < 120_000
        counts.append(len(queries))
    assert counts == [6, 6]


def test_every_session_offers_to_be_saved_but_a_break(client, edition):
    make_session(edition=edition, code="A", slug="a", title_en="Cobalt")
    make_session(edition=edition, code="B", slug="b", format="break")
    saves = {
        path: re.findall(r'data-edition="2026" data-code="(\w)" hidden', page.text)
        for path in ("sessions/a/", "sessions/b/", "editions/2026/programme/")
        if (page := client.get(f"/en/{path}"))
    }
    assert saves == {
        "sessions/a/": ["A"],
        "sessions/b/": [],
        "editions/2026/programme/": ["A"],
    }
    links = re.findall(r'href="/en/agenda/" data-agenda="2026"', page.text)
    assert len(links) == 2


def test_an_agenda_over_a_change_of_the_clocks_names_the_clock_of_each_day(client):
    edition = make_edition(slug="dst", city_en="Berlin", time_zone="Europe/Berlin")
    for number, code in ((27, "A"), (28, "B")):
        day = EditionDay.objects.create(
            edition=edition, number=number - 26, date=f"2027-03-{number}"
        )
        start = datetime.datetime(2027, 3, number, 9, tzinfo=edition.zone)
        make_session(edition=edition, code=code, day=day, starts_at=start)
    page = client.get("/en/agenda/?edition=dst&s=A.B")
    assert "All times" not in main(page)
    assert "27 March 2027 Times of this day are Berlin time (UTC+1)." in main(page)
    assert "28 March 2027 Times of this day are Berlin time (UTC+2)." in main(page)
    assert "js/now" in page.text
    one = client.get("/en/agenda/?edition=dst&s=B")
    assert "All times are Berlin time (UTC+2)." in main(one)
