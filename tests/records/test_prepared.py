import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, connections
from django.db.models import F, Prefetch, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from records.prepared import (
    MOST_KEYS,
    Prepared,
    keep,
    prepared,
    rows_in,
    rows_of,
    today,
)
from records.previewing import showing
from sessions.models import Session
from tests.factories import make_session, make_topic

pytestmark = pytest.mark.django_db


@prepared
def in_room(slug, room):
    return Session.objects.published().filter(slug=slug, room=room).order_by("title")


def test_a_prepared_query_answers_each_call_with_its_own_values():
    one, other = make_session(slug="one"), make_session(slug="other")
    found = [in_room(slug=slug, room=None) for slug in ("one", "other", "third")]
    assert found == [[one], [other], []]
    assert in_room(slug="one", room=7) == []


def test_each_call_asks_the_database_once():
    make_session(slug="one")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            in_room(slug="one", room=None)
    assert len(queries) == 3


def test_objects_of_two_calls_are_not_the_same():
    make_session(slug="one")
    (first,), (second,) = (in_room(slug="one", room=None) for _ in range(2))
    assert first == second
    assert first is not second


@pytest.mark.parametrize("some", [slice(2), slice(1, 3), slice(3, 9), slice(5, 6)])
def test_some_of_the_rows_are_those_of_a_slice(some):
    for number in range(4):
        make_session(slug=f"s{number}", position=number)

    @prepared
    def placed(first):
        return Session.objects.filter(position__gte=first).order_by("position")

    wanted = list(Session.objects.order_by("position"))
    assert [placed(first=0, some=some) for _ in range(2)] == [wanted[some]] * 2
    with showing([wanted[0]]):
        assert placed(first=0, some=some) == wanted[some]


def test_rows_share_what_they_have_in_common():
    @prepared
    def of_edition(edition):
        records = Session.objects.filter(edition=edition)
        return records.select_related("edition", "room").order_by("slug")

    edition = make_session(slug="a").edition
    make_session(slug="b", edition=edition)
    one, other = of_edition(edition=edition.pk)
    assert one.edition is other.edition
    assert (one.edition, one.room) == (edition, None)
    (third, _fourth) = of_edition(edition=edition.pk)
    assert third.edition is not one.edition


def test_an_embargo_that_passes_between_two_calls_counts():
    session = make_session(slug="one", publish_at=timezone.now() + timedelta(hours=1))
    assert in_room(slug="one", room=None) == []
    Session.objects.filter(pk=session.pk).update(
        publish_at=timezone.now() - timedelta(seconds=1)
    )
    assert in_room(slug="one", room=None) == [session]


def test_a_preview_is_not_prepared_and_leaves_nothing_behind():
    draft = make_session(slug="one", state="draft")
    with showing([draft]):
        assert in_room(slug="one", room=None) == [draft]
    assert in_room(slug="one", room=None) == []


def test_each_language_has_a_query_of_its_own():
    a, b = (
        make_session(slug=slug, title_en=english, title_zh_hans=chinese)
        for slug, english, chinese in (("a", "A", "乙"), ("b", "B", "甲"))
    )

    @prepared
    def by_title(first):
        return Session.objects.filter(pk__gte=first).order_by("title_en")

    @prepared
    def named(title):
        return Session.objects.filter(title=title)

    assert by_title(first=a.pk) == [a, b]
    for language, title in (("en", "A"), ("zh-hans", "乙")):
        with override(language):
            assert named(title=title) == [a]


def test_what_is_fetched_besides_is_public_at_the_moment_of_asking():
    @prepared
    def with_topics(slug):
        return Session.objects.filter(slug=slug).with_published("topics")

    session = make_session(slug="one")
    topic = make_topic(state="draft")
    session.topics.add(topic)
    assert [list(one.topics.all()) for one in with_topics(slug="one")] == [[]]
    topic.state = "published"
    topic.save()
    assert [list(one.topics.all()) for one in with_topics(slug="one")] == [[topic]]


def test_a_query_that_can_find_nothing_asks_nobody():
    @prepared
    def nothing(slug):
        return Session.objects.filter(slug=slug, pk__in=[])

    with CaptureQueriesContext(connection) as queries:
        assert nothing(slug="one") == []
    assert len(queries) == 0


def test_what_one_record_has_is_kept_as_a_prefetch_keeps_it():
    @prepared
    def whole(slug):
        found = Session.objects.filter(slug=slug).with_published("topics", "materials")
        return found.prefetch_related("alt_names", "spoken_languages")

    session = make_session(slug="one")
    session.topics.add(make_topic(slug="b"), make_topic(slug="a"))
    session.alt_names.create(text="First")
    for language in ("en", "fr"):
        session.spoken_languages.create(language=language)
    make_session(slug="other").spoken_languages.create(language="de")

    def told(one):
        return [
            sorted(topic.slug for topic in one.topics.all()),
            [name.text for name in one.alt_names.all()],
            [
                (spoken.language, spoken.session)
                for spoken in one.spoken_languages.all()
            ],
            list(one.materials.all()),
            one.topics.count(),
        ]

    for _ in range(2):
        (one,) = whole(slug="one")
        with CaptureQueriesContext(connection) as queries:
            found = told(one)
        assert len(queries) == 0
        assert found == told(session)


