"""What a browser is given to keep the portal and to install it."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import find
from django.utils.translation import gettext, override
from PIL import Image

from tests.factories import make_edition, make_forum, make_session
from tests.pages import LANGUAGES

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


@pytest.mark.parametrize(
    ("language", "name", "short"),
    [("en", "Test Forum", "Forum"), ("zh-Hans", "论坛", "坛")],
)
def test_the_manifest_speaks_the_language_of_the_page(client, language, name, short):
    make_forum(name_zh_hans="论坛", short_name_zh_hans="坛")
    make_edition(slug="2026")
    page = client.get(f"/{language.lower()}/").text
    address = f"/manifest.webmanifest?language={language}"
    assert f'<link rel="manifest" href="{address}">' in page
    response = client.get(address)
    assert response["Content-Type"] == "application/manifest+json"
    document = json.loads(response.content)
    icons = document.pop("icons")
    here = f"/{language.lower()}/"
    with override(language):
        words = [gettext("Programme"), gettext("My agenda")]
    assert document == {
        "id": "/",
        "name": name,
        "short_name": short,
        "description": "",
        "lang": language,
        "dir": "ltr",
        "start_url": here,
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#f5f8f7",
        "theme_color": "#f5f8f7",
        "shortcuts": [
            {"name": words[0], "url": f"{here}editions/2026/programme/"},
            {"name": words[1], "url": f"{here}agenda/"},
        ],
    }
    sizes = {
        (f"{width}x{height}", icon["purpose"])
        for icon in icons
        if icon["type"] == "image/png"
        for width, height in [Image.open(find(icon["src"].split("/static/")[1])).size]
        if icon["sizes"] == f"{width}x{height}"
    }
    assert sizes == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


def test_the_manifest_of_an_empty_portal_has_a_name_and_no_programme(client):
    document = json.loads(client.get("/manifest.webmanifest?language=xx").content)
    agenda = {"name": "My agenda", "url": "/en/agenda/"}
    assert (document["name"], document["shortcuts"]) == ("Forum portal", [agenda])
    make_edition(state="draft")
    document = json.loads(client.get("/manifest.webmanifest").content)
    assert document["shortcuts"] == [agenda]


def test_the_colour_of_the_manifest_is_that_of_the_ground(client):
    tokens = Path(find("css/tokens.css")).read_text()
    document = json.loads(client.get("/manifest.webmanifest").content)
    ground = re.search(r"--color-ground: (#\w+);", tokens)[1]
    assert document["background_color"] == ground


def test_the_worker_is_a_script_for_the_whole_site_and_the_same_until_a_release(
    client, django_assert_num_queries
):
    with django_assert_num_queries(0):
        first = client.get("/sw.js", headers={"accept-language": "zh"})
    make_session(edition=make_edition())
    second = client.get("/sw.js")
    assert first.content == second.content
    assert {
        name: first[name]
        for name in ("Content-Type", "Service-Worker-Allowed", "Cache-Control")
    } == {
        "Content-Type": "text/javascript; charset=utf-8",
        "Service-Worker-Allowed": "/",
        "Cache-Control": "no-cache",
    }
    line = next(x for x in first.text.splitlines() if x.startswith("const { offline"))
    config = json.loads(line.split(" = ")[1].removesuffix(";"))
    pages = {code: f"/{code}/offline/" for code in LANGUAGES}
    assert config["offline"] == pages
    assert all(find(path.removeprefix("/static/")) for path in config["assets"])
    assert client.post("/sw.js").status_code == 405


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_offline_page_is_no_page_to_be_found(client, language):
    page = client.get(f"/{language}/offline/")
    assert page.status_code == 200
    assert '<meta name="robots" content="noindex">' in page.text


def test_pages_name_the_programme_to_keep_if_there_is_one(client):
    assert 'data-keep="/en/"' in client.get("/en/").text
    edition = make_edition()
    kept = f'data-keep="{edition.get_programme_url()}"'
    assert kept in client.get("/en/topics/").text


def test_no_store_keeps_a_page_of_somebody_who_has_signed_in(client, admin_client):
    assert client.get("/en/")["Cache-Control"] == "no-cache"
    signed_in = admin_client.get("/en/")
    assert signed_in["Cache-Control"] == "private, no-store"
