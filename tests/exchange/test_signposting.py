"""Links for programs in the headers of pages, read as a program reads them."""

import pytest
import requests

from exchange.record_files import FORMATS, address
from exchange.signposting import MOST_BYTES
from sessions.models import Material
from tests.factories import (
    make_contribution,
    make_organization,
    make_person,
    make_regulation,
    make_session,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
SITE = "http://testserver"


def links(answer):
    """Return [(relation, address, media type or None)] of a `Link` header."""
    found = requests.utils.parse_header_links(answer.headers.get("Link", ""))
    return [(one["rel"], one["url"], one.get("type")) for one in found]


@pytest.fixture
def session():
    return make_session(slug="opening")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_page_says_how_to_cite_it_and_where_it_is_described(
    client, session, language
):
    ana = make_person(orcid="0000-0002-1825-0097")
    hidden = make_person(slug="bo", orcid="0000-0002-1825-0098", listed=False)
    for who in (ana, hidden, make_organization(slug="giz"), make_person(state="draft")):
        make_contribution(session, who)
    Material.objects.create(
        session=session, kind="slides", url="https://example.org/a b.pdf"
    )
    Material.objects.create(
        session=session, kind="paper", url="https://x.org/", availability="expected"
    )
    path = f"/{language}/sessions/opening"
    assert links(client.get(f"{path}/")) == [
        ("cite-as", f"{SITE}/sessions/opening/", None),
        ("type", "https://schema.org/AboutPage", None),
        ("type", "https://schema.org/Event", None),
        *(
            ("describedby", f"{SITE}{path}.{ending}", form.media_type.split(";")[0])
            for ending, form in FORMATS.items()
            if ending != "atom"
        ),
        ("author", "https://orcid.org/0000-0002-1825-0097", None),
        ("author", f"{SITE}/people/bo/", None),
        ("author", f"{SITE}/organizations/giz/", None),
        ("item", "https://example.org/a%20b.pdf", None),
    ]


def test_each_description_says_what_it_describes(client):
    law = make_regulation(slug="law", binding=False)
    for ending in FORMATS:
        assert links(client.get(address(law, ending))) == [
            ("describes", f"{SITE}/en/regulations/law/", "text/html")
        ]
    said = links(client.get("/en/regulations/law/"))
    assert ("type", "https://schema.org/CreativeWork", None) in said
    assert {relation for relation, *_rest in said} == {"cite-as", "type", "describedby"}


def test_other_answers_have_no_links(client, session):
    session.state = "withdrawn"
    session.save()
    gone, page = session.get_absolute_url(), session.edition.get_programme_url()
    for path in ("/en/", "/en/sessions/", gone, page, "/en/people/nobody/"):
        assert "Link" not in client.get(path).headers


def test_the_header_stays_small(client, session):
    for number in range(12):
        make_contribution(session, make_person())
        address = f"https://example.org/{number}{'x' * 400}"
        Material.objects.create(session=session, kind="paper", url=address)
    header = client.get(session.get_absolute_url()).headers["Link"]
    assert 2000 < len(header.encode()) <= MOST_BYTES