def test_what_is_kept_of_a_record_can_be_asked_further():
    @prepared
    def with_topics(slug):
        return Session.objects.filter(slug=slug).with_published("topics")

    session, other = make_session(slug="one"), make_session(slug="other")
    topics = [make_topic(slug=slug) for slug in ("a", "b", "c")]
    session.topics.add(*topics[:2])
    other.topics.add(*topics[1:])
    (one,) = with_topics(slug="one")
    assert one.topics.filter(slug__gte="b").get() == topics[1]
    assert one.topics.published().count() == 2
    one.topics.remove(topics[0])
    assert list(one.topics.all()) == [topics[1]]


def test_several_records_are_given_each_its_own():
    @prepared
    def all_with_topics(since):
        found = Session.objects.filter(pk__gte=since).order_by("pk")
        return found.with_published("topics")

    one, other = make_session(slug="one"), make_session(slug="other")
    topics = [make_topic(slug=slug) for slug in ("a", "b")]
    one.topics.add(topics[0])
    other.topics.add(topics[1])
    found = [list(each.topics.all()) for each in all_with_topics(since=one.pk)]
    assert found == [[topics[0]], [topics[1]]]
    (alone,) = all_with_topics(since=other.pk)
    assert list(alone.topics.all()) == [topics[1]]


@pytest.mark.parametrize("count", [1, 3, MOST_KEYS + 1])
def test_what_any_number_of_records_have_is_fetched_as_a_prefetch_fetches_it(count):
    topics = [make_topic(slug=slug) for slug in ("a", "b")]
    draft = make_topic(slug="c", state="draft")
    for number in range(count):
        session = make_session(slug=f"s{number}")
        session.topics.add(*topics[: number % 3], draft)
        session.alt_names.create(text=f"Name {number}")
        session.spoken_languages.create(language="en")

    @prepared
    def whole(state):
        return sessions().filter(state=state)

    def sessions():
        languages = Prefetch("spoken_languages", to_attr="spoken")
        found = Session.objects.with_published("topics").order_by("pk")
        return found.prefetch_related("alt_names", languages)

    def told(session):
        return [
            [topic.slug for topic in session.topics.all()],
            [name.text for name in session.alt_names.all()],
            [(one.language, one.session_id) for one in session.spoken],
            [name.text for name in rows_in(session, "alt_names")],
        ]

    found = [told(session) for session in sessions()]
    with CaptureQueriesContext(connection) as queries:
        assert [told(session) for session in rows_of(sessions())] == found
        assert [told(session) for session in whole(state="published")] == found
    assert len(queries) == 8
    last = count - 1
    slugs, *others = found[last]
    assert slugs == ["a", "b"][: last % 3]
    assert others == [[f"Name {last}"], [("en", session.pk)], [f"Name {last}"]]


def test_what_is_not_fetched_is_asked_for():
    session = make_session()
    session.alt_names.create(text="First")
    assert [name.text for name in rows_in(session, "alt_names")] == ["First"]


def test_the_day_of_a_prepared_query_is_that_of_asking():
    @prepared
    def held(slug):
        return Session.objects.filter(slug=slug, day__date=today())

    session = make_session(slug="one")
    days = [timezone.localdate() + timedelta(days=n) for n in (0, 1)]
    session.day = session.edition.days.create(number=1, date=days[1])
    session.save()
    assert held(slug="one") == []
    type(session.day).objects.update(date=days[0])
    assert held(slug="one") == [session]


def test_rows_can_be_given_to_a_relation_without_a_query():
    session = make_session(slug="one")
    session.alt_names.create(text="First")
    second = session.alt_names.create(text="Second")
    with CaptureQueriesContext(connection) as queries:
        keep(session, "alt_names", [second])
        assert list(session.alt_names.all()) == [second]
    assert len(queries) == 0
    assert session.alt_names.filter(text="First").exists()


def test_any_number_of_keys_can_be_asked_for():
    @prepared
    def among(keys, state):
        return Session.objects.filter(pk__in=keys, state=state).order_by("pk")

    made = [make_session(slug=f"s{n}") for n in range(MOST_KEYS + 1)]
    for count in (0, 1, 2, 1, MOST_KEYS, MOST_KEYS + 1):
        some = made[:count]
        keys = tuple(session.pk for session in some)
        assert among(keys=keys, state="published") == some
        assert among(keys=keys, state="draft") == []


def test_values_without_models_come_as_they_are_asked():
    @prepared
    def names(slug):
        found = Session.objects.filter(slug=slug).annotate(again=F("slug"))
        return found.values_list("slug", "again", "event_status")

    make_session(slug="one")
    for _ in range(2):
        assert names(slug="one") == [("one", "one", "scheduled")]


def test_threads_that_ask_first_at_the_same_time_have_the_same_query():
    begun = Event()

    class Slow(Value):
        def as_sql(self, compiler, connection):
            begun.set()
            time.sleep(0.05)
            return super().as_sql(compiler, connection)

    query = Prepared(lambda: Session.objects.annotate(slow=Slow(1)).order_by(), {})

    def write():
        try:
            return query.written_for("default").sql
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(write)
        begun.wait()
        second = pool.submit(write)
    assert first.result() == second.result()
    assert f'FROM "{Session._meta.db_table}"' in first.result()
