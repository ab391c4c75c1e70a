import datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from organizations.models import Person
from records.merging import Merge
from sessions.changes import changes_of, changes_of_session, last_changed, with_details
from sessions.models import EditionDay, ProgrammeRelease, Room, Session
from sessions.templatetags.changes import told
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
)
from tests.sessions.past import DAY, HOUR, MINUTE, age
from tests.sessions.reading import main, words

pytestmark = pytest.mark.django_db

NINE = datetime.datetime(2026, 9, 1, 1, tzinfo=datetime.UTC)  # 09:00 in Shanghai


@pytest.fixture
def session():
    """Make a session that has been public for ten days, at nine in room A."""
    edition = make_edition(slug="2026")
    for name in ("A", "B"):
        Room.objects.create(edition=edition, name_en=name, slug=name.lower())
    session = make_session(
        edition=edition,
        slug="opening",
        title_en="Opening",
        title_zh_hans="开幕",
        room=edition.rooms.get(slug="a"),
        starts_at=NINE,
        ends_at=NINE + HOUR,
    )
    age(10 * DAY)
    session.refresh_from_db()
    return session


def write(session, **fields):
    session = Session.objects.get(pk=session.pk)
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()


def by(editor, session, **fields):
    """Write as an editor does, through the admin."""
    session = Session.objects.get(pk=session.pk)
    session._history_user = editor
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()


def in_words(edition):
    """Return (session, [what changed]) of each change, the newest first."""
    return [
        (str(change.session), [_sentence(item) for item in told(change)])
        for change in with_details(changes_of(edition))
    ]


def _sentence(item):
    old = f"{words(item['old'])} → " if item["old"] else ""
    label = f"{item['label']}: " if item["label"] else ""
    return f"{label}{old}{words(item['new'])}"


def room(session, slug):
    return session.edition.rooms.get(slug=slug)


def test_nothing_has_changed_since_publication(session, client):
    assert changes_of(session.edition) == []
    assert last_changed(session.edition) is None
    page = client.get("/en/editions/2026/changes/")
    assert "No changes since publication" in main(page)


def test_room_time_day_and_title_are_told_from_old_to_new(session):
    day = EditionDay.objects.create(edition=session.edition, number=2)
    write(
        session,
        room=room(session, "b"),
        starts_at=NINE + HOUR,
        ends_at=NINE + 2 * HOUR,
        day=day,
        title_en="Welcome",
    )
    assert in_words(session.edition) == [
        (
            "Welcome",
            [
                "Time: 09:00–10:00 → 10:00–11:00",
                "Day: Not on record → day 2",
                "Room: A → B",
                "Title: Opening → Welcome",
            ],
        )
    ]


def test_a_title_that_changed_in_the_other_language_is_marked_so(session):
    write(session, title_zh_hans="开幕式")
    [change] = with_details(changes_of(session.edition))
    assert [dict(item) for item in told(change)] == [
        {
            "label": "Title",
            "old": '<span lang="zh-Hans">开幕</span>',
            "new": '<span lang="zh-Hans">开幕式</span>',
        }
    ]
    with translation.override("zh-hans"):
        assert [(i["old"], i["new"]) for i in told(change)] == [("开幕", "开幕式")]


def test_a_move_to_another_date_names_both_dates(session):
    write(session, starts_at=NINE + DAY, ends_at=NINE + DAY + HOUR)
    assert in_words(session.edition) == [
        ("Opening", ["Time: 1 Sep 2026 09:00–10:00 → 2 Sep 2026 09:00–10:00"])
    ]


def test_cancelled_and_taking_place_after_all(session):
    write(session, event_status="cancelled")
    age()
    write(session, event_status="scheduled")
    assert in_words(session.edition) == [
        ("Opening", ["Takes place after all"]),
        ("Opening", ["Cancelled"]),
    ]


def test_speakers_who_came_and_went(session):
    one, other = make_person(name_en="Ana"), make_person(name_en="Bo")
    host = make_organization(name_en="GIZ")
    first = make_contribution(session, one)
    age()
    make_contribution(session, other, "moderator")
    make_contribution(session, host, "host")
    age()
    first.delete()
    assert in_words(session.edition) == [
        ("Opening", ["Removed: Ana (Speaker)"]),
        ("Opening", ["Added: Bo (Moderator)", "Added: GIZ (Host)"]),
        ("Opening", ["Added: Ana (Speaker)"]),
    ]


def test_speakers_written_with_the_publication_are_no_change():
    edition = make_edition()
    session = make_session(edition=edition)
    make_contribution(session, make_person())
    assert changes_of(edition) == []


