"""All sessions of an edition in one table: what is saved, and what is refused."""

import html
import re

import pytest

from records.models import Operation
from sessions.models import Session
from tests.factories import make_contribution, make_person, make_session
from tests.sessions.desk.conftest import at

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


def shown(answer):
    """Return what a browser would send of the table: {name of a cell: text}."""
    text, sent = answer.content.decode(), {}
    for tag in re.findall(r"<input type=\"(?:text|hidden)\"[^>]*>", text):
        found = dict(re.findall(r'\b(name|value)="([^"]*)"', tag))
        sent[found["name"]] = html.unescape(found.get("value", ""))
    choices = re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', text)
    for name, options in choices:
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = html.unescape(chosen[1]) if chosen else ""
    return {name: value for name, value in sent.items() if name != "next"}


def rows(edition):
    return [
        (s.code, s.title_en, s.title_zh_hans, s.day and s.day.number, s.state)
        for s in Session.objects.for_edition(edition).order_by("code")
    ]


def test_no_session_is_cancelled_in_the_table_without_a_reason(
    held, desk, admin_client
):
    session = held("Opening", 9, code="S01")
    sent = shown(admin_client.get(desk()))
    answer = admin_client.post(
        desk(), sent | {f"{session.pk}-event_status": "cancelled"}
    )
    assert "“Cancel” at the end of the row asks for the reason." in answer.text
    session.refresh_from_db()
    assert session.event_status == "scheduled"


