from collections import defaultdict

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from records.models import AltName
from search.index import together
from sessions.models import (
    EditionDay,
    Material,
    OutcomeUpdate,
    Room,
    Session,
    SpokenLanguage,
)
from tests.factories import (
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_forum,
    make_milestone,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from tests.sessions.reading import fact, headings, main, section
from tests.sessions.samples import HOUR, MORNING, hide

pytestmark = pytest.mark.django_db


# Sessions


def test_sessions_say_their_edition_day_hosts_and_count(client):
    edition = make_edition(slug="e2023", year=2023)
    day = EditionDay.objects.create(edition=edition, number=2)
    session = make_session(
        edition=edition,
        day=day,
        title_en="Labour",
        title_zh_hans="劳工",
        format="workshop",
        stages=[make_stage(label_en="Mining", core_place=1)],
    )
    for name in ("ILO", "RCI", "GIZ"):
        make_contribution(session, make_organization(name_en=name), "host")
    make_contribution(session, make_organization(name_en="Speaker"), "speaker")
    make_contribution(session, make_organization(state="draft"), "host")
    hide(make_session, edition=edition)
    page = main(client.get("/en/sessions/"))
    assert page.partition("1 session ")[2] == (
        "Hollow piece: clock time not on record 2023, day 2 Workshop "
        "Labour 劳工 Hosted by ILO, RCI and GIZ Mining"
    )


def test_an_empty_list_says_so_and_a_filtered_one_offers_the_way_back(client):
    assert "0 results Nothing published yet" in main(client.get("/en/sessions/"))
    assert "0 results Nothing published yet" in main(client.get("/en/outcomes/"))
    assert "0 results Nothing published yet" in main(client.get("/en/editions/"))
    make_session()
    page = main(client.get("/en/sessions/?q=nothing-like-it"))
    assert "0 results" in page
    assert "Nothing on record matches these filters" in page


def test_a_session_shows_everything_that_is_on_record(client):
    edition = make_edition(slug="e2023", year=2023, name_en="Forum", city_en="Chengdu")
    day = EditionDay.objects.create(edition=edition, number=2)
    stage = make_stage(label_en="Mining", core_place=1)
    session = make_session(
        slug="s",
        edition=edition,
        day=day,
        title_en="Batteries",
        title_zh_hans="电池",
        format="workshop",
        abstract_en="One. Two. Three.",
        starts_at=MORNING,
        ends_at=MORNING + HOUR,
        room=Room.objects.create(edition=edition, name_en="Hall A", slug="a"),
        stages=[stage, make_stage(label_en="Exploration")],
        topics=[make_topic(label_en="Supply"), make_topic(state="draft")],
        minerals=[make_mineral(label_en="Cobalt", symbol="Co")],
    )
    SpokenLanguage.objects.create(session=session, language="en")
    SpokenLanguage.objects.create(session=session, language="fr", interpreted=True)
    Material.objects.create(
        session=session, kind="slides", url="https://example.org/s.pdf", language="en"
    )
    Material.objects.create(session=session, kind="paper", availability="expected")
    make_contribution(session, make_organization(name_en="GIZ"), "host")
    make_contribution(
        session,
        make_person(name_en="Ann"),
        "speaker",
        organization=make_organization(name_en="KLP"),
    )
    make_contribution(
        session,
        make_person(name_en="Bo", listed=False),
        "panelist",
        organization=make_organization(name_en="Unsaid"),
    )
    make_contribution(session, make_person(name_en="Hidden", state="draft"), "speaker")
    make_contribution(session, make_organization(name_en="WCS"), "participant")
    make_outcome(edition=edition, session=session, statement_en="It was agreed.")
    make_citation(session)
    page = client.get("/en/sessions/s/")
    assert "Workshop, day 2 Batteries 电池 One. Two." in main(page)
    assert headings(page) == [
        "What was discussed",
        "Who led it",
        "Who spoke",
        "Who else took part",
        "Regulations named",
        "What came of it",
        "Topics",
        "Minerals",
        "Record",
        "Source",
    ]
    assert section(page, "What was discussed") == "Three."
    assert section(page, "Who led it") == "GIZ Host"
    assert section(page, "Who spoke") == "Ann Speaker, KLP Bo Panelist"
    assert section(page, "Who else took part") == "WCS Participant"
    assert section(page, "Regulations named").startswith("No regulations on record")
    assert section(page, "What came of it") == "It was agreed. No follow-up on record"
    assert section(page, "Topics") == "Supply"
    assert "Also: Exploration" in main(page)
    assert fact(page, "When") == "Day 2 09:00–10:00, Chengdu time (UTC+8)"
    assert fact(page, "Where") == "Hall A Chengdu"
    assert fact(page, "Language") == "English French, by interpretation"
    assert fact(page, "Documents") == "Paper, expected Slides, English"
    assert fact(page, "Basis") == "The source describes the session"


def test_a_session_without_facts_says_what_is_not_on_record(client):
    make_session(slug="s", edition=make_edition())
    page = client.get("/en/sessions/s/")
    assert section(page, "What was discussed").startswith("No summary on record")
    assert section(page, "Who spoke").startswith("No speakers on record")
    assert section(page, "What came of it").startswith("No outcomes on record")
    assert fact(page, "When") == "Day not on record Clock time not on record"
    assert fact(page, "Where") == "Room not on record"
    assert fact(page, "Language") == "Not on record"
    assert fact(page, "Documents") == "None published"
    assert "/en/corrections/?about=sessions/s" in page.text


@pytest.mark.parametrize(
    ("role", "empty"),
    [
        ("host", "The source names who led the session, but not who spoke."),
        (
            "speaker",
            "The source names organizations, not the people who spoke for them.",
        ),
    ],
)
def test_a_source_that_names_organizations_only_is_said_to_do_so(client, role, empty):
    make_contribution(make_session(slug="s"), make_organization(), role)
    assert empty in main(client.get("/en/sessions/s/"))


def test_an_inferred_session_says_so(client):
    make_session(slug="s", basis="implied")
    assert (
        "The source names this theme; that it was a session of its own is inferred."
    ) in main(client.get("/en/sessions/s/"))


@pytest.mark.parametrize("status", ["cancelled", "moved"])
def test_a_session_that_did_not_go_as_planned_says_so_above_its_title(client, status):
    make_session(slug="s", title_en="Batteries", event_status=status)
    above = main(client.get("/en/sessions/s/")).rpartition("Batteries")[0]
    assert f"This session was {status}." in above


def test_a_regulation_named_says_its_status_then_and_now_and_its_name_there(client):
    edition = make_edition(starts_on="2023-09-20", ends_on="2023-09-22")
    regulation = make_regulation(short_name_en="EU Batteries Regulation")
    make_milestone("2023-07-12", "adopted", regulation=regulation)
    make_milestone("2024-02-18", "applies", regulation=regulation)
    AltName.objects.create(record=regulation, text="New Batteries Act", in_source=True)
    AltName.objects.create(record=regulation, text="Battery law")
    make_session(
        slug="s",
        edition=edition,
        regulations=[regulation, make_regulation(state="draft")],
    )
    page = client.get("/en/sessions/s/")
    assert section(page, "Regulations named") == (
        "EU Batteries Regulation Called “New Batteries Act” in the source. "
        "At the forum: Adopted. Today: In force"
    )


def test_a_session_leads_to_the_one_before_and_after_it(client):
    edition = make_edition()
    make_session(slug="a", edition=edition, title_en="First", position=1)
    make_session(slug="b", edition=edition, title_en="Middle", position=2)
    make_session(edition=edition, state="draft", position=3)
    make_session(slug="c", edition=edition, title_en="Last", position=4)
    assert main(client.get("/en/sessions/a/")).endswith(
        "First session Back to the programme After this Middle"
    )
    assert main(client.get("/en/sessions/b/")).endswith(
        "Before this First After this Last"
    )
    assert main(client.get("/en/sessions/c/")).endswith(
        "Before this Middle Last session Back to the programme"
    )


# Outcomes


def test_outcomes_say_kind_edition_names_and_follow_up(client):
    edition = make_edition(year=2023)
    make_outcome(
        edition=edition,
        kind="commitment",
        statement_en="A centre opens.",
        statement_zh_hans="成立中心。",
        organizations=[
            make_organization(name_en="CSU"),
            make_organization(state="draft"),
        ],
        position=1,
    )
    make_outcome(
        edition=edition,
        title_en="Initiative",
        statement_en="It began.",
        status="under-way",
        position=2,
    )
    make_outcome(edition=edition, kind="fact", statement_en="Many came.", position=3)
    hide(make_outcome, edition=edition)
    assert main(client.get("/en/outcomes/")).partition("3 outcomes ")[2] == (
        "A centre opens. 成立中心。 Commitment, 2023. CSU No follow-up on record "
        "Initiative Outcome, 2023 Under way "
        "Many came. Fact, 2023"
    )


def test_an_outcome_shows_names_session_topics_due_date_and_updates(client):
    session = make_session(title_en="Launch")
    outcome = make_outcome(
        slug="o",
        edition=session.edition,
        session=session,
        kind="commitment",
        title_en="A centre",
        statement_en="A centre opens.",
        organizations=[make_organization(name_en="CSU")],
        people=[make_person(name_en="Ann"), make_person(state="draft")],
        topics=[make_topic(label_en="Biodiversity")],
        status="fulfilled",
        due_on="2024-12-31",
    )
    OutcomeUpdate.objects.create(outcome=outcome, date="2024-05-01", status="under-way")
    OutcomeUpdate.objects.create(
        outcome=outcome, date="2025-01-01", status="fulfilled", note_en="It opened."
    )
    page = client.get("/en/outcomes/o/")
    assert "Commitment, 2026 Fulfilled A centre A centre opens." in main(page)
    assert section(page, "Who is named") == "CSU Ann"
    assert section(page, "What became of it") == (
        "1 Jan 2025 Fulfilled It opened. 1 May 2024 Under way"
    )
    assert section(page, "Topics") == (
        "Biodiversity Topics were assigned by the editors."
    )
    assert fact(page, "Session") == "Launch"
    assert fact(page, "Due") == "31 December 2024"


def test_an_outcome_nobody_followed_up_says_so_and_a_fact_does_not(client):
    make_outcome(slug="o")
    make_outcome(slug="f", kind="fact")
    page = client.get("/en/outcomes/o/")
    assert section(page, "What became of it").startswith("No follow-up on record")
    assert section(page, "Who is named").startswith("No names on record")
    assert fact(page, "Session") == "Not on record"
    page = client.get("/en/outcomes/f/")
    assert headings(page) == ["Who is named", "Record", "Source", "Cite this record"]
    assert "No follow-up on record" not in main(page)


def test_an_outcome_of_a_hidden_session_does_not_name_it(client):
    session = make_session(title_en="Secret", state="draft")
    make_outcome(slug="o", edition=session.edition, session=session)
    page = client.get("/en/outcomes/o/")
    assert fact(page, "Session") == "Not on record"
    assert "Secret" not in page.text


# The life of a record, for each of the three kinds

KINDS = [
    ("sessions:edition", make_edition),
    ("sessions:programme", make_edition),
    ("sessions:detail", make_session),
    ("sessions:outcome", make_outcome),
]


@pytest.mark.parametrize(("page", "make"), KINDS)
def test_a_draft_or_embargoed_record_is_not_found(client, page, make):
    make(slug="draft", state="draft")
    make(slug="later", publish_at=timezone.now() + HOUR)
    for slug in ("draft", "later", "nothing"):
        assert client.get(reverse(page, args=[slug])).status_code == 404


@pytest.mark.parametrize(("page", "make"), KINDS)
def test_a_withdrawn_record_is_gone_with_its_reason(client, page, make):
    record = make(slug="gone")
    record.state, record.withdrawn_reason_en = "withdrawn", "Entered twice."
    record.save()
    response = client.get(reverse(page, args=["gone"]))
    assert response.status_code == 410
    assert "Entered twice." in main(response)


@pytest.mark.parametrize(("page", "make"), KINDS)
def test_a_former_address_redirects_for_good_with_its_query(client, page, make):
    record = make(slug="before")
    record.slug = "after"
    record.save()
    response = client.get(reverse(page, args=["before"]) + "?a=b")
    assert response.status_code == 301
    assert response["Location"] == reverse(page, args=["after"]) + "?a=b"


def test_a_session_of_a_hidden_edition_is_not_found(client):
    make_session(slug="s", edition=make_edition(state="draft"))
    assert client.get("/en/sessions/s/").status_code == 404


def test_an_unknown_session_leads_to_the_nearest_names(client):
    make_session(slug="eu-batteries", title_en="EU batteries")
    response = client.get("/en/sessions/eu-baterries/")
    assert response.status_code == 404
    assert "EU batteries" in main(response)


# Two languages


def test_a_chinese_page_shows_chinese_first_and_marks_what_is_english(client):
    edition = make_edition(slug="e", name_en="Forum", name_zh_hans="论坛")
    make_session(
        slug="s",
        edition=edition,
        title_en="Batteries",
        title_zh_hans="电池",
        abstract_en="One. Two. Three.",
    )
    page = client.get("/zh-hans/sessions/s/")
    assert "<h1>电池</h1>" in page.text
    assert '<p><span lang="en">Batteries</span></p>' in page.text
    assert '<p class="lead" lang="en">One. Two.</p>' in page.text
    assert '<p lang="en">Three.</p>' in page.text
    assert 'class="note"' in page.text


def test_a_session_with_a_title_in_one_language_shows_it_in_both(client):
    make_session(slug="s", title_en="Batteries")
    page = client.get("/zh-hans/sessions/s/")
    assert '<h1><span lang="en">Batteries</span></h1>' in page.text


# Cost


@together()  # what the pages show does not need each step indexed
def fill(total):
    """Make an edition of that many sessions, outcomes and names, all tied together."""
    make_forum()
    edition = make_edition(slug="e", starts_on="2026-09-20", ends_on="2026-09-22")
    day = EditionDay.objects.create(edition=edition, number=1)
    session = make_session(
        slug="s", edition=edition, day=day, starts_at=MORNING, ends_at=MORNING + HOUR
    )
    outcome = make_outcome(slug="o", edition=edition, session=session)
    tied = defaultdict(list)
    for _ in range(total):
        organization, person = make_organization(), make_person()
        tied["organizations"].append(organization)
        tied["people"].append(person)
        parts = {
            "topics": [make_topic()],
            "stages": [make_stage()],
            "minerals": [make_mineral()],
            "regulations": [make_regulation()],
        }
        for name, records in parts.items():
            tied[name] += records
        AltName.objects.create(record=parts["regulations"][0], text="Act")
        make_session(edition=edition, day=day, starts_at=MORNING, **parts)
        make_contribution(session, organization, "host")
        make_contribution(session, person, "speaker")
        Material.objects.create(session=session, kind="paper", url="https://a.example/")
        make_edition_role(edition, organization, "supporter")
        make_edition_role(edition, person, "speaker")
        make_outcome(edition=edition, session=session, organizations=[organization])
        make_outcome(edition=edition, kind="fact", organizations=[organization])
        OutcomeUpdate.objects.create(outcome=outcome, date="2026-10-01")
        make_citation(session)
    # At once: each `add()` of its own would keep one version more in the history.
    for name in ("topics", "stages", "minerals", "regulations"):
        getattr(session, name).add(*tied[name])
    for name in ("organizations", "people", "topics"):
        getattr(outcome, name).add(*tied[name])
    assert Session.objects.count() == total + 1


BUDGET = {
    "editions/": 5,
    "editions/e/": 16,
    "editions/e/programme/": 15,
    "sessions/": 8,
    "editions/e/changes/": 10,
    "sessions/s/": 15,
    "outcomes/": 6,
    "outcomes/o/": 10,
}


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 30])
def test_a_page_costs_the_same_however_much_it_shows(client, total):
    fill(total)
    assert {path: queries_of(client, path) for path in BUDGET} == BUDGET


def queries_of(client, path):
    client.get(f"/en/{path}")  # Django looks its content types up once per process
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/en/{path}").status_code == 200
    return len(queries)