def test_a_person_who_is_a_draft_is_never_named(session, client):
    person = make_person(name_en="Ana", state="draft")
    hidden = make_contribution(session, person)
    assert changes_of(session.edition) == []
    Person.objects.update(state="published")
    assert in_words(session.edition) == [("Opening", ["Added: Ana (Speaker)"])]
    Person.objects.update(state="withdrawn")
    hidden.delete()
    assert changes_of(session.edition) == []
    assert "Ana" not in client.get("/en/editions/2026/changes/").text
    assert "Ana" not in client.get("/en/editions/2026/changes.atom").text


def test_what_was_written_before_publication_is_never_told(session, client):
    secret = make_session(
        edition=session.edition, title_en="Secret", state="draft", starts_at=NINE
    )
    write(secret, title_en="Very secret")
    age()
    write(secret, title_en="Labour", state="published")
    assert in_words(session.edition) == [("Labour", ["Added to the programme"])]
    write(secret, state="draft", title_en="Hidden")
    assert changes_of(session.edition) == []
    write(secret, state="published", title_en="Labour rights")
    age(HOUR)
    assert in_words(session.edition) == [
        ("Labour rights", ["Title: Labour → Labour rights"]),
        ("Labour rights", ["Added to the programme"]),
    ]
    assert "ecret" not in client.get("/en/editions/2026/changes/").text


def test_an_embargoed_session_begins_as_it_is_when_the_embargo_ends(session):
    soon = timezone.now() + HOUR
    later = make_session(edition=session.edition, title_en="Old", publish_at=soon)
    write(later, title_en="New")
    assert changes_of(session.edition) == []
    age(2 * HOUR)
    Session.objects.filter(pk=later.pk).update(publish_at=soon - 2 * HOUR)
    assert in_words(session.edition) == [("New", ["Added to the programme"])]


@pytest.mark.parametrize(("state", "status"), [("draft", 404), ("withdrawn", 410)])
def test_an_edition_that_is_not_public_tells_nothing(session, client, state, status):
    write(session, title_en="Welcome")
    session.edition.state = state
    session.edition.save()
    pages = ["/en/editions/2026/changes/", "/en/editions/2026/changes.atom"]
    assert "Welcome" not in "".join(client.get(page).text for page in pages)
    assert client.get(pages[1]).status_code == status


def test_a_withdrawn_session_is_told_with_its_reason_but_not_its_past(session, client):
    write(session, title_en="Welcome")
    age()
    write(session, state="withdrawn", withdrawn_reason_en="Entered twice")
    assert in_words(session.edition) == [("Welcome", ["Withdrawn"])]
    page = main(client.get("/en/editions/2026/changes/"))
    assert "Welcome Withdrawn Reason: Entered twice" in page


def test_changes_of_one_editor_within_minutes_are_one(session):
    one, other = (User.objects.create_user(name) for name in ("one", "other"))
    by(one, session, room=room(session, "b"))
    age(2 * MINUTE)
    by(one, session, room=None, title_en="Welcome")
    assert in_words(session.edition) == [
        ("Welcome", ["Room: A → Not on record", "Title: Opening → Welcome"])
    ]
    age(2 * MINUTE)
    by(other, session, room=room(session, "a"))
    age(HOUR)
    by(other, session, room=room(session, "b"))
    assert in_words(session.edition) == [
        ("Welcome", ["Room: A → B"]),
        ("Welcome", ["Room: Not on record → A"]),
        ("Welcome", ["Room: A → Not on record", "Title: Opening → Welcome"]),
    ]


def test_what_is_undone_at_once_is_no_change(session):
    write(session, room=room(session, "b"))
    write(session, room=room(session, "a"))
    assert changes_of(session.edition) == []
    session.refresh_from_db()
    assert changes_of_session(session) == []


def test_bulk_writes_are_told_too(session):
    Session.objects.update(room=room(session, "b"))
    assert in_words(session.edition) == [("Opening", ["Room: A → B"])]


def test_a_room_that_is_gone_keeps_its_name(session):
    write(session, room=room(session, "b"))
    room(session, "a").delete()
    assert in_words(session.edition) == [("Opening", ["Room: A → B"])]


def test_a_session_that_an_editor_adds_is_told(session):
    edition = session.edition
    make_session(edition=edition, title_en="Late")
    assert in_words(edition) == [("Late", ["Added to the programme"])]
    assert last_changed(edition) == changes_of(edition)[0].when


def test_a_programme_published_at_once_has_added_nothing():
    edition = make_edition()
    for _ in range(3):
        make_session(edition=edition)
    assert changes_of(edition) == []


