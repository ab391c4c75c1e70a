import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from records.models import AltName, Source
from search.index import together
from tests.factories import (
    make_affiliation,
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_forum,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from topics.models import IssuingBody

pytestmark = pytest.mark.django_db


def text(response):
    """Return what a reader sees of the page, spaces joined, without its files."""
    main = response.text.partition("<main")[2].partition("</main>")[0]
    return words(main.partition('<section class="list-formats"')[0])


def words(html):
    return " ".join(strip_tags(html.replace("><", "> <")).split())


def section(response, heading):
    """Return the text of one section of a page, without its heading."""
    for part in re.findall(r"<section.*?</section>", response.text, re.DOTALL):
        said = words(part)
        if said.startswith(heading):
            return said.removeprefix(heading).strip()
    return None


def test_organizations_are_listed_by_kind_with_country_and_sessions(client):
    un = make_organization(name_en="ILO", kind="intergovernmental", country="CH")
    make_organization(name_en="GEM", name_zh_hans="格林美", acronym="GEM")
    session = make_session()
    make_contribution(session, un, "host")
    make_contribution(session, un, "speaker")
    make_organization(name_en="Hidden", state="draft")
    shown = text(client.get("/en/organizations/")).partition("2 organizations ")[2]
    assert shown == (
        "Intergovernmental body ILO Switzerland 1 session "
        "Company GEM (GEM) 格林美 0 sessions"
    )


def test_the_count_says_one_and_none_rightly(client):
    make_organization(name_en="GEM")
    assert "1 organization " in text(client.get("/en/organizations/")) + " "
    none = text(client.get("/en/organizations/?q=nothing"))
    assert "0 results" in none
    assert "Nothing matches all of these filters" in none


def test_people_are_listed_by_sort_name_with_their_organization(client):
    make_affiliation(
        person=make_person(name_en="Sun Lihui", role_en="Convenor"),
        organization=make_organization(name_en="RCI"),
        title_en="founder",
    )
    make_person(name_en="Ngozi Okafor", sort_name="Okafor, Ngozi", listed=False)
    make_person(name_en="Hidden", state="withdrawn")
    shown = text(client.get("/en/people/")).partition("2 people ")[2]
    assert shown == (
        "Ngozi Okafor 0 sessions "
        "Sun Lihui Convenor RCI: founder. Dates not on record. 0 sessions"
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("organizations", "No organizations on record"),
        ("people", "No people on record"),
    ],
)
def test_an_empty_portal_says_so(client, path, said):
    response = client.get(f"/en/{path}/")
    assert response.status_code == 200
    assert said in text(response)


@pytest.fixture
def giz(client):
    """GIZ at one workshop with the CSD, and behind its edition with the ILO."""
    edition = make_edition(year=2023, slug="2023")
    giz = make_organization(
        slug="giz",
        name_en="Deutsche Gesellschaft",
        name_zh_hans="德国国际合作机构",
        name_language="de",
        acronym="GIZ",
        kind="government",
        country="DE",
        website="https://www.giz.de/",
        description_en="Federal enterprise.",
    )
    AltName.objects.create(record=giz, text="German Agency", language="en")
    AltName.objects.create(record=giz, text="GTZ", in_source=True)
    make_citation(giz)
    csd = make_organization(name_en="CSD")
    mining = make_stage(label_en="Mining", core_place=1, slug="mining")
    make_stage(label_en="Refining", core_place=2)
    workshop = make_session(
        edition=edition,
        title_en="Batteries workshop",
        stages=[mining, make_stage(label_en="Exploration")],
        topics=[make_topic(label_en="Batteries")],
        regulations=[make_regulation(short_name_en="Batteries Regulation")],
    )
    make_contribution(workshop, giz, "host")
    make_contribution(workshop, csd, "host")
    make_edition_role(edition, giz, "session-host")
    make_edition_role(edition, giz, "supporter")
    make_edition_role(edition, make_organization(name_en="ILO"), "supporter")
    make_edition_role(edition, make_organization(name_en="WGC"), "attendee")
    make_outcome(
        edition=edition, statement_en="A promise.", organizations=[giz], kind="fact"
    )
    return giz


def test_an_organization_shows_what_it_did_and_with_whom(client, giz):
    response = client.get("/en/organizations/giz/")
    assert "At the 2023 forum: supporter, host in 1 session." in text(response)
    assert section(response, "At the forum") == (
        "Edition Role Session Stages "
        "2023 Host Batteries workshop Mining "
        "2023 Supporter The forum as a whole Not specific"
    )
    assert section(response, "Worked with") == (
        "In the same sessions CSD Hosted 1 session together "
        "Organized or supported the same edition ILO Supporter, 2023"
    )
    assert section(response, "People").startswith("No people on record")
    assert section(response, "Outcomes") == "A promise. Fact, 2023"
    assert section(response, "Regulations") == (
        "Batteries Regulation Through Batteries workshop, 2023 Status not on record"
    )
    assert section(response, "Topics").endswith("Batteries")
    assert section(response, "Names") == (
        "German Deutsche Gesellschaft Chinese 德国国际合作机构 Short form GIZ "
        "Called in the source “GTZ” Also known as German Agency"
    )
    assert section(response, "Facts") == "Country Germany Website giz.de"
    assert '<h1><span lang="de">Deutsche Gesellschaft</span></h1>' in response.text
    assert "Also: <a" in response.text


