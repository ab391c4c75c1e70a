"""The page about the data, and the downloads."""

import json
import re

import pytest
from django.db import transaction
from django.utils import timezone

from exchange.models import DatasetRelease
from tests.exchange.dataset.releases import archive, kept_in, release
from tests.factories import make_edition, make_forum, make_topic

pytestmark = pytest.mark.django_db

BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker, tmp_path_factory):
    """Make one release for all tests of the module, then undo it."""
    folder = tmp_path_factory.mktemp("release")
    with django_db_blocker.unblock(), transaction.atomic(), kept_in(folder):
        make_forum()
        make_topic()
        yield release()
        transaction.set_rollback(True)


def address(made, file, language="en"):
    return f"/{language}/about/data/{made.name}/{file}"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_without_a_release_the_page_says_so_and_names_the_live_formats(
    client, language
):
    make_edition()
    page = client.get(f"/{language}/about/data/")
    assert page.context["releases"] == []
    assert 'class="empty"' in page.text
    linked = [f'href="/{language}/sessions.{e}"' for e in ("csv", "xlsx", "atom")]
    assert [link for link in linked if link not in page.text] == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_file_on_the_page_can_be_had_with_its_checksum_as_its_tag(
    client, made, language
):
    page = client.get(f"/{language}/about/data/")
    links = re.findall(rf'href="(/{language}/about/data/[^"]+/[^"]+)"', page.text)
    assert links == [address(made, file["name"], language) for file in made.files]
    for link, file in zip(links, made.files, strict=True):
        response = client.get(link, headers={"accept-encoding": "gzip"})
        content = b"".join(response.streaming_content)
        assert (response.status_code, len(content)) == (200, file["size"])
        assert response["ETag"] == f'"{file["sha256"]}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert (
            response["Content-Disposition"] == f'attachment; filename="{file["name"]}"'
        )
        again = client.get(link, headers={"if-none-match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert content != b""


@pytest.mark.parametrize(
    "path",
    [
        "2020-01-01/x.zip",
        "{name}/nothing.zip",
        "{name}/..%2f..%2fsecret_key",
        "..%2f{name}/SHA256SUMS",
        "{name}/%2e%2e",
        "{name}/SHA256SUMS%00",
        "{name}/",
        "x" * 300 + "/SHA256SUMS",
    ],
)
def test_any_other_address_is_not_found(client, made, path):
    assert (
        client.get(f"/en/about/data/{path.format(name=made.name)}").status_code == 404
    )


def test_a_file_that_is_lost_is_not_found(client, made):
    path = archive(made)
    lost = path.rename(path.with_suffix(".lost"))
    assert client.get(address(made, made.archive)).status_code == 404
    lost.rename(path)


def test_only_reading_is_allowed(client, made):
    assert client.post("/en/about/data/").status_code == 405
    assert client.head(address(made, "SHA256SUMS")).status_code == 200


def test_the_page_describes_the_data_set_to_search_engines(client, made):
    (block,) = BLOCK.findall(client.get("/en/about/data/").text)
    said = json.loads(block)["mainEntity"]
    assert (said["@type"], said["@id"], said["version"]) == (
        "Dataset",
        "http://testserver/about/data/",
        made.name,
    )
    assert said["distribution"] == [
        {
            "@type": "DataDownload",
            "name": made.archive,
            "contentUrl": f"http://testserver{address(made, made.archive)}",
            "encodingFormat": "application/zip",
            "contentSize": str(made.files[0]["size"]),
            "sha256": made.files[0]["sha256"],
            "datePublished": made.name,
        }
    ]


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_three_queries(client, made, count, django_assert_num_queries):
    DatasetRelease.objects.all().delete()
    file = {"name": "a.zip", "size": 1, "sha256": "0" * 64}
    for number in range(count):
        DatasetRelease.objects.create(
            name=f"{timezone.localdate()}-{number}", files=[file], counts={"topics": 1}
        )
    client.get("/en/about/data/")  # formats the shape of its citation, once
    with django_assert_num_queries(3):
        page = client.get("/en/about/data/")
    assert page.text.count("a.zip</a>") == count
