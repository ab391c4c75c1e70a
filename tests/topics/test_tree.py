import pytest

from tests.factories import make_session, make_topic
from topics.models import Topic
from topics.tree import count_within, grow, lineage, with_narrower

pytestmark = pytest.mark.django_db


def grown():
    topics = list(Topic.objects.published().order_by("pk"))
    roots = grow(topics)
    return roots, {topic.slug: topic for topic in topics}


def test_a_tree_knows_what_is_above_and_below_each_record():
    top = make_topic(slug="top")
    middle = make_topic(slug="middle", parent=top)
    make_topic(slug="leaf", parent=middle)
    make_topic(slug="other")
    roots, topics = grown()
    assert [topic.slug for topic in roots] == ["top", "other"]
    assert [t.slug for t in lineage(topics["leaf"])] == ["top", "middle"]
    assert [t.slug for t in with_narrower(topics["top"])] == ["top", "middle", "leaf"]


def test_what_hangs_below_a_hidden_record_stands_on_its_own():
    hidden = make_topic(state="draft")
    make_topic(slug="leaf", parent=hidden)
    roots, topics = grown()
    assert roots == [topics["leaf"]]
    assert topics["leaf"].above is None


def test_a_circle_that_the_database_lets_through_ends():
    one = make_topic(slug="one")
    two = make_topic(slug="two", parent=one)
    Topic.objects.filter(pk=one.pk).update(parent=two)
    roots, topics = grown()
    assert roots == []
    assert {t.slug for t in with_narrower(topics["one"])} == {"one", "two"}
    assert [t.slug for t in lineage(topics["one"])] == ["two"]


def test_a_topic_counts_each_session_of_its_narrower_topics_once(
    django_assert_num_queries,
):
    top = make_topic(slug="top")
    leaf = make_topic(slug="leaf", parent=top)
    make_topic(slug="empty", parent=top)
    make_session(topics=[top, leaf])
    make_session(topics=[leaf])
    make_session(topics=[leaf], state="draft")
    _roots, topics = grown()
    with django_assert_num_queries(1):
        count_within(topics.values(), "sessions")
    counts = {slug: topic.sessions_count for slug, topic in topics.items()}
    assert counts == {"top": 2, "leaf": 2, "empty": 0}
