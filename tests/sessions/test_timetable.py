import datetime

import pytest
from django.db.models import Q
from django.utils import timezone

from sessions.clashes import clashes
from sessions.models import Edition, EditionDay, Room, Session
from sessions.needs import SESSION_NEEDS
from tests.factories import make_edition, make_session

pytestmark = pytest.mark.django_db

NINE = datetime.datetime(2026, 9, 1, 9, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


def by_save(session, **fields):
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()


def by_some_fields(session, **fields):
    for name, value in fields.items():
        setattr(session, name, value)
    session.save(update_fields=list(fields))


def by_update(session, **fields):
    Session.objects.filter(pk=session.pk).update(**fields)


def by_bulk_update(session, **fields):
    for name, value in fields.items():
        setattr(session, name, value)
    Session.objects.bulk_update([session], list(fields))


WAYS = [by_save, by_some_fields, by_update, by_bulk_update]
each_way = pytest.mark.parametrize("write", WAYS, ids=lambda way: way.__name__)


def counted(session):
    session.refresh_from_db()
    return session.sequence, session.previous_starts_at


@pytest.fixture
def session():
    edition = make_edition()
    return make_session(edition=edition, starts_at=NINE, ends_at=NINE + HOUR)


@each_way
def test_each_write_that_changes_the_timetable_counts_once(session, write):
    room = Room.objects.create(edition=session.edition, name_en="A", slug="a")
    day = EditionDay.objects.create(edition=session.edition, number=1)
    assert counted(session) == (0, None)
    write(session, room=room)
    assert counted(session) == (1, None)
    write(session, day=day, ends_at=NINE + 2 * HOUR)
    assert counted(session) == (2, None)
    write(session, event_status="cancelled")
    assert counted(session) == (3, None)
    write(session, title_zh_hans="新标题")
    assert counted(session) == (4, None)
    assert session.history.first().sequence == 4


@each_way
def test_other_changes_do_not_count(session, write):
    write(session, track="Main", note_en="Said", starts_at=NINE)
    assert counted(session) == (0, None)


@each_way
def test_a_move_keeps_the_start_before_it_until_it_moves_back(session, write):
    write(session, starts_at=NINE - HOUR)
    assert counted(session) == (1, NINE)
    write(session, starts_at=NINE - 2 * HOUR)
    assert counted(session) == (2, NINE - HOUR)
    write(session, starts_at=NINE - HOUR)
    assert counted(session) == (3, None)


@each_way
def test_what_the_public_never_saw_counts_nothing(write):
    draft = make_session(state="draft", starts_at=NINE)
    tomorrow = timezone.now() + 24 * HOUR
    embargoed = make_session(publish_at=tomorrow, starts_at=NINE)
    hidden = make_session(edition=make_edition(state="draft"), starts_at=NINE)
    for session in (draft, embargoed, hidden):
        write(session, starts_at=NINE - HOUR)
        assert counted(session) == (0, None)


@each_way
def test_publishing_and_moving_at_once_counts_nothing(write):
    session = make_session(state="draft", starts_at=NINE)
    write(session, state="published", starts_at=NINE - HOUR)
    assert counted(session) == (0, None)


def test_two_editors_of_one_session_both_count(session):
    one, other = Session.objects.get(), Session.objects.get()
    by_save(one, starts_at=NINE - HOUR)
    by_save(other, starts_at=NINE - 2 * HOUR)
    assert counted(session) == (2, NINE - HOUR)


def test_one_update_counts_for_each_session_that_it_changes(session):
    moved = make_session(edition=session.edition, starts_at=NINE + HOUR)
    Session.objects.update(starts_at=NINE, ends_at=None)
    assert counted(session) == (1, None)
    assert counted(moved) == (1, NINE + HOUR)


def test_saving_without_the_timetable_keeps_the_count(session):
    stale = Session.objects.get()
    by_save(session, starts_at=NINE - HOUR)
    stale.track = "Main"
    stale.save(update_fields=["track"])
    assert counted(session) == (1, NINE)


def test_a_session_pulled_back_to_draft_still_counts(session):
    """Calendars that hold the old time must see that the next one is newer."""
    by_save(session, state="draft")
    by_save(session, starts_at=NINE - HOUR)
    by_save(session, state="published")
    assert counted(session) == (1, NINE)


def test_the_public_state_of_the_edition_is_what_it_was_before_the_write(session):
    Edition.objects.update(first_published_at=timezone.now() + HOUR)
    by_update(session, starts_at=NINE - HOUR)
    assert counted(session) == (0, None)


@each_way
def test_a_start_gives_a_session_its_day_unless_it_has_one(session, write):
    edition = session.edition  # by the clock of Chengdu
    days = [
        EditionDay.objects.create(
            edition=edition, number=n, date=datetime.date(2026, 9, n)
        )
        for n in (1, 2)
    ]
    other = EditionDay.objects.create(
        edition=make_edition(), number=1, date=datetime.date(2026, 9, 3)
    )

    def day_at(moment, **fields):
        write(session, starts_at=moment, ends_at=moment + HOUR, **fields)
        session.refresh_from_db()
        return session.day

    assert day_at(NINE) == days[0]
    # One that was given stays, and is told of as a clash.
    assert day_at(NINE + 24 * HOUR) == days[0]
    assert day_at(NINE + 8 * HOUR, day=None) == days[1]
    # 01:00 of the third is the night of the second day; 09:00 is no day of this one.
    assert day_at(NINE + 32 * HOUR, day=None) == days[1]
    assert day_at(NINE + 40 * HOUR, day=None) is None
    assert [str(clash) for clash in clashes(edition)] == [
        f"“{session}” is on 3 September 2026, outside the edition’s days."
    ]
    assert SESSION_NEEDS["outside"].having(Session) == Q(pk__in=[session.pk])
    other.edition = edition
    other.number = 3
    other.save()
    Session.objects.place()
    session.refresh_from_db()
    assert (session.day, clashes(edition)) == (other, [])


def test_one_query_finds_the_days_of_many_new_sessions(django_assert_max_num_queries):
    edition = make_edition()
    date = datetime.date(2026, 9, 1)
    day = EditionDay.objects.create(edition=edition, number=1, date=date)
    made = [
        Session(edition=edition, slug=f"s{n}", code=f"S{n}", starts_at=NINE, format="x")
        for n in range(30)
    ]
    with django_assert_max_num_queries(12):
        Session.objects.bulk_create(made)
    assert {session.day for session in Session.objects.all()} == {day}
