"""`?version=2026-03-01`: the page of a record as it was on a day."""

import datetime
import re

import pytest
from django.utils import timezone

from organizations.models import Organization, Person
from records.models import AltName, record_kinds
from records.past import Past
from records.version_pages import end_of
from sessions.models import Room, Session
from tests.factories import (
    make_affiliation,
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_milestone,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_stage,
    make_topic,
)
from tests.past import day, days_pass
from tests.topics.reading import words
from topics.models import Milestone, Topic

pytestmark = pytest.mark.django_db
LANGUAGES = ("en", "zh-hans")


def page(client, record, asked, language="en"):
    return client.get(f"/{language}{record.address}", {"version": asked})


def main(response):
    """Return the words of the page itself, without head, foot and breadcrumb."""
    page = re.search(r"<main.*?</main>", response.text, re.S)[0]
    return words(re.sub(r'<nav class="breadcrumb".*?</nav>', "", page, flags=re.S))


def everything_said(client, record, days):
    """Return all that any version and the feed say, in both languages."""
    answers = [
        page(client, record, asked, language)
        for language in LANGUAGES
        for asked in ["", *(day(ago) for ago in range(days + 1))]
    ]
    feed = record.address.removesuffix("/") + ".atom"
    answers += [client.get(f"/{language}{feed}") for language in LANGUAGES]
    return "\n".join(answer.text for answer in answers)


def test_a_version_shows_fields_tags_and_parts_as_they_were(client):
    regulation = make_regulation(
        short_name_en="Old name",
        short_name_zh_hans="旧名",
        summary_en="Old *summary*.",
        topics=[make_topic(label_en="Tag kept")],
    )
    regulation.topics.add(make_topic(label_en="Tag lost"))
    milestone = make_milestone("2023-07-12", "signed", regulation=regulation)
    AltName.objects.create(record=regulation, text="Nickname", language="en")
    make_citation(regulation)
    days_pass(5, regulation)
    regulation.short_name_en = "New name"
    regulation.summary_en = "New summary."
    regulation.save()
    regulation.topics.remove(regulation.topics.get(label_en="Tag lost"))
    Topic.objects.filter(label_en="Tag kept").update(label_en="Tag renamed")
    Milestone.objects.filter(pk=milestone.pk).update(date=datetime.date(2024, 1, 2))
    AltName.objects.all().delete()

    then = page(client, regulation, day(5))
    said = main(then)
    assert "This is the record as it was at the end of" in said
    for old in ("Old name", "旧名", "Tag lost", "12 July 2023 , Signed", "Nickname"):
        assert old in said
    assert "<p>Old <em>summary</em>.</p>" in then.text
    assert "Tag renamed" in said  # other records by the name they have today
    for new in ("New name", "New summary", "Tag kept", "2 January 2024"):
        assert new not in said
    assert f'href="{regulation.get_absolute_url()}">See the page as it is today' in (
        then.text
    )
    assert '<meta name="robots" content="noindex">' in then.text
    assert f'rel="canonical" href="http://testserver/en{regulation.address}"' in (
        then.text
    )
    assert page(client, regulation, day(2)).text.count("Old name") >= 2

    now = main(page(client, regulation, ""))
    assert "New name" in now
    assert "Nickname" not in now
    assert "2 January 2024 , Signed" in now
    found = re.findall(r'href="\?version=([^"]+)"', page(client, regulation, "").text)
    assert found == [day(0), day(5)]


def test_a_chinese_version_is_in_chinese_where_there_is_any(client):
    topic = make_topic(label_en="Water", label_zh_hans="水", definition_zh_hans="旧文")
    days_pass(3)
    Topic.objects.filter(pk=topic.pk).update(definition_zh_hans="新文")
    then = page(client, topic, day(3), "zh-hans")
    assert "<p>旧文</p>" in then.text
    assert "新文" not in then.text
    assert '<div lang="zh-Hans"><p>旧文</p>' in page(client, topic, day(3)).text


def test_a_day_ends_at_midnight_by_the_clock_of_the_forum():
    end = end_of(datetime.date(2024, 5, 1))
    assert timezone.localtime(end).isoformat() == "2024-05-01T23:59:59.999999+08:00"
    assert end_of(timezone.localdate()) <= timezone.now()


