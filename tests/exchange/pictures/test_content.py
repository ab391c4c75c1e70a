"""The pictures of the starting content."""

import base64
import hashlib
import re

import pytest
from defusedxml import ElementTree

from exchange.pictures.kinds import PICTURES
from tests.exchange.pictures.reading import addresses, check, numbers_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("content"),
    pytest.mark.either_database,
]
HEADLINES = {
    "timeline": "15 of 48 regulations have a date in 2022",
    "topics": "Supply chain management was discussed in 6 of 10 sessions",
    "organizations": "Responsible Critical Mineral Initiative had a part in 2 of 10 "
    "sessions",
    "flow": "5 of 10 sessions join Mining with Supply chain management",
    "network": "Responsible Critical Mineral Initiative was in sessions with 5 other "
    "organizations",
    "jurisdictions": "International: 26 of 48 regulations",
}


def test_the_headlines_are_computed_from_the_data(client):
    found = {
        name: client.get(f"/en/explore/{name}.json").json()["headline"]
        for name in PICTURES
    }
    assert found == HEADLINES
    index = client.get("/en/explore/").content.decode()
    assert [index.count(f"<p>{one}</p>") for one in HEADLINES.values()] == [1] * 6


def test_each_number_is_that_of_its_list(client):
    check(client, "en", ["", "?edition=2023"], around="rci")


def test_both_languages_tell_the_same_numbers(client):
    for name in ("flow", "jurisdictions", "organizations"):
        said = []
        for language in ("en", "zh-hans"):
            page = client.get(f"/{language}/explore/{name}/").content.decode()
            numbers = numbers_of(page)
            said.append({(url.split("/", 2)[2], number) for url, number in numbers})
        assert said[0] == said[1]


def test_a_file_brings_its_own_colours_and_nothing_else(client):
    for query in ("", "?theme=light", "?theme=dark"):
        answer = client.get(f"/en/explore/jurisdictions.svg{query}")
        text = answer.content.decode()
        rules = re.search("<style>(.*?)</style>", text)[1]
        digest = hashlib.sha256(rules.encode()).digest()
        policy = answer["Content-Security-Policy"]
        assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
        assert "unsafe" not in policy
        assert "var(" not in text
        assert (" dark)" in rules) == (query == "")
        tree = ElementTree.fromstring(answer.content)
        classes = {name for one in tree.iter() for name in one.get("class", "").split()}
        assert all(f".{name}" in rules for name in classes)
        assert not [one for one in tree.iter() if "style" in one.attrib]


def test_who_has_a_file_is_told_so(client):
    for ending in ("csv", "json", "svg"):
        address = f"/en/explore/topics.{ending}"
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin"):
            assert again[name] == first[name]


def test_a_drawing_in_a_page_leaves_the_keyboard_to_the_table(client):
    page = client.get("/en/explore/flow/").content.decode()
    drawing = re.search('<svg class="picture".*?</svg>', page, re.DOTALL)[0]
    assert 'aria-hidden="true"' in drawing
    assert drawing.count("<a ") == drawing.count('tabindex="-1"') > 10
    assert " style=" not in page


def test_a_page_takes_few_queries_and_a_file_fewer(
    client, django_assert_max_num_queries
):
    for address in [*addresses(), *addresses(query="?edition=2023")]:
        most = 12 if address.partition("?")[0].endswith(("csv", "json", "svg")) else 15
        client.get(address)  # what the lists count with is read once a process
        with django_assert_max_num_queries(most):
            client.get(address)


def test_a_picture_is_cited_with_its_filter(client):
    page = client.get("/zh-hans/explore/flow/?edition=2023&edition=nope").content
    assert page.decode().count("http://testserver/explore/flow/?edition=2023") >= 2
