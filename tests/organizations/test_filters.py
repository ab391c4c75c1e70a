import re

import pytest

from records.models import AltName
from tests.factories import (
    make_affiliation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_mineral,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from tests.topics.reading import words
from topics.models import IssuingBody

pytestmark = pytest.mark.django_db


def found(client, query, kind="organizations"):
    """Return the slugs that a list shows for a query, and what it left out."""
    response = client.get(f"/en/{kind}/?{query}")
    assert response.status_code == 200
    rows = response.context["organizations" if kind == "organizations" else "people"]
    return [row.slug for row in rows], response.context["ignored"]


@pytest.fixture
def forum():
    """Two organizations and one person in one session; others elsewhere."""
    edition = make_edition(slug="2023", year=2023)
    due_diligence = make_topic(slug="due-diligence")
    session = make_session(
        edition=edition,
        topics=[make_topic(slug="law", parent=due_diligence)],
        minerals=[make_mineral(slug="cobalt")],
        stages=[make_stage(slug="mining")],
        regulations=[make_regulation(slug="batteries")],
    )
    giz = make_organization(slug="giz", name_en="GIZ", kind="government", country="DE")
    csd = make_organization(slug="csd", name_en="Sino-German Center", country="CN")
    make_contribution(session, giz, "host")
    make_contribution(session, csd, "host")
    make_contribution(session, make_person(slug="ngozi"), "speaker", organization=csd)
    make_organization(slug="elsewhere", name_en="Elsewhere", country="CN")
    make_person(slug="somebody")
    return edition


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("q=sino", ["csd"]),
        ("kind=government", ["giz"]),
        ("kind=government&kind=company&sort=name", ["elsewhere", "giz", "csd"]),
        ("country=CN", ["elsewhere", "csd"]),
        ("country=CN&topic=law", ["csd"]),
        ("country=FR", []),
        ("edition=2023&sort=name", ["giz", "csd"]),
        ("topic=law&sort=name", ["giz", "csd"]),
        ("topic=due-diligence&sort=name", ["giz", "csd"]),
        ("mineral=cobalt&sort=name", ["giz", "csd"]),
        ("stage=mining&sort=name", ["giz", "csd"]),
        ("regulation=batteries&sort=name", ["giz", "csd"]),
        ("organization=giz", ["csd"]),
        ("organization=giz&organization=csd&sort=name", ["giz", "csd"]),
        ("organization=elsewhere", []),
        ("person=ngozi", ["csd"]),
        ("person=somebody", []),
        ("sort=sessions", ["giz", "csd", "elsewhere"]),
    ],
)
def test_each_filter_of_organizations_keeps_what_it_names(client, forum, query, slugs):
    assert found(client, query) == (slugs, [])


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("edition=2023", ["ngozi"]),
        ("topic=due-diligence", ["ngozi"]),
        ("regulation=batteries", ["ngozi"]),
        ("mineral=cobalt", ["ngozi"]),
        ("stage=mining", ["ngozi"]),
        ("organization=csd", ["ngozi"]),
        ("organization=giz", []),
        ("person=ngozi", []),
        ("sort=sessions", ["ngozi", "somebody"]),
    ],
)
def test_each_filter_of_people_keeps_what_it_names(client, forum, query, slugs):
    assert found(client, query, "people") == (slugs, [])


def test_a_part_in_the_whole_edition_counts_for_its_filter(client, forum):
    make_edition_role(forum, make_organization(slug="ilo"), "supporter")
    make_edition_role(forum, make_person(slug="sun"), "convenor")
    assert found(client, "edition=2023&sort=sessions")[0][-1] == "ilo"
    assert found(client, "edition=2023", "people")[0] == ["ngozi", "sun"]


def test_who_issued_a_regulation_is_found_by_it(client, forum):
    eu = make_organization(slug="eu")
    batteries = make_regulation(slug="csddd")
    IssuingBody.objects.create(regulation=batteries, organization=eu)
    assert found(client, "regulation=csddd") == (["eu"], [])