def test_the_session_page_says_what_changed_and_when(session, client):
    write(session, room=room(session, "b"), event_status="cancelled")
    day = timezone.localdate()
    assert (
        "This session was cancelled. "
        f"Changed on {day.day} {day:%B %Y}: Cancelled, Room: A → B "
        "What changed in the programme"
    ) in main(client.get("/en/sessions/opening/"))


def test_the_programme_and_the_edition_link_to_what_changed(session, client):
    page = client.get("/en/editions/2026/programme/")
    assert '<a href="/en/editions/2026/changes/">What changed</a></p>' in "".join(
        line.strip() for line in page.text.splitlines()
    )
    write(session, room=room(session, "b"))
    day = timezone.localdate()
    said = f"What changed, last on {day.day} {day:%B %Y}"
    for path in ("", "programme/"):
        assert said in main(client.get(f"/en/editions/2026/{path}"))


def test_cancelled_sessions_are_not_offered_as_neighbours(session, client):
    edition = session.edition
    for name, status in [("Gone", "cancelled"), ("There", "scheduled")]:
        make_session(
            edition=edition,
            title_en=name,
            starts_at=NINE,
            ends_at=NINE + HOUR,
            event_status=status,
        )
    page = main(client.get("/en/sessions/opening/"))
    assert "There" in page
    assert "Gone" not in page
    assert "Gone" in main(client.get("/en/editions/2026/programme/"))


def test_the_page_groups_changes_by_release(session, client):
    write(session, room=room(session, "b"))
    age(HOUR)
    ProgrammeRelease.objects.close(
        session.edition, note_en="Rooms are final.", note_zh_hans="会议室已定。"
    )
    write(session, event_status="cancelled")
    page = client.get("/en/editions/2026/changes/")
    day = timezone.localdate()
    said = main(page)
    order = [
        "Since then",
        "Cancelled",
        f"Programme release 1, {day.day} {day:%B %Y}",
        "Rooms are final.",
        "Room: A → B",
    ]
    assert sorted(order, key=said.index) == order
    assert "会议室已定。" in main(client.get("/zh-hans/editions/2026/changes/"))


def test_a_release_parts_what_one_editor_did_within_minutes(session):
    write(session, room=room(session, "b"))
    release = ProgrammeRelease.objects.close(session.edition)
    write(session, room=None)
    found = changes_of(session.edition, [release])
    assert [c.when > release.closed_at for c in found] == [True, False]


def test_releases_are_numbered_in_each_edition(session):
    other = make_edition()
    made = [ProgrammeRelease.objects.close(e) for e in (session.edition,) * 2]
    made.append(ProgrammeRelease.objects.close(other))
    assert [release.number for release in made] == [1, 2, 1]


def test_pages_of_changes(session, client):
    sessions = [make_session(edition=session.edition) for _ in range(51)]
    age()
    Session.objects.filter(pk__in=[s.pk for s in sessions]).update(track="Main")
    Session.objects.filter(pk__in=[s.pk for s in sessions]).update(ends_at=None)
    first = client.get("/en/editions/2026/changes/")
    last = client.get("/en/editions/2026/changes/?page=2")
    assert [r.text.count("Added to the programme") for r in (first, last)] == [50, 1]
    bad = client.get("/en/editions/2026/changes/?page=nope")
    assert "51 changes" in main(bad)
    assert "nope" in main(bad)


@pytest.mark.either_database
def test_the_page_costs_the_same_however_many_changes(session, client):
    asked = []
    for total in (1, 30):
        for _ in range(total):
            one = make_session(edition=session.edition, room=room(session, "a"))
            make_contribution(one, make_person())
        age()
        Session.objects.for_edition(session.edition).update(room=room(session, "b"))
        for path in ("changes/", "changes.atom", "programme/", ""):
            client.get(f"/en/editions/2026/{path}")  # what facets keep is read now
            with CaptureQueriesContext(connection) as queries:
                assert client.get(f"/en/editions/2026/{path}").status_code == 200
            asked.append(len(queries))
    assert asked[:4] == asked[4:]
    assert max(asked[0::4]) <= 15
    assert max(asked[1::4]) <= 12


def test_two_records_of_one_person_made_one_are_no_change_of_the_programme():
    edition = make_edition()
    stays, goes = make_person(), make_person()
    session = make_session(edition=edition)
    make_contribution(session, goes)
    age()
    Merge(stays, [goes]).do()
    assert [c.person for c in session.contributions.all()] == [stays]
    assert changes_of(edition) == []