def test_one_save_takes_changed_and_new_rows_and_can_be_taken_back(
    edition, held, desk, admin_client
):
    first = held("Opening", 9, code="S01")
    other = held(
        *("Keynote", 10),
        code="S02",
        abstract_en="As *it* was",
        status_reason_en="The speaker is ill.",
        state="published",
    )
    page = admin_client.get(desk())
    sent = shown(page)
    versions = Session.history.count()
    # What is sent as it was shown is no change.
    answer = admin_client.post(desk(), sent, follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["Nothing was changed."]
    assert (Session.history.count(), Operation.objects.count()) == (versions, 0)
    day = edition.days.last()
    sent |= {
        f"{first.pk}-title_zh_hans": "开幕",
        f"{first.pk}-day": str(day.pk),
        f"{first.pk}-ends_at": "00:30+1",
        f"{other.pk}-event_status": "cancelled",
        "new0-title_zh_hans": " 茶歇 ",
        "new0-format": "break",
        "new0-starts_at": "2026-11-09 15:30",
    }
    answer = admin_client.post(desk(), sent, follow=True)
    assert [str(m) for m in answer.context["messages"]] == ["3 sessions saved."]
    assert rows(edition) == [
        ("S01", "Opening", "开幕", 2, "draft"),
        ("S02", "Keynote", "", 1, "published"),
        ("S03", "", "茶歇", 1, "draft"),
    ]
    first.refresh_from_db()
    other.refresh_from_db()
    # The time of a cell that was left alone moves along with its day.
    assert (first.starts_at, first.ends_at) == (at(9, day=10), at(0, 30, day=11))
    assert (other.event_status, other.sequence) == ("cancelled", 1)
    new = Session.objects.get(code="S03")
    assert (new.slug, new.starts_at) == ("2026-s03", at(15, 30))
    Operation.objects.get(kind="bulk").undo()
    assert rows(edition) == [
        ("S01", "Opening", "", 1, "draft"),
        ("S02", "Keynote", "", 1, "published"),
    ]


def test_a_wrong_cell_is_named_and_nothing_is_saved(edition, held, desk, admin_client):
    first, other = held("Opening", 9, code="S01"), held("Keynote", 10, code="S02")
    changes = {
        f"{first.pk}-title_en": "",
        f"{first.pk}-ends_at": "08:00",
        f"{first.pk}-room": "12345",
        f"{other.pk}-title_en": "<script>alert(1)</script>",
        f"{other.pk}-code": "S01",
        f"{other.pk}-starts_at": "half past",
        "new0-title_en": "x" * 301,
    }
    answer = admin_client.post(desk(), changes)
    text = answer.content.decode()
    errors = [
        (number, str(label), str(words))
        for number, _row, _key, label, words in answer.context["table"].errors
    ]
    assert errors == [
        (1, "Title (English)", "Give a name in at least one language."),
        (1, "Room", "Select a valid choice. 12345 is not one of the available "
                    "choices."),
        (1, "Ends", "It ends before it starts. Past midnight is written 01:00+1."),
        (2, "Code", "The edition has a session of this code."),
        (2, "Starts", "Write a time as 09:30, the night after as 00:30+1, or "
                      "2026-11-09 09:30."),
        (3, "Title (English)", "Ensure this value has at most 300 characters "
                               "(it has 301)."),
        (3, "Format", "This field is required."),
    ]  # fmt: skip
    # What was typed is kept, and is text.
    assert 'value="half past"' in text
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;"' in text
    assert rows(edition) == [
        ("S01", "Opening", "", 1, "draft"),
        ("S02", "Keynote", "", 1, "draft"),
    ]


def test_two_who_save_at_once_lose_nothing(edition, held, desk, admin_client):
    first, other = held("Opening", 9, code="S01"), held("Keynote", 10, code="S02")
    page = shown(admin_client.get(desk()))
    # Somebody else saves one row meanwhile, which this organizer changes as well.
    Session.objects.filter(pk=first.pk).update(title_en="Theirs", ends_at=at(11))
    mine = page | {f"{first.pk}-title_en": "Mine", f"{other.pk}-title_en": "Other"}
    refused = admin_client.post(desk(), mine)
    assert "On record now: Theirs" in refused.content.decode()
    assert 'value="Mine"' in refused.content.decode()
    assert [row[1] for row in rows(edition)] == ["Theirs", "Keynote"]
    # Having seen both, the organizer decides; the other's end is shown and stays.
    admin_client.post(desk(), shown(refused))
    assert [row[1] for row in rows(edition)] == ["Mine", "Other"]
    first.refresh_from_db()
    assert first.ends_at == at(11)
    # A row that only somebody else has changed does not stand in the way.
    page = shown(admin_client.get(desk()))
    Session.objects.filter(pk=first.pk).update(title_en="Again theirs")
    admin_client.post(desk(), page | {f"{other.pk}-title_en": "Last"})
    assert [row[1] for row in rows(edition)] == ["Again theirs", "Last"]


def test_a_row_that_was_deleted_meanwhile_is_said_to_be_lost(
    edition, held, desk, admin_client
):
    first, other = held("Opening", 9, code="S01"), held("Keynote", 10, code="S02")
    page = shown(admin_client.get(desk()))
    key = first.pk
    first.delete()
    # What was not changed here is not missed.
    admin_client.post(desk(), page | {f"{other.pk}-title_en": "New"})
    assert [row[1] for row in rows(edition)] == ["New"]
    page[f"{other.pk}-was"] = shown(admin_client.get(desk()))[f"{other.pk}-was"]
    changed = page | {f"{key}-code": "S09", f"{other.pk}-title_en": "Newer"}
    refused = admin_client.post(desk(), changed)
    assert "<li>Opening</li>" in refused.content.decode()
    assert [row[1] for row in rows(edition)] == ["New"]
    admin_client.post(desk(), shown(refused))
    assert [row[1] for row in rows(edition)] == ["Newer"]


def test_an_editor_changes_drafts_and_nothing_that_the_public_sees(
    edition, held, desk, signed_in
):
    draft, public = held("Draft", 9), held("Public", 10, state="published")
    withdrawn = held("Gone", 11, state="withdrawn")
    editor = signed_in("Editor")
    page = editor.get(desk())
    assert f"{public.pk}-title_en" not in shown(page)
    for session in (public, withdrawn):
        forged = {
            f"{draft.pk}-title_en": "Changed",
            f"{session.pk}-title_en": "Forged",
            f"{session.pk}-state": "published",
        }
        assert "changed by a publisher" in editor.post(desk(), forged).content.decode()
        assert editor.post(desk(), forged, headers=JSON).json()["saved"] is None
        assert editor.get(desk("status", session.pk)).status_code == 403
    assert {row[1] for row in rows(edition)} == {"Draft", "Public", "Gone"}
    answer = editor.post(
        desk(),
        {
            f"{draft.pk}-title_en": "Changed",
            f"{draft.pk}-state": "published",
            "new0-title_en": "New",
            "new0-format": "keynote",
            "new0-state": "published",
        },
    )
    assert answer.status_code == 302
    assert {(row[1], row[4]) for row in rows(edition)} == {
        ("Changed", "draft"),
        ("New", "draft"),
        ("Public", "published"),
        ("Gone", "withdrawn"),
    }


def test_a_viewer_reads_and_a_visitor_is_sent_to_sign_in(
    edition, held, desk, client, signed_in
):
    draft = held("Draft", 9)
    pages = [desk(), desk("grid"), desk("shift"), desk("day"), desk("copy")]
    pages.append(desk("status", draft.pk))
    assert {client.get(page).status_code for page in pages} == {302}
    viewer = signed_in("Viewer")
    assert [viewer.get(page).status_code for page in pages] == [200, 200] + 4 * [403]
    viewer.post(desk(), {f"{draft.pk}-title_en": "Forged", "new0-title_en": "Forged"})
    assert [row[1] for row in rows(edition)] == ["Draft"]


def test_clashes_are_told_before_anything_is_saved(edition, held, desk, admin_client):
    first, other = held("Opening", 9), held("Keynote", 10)
    person = make_person(name_en="Ada")
    for session in (first, other):
        make_contribution(session, person)
    sent = {f"{other.pk}-starts_at": "09:30", "check": "1"}
    told = admin_client.post(desk(), sent, headers=JSON).json()
    words = [
        "Hall: “Opening” and “Keynote” overlap.",
        "Ada is in “Opening” and “Keynote” at once.",
    ]
    assert told == {
        "saved": None,
        "errors": [],
        "clashes": words,
        "was": {},
        "clashing": {str(first.pk): words, str(other.pk): words},
    }
    page = admin_client.post(desk(), sent).content.decode()
    assert words[0].replace("“", "“") in html.unescape(page)
    other.refresh_from_db()
    assert other.starts_at == at(10)
    # They are warnings: the same is saved when asked for.
    del sent["check"]
    saved = admin_client.post(desk(), sent, headers=JSON).json()
    assert (saved["saved"], saved["clashes"]) == (1, words)
    assert saved["was"][str(other.pk)]["starts_at"] == "09:30"


@pytest.mark.parametrize("was", ["", "[]", "{", '{"title_en": 1}', "null"])
def test_what_no_browser_sends_changes_nothing(edition, held, desk, admin_client, was):
    session = held("Opening", 9)
    bad = {f"{session.pk}-was": was, f"{session.pk}-day": "x", "999999-title_en": "x"}
    answer = admin_client.post(desk() + "?rows=-1&day=7", bad | {"next": "//evil.test"})
    assert answer.status_code == 200
    assert rows(edition)[0][1:4] == ("Opening", "", 1)
    good = {f"{session.pk}-title_en": "New", "next": "https://evil.test/"}
    assert admin_client.post(desk(), good)["Location"] == desk()


def test_many_sessions_cost_no_more_queries_than_one(
    edition, held, desk, admin_client, django_assert_num_queries
):
    held("Opening", 9)
    with django_assert_num_queries(9):
        admin_client.get(desk())
    with django_assert_num_queries(9):
        admin_client.get(desk("grid"))
    one = make_session(edition=edition, state="draft")
    Session.objects.bulk_create(
        Session(edition=edition, slug=f"s-{n}", code=f"X{n}", title_en=f"Session {n}",
                format="plenary", starts_at=at(9), ends_at=at(10))
        for n in range(120)
    )  # fmt: skip
    with django_assert_num_queries(9):
        page = admin_client.get(desk())
    with django_assert_num_queries(9):
        admin_client.get(desk("grid") + "?day=none")
    sent = shown(page)
    for name in sent:
        if name.endswith("-title_en") and not name.startswith("new"):
            sent[name] += " (new)"
    admin_client.post(desk(), sent)
    titles = Session.objects.for_edition(edition).values_list("title_en", flat=True)
    assert all(title.endswith(" (new)") for title in titles)
    assert one.history.count() == 2