def test_the_page_of_an_organization_in_chinese_marks_other_languages(client, giz):
    response = client.get("/zh-hans/organizations/giz/")
    assert "<h1>德国国际合作机构</h1>" in response.text
    assert '<p><span lang="de">Deutsche Gesellschaft</span></p>' in response.text
    assert '<dd lang="de">Deutsche Gesellschaft</dd>' in response.text
    assert '<div lang="en"><p>Federal enterprise.</p></div>' in response.text


def test_nothing_of_a_draft_shows_on_the_page_of_an_organization(client, giz):
    edition = make_edition(year=2021, name_en="Secret edition", state="draft")
    secret = make_organization(name_en="Secret partner", state="draft")
    public = make_session(edition=make_edition(year=2022), title_en="Open session")
    draft = make_session(title_en="Secret session", state="draft")
    hidden = make_session(edition=edition, title_en="Session of a secret edition")
    for session in (public, draft, hidden):
        make_contribution(session, giz, "speaker")
        make_contribution(session, secret, "host")
    make_contribution(public, make_person(name_en="Secret person", state="withdrawn"))
    make_edition_role(edition, giz, "organizer")
    make_outcome(statement_en="Secret.", state="draft", organizations=[giz])
    public.topics.add(make_topic(label_en="Secret topic", state="draft"))
    public.regulations.add(make_regulation(short_name_en="Secret", state="draft"))
    issued = make_regulation(short_name_en="Secret law", state="draft")
    IssuingBody.objects.create(regulation=issued, organization=giz)
    make_organization(name_en="Secret part", parent=giz, state="draft")
    make_affiliation(
        organization=giz, person=make_person(name_en="Secret one", state="draft")
    )
    giz.parent = make_organization(name_en="Secret parent", state="draft")
    giz.save()
    response = client.get("/en/organizations/giz/")
    assert "ecret" not in response.text
    assert section(response, "At the forum").count("Open session") == 1


def test_an_organization_shows_its_people_and_family(client):
    parent = make_organization(name_en="United Nations")
    ilo = make_organization(name_en="ILO", slug="ilo", parent=parent)
    make_organization(name_en="ILO Office Beijing", parent=ilo)
    make_affiliation(
        organization=ilo,
        person=make_person(name_en="Ana Silva"),
        title_en="Director",
        starts="2019-03-01",
    )
    session = make_session()
    speaker = make_person(name_en="Li Wei")
    make_contribution(session, speaker, "speaker", organization=ilo)
    make_contribution(session, make_person(listed=False), "panelist", organization=ilo)
    response = client.get("/en/organizations/ilo/")
    people = section(response, "People")
    assert people.startswith("Ana Silva Director. From ")
    assert people.endswith("end not on record. Li Wei Took part for it: Speaker")
    assert section(response, "Facts") == (
        "Country Not on record Part of United Nations "
        "Its parts ILO Office Beijing Website Not on record"
    )


def test_what_an_organization_issued_is_among_its_regulations(client):
    eu = make_organization(slug="eu")
    law = make_regulation(short_name_en="Batteries Regulation")
    IssuingBody.objects.create(regulation=law, organization=eu)
    response = client.get("/en/organizations/eu/")
    assert section(response, "Regulations") == (
        "Batteries Regulation Issued by this organization Status not on record"
    )
    assert section(response, "At the forum").startswith("No part in the forum")


def test_a_page_shows_six_of_a_relation_and_links_to_all(client):
    busy = make_organization(slug="busy")
    edition = make_edition()
    for _ in range(7):
        session = make_session(
            edition=edition, regulations=[make_regulation()], topics=[make_topic()]
        )
        make_contribution(session, busy, "host")
        make_contribution(session, make_organization(), "speaker")
        make_outcome(edition=edition, organizations=[busy])
        make_affiliation(organization=busy)
    response = client.get("/en/organizations/busy/")
    links = re.findall(r'href="([^"]+=busy)">(All [^<]+)<', response.text)
    assert links == [
        ("/en/sessions/?organization=busy", "All 7 sessions"),
        ("/en/organizations/?organization=busy", "All 7 organizations"),
        ("/en/people/?organization=busy", "All 7 people"),
        ("/en/outcomes/?organization=busy", "All 7 outcomes"),
        ("/en/regulations/?organization=busy", "All 7 regulations"),
    ]
    for address, words in links[1:3]:
        assert words.removeprefix("All ") in text(client.get(address))


