import pytest

from records.models import Citation
from tests.factories import (
    make_forum,
    make_organization,
    make_regulation,
    make_session,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

PAGES = ["data/", "coverage/", "accessibility/", "corrections/", "privacy/", "contact/"]
PAGES.insert(0, "")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("page", PAGES)
def test_an_about_page_links_to_the_others(client, language, page):
    response = client.get(f"/{language}/about/{page}")
    assert response.status_code == 200
    main = response.text.partition("<main")[2].partition("</main>")[0]
    others = [
        f'href="/{language}/about/{other}"' in main for other in PAGES if other != page
    ]
    assert others == [True] * 6


def test_the_figures_count_what_is_public(client):
    make_organization()
    make_organization(state="draft")
    make_regulation(state="withdrawn")
    make_session()
    totals = client.get("/en/about/").context["totals"]
    assert {kind.url: total for kind, total in totals if total} == {
        "/en/organizations/": 1,
        "/en/editions/": 1,
        "/en/sessions/": 1,
    }


def test_the_method_explains_each_certainty(client):
    page = client.get("/en/about/").text
    shown = [f"<dt>{certainty.label}</dt>" in page for certainty in Citation.Certainty]
    assert shown == [True] * 4


@pytest.mark.either_database
def test_the_about_page_costs_three_queries(client, django_assert_num_queries):
    client.get("/en/about/")  # which fills what facets count with
    with django_assert_num_queries(3):
        client.get("/en/about/")


def test_without_a_contact_the_page_says_so(client):
    assert "No contact is on record" in client.get("/en/about/contact/").text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_contact_page_names_the_page_that_a_report_is_about(client, language):
    make_forum(contact="editors@example.org")
    make_session(slug="labour", title_en="Labour relations")
    response = client.get(f"/{language}/about/contact/?about=/sessions/labour/")
    assert response.context["ignored"] == []
    assert f'href="/{language}/sessions/labour/"' in response.text
    assert "Labour relations" in response.text
    assert 'href="mailto:editors@example.org?subject=' in response.text
    assert response.context["letter"].endswith("%2Fsessions%2Flabour%2F")


def test_a_contact_on_the_web_is_linked_as_it_is(client):
    make_forum(contact="https://example.org/write")
    response = client.get("/en/about/contact/?about=/topics/")
    assert '<a href="https://example.org/write">' in response.text
    assert '<a href="/en/topics/">/topics/</a>' in response.text


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "/nothing/",
        "/sessions/secret/",
        "/sessions/none/",
        "/" + "x" * 400,
        "/topics/\x00/",
        "/topics/?next=//evil.example",
        "\\\\evil.example",
    ],
)
def test_what_is_no_public_page_of_the_portal_is_left_out_and_named(client, asked):
    make_session(slug="secret", title_en="Secret title", state="draft")
    response = client.get("/en/about/contact/", {"about": asked})
    assert response.status_code == 200
    assert response.context["ignored"] == [("about", asked)]
    assert 'href="' + asked not in response.text
    assert "Secret title" not in response.text
