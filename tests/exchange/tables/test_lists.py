"""Every list in every format: all rows of the page's filters, and nothing else."""

import io
import random
import zipfile

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.tables.kinds import TABLES
from exchange.tables.listing import PART
from exchange.tables.views import FORMATS, NEWEST
from records.models import NO_VALUE
from sessions.models import Session
from tests.exchange.tables.reading import READERS, fetch, read_csv, read_json
from tests.factories import (
    make_affiliation,
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
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
from topics.models import IssuingBody, Topic

NAMES = [table.name for table in TABLES.values()]
LISTS = [(page, ending) for page in TABLES for ending in FORMATS]


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize(("page", "ending"), LISTS)
def test_a_file_has_as_many_rows_as_the_page_says(client, page, ending):
    count = client.get(reverse(page)).context["count"]
    rows = READERS[ending](fetch(client, f"/en/{TABLES[page].name}.{ending}"))
    expected = min(count, NEWEST) if ending == "atom" else count
    assert (len(rows), count > 0) == (expected, True)


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("page", TABLES)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), language=st.sampled_from(["en", "zh-hans"]))
def test_any_filters_leave_the_same_rows_in_a_file_as_on_the_page(
    client, page, seed, language
):
    table, chance = TABLES[page], random.Random(seed)  # noqa: S311
    asked = random_query(table, chance)
    count = client.get(f"/{language}/{table.name}/", asked).context["count"]
    found = {}
    for ending in ("csv", "json", "bib", "ris"):
        address = f"/{language}/{table.name}.{ending}"
        response = client.get(address, asked)
        assert response.status_code == 200, (asked, response.content)
        rows = READERS[ending](b"".join(response.streaming_content))
        found[ending] = len(rows)
    assert found == dict.fromkeys(found, count), asked


def random_query(table, chance):
    """Return a query of one to three filters of a kind, with values that exist."""
    filterset = table.filterset_class(QueryDict(), table.model.objects.published())
    query = {"sort": chance.choice(list(filterset.sorts))}
    names = chance.sample(list(filterset.filters), min(3, len(filterset.filters)))
    for name in names:
        filter_ = filterset.filters[name]
        if name == "q":
            query[name] = chance.choice(["a", "矿", "e n"])
        elif name.startswith("year"):
            query[name] = chance.choice(["1990", "2023", "2030"])
        elif name == "as_of":
            query[name] = "2023-09-22"
        elif values := [value for value, _label in filter_.options]:
            query[name] = chance.sample(values, min(2, len(values)))
            if filter_.has_none and chance.random() < 0.2:
                query[name].append(NO_VALUE)
    return query


@pytest.fixture
def hidden(db):
    """Make a public record of each kind, tied to hidden ones in every way."""
    later = timezone.now() + timezone.timedelta(days=1)
    lives = [
        {"state": "draft"},
        {"publish_at": later},
        {"state": "withdrawn", "withdrawn_at": timezone.now()},
    ]
    edition = make_edition(name_en="Open forum")
    shown = {
        "topics": [make_topic(label_en="Open topic")],
        "minerals": [make_mineral(label_en="Open mineral")],
        "stages": [make_stage(label_en="Open stage")],
    }
    secret = {name: [] for name in shown}
    who, people, laws, sessions = [], [], [], []
    for number, life in enumerate(lives):
        word = f"Hidden {number}"
        secret["topics"].append(make_topic(label_en=word, **life))
        secret["minerals"].append(make_mineral(label_en=word, **life))
        secret["stages"].append(make_stage(label_en=word, **life))
        who.append(make_organization(name_en=word, **life))
        people.append(make_person(name_en=word, **life))
        laws.append(make_regulation(short_name_en=word, **life))
        sessions.append(make_session(edition=edition, title_en=word, **life))
        closed = make_edition(name_en=word, **life)
        make_session(edition=closed, title_en=word)
        make_outcome(edition=closed, statement_en=word)
        make_outcome(edition=edition, statement_en=word, **life)
    both = {name: [*shown[name], *secret[name]] for name in shown}
    law = make_regulation(short_name_en="Open law", **both)
    session = make_session(edition=edition, regulations=[law, *laws], **both)
    organization = make_organization(name_en="Open house", parent=who[0])
    person = make_person(name_en="Open person")
    Topic.objects.filter(slug=shown["topics"][0].slug).update(
        parent=secret["topics"][0]
    )
    for one in who:
        make_contribution(session, one)
        make_contribution(session, person, organization=one)
        make_affiliation(person=person, organization=one)
        make_edition_role(edition, one, "organizer")
        IssuingBody.objects.create(regulation=law, organization=one)
    for one in people:
        make_contribution(session, one)
        make_contribution(session, organization, person=one)
        make_edition_role(edition, one, "organizer")
    for one in laws:
        make_relation(law, "amends", one)
    for one in sessions:
        make_outcome(
            edition=edition,
            session=one,
            organizations=who,
            people=people,
            topics=both["topics"],
        )
    return edition