def test_a_person_shows_roles_sessions_and_organizations(client):
    sun = make_person(slug="sun", name_en="Sun Lihui", role_en="Convenor")
    rci = make_organization(name_en="RCI")
    make_affiliation(
        person=sun,
        organization=rci,
        title_en="Founder",
        note_en="So the article.",
        starts="2016-04-01",
        ends="2021-05-01",
    )
    session = make_session(
        edition=make_edition(year=2023), title_en="Plenary on cobalt"
    )
    make_contribution(session, sun, "speaker", organization=rci)
    make_contribution(session, make_person(name_en="Li Wei"), "moderator")
    make_edition_role(make_edition(year=2020), sun, "convenor")
    make_edition_role(make_edition(year=2021), sun, "speaker")
    response = client.get("/en/people/sun/")
    assert section(response, "At the forum") == (
        "Edition Role Session Stages "
        "2023 Speaker for RCI Plenary on cobalt Not on record "
        "2021 Speaker Session not on record Not on record "
        "2020 Convenor The forum as a whole Not specific"
    )
    assert "At the 2023 forum: speaker in 1 session." in text(response)
    assert section(response, "In the same sessions") == "Li Wei In 1 session together"
    organizations = section(response, "Organizations")
    assert re.search(
        "RCI Founder[.] .*2016.*–.*2021[.] So the article[.]", organizations
    )
    assert section(response, "Names") == "English Sun Lihui Chinese Not on record"
    assert section(response, "Outcomes").startswith("No outcomes on record")


def test_who_asked_for_it_is_shown_by_name_and_sessions_only(client):
    quiet = make_person(
        slug="quiet",
        name_en="Quiet Person",
        listed=False,
        role_en="Secret role",
        bio_en="Secret biography",
        orcid="0000-0002-1825-0097",
        photo="photos/secret.jpg",
    )
    source = Source.objects.create(title_en="Secret source")
    make_citation(quiet, source=source)
    secret = make_organization(name_en="Secret employer")
    make_affiliation(person=quiet, organization=secret)
    session = make_session(title_en="Open session")
    make_contribution(session, quiet, "speaker", organization=secret)
    make_edition_role(session.edition, quiet, "convenor", note_en="Secret note")
    make_outcome(people=[quiet], statement_en="Secret outcome")
    response = client.get("/en/people/quiet/")
    assert "ecret" not in response.text
    assert "0000-0002" not in response.text
    assert section(response, "At the forum") == (
        "Edition Role Session Stages 2026 Speaker Open session Not on record"
    )
    assert "asked to be shown by name only" in text(response)
    assert "ecret" not in client.get("/en/people/").text
    assert "Quiet Person" not in client.get(secret.get_absolute_url()).text


@pytest.mark.parametrize("make", [make_organization, make_person])
def test_drafts_embargoed_and_unknown_answer_404(client, make):
    draft = make(state="draft")
    later = make(publish_at=timezone.now() + datetime.timedelta(days=1))
    folder = draft.get_absolute_url().removesuffix(f"{draft.slug}/")
    addresses = [draft.get_absolute_url(), later.get_absolute_url(), f"{folder}none/"]
    assert [client.get(a).status_code for a in addresses] == [404, 404, 404]


@pytest.mark.parametrize("make", [make_organization, make_person])
def test_a_former_address_redirects_and_keeps_the_query(client, make):
    record = make(slug="old-name")
    record.slug = "new-name"
    record.save()
    folder = record.get_absolute_url().removesuffix("new-name/")
    response = client.get(f"{folder}old-name/?a=1")
    assert (response.status_code, response["Location"]) == (
        301,
        f"{folder}new-name/?a=1",
    )


@together()  # what the pages show does not need each step indexed
def full_page(total):
    """Return the addresses of an organization and a person with much to show."""
    make_forum()
    edition = make_edition()
    parent = make_organization()
    organization, person = make_organization(parent=parent), make_person()
    make_citation(organization)
    make_citation(person)
    for place in range(1, 6):
        make_stage(core_place=place)
    for _ in range(total):
        other = make_organization(parent=organization)
        session = make_session(
            edition=edition,
            regulations=[make_regulation()],
            topics=[make_topic()],
            stages=[make_stage()],
        )
        make_contribution(session, organization, "host")
        make_contribution(session, other, "speaker")
        make_contribution(session, person, "speaker", organization=other)
        make_contribution(session, make_person(), "panelist")
        make_edition_role(make_edition(), organization, "organizer")
        make_edition_role(edition, other, "supporter")
        make_edition_role(make_edition(), person, "convenor")
        make_outcome(edition=edition, organizations=[organization], people=[person])
        make_affiliation(organization=organization, person=person)
        make_affiliation(organization=organization)
        AltName.objects.create(record=organization, text=f"Name {session.pk}")
    make_edition_role(edition, organization, "supporter")
    return organization.get_absolute_url(), person.get_absolute_url()


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 30])
def test_a_page_costs_the_same_however_much_it_shows(client, total):
    organization, person = full_page(total)
    budget = {
        organization: 16,
        person: 13,
        "/en/organizations/": 5,
        "/en/people/": 6,
    }
    assert {path: queries_of(client, path) for path in budget} == budget


def queries_of(client, path):
    client.get(path)  # Django looks its content types up once per process
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)
