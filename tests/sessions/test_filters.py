import pytest
from django.http import QueryDict

from sessions.filters import EditionFilter, OutcomeFilter, SessionFilter
from sessions.models import (
    Edition,
    EditionDay,
    Outcome,
    Room,
    Session,
    SpokenLanguage,
)
from tests.factories import (
    make_contribution,
    make_edition,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)

pytestmark = pytest.mark.django_db


def found(filterset_class, query):
    """Return the slugs that a query finds, in order, and what it ignored."""
    model = filterset_class.Meta.model
    filterset = filterset_class(QueryDict(query), model.objects.published())
    return [record.slug for record in filterset.qs], filterset.ignored


@pytest.fixture
def sessions():
    edition = make_edition(slug="e2023", year=2023)
    day = EditionDay.objects.create(edition=edition, number=2)
    room = Room.objects.create(edition=edition, name_en="Hall A", slug="hall-a")
    parent = make_topic(slug="rights")
    tagged = make_session(
        slug="tagged",
        edition=edition,
        title_en="Batteries and labour",
        title_zh_hans="电池与劳工",
        format="workshop",
        day=day,
        room=room,
        topics=[make_topic(slug="labour", parent=parent)],
        minerals=[make_mineral(slug="cobalt")],
        stages=[make_stage(slug="mining")],
        regulations=[make_regulation(slug="act")],
    )
    SpokenLanguage.objects.create(session=tagged, language="fr", interpreted=True)
    make_contribution(
        tagged,
        make_person(slug="ann"),
        organization=make_organization(slug="ilo"),
    )
    make_session(slug="plain", edition=make_edition(slug="e2020", year=2020))
    return tagged


@pytest.mark.parametrize(
    "query",
    [
        "q=labour+batt",
        "q=电池",
        "edition=e2023",
        "day=2",
        "room=hall-a",
        "topic=labour",
        "topic=rights",
        "regulation=act",
        "organization=ilo",
        "person=ann",
        "mineral=cobalt",
        "stage=mining",
        "format=workshop",
        "language=fr",
        "year_from=2021",
    ],
)
def test_each_filter_of_sessions_narrows_the_list(sessions, query):
    assert found(SessionFilter, query) == (["tagged"], [])


def test_year_to_keeps_earlier_editions(sessions):
    assert found(SessionFilter, "year_to=2020") == (["plain"], [])


@pytest.mark.parametrize(
    "query",
    ["day=9", "room=cellar", "language=xx", "edition=nope", "format=opera", "topic=A!"],
)
def test_an_unknown_value_is_named_and_the_list_stays_whole(sessions, query):
    name, _sign, value = query.partition("=")
    assert found(SessionFilter, query) == (["tagged", "plain"], [(name, value)])


def test_a_hidden_person_or_topic_is_no_filter():
    session = make_session(slug="a", topics=[make_topic(slug="draft", state="draft")])
    make_contribution(session, make_person(slug="gone", state="withdrawn"))
    assert found(SessionFilter, "topic=draft&person=gone") == (
        ["a"],
        [("topic", "draft"), ("person", "gone")],
    )


def test_a_hidden_person_ties_no_session_to_their_organization():
    organization = make_organization(slug="ilo")
    make_contribution(
        make_session(), make_person(state="draft"), organization=organization
    )
    assert found(SessionFilter, "organization=ilo") == ([], [])


def test_sessions_come_newest_edition_first_in_programme_order(sessions):
    edition = Edition.objects.get(slug="e2023")
    make_session(slug="first", edition=edition, position=0)
    assert found(SessionFilter, "")[0] == ["first", "tagged", "plain"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("kind=commitment", ["promise"]),
        ("kind=outcome&kind=fact", ["done", "fact"]),
        ("status=fulfilled", ["done"]),
        ("status=no-follow-up", ["promise"]),
        ("status=no-follow-up&status=fulfilled", ["done", "promise"]),
        ("organization=ilo", ["promise"]),
        ("person=ann", ["promise"]),
        ("topic=labour", ["promise"]),
        ("edition=e2023&q=opened", ["done"]),
        ("year_from=2024", []),
    ],
)
def test_each_filter_of_outcomes_narrows_the_list(query, slugs):
    edition = make_edition(slug="e2023", year=2023)
    make_outcome(
        slug="done",
        edition=edition,
        status="fulfilled",
        statement_en="A centre opened.",
        position=1,
    )
    make_outcome(
        slug="promise",
        edition=edition,
        kind="commitment",
        position=2,
        organizations=[make_organization(slug="ilo")],
        people=[make_person(slug="ann")],
        topics=[make_topic(slug="labour")],
    )
    make_outcome(slug="fact", edition=edition, kind="fact", position=3)
    assert found(OutcomeFilter, query) == (slugs, [])


def test_editions_are_found_by_place_and_year():
    make_edition(slug="a", year=2020)
    make_edition(slug="b", year=2023, city_en="Chengdu", city_zh_hans="成都")
    assert found(EditionFilter, "") == (["b", "a"], [])
    assert found(EditionFilter, "q=成都") == (["b"], [])
    assert found(EditionFilter, "year_to=2021") == (["a"], [])


def test_only_published_records_are_in_the_lists():
    for state in ("draft", "withdrawn"):
        make_session(state=state)
        make_outcome(state=state)
    hidden = make_edition(state="draft")
    make_session(edition=hidden)
    make_outcome(edition=hidden)
    shown = make_session(slug="shown")
    make_outcome(slug="shown", edition=shown.edition)
    assert found(SessionFilter, "") == (["shown"], [])
    assert found(OutcomeFilter, "") == (["shown"], [])
    assert Session.objects.count() == 4
    assert Outcome.objects.count() == 4
