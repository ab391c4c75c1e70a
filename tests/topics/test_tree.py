import pytest

from tests.factories import make_topic
from topics.models import Topic
from topics.tree import grow, lineage, related, with_narrower

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


def test_the_relatives_of_one_are_all_above_and_below_it_by_their_keys():
    parents = {1: None, 2: 1, 3: 2, 4: 2, 5: 3, 6: 1, 7: 99}
    children = {None: [1], 1: [2, 6], 2: [3, 4], 3: [5], 99: [7]}
    assert related(2, parents, children) == {1, 3, 4, 5}
    assert related(5, parents, children) == {3, 2, 1}
    assert related(7, parents, children) == set()
    assert related(8, {8: 9, 9: 8, 10: 9}, {8: [9], 9: [8, 10]}) == {9, 10}
