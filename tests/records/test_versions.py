import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from records.models import AltName
from sessions.models import Contribution, Room, Session
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
    make_topic,
)
from topics.models import Topic

pytestmark = pytest.mark.django_db


def versions(thing, *fields):
    rows = thing.history.order_by("history_id")
    return list(rows.values_list("history_type", *fields))


def test_an_update_leaves_a_version_of_each_row_it_changed():
    one, other = make_topic(label_en="Water"), make_topic(label_en="Air")
    untouched = make_topic(label_en="Soil")
    changed = Topic.objects.filter(pk__in=[one.pk, other.pk]).update(label_en="Both")
    assert changed == 2
    assert versions(one, "label_en") == [("+", "Water"), ("~", "Both")]
    assert versions(other, "label_en") == [("+", "Air"), ("~", "Both")]
    assert versions(untouched, "label_en") == [("+", "Soil")]


def test_the_version_of_an_update_holds_what_followed_from_it():
    topic = make_topic(state="draft")
    Topic.objects.filter(pk=topic.pk).update(state="published")
    topic.refresh_from_db()
    assert topic.first_published_at
    assert versions(topic, "state", "first_published_at") == [
        ("+", "draft", None),
        ("~", "published", topic.first_published_at),
    ]


def test_bulk_update_leaves_one_version_of_each_row():
    topics = [make_topic(label_en=name) for name in ("One", "Two", "Three")]
    for topic in topics:
        topic.label_zh_hans = f"{topic.label_en}!"
    Topic.objects.bulk_update(topics, ["label_zh_hans"], batch_size=2)
    assert [versions(t, "label_en", "label_zh_hans") for t in topics] == [
        [("+", "One", ""), ("~", "One", "One!")],
        [("+", "Two", ""), ("~", "Two", "Two!")],
        [("+", "Three", ""), ("~", "Three", "Three!")],
    ]


def test_bulk_create_leaves_the_first_version_of_each_row():
    made = Topic.objects.bulk_create(
        [Topic(slug="one", label_en="One"), Topic(slug="two", label_zh_hans="二")]
    )
    assert [versions(t, "slug", "label_en", "label_zh_hans") for t in made] == [
        [("+", "one", "One", "")],
        [("+", "two", "", "二")],
    ]


def test_a_bulk_write_keeps_what_a_record_was_tagged_with():
    topic = make_topic()
    session = make_session(topics=[topic])
    Session.objects.filter(pk=session.pk).update(code="S99")
    newest = session.history.first()
    assert newest.code == "S99"
    assert [tag.topic for tag in newest.topics.all()] == [topic]


def test_bulk_writes_of_parts_leave_versions_too():
    session = make_session()
    person, organization = make_person(), make_organization()
    [said] = Contribution.objects.bulk_create(
        [Contribution(session=session, person=person, role="speaker")]
    )
    session.contributions.update(role="moderator")
    room = Room.objects.create(edition=session.edition, name_en="A", slug="a")
    session.edition.rooms.update(floor="2")
    [name] = AltName.objects.bulk_create([AltName(record=organization, text="GIZ")])
    assert versions(said, "person_id", "role") == [
        ("+", person.pk, "speaker"),
        ("~", person.pk, "moderator"),
    ]
    assert versions(room, "floor") == [("+", ""), ("~", "2")]
    assert versions(name, "text") == [("+", "GIZ")]


def test_deleting_many_leaves_their_last_versions():
    session = make_session()
    said = make_contribution(session, make_person())
    session.contributions.all().delete()
    history = Contribution.history.filter(id=said.pk).order_by("history_id")
    assert list(history.values_list("history_type", flat=True)) == ["+", "-"]


def test_a_bulk_write_that_fails_leaves_no_version():
    topics = [make_topic(slug=slug) for slug in ("one", "two")]
    same = [Topic(slug="three", label_en="3"), Topic(slug="two", label_en="2")]
    with pytest.raises(IntegrityError), transaction.atomic():
        Topic.objects.bulk_create(same)
    assert [len(versions(topic)) for topic in topics] == [1, 1]
    assert Topic.history.count() == 2


def test_an_update_of_nothing_writes_nothing():
    make_topic()
    assert Topic.objects.none().update(label_en="Nothing") == 0
    assert Topic.objects.filter(slug="nowhere").update(label_en="Nothing") == 0
    assert Topic.history.count() == 1


def test_bulk_writes_say_when_a_record_was_last_changed():
    topic = make_topic()
    was = topic.updated_at
    Topic.objects.update(label_en="New")
    topic.refresh_from_db()
    later = topic.updated_at
    Topic.objects.bulk_update([topic], ["label_en"])
    topic.refresh_from_db()
    assert was < later < topic.updated_at


def test_the_queries_of_a_bulk_write_do_not_grow_with_its_rows():
    edition = make_edition()
    asked = []
    for total in (1, 10):
        for _ in range(total):
            make_session(edition=edition)
        with CaptureQueriesContext(connection) as queries:
            Session.objects.for_edition(edition).update(track="Main")
        asked.append(len(queries))
    assert asked[0] == asked[1]
