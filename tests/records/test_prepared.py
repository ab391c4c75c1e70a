from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from records.prepared import prepared
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
