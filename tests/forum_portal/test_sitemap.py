import datetime
import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from organizations.models import Organization
from sessions.models import Material
from tests.factories import (
    make_edition,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db

SECTIONS = [
    *("pages", "programmes", "editions", "sessions", "outcomes", "topics"),
    *("minerals", "stages", "regulations", "organizations", "people"),
]


def locations(response):
    return re.findall("<loc>(.*?)</loc>", response.text)


def test_the_index_names_every_section(client):
    make_topic()
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    assert sorted(locations(response)) == sorted(
        f"http://testserver/sitemap-{name}.xml" for name in SECTIONS
    )


def test_a_section_names_public_records_in_both_languages(client):
    law = make_regulation(slug="law")
    make_regulation(state="draft")
    make_regulation(state="withdrawn")
    make_regulation(publish_at=timezone.now() + datetime.timedelta(days=1))
    response = client.get("/sitemap-regulations.xml")
    host = "http://testserver"
    assert locations(response) == [
        f"{host}/en/regulations/law/",
        f"{host}/zh-hans/regulations/law/",
    ]
    alternates = re.findall('hreflang="(.*?)" href="(.*?)"', response.text)
    assert alternates == 2 * [
        ("en", f"{host}/en/regulations/law/"),
        ("zh-Hans", f"{host}/zh-hans/regulations/law/"),
        ("x-default", f"{host}/regulations/law/"),
    ]
    changed = timezone.localdate(law.updated_at).isoformat()
    assert re.findall("<lastmod>(.*?)</lastmod>", response.text) == 2 * [changed]


def test_a_session_of_a_draft_edition_is_in_no_section(client):
    make_session(edition=make_edition(state="draft"))
    for name in ("editions", "programmes", "sessions"):
        assert locations(client.get(f"/sitemap-{name}.xml")) == []


def test_every_page_of_the_sitemap_answers(client):
    make_edition()
    addresses = locations(client.get("/sitemap-pages.xml"))
    addresses += locations(client.get("/sitemap-programmes.xml"))
    codes = {
        address: client.get(address.removeprefix("http://testserver")).status_code
        for address in addresses
    }
    assert codes == dict.fromkeys(addresses, 200)
    assert len(addresses) == 2 * 25


def test_a_long_section_goes_on_in_further_files(client, monkeypatch):
    monkeypatch.setattr("forum_portal.sitemaps.BilingualSitemap.limit", 4)
    for _ in range(5):
        make_topic()
    files = [a for a in locations(client.get("/sitemap.xml")) if "topics" in a]
    assert files == [
        "http://testserver/sitemap-topics.xml",
        "http://testserver/sitemap-topics.xml?p=2",
        "http://testserver/sitemap-topics.xml?p=3",
    ]
    totals = [len(locations(client.get(address))) for address in files]
    assert totals == [4, 4, 2]


@pytest.mark.parametrize(
    "path", ["/sitemap-nope.xml", "/sitemap-topics.xml?p=9", "/sitemap-topics.xml?p=x"]
)
def test_a_part_that_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_the_public_address_stands_in_sitemap_and_robots(client, settings):
    settings.SITE_URL = "https://record.example.org"
    make_topic(slug="labour")
    assert locations(client.get("/sitemap-topics.xml"))[0] == (
        "https://record.example.org/en/topics/labour/"
    )
    assert locations(client.get("/sitemap.xml"))[0].startswith(
        "https://record.example.org/sitemap-"
    )
    robots = client.get("/robots.txt").text
    assert robots.endswith("\n\nSitemap: https://record.example.org/sitemap.xml\n")


def test_robots_names_the_host_that_was_asked(client):
    response = client.get("/robots.txt", headers={"host": "localhost"})
    assert response["Content-Type"].startswith("text/plain")
    assert "Sitemap: http://localhost/sitemap.xml" in response.text


@pytest.fixture
def upload(settings, tmp_path):
    """Return a function that stores a file under the folder of uploads."""
    settings.MEDIA_ROOT = tmp_path
    return lambda name: default_storage.save(name, ContentFile(b"content"))


def test_a_logo_of_a_public_organization_is_shown(client, upload):
    make_organization(logo=upload("logos/giz.png"))
    response = client.get("/media/logos/giz.png")
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == b"content"


@pytest.mark.parametrize("name", ["talk.pdf", "page.html", "drawing.svg", "unknown"])
def test_what_could_act_as_a_page_is_offered_for_download(client, upload, name):
    file = upload(f"materials/{name}")
    Material.objects.create(session=make_session(), kind="slides", file=file)
    response = client.get(f"/media/materials/{name}")
    assert response.status_code == 200
    assert response["Content-Disposition"].startswith("attachment")


def test_a_file_that_no_public_record_shows_is_not_found(client, upload):
    make_organization(logo=upload("logos/draft.png"), state="draft")
    make_person(photo=upload("photos/private.png"), listed=False)
    draft = make_session(edition=make_edition(state="draft"))
    file = upload("materials/draft.pdf")
    Material.objects.create(session=draft, kind="slides", file=file)
    upload("logos/orphan.png")
    make_organization(logo="logos/lost.png")
    hidden = [
        *("logos/draft.png", "photos/private.png", "materials/draft.pdf"),
        *("logos/orphan.png", "logos/lost.png", "../secret_key", "%00", "logos/"),
    ]
    codes = {path: client.get(f"/media/{path}").status_code for path in hidden}
    assert codes == dict.fromkeys(hidden, 404)


def test_a_logo_goes_with_its_organization(client, upload):
    organization = make_organization(logo=upload("logos/giz.png"))
    Organization.objects.filter(pk=organization.pk).update(state="withdrawn")
    assert client.get("/media/logos/giz.png").status_code == 404