def test_people_are_found_by_an_organization_they_belong_to(client, forum):
    make_affiliation(
        person=make_person(slug="sun"), organization=make_organization(slug="rci")
    )
    assert found(client, "organization=rci", "people") == (["sun"], [])
    assert found(client, "person=sun") == (["rci"], [])


def test_an_affiliation_of_one_shown_by_name_only_is_found_by_no_filter(client, forum):
    private = make_person(slug="private", listed=False)
    rci = make_organization(slug="rci")
    make_affiliation(person=private, organization=rci)
    make_contribution(make_session(edition=forum), private, organization=rci)
    assert found(client, "organization=rci", "people") == ([], [])
    # The session itself names both: that they were there together is public.
    assert found(client, "person=private") == (["rci"], [])


@pytest.mark.parametrize("hidden", ["session", "topic", "edition"])
def test_nothing_that_is_not_public_ties_an_organization_to_a_topic(client, hidden):
    def state(name):
        return "draft" if name == hidden else "published"

    topic = make_topic(slug="secret", state=state("topic"))
    session = make_session(
        edition=make_edition(state=state("edition")),
        state=state("session"),
        topics=[topic],
    )
    make_contribution(session, make_organization(slug="giz"))
    slugs, ignored = found(client, "topic=secret")
    if hidden == "topic":
        assert (slugs, ignored) == (["giz"], [("topic", "secret")])
    else:
        assert (slugs, ignored) == ([], [])


def test_what_means_nothing_is_left_out_and_named(client, forum):
    query = "kind=nope&country=XX&topic=nope&sort=x&page=x&q=%00&edition=2023"
    slugs, ignored = found(client, query)
    assert slugs == ["giz", "csd"]
    assert sorted(ignored) == [
        ("country", "XX"),
        ("kind", "nope"),
        ("page", "x"),
        ("q", "\0"),
        ("sort", "x"),
        ("topic", "nope"),
    ]


def test_a_page_too_high_shows_the_last_and_says_so(client, forum):
    slugs, ignored = found(client, "page=999&sort=name")
    assert slugs == ["elsewhere", "giz", "csd"]
    assert ignored == [("page", "999")]


def test_countries_and_organizations_on_record_only_are_offered(client, forum):
    def offered(kind, name):
        facets = client.get(f"/en/{kind}/").context["facets"]
        values = next(facet.values for facet in facets if facet.name == name)
        return [(value.label, value.count) for value in values]

    countries = offered("organizations", "country")
    assert [label for label, _count in countries] == ["China", "Germany"]
    assert offered("people", "organization")[0][0] != "Not recorded"


def test_a_name_that_a_person_does_not_want_shown_finds_nobody(client):
    shown, hidden = make_person(slug="shown"), make_person(slug="hidden", listed=False)
    for person in (shown, hidden):
        AltName.objects.create(record=person, text="Formername")
    found = client.get("/en/people/?q=formername").context["people"]
    assert [person.slug for person in found] == ["shown"]


def test_the_list_about_a_regulation_tells_who_discussed_it_from_who_issued_it(client):
    act = make_regulation(slug="act")
    edition = make_edition()
    both, only_there = (make_organization(name_en=name) for name in ("Both", "There"))
    act.issuing_bodies.create(organization=both)
    act.issuing_bodies.create(organization=make_organization(name_en="Issuer"))
    for state in ("published", "published", "draft"):
        session = make_session(edition=edition, regulations=[act], state=state)
        make_contribution(session, both, "host")
        make_contribution(session, both, "speaker")
    make_contribution(session, only_there)
    make_contribution(make_session(regulations=[act]), only_there)
    response = client.get("/en/organizations/?regulation=act&sort=name")
    rows = [words(row) for row in response.text.split('<li class="row">')[1:]]
    assert [
        ("Issued the regulation" in row, *re.findall(r"in (\d) session", row))
        for row in rows
    ] == [(True, "2"), (True,), (False, "1")]
    assert "Issued the regulation" not in client.get("/en/organizations/").text