@pytest.mark.parametrize(
    "asked",
    ["2023-13-01", "yesterday", "2999-01-01", "20230101", "２０２３-01-01", "<b>"],
)
def test_a_day_that_is_none_or_to_come_is_named_and_left_out(client, asked):
    topic = make_topic(label_en="Water")
    response = page(client, topic, asked)
    assert response.status_code == 200
    said = main(response)
    assert "Not understood and left out: version" in said
    assert f"“{asked}”" in said
    assert "This is the record" not in said


@pytest.mark.parametrize("asked", ["0001-01-01", "1999-12-31"])
def test_before_a_record_was_public_a_page_says_since_when_it_is(client, asked):
    session = make_session(edition=make_edition())
    days_pass(4)
    since = timezone.localdate() - datetime.timedelta(days=4)
    for language in LANGUAGES:
        response = page(client, session, asked, language)
        assert response.status_code == 404
        assert f'datetime="{since}"' in response.text


def test_what_is_not_public_today_has_no_versions(client):
    draft, gone, moved = make_topic(), make_topic(), make_topic()
    days_pass(4, draft, gone, moved)
    draft.state = "draft"
    draft.save()
    gone.state = "withdrawn"
    gone.save()
    former = moved.address
    moved.slug = "another-address"
    moved.save()
    assert page(client, draft, day(4)).status_code == 404
    assert page(client, gone, day(4)).status_code == 410
    response = client.get(f"/en{former}", {"version": day(4)})
    assert response.status_code == 301
    assert response["Location"].endswith(f"/another-address/?version={day(4)}")
    assert page(client, moved, day(4)).status_code == 200


def test_nothing_written_before_it_was_public_or_while_it_was_not_ever_shows(client):
    topic = make_topic(
        state="draft", label_en="PLANTED1", definition_en="PLANTED2", note_en="PLANTED3"
    )
    AltName.objects.create(record=topic, text="PLANTED4")
    citation = make_citation(topic, about="PLANTED5")
    days_pass(2, topic)
    AltName.objects.all().delete()
    citation.delete()
    topic.label_en, topic.definition_en = "PLANTED6", "PLANTED7"
    topic.note_en, topic.editor_note = "", "PLANTED8"
    topic.state = "published"  # behind an embargo of two days
    topic.publish_at = timezone.now() + datetime.timedelta(days=2)
    topic.save()
    days_pass(1, topic)
    topic.label_en, topic.definition_en = "Public name", "Public text"
    topic.save()
    days_pass(3, topic)  # the embargo is over
    topic.editor_note = "PLANTED9"
    topic.save()
    topic.state, topic.definition_en = "draft", "PLANTED10"
    topic.save()
    days_pass(2, topic)
    topic.state, topic.definition_en = "published", "Public again"
    topic.save()
    days_pass(1)

    said = everything_said(client, topic, 10)
    for public in ("Public name", "Public text", "Public again"):
        assert public in said
    assert re.findall(r"PLANTED\d+", said) == []
    codes = [page(client, topic, day(ago)).status_code for ago in range(10)]
    assert codes == [200, 200, 404, 404, 200, 200, 404, 404, 404, 404]


def test_who_is_hidden_or_was_hidden_then_is_never_named(client):
    session = make_session()
    hidden = make_person(name_en="PLANTED1", state="draft")
    gone = make_organization(name_en="PLANTED2")
    later = make_person(name_en="PLANTED3", state="draft")
    brief = make_person(name_en="PLANTED4")
    host = make_organization(name_en="Seen host")
    for who in (hidden, gone, later, brief, host):
        make_contribution(session, who)
    session.topics.set([make_topic(label_en="PLANTED5", state="draft")])
    days_pass(2)
    session.contributions.filter(person=later).delete()
    Organization.objects.get(pk=gone.pk).contributions.all().delete()
    days_pass(2, later, gone, brief)
    later.state = "published"  # for another session; here it was never shown
    later.save()
    gone.state = brief.state = "withdrawn"
    gone.save()
    brief.save()
    days_pass(1)
    said = everything_said(client, session, 6)
    assert "Seen host" in said
    assert re.findall(r"PLANTED\d+", said) == []