def words_in(ending, data):
    if ending != "xlsx":
        return data.decode()
    package = zipfile.ZipFile(io.BytesIO(data))
    return "".join(package.read(name).decode() for name in package.namelist())


def test_no_file_names_what_is_not_public(client, hidden):
    leaks = [
        (name, ending)
        for name in NAMES
        for ending in FORMATS
        if "Hidden" in words_in(ending, fetch(client, f"/en/{name}.{ending}"))
    ]
    assert leaks == []


def test_what_hidden_records_do_to_public_ones_is_not_counted(client, hidden):
    rows = read_json(fetch(client, "/en/topics.json"))
    assert [(row["parent"], row["sessions_count"]) for row in rows] == [(None, 1)]
    (session,) = read_json(fetch(client, "/en/sessions.json"))
    assert session["organizations"] == []
    assert session["topics"] == ["Open topic"]
    outcomes = read_json(fetch(client, "/en/outcomes.json"))
    assert {row["session"] for row in outcomes} == {None}
    assert [row["people"] for row in outcomes] == [[], [], []]


def test_who_asks_to_be_shown_by_name_only_is(client, db):
    session, house = make_session(), make_organization(name_en="House")
    shy = make_person(
        name_en="Shy", listed=False, role_en="Boss", bio_en="Life", note_en="Said"
    )
    make_affiliation(person=shy, organization=house)
    make_contribution(session, shy, organization=house)
    make_citation(shy)
    (row,) = read_json(fetch(client, "/en/people.json"))
    told = {name for name, value in row.items() if value not in (None, [])}
    assert told == {
        "id", "name", "name_en", "session_count", "first_published_at",
        "updated_at", "uid", "url",
    }  # fmt: skip
    (row,) = read_json(fetch(client, "/en/sessions.json"))
    assert (row["people"], row["organizations"]) == (["Shy"], [])
    assert row["roles"] == ["Speaker: Shy"]
    feed = fetch(client, "/en/people.atom").decode()
    assert "Life" not in feed


def make_rows(total):
    """Make records of every kind, each with relations of every kind."""
    edition = make_edition()
    for _ in range(total):
        house, person = make_organization(), make_person(sort_name="Li, Wei")
        make_affiliation(person=person, organization=house)
        subjects = {
            "topics": [make_topic()],
            "minerals": [make_mineral()],
            "stages": [make_stage()],
        }
        law = make_regulation(**subjects)
        IssuingBody.objects.create(regulation=law, organization=house)
        session = make_session(edition=edition, regulations=[law], **subjects)
        make_contribution(session, person, organization=house)
        make_outcome(
            edition=edition, session=session, organizations=[house], people=[person]
        )
        make_edition_role(make_edition(), house, "organizer")
        for record in (session, law, person, house):
            make_citation(record)


@pytest.mark.either_database
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client, db, django_assert_max_num_queries
):
    def cost():
        found = {}
        fetch(client, "/en/topics.csv")  # the version is known now
        for name in NAMES:
            for ending in ("csv", "bib", "atom"):  # the others ask what CSV asks
                with django_assert_max_num_queries(15) as queries:
                    fetch(client, f"/en/{name}.{ending}")
                found[name, ending] = len(queries)
        return found

    make_rows(2)
    few = cost()
    make_rows(8)
    assert cost() == few


@pytest.mark.either_database
def test_more_rows_are_read_in_further_parts_of_the_same_number_of_queries(
    client, django_assert_num_queries, django_assert_max_num_queries, db
):
    edition = make_edition()

    def add(count, start):
        Session.objects.bulk_create(
            Session(
                **{"edition": edition, "slug": f"s-{n}", "code": f"C{n}"},
                **{"title_en": f"S {n}", "format": "plenary", "state": "published"},
                position=n,
            )
            for n in range(start, start + count)
        )

    add(30, 0)
    fetch(client, "/en/sessions.csv")
    with django_assert_max_num_queries(12) as queries:
        fetch(client, "/en/sessions.csv")
    one_part = len(queries)
    add(PART, 30)
    fetch(client, "/en/sessions.csv")
    with django_assert_num_queries(one_part + one_part - 2):
        rows = read_csv(fetch(client, "/en/sessions.csv"))
    assert [row["id"] for row in rows] == [f"s-{n}" for n in range(PART + 30)]
    with django_assert_num_queries(one_part):
        client.get("/en/sessions.csv")  # Only the first part is read before it begins.
