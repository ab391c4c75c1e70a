import re

import pytest

from tests.factories import make_forum, make_organization, make_session, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


@pytest.mark.parametrize(
    ("headers", "cookie", "language"),
    [
        ({}, "", "en"),
        ({"accept-language": "zh-CN,zh;q=0.9"}, "", "zh-hans"),
        ({"accept-language": "zh-CN"}, "en", "en"),
        ({"accept-language": "de"}, "zh-hans", "zh-hans"),
        ({"accept-language": "de"}, "fr", "en"),
    ],
)
def test_a_permalink_leads_to_the_readers_language_and_keeps_the_query(
    client, headers, cookie, language
):
    make_topic(slug="labour")
    if cookie:
        client.cookies["django_language"] = cookie
    response = client.get("/topics/labour/?a=1&b=%E4%B8%AD", headers=headers)
    assert (response.status_code, response["Location"]) == (
        302,
        f"/{language}/topics/labour/?a=1&b=%E4%B8%AD",
    )
    vary = {name.strip() for name in response["Vary"].split(",")}
    assert vary >= {"Accept-Language", "Cookie"}


def test_a_permalink_is_offered_for_addresses_of_the_portal_only(client):
    assert client.get("/nothing/").status_code == 404
    assert client.get("/x//example.org/").status_code == 404


@pytest.mark.parametrize(
    ("here", "there", "name"),
    [("en", "zh-hans", "中文"), ("zh-hans", "en", "English")],
)
def test_the_language_link_keeps_page_and_filters(client, here, there, name):
    make_organization(country="CN")
    query = "country=CN&amp;sort=name&amp;page=1"
    response = client.get(f"/{here}/organizations/?{query}".replace("&amp;", "&"))
    tag = {"en": "en", "zh-hans": "zh-Hans"}[there]
    link = (
        f'<a class="tool" href="/{there}/organizations/?{query}" lang="{tag}" '
        f'hreflang="{tag}" data-language>{name}</a>'
    )
    assert link in response.text


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_page_names_itself_in_each_language_and_neutrally(client, language):
    make_forum(name_zh_hans="测试论坛")
    make_session(slug="labour", title_zh_hans="劳动关系")
    page = client.get(f"/{language}/sessions/labour/").text
    host = "http://testserver"
    assert f'<link rel="canonical" href="{host}/{language}/sessions/labour/">' in page
    alternates = re.findall('rel="alternate" hreflang="(.*?)" href="(.*?)"', page)
    assert alternates == [
        ("en", f"{host}/en/sessions/labour/"),
        ("zh-Hans", f"{host}/zh-hans/sessions/labour/"),
        ("x-default", f"{host}/sessions/labour/"),
    ]


def test_a_page_is_written_in_the_language_of_its_address(client):
    client.cookies["django_language"] = "zh-hans"
    response = client.get("/en/about/", headers={"accept-language": "zh-CN"})
    assert response["Content-Language"] == "en"
    assert '<html lang="en">' in response.text


def test_a_name_that_is_missing_here_is_shown_in_the_other_language(client):
    make_organization(slug="gem", name_en="", name_zh_hans="格林美")
    page = client.get("/en/organizations/gem/").text
    assert '<h1><span lang="zh-Hans">格林美</span></h1>' in page