def test_who_asks_for_the_name_only_shows_no_more_from_the_past(client):
    person = make_person(
        name_en="PLANTED1", bio_en="PLANTED2", role_en="PLANTED3", orcid="PLANTED4"
    )
    house = make_organization(name_en="PLANTED5")
    make_affiliation(person=person, organization=house, title_en="PLANTED6")
    AltName.objects.create(record=person, text="PLANTED7")
    session = make_session(title_en="The session")
    make_contribution(session, person, organization=house)
    days_pass(3)
    Person.objects.filter(pk=person.pk).update(name_en="Name today", listed=False)
    person.refresh_from_db()
    said = everything_said(client, person, 3) + everything_said(client, session, 3)
    assert "Name today" in said
    assert re.findall(r"PLANTED\d+", said) == []


def test_a_time_shown_by_name_only_stays_so(client):
    person = make_person(name_en="Somebody", bio_en="PLANTED1", listed=False)
    session = make_session()
    make_contribution(session, person, organization=make_organization(name_en="Firm"))
    days_pass(3)
    Person.objects.filter(pk=person.pk).update(bio_en="Public", listed=True)
    person.refresh_from_db()
    assert "PLANTED" not in everything_said(client, person, 3)
    assert "Public" in main(page(client, person, ""))
    assert "Firm" not in main(page(client, session, day(2)))
    assert "Firm" in main(page(client, session, ""))


def test_rooms_and_days_of_a_session_are_those_of_then(client):
    edition = make_edition()
    old = Room.objects.create(edition=edition, name_en="Blue hall", slug="blue")
    session = make_session(edition=edition, room=old)
    days_pass(3, session)
    session.room = None
    session.save()
    old.delete()
    assert "Blue hall" in main(page(client, session, day(3)))
    assert "Blue hall" not in main(page(client, session, ""))


def every_kind():
    """Return one record of each kind, with parts of every sort."""
    organization, person, stage = make_organization(), make_person(), make_stage()
    topic, mineral = make_topic(parent=make_topic()), make_mineral(lists=["3TG"])
    edition = make_edition()
    make_edition_role(edition, organization, "organizer")
    edition.days.create(number=1, title_en="First")
    make_affiliation(person=person, organization=organization)
    regulation = make_regulation(topics=[topic], minerals=[mineral], stages=[stage])
    make_milestone("2023-01-01", "adopted", regulation=regulation, precision="year")
    make_relation(regulation, "amends", make_regulation())
    regulation.identifiers.create(scheme="CELEX", value="1")
    regulation.duties.create(text_en="Do it", article="4")
    session = make_session(
        edition=edition,
        starts_at=timezone.now(),
        topics=[topic],
        regulations=[regulation],
        minerals=[mineral],
        stages=[stage],
    )
    session.materials.create(kind="slides", url="https://example.org/PLANTED")
    session.spoken_languages.create(language="zh", interpreted=True)
    make_contribution(session, person, organization=organization)
    outcome = make_outcome(
        edition=edition,
        session=session,
        organizations=[organization],
        people=[person],
        topics=[topic],
    )
    outcome.updates.create(date=datetime.date(2024, 1, 1), note_en="It goes on")
    kinds = [
        edition,
        session,
        person,
        organization,
        topic,
        mineral,
        stage,
        regulation,
        outcome,
    ]
    for record in kinds:
        make_citation(record)
        AltName.objects.create(record=record, text="Also so", language="en")
    return kinds


def test_every_kind_has_versions_in_both_languages_within_25_queries(
    client, django_assert_max_num_queries
):
    kinds = every_kind()
    assert {type(record) for record in kinds} == set(record_kinds())
    days_pass(3)
    for record in kinds:
        for language in LANGUAGES:
            with django_assert_max_num_queries(25):
                response = page(client, record, day(3), language)
            assert response.status_code == 200, record
            assert "Also so" in response.text
            assert "PLANTED" not in response.text


@pytest.mark.either_database
@pytest.mark.parametrize("rows", [1, 9])
def test_the_past_of_a_session_costs_the_same_however_long_it_is(
    rows, django_assert_num_queries
):
    session = make_session()
    for n in range(rows):
        make_contribution(session, make_person())
        session.topics.add(make_topic())
        make_citation(session)
        session.title_en = f"Title {n}"
        session.save()
    session = Session.objects.select_related("edition").get(pk=session.pk)
    Past(session)  # the kinds of content are known from then on
    with django_assert_num_queries(12):
        Past(session).changes(50)
