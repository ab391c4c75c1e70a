"""The changes of one record as an Atom feed."""

import re

import pytest
from django.contrib.auth.models import User

from records.models import record_kinds
from tests.exchange.atom import read_atom
from tests.factories import (
    make_citation,
    make_contribution,
    make_milestone,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)
from tests.past import day, days_pass
from tests.records.test_version_pages import every_kind
from tests.topics.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def feed(client, record, language="en"):
    address = record.address.removesuffix("/") + ".atom"
    response = client.get(f"/{language}{address}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return read_atom(response.content)


def test_each_change_is_told_by_field_from_old_to_new(client):
    topic = make_topic(label_en="Water", label_zh_hans="水")
    regulation = make_regulation(short_name_en="Old", binding=True, topics=[topic])
    milestone = make_milestone("2023-07-12", "signed", regulation=regulation)
    days_pass(9, regulation)
    regulation.short_name_en, regulation.binding = "New & <b>", False
    regulation.editor_note = "PLANTED1"
    regulation._history_user = User.objects.create(username="PLANTED2")
    regulation.save()
    del regulation._history_user
    days_pass(3, regulation)
    milestone.note_en = "In Brussels"
    milestone.save()
    regulation.topics.clear()
    make_milestone("2024-08-18", "applies", regulation=regulation)
    days_pass(2, regulation)
    regulation.editor_note = "PLANTED3"  # no change that the public sees
    regulation.save()

    title, language, entries = feed(client, regulation)
    assert title == "Changes of the record “New & <b>”"
    assert language == "en"
    assert [entry["title"] for entry in entries] == [
        "New & <b>: Milestones, Topics",
        "New & <b>: Short name, Binding",
        "New & <b>: put on record",
    ]
    assert [words(entry["words"]) for entry in entries] == [
        "Milestones: 12 July 2023 , Signed → 12 July 2023 , Signed, In Brussels "
        "Milestones: added: 18 August 2024 , Applies "
        "Topics: removed: Water",
        "Short name: Old → New & <b> Binding: Yes → No",
        "Put on record.",
    ]
    page = f"http://testserver/en{regulation.address}"
    assert [entry["link"] for entry in entries] == [
        f"{page}?version={day(ago)}" for ago in (2, 5, 14)
    ]
    response = client.get(page.removesuffix("/") + ".atom")
    assert re.findall(r"PLANTED\d", response.text) == []


def test_a_feed_is_in_the_language_of_its_address(client):
    topic = make_topic(label_en="Water", label_zh_hans="水")
    days_pass(3, topic)
    topic.label_zh_hans = "用水"
    topic.save()
    _title, language, entries = feed(client, topic, "zh-hans")
    assert language == "zh-Hans"
    assert words(entries[0]["words"]).endswith("水 → 用水")
    english = feed(client, topic)[2]
    assert len(english) == 1  # the English page says what it said
    assert not {entry["id"] for entry in entries} & {entry["id"] for entry in english}


def test_identifiers_stay_while_a_record_goes_on_changing(client):
    topic = make_topic(label_en="One")
    days_pass(3, topic)
    topic.label_en = "Two"
    topic.save()
    before = feed(client, topic)[2]
    topic.label_en = "Three"  # within minutes: the same change
    topic.save()
    same = feed(client, topic)[2]
    assert [entry["id"] for entry in same] == [entry["id"] for entry in before]
    assert words(same[0]["words"]) == "Label: One → Three"


def test_a_record_was_not_put_on_record_before_it_was_public(client):
    regulation = make_regulation(topics=[make_topic()], state="draft")
    regulation.state = "published"
    regulation.save()
    entry = feed(client, regulation)[2][-1]
    assert entry["published"] == regulation.first_published_at.isoformat()


@pytest.mark.either_database
def test_a_feed_holds_the_newest_50_changes_for_the_same_queries(
    client, django_assert_max_num_queries
):
    topic = make_topic(label_en="Title 0")
    for n in range(1, 53):
        days_pass(1, topic)
        topic.label_en = f"Title {n}"
        topic.save()
    with django_assert_max_num_queries(12):
        entries = feed(client, topic)[2]
    told = [words(entry["words"]) for entry in entries]
    assert told == [f"Label: Title {n - 1} → Title {n}" for n in range(52, 2, -1)]


def test_who_comes_into_public_later_joins_when_that_happens(client):
    session = make_session(title_en="The session")
    person = make_person(name_en="Late", state="draft")
    make_contribution(session, person)
    make_contribution(session, make_organization(name_en="PLANTED", state="draft"))
    days_pass(4, person)
    person.state = "published"
    person.save()
    told = [words(entry["words"]) for entry in feed(client, session)[2]]
    assert told == ["Contributions: added: Speaker, Late", "Put on record."]


def test_the_feed_of_every_kind_is_valid_in_both_languages(client):
    kinds = every_kind()
    days_pass(2, *kinds)
    for record in kinds:
        make_citation(record)
        page = client.get(record.get_absolute_url()).text
        address = record.get_absolute_url().removesuffix("/") + ".atom"
        assert page.count(f'href="{address}"') == 2
        for language in ("en", "zh-hans"):
            assert len(feed(client, record, language)[2]) == 2
    assert {type(record) for record in kinds} == set(record_kinds())


def test_pages_name_the_feed_of_the_sessions_that_discuss_them(client):
    regulation, topic = make_regulation(), make_topic()
    organization = make_organization()
    session = make_session(
        title_en="Told in it", regulations=[regulation], topics=[topic]
    )
    make_contribution(session, organization)
    for name, record in {
        "regulation": regulation,
        "topic": topic,
        "organization": organization,
    }.items():
        page = client.get(record.get_absolute_url()).text
        address = f"/en/sessions.atom?{name}={record.slug}"
        assert f'href="{address}"' in page
        content = b"".join(client.get(address).streaming_content)
        assert [entry["title"] for entry in read_atom(content)[2]] == ["Told in it"]
