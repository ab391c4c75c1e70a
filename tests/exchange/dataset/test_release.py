"""The release of the starting content, opened by the programs that it is for."""

import asyncio
import csv
import hashlib
import json
import sqlite3
import subprocess
from urllib.parse import quote

import pytest
from datasette.app import Datasette
from django.test import Client
from django.utils import timezone
from frictionless import Package
from rdflib import Graph, Namespace

from exchange.dataset.contents import TABLES
from exchange.dataset.kinds import KINDS
from exchange.models import DatasetRelease
from organizations.models import Organization
from records.models import AltName
from sessions.models import Edition, Material, Room, Session
from tests.exchange.dataset.releases import archive, kept_in, release, unpacked
from tests.factories import (
    make_affiliation,
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_milestone,
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
from topics.models import Duty, Identifier, IssuingBody

SECRET = "Zyzzogeton"
SCHEMA = Namespace("https://schema.org/")
LAYOUT = {"state": "draft"}, {"publish_at": timezone.now() + timezone.timedelta(days=1)}


def plant():
    """Make what must stay in the house, tied in every way to what is public."""
    edition, session = Edition.objects.get(slug="2023"), Session.objects.first()
    law = make_regulation(slug="planted-law", short_name_en="Planted law")
    lives = [*LAYOUT, {"state": "withdrawn", "withdrawn_at": timezone.now()}]
    for number, life in enumerate(lives):
        said = {"slug": f"{SECRET.lower()}-{number}", **life}
        topic = make_topic(label_en=SECRET, **said)
        mineral = make_mineral(label_en=SECRET, **said)
        stage = make_stage(label_en=SECRET, **said)
        organization = make_organization(name_en=SECRET, **said)
        person = make_person(name_en=SECRET, **said)
        hidden = make_regulation(short_name_en=SECRET, **said)
        talk = make_session(edition=edition, title_en=SECRET, **said)
        closed = make_edition(name_en=SECRET, **said)
        inside = make_session(edition=closed, title_en=SECRET, slug=f"in-{number}")
        Room.objects.create(edition=closed, name_en=SECRET, slug="a")
        Material.objects.create(
            session=inside, kind="paper", title_en=SECRET, url=f"https://x/{SECRET}"
        )
        make_outcome(edition=edition, statement_en=SECRET, session=talk, **said)
        session.topics.add(topic)
        session.minerals.add(mineral)
        session.stages.add(stage)
        session.regulations.add(hidden)
        make_contribution(session, organization)
        make_contribution(session, person)
        make_edition_role(edition, person, "speaker", note_en=SECRET)
        make_relation(law, "amends", hidden)
        make_milestone("2020-01-01", "adopted", regulation=hidden, note_en=SECRET)
        Identifier.objects.create(regulation=hidden, value=SECRET)
        IssuingBody.objects.create(regulation=law, organization=organization)
        duty = Duty.objects.create(regulation=law, text_en="Report")
        duty.stages.add(stage, make_stage(slug=f"open-{number}"))
        AltName.objects.create(record=topic, text=SECRET)
        source = make_citation(topic).source
        type(source).objects.filter(pk=source.pk).update(title_en=SECRET)
        Organization.objects.filter(slug="rci").update(parent=organization)
    shy = make_person(
        slug="shy", name_en="Shy One", listed=False, role_en=SECRET, bio_en=SECRET
    )
    type(shy).objects.filter(pk=shy.pk).update(note_en=SECRET, orcid=SECRET)
    AltName.objects.create(record=shy, text=SECRET)
    house = make_organization(slug="house-of-the-shy")
    make_affiliation(person=shy, organization=house, title_en=SECRET)
    make_contribution(session, shy, organization=house)
    make_edition_role(edition, shy, "attendee", note_en=SECRET)
    citation = make_citation(shy, about=SECRET)
    type(citation.source).objects.update_or_create(
        pk=citation.source.pk, defaults={"title_en": SECRET}
    )


@pytest.fixture(scope="module")
def made(content, django_db_blocker, tmp_path_factory):
    """Release the starting content and what is planted, once for the module."""
    folder = tmp_path_factory.mktemp("release")
    with django_db_blocker.unblock(), kept_in(folder):
        plant()
        yield release(note="First light.")


@pytest.fixture(scope="module")
def files(made, tmp_path_factory):
    return unpacked(made, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def database(files):
    opened = sqlite3.connect(f"file:{files / 'forum.sqlite3'}?mode=ro", uri=True)
    yield opened
    opened.close()


def rows(files, name):
    with (files / "data" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def test_frictionless_finds_the_data_package_valid(files):
    report = Package(str(files / "datapackage.json")).validate()
    assert report.flatten(["title", "rowNumber", "fieldName", "note"]) == []
    assert (report.valid, len(report.tasks)) == (True, len(TABLES))


def test_what_is_not_public_is_in_no_file(files):
    found = [
        path.relative_to(files).as_posix()
        for path in files.rglob("*")
        if path.is_file()
        and SECRET.lower() in path.read_bytes().decode("utf-8", "replace").lower()
    ]
    assert found == []


def test_somebody_who_asked_for_it_is_there_by_name_only(files):
    (shy,) = (row for row in rows(files, "people") if row["id"] == "shy")
    told = {"uid", "first_published_at", "updated_at"}
    assert {name: value for name, value in shy.items() if value} == {
        **{name: shy[name] for name in told},
        "id": "shy",
        "name_en": "Shy One",
        "by_name_only": "true",
    }
    (part,) = (r for r in rows(files, "contributions") if r["person_id"] == "shy")
    assert (part["organization_id"], part["role"]) == ("", "speaker")
    for name in ("alt_names", "citations"):
        assert shy["uid"] not in {row["uid"] for row in rows(files, name)}
    assert "shy" not in {row["person_id"] for row in rows(files, "affiliations")}


def test_every_file_has_as_many_rows_as_the_list_on_screen(files, database, made):
    client = Client()
    for kind in KINDS:
        count = client.get(f"/en/{kind.name}/").context["count"]
        lines = (files / "records" / f"{kind.name}.jsonl").read_bytes().splitlines()
        (inside,) = database.execute(f"SELECT count(*) FROM {kind.name}").fetchone()  # noqa: S608
        told = [len(rows(files, kind.name)), len(lines), inside, made.counts[kind.name]]
        assert told == [count] * 4, kind.name
        assert count > 0
    for table in TABLES:
        (inside,) = database.execute(f"SELECT count(*) FROM {table.name}").fetchone()  # noqa: S608
        assert inside == len(rows(files, table.name)), table.name


def test_json_lines_hold_a_record_with_all_that_belongs_to_it(files):
    lines = (files / "records" / "regulations.jsonl").read_text().splitlines()
    laws = {law["id"]: law for law in map(json.loads, lines)}
    law = laws["eu-batteries-regulation"]
    assert (law["binding"], law["jurisdiction"]) == (True, "EU")
    assert {one["value"] for one in law["identifiers"]} >= {"32023R1542"}
    assert [one["number"] for one in law["milestones"]] == list(
        range(1, len(law["milestones"]) + 1)
    )
    assert "cobalt" in law["regulation_minerals"]
    assert len(laws["planted-law"]["duty_stages"]) == 3
    assert "regulation_relations" not in laws["planted-law"]


def test_the_database_is_whole(database):
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_datasette_searches_in_both_languages_and_names_what_a_key_means(files):
    metadata = json.loads((files / "metadata.json").read_text())
    asked = [
        f"/forum/sessions.json?_search={quote('供应链')}&_labels=on&_shape=array",
        "/forum/sessions.json?_search=suppl&_shape=array",
        "/forum/sessions",
        "/forum/contributions.json?_labels=on&_shape=array&_size=1",
    ]

    async def ask():
        opened = Datasette(files=[str(files / "forum.sqlite3")], metadata=metadata)
        await opened.invoke_startup()
        return [await opened.client.get(address) for address in asked]

    chinese, english, page, parts = asyncio.run(ask())
    assert [answer.status_code for answer in (chinese, english, page, parts)] == [
        200
    ] * 4
    found = chinese.json()
    assert all("供应链" in str(row.values()) for row in found)
    assert found[0]["edition_id"]["label"].startswith("Sustainable Mineral")
    assert len(english.json()) > 0
    assert "Panels, talks and workshops" in page.text
    assert parts.json()[0]["session_id"]["label"]


def test_rdflib_reads_the_graph_and_finds_every_record_in_it(files):
    graph = Graph().parse(files / "graph.ttl", format="turtle")
    told = {
        str(uid).removeprefix("urn:uuid:")
        for uid in graph.objects(predicate=SCHEMA.identifier)
    }
    assert {row["uid"] for row in rows(files, "records")} <= told


def test_the_checksums_are_those_of_the_files(made, files):
    done = subprocess.run(
        ["sha256sum", "--strict", "--quiet", "-c", "SHA256SUMS"], cwd=files, check=False
    )
    named = (files / "SHA256SUMS").read_text().splitlines()
    inside = [path for path in files.rglob("*") if path.is_file()]
    assert (done.returncode, len(named)) == (0, len(inside) - 1)
    digest = hashlib.sha256(archive(made).read_bytes()).hexdigest()
    beside = archive(made).with_name(f"{made.archive}.sha256").read_text()
    assert beside == f"{digest}  {made.archive}\n"
    assert made.files[0] == {
        "name": made.archive,
        "size": archive(made).stat().st_size,
        "sha256": digest,
    }


def test_the_citation_file_has_what_its_format_asks_for(files, made):
    lines = (files / "CITATION.cff").read_text().splitlines()
    said = {name: json.loads(v) for name, _, v in (x.partition(": ") for x in lines)}
    forum = "Sustainable Mineral Supply Chain International Forum"
    assert said | {"abstract": ""} == {
        "cff-version": "1.2.0",
        "message": "Please cite the release that you used.",
        "type": "dataset",
        "title": f"Record of the {forum}: data set",
        "abstract": "",
        "authors": [{"name": f"Editors of the record of the {forum}"}],
        "version": made.name,
        "date-released": made.name,
        "url": "https://record.example.org/about/data/",
    }
    datacite = json.loads((files / "datacite.json").read_text())
    needed = {"creators", "titles", "publisher", "publicationYear", "types"}
    assert needed <= datacite.keys()


def test_there_is_a_readme_in_each_language_and_no_licence_that_is_not_on_record(files):
    for name in ("README.md", "README.zh-Hans.md"):
        text = (files / name).read_text()
        assert [t.name for t in TABLES if f"`{t.name}` |" not in text] == []
    assert (
        "A licence for the content is not on record."
        in (files / "LICENSE.txt").read_text()
    )
    assert "licenses" not in json.loads((files / "datapackage.json").read_text())


def test_the_page_offers_the_release(made, client, django_assert_num_queries):
    client.get("/en/about/data/")  # formats the shape of its citation, once
    with django_assert_num_queries(3):
        page = client.get("/en/about/data/")
    assert (
        page.text.count(made.files[0]["sha256"]) > 0,
        "First light." in page.text,
    ) == (
        True,
        True,
    )
    assert DatasetRelease.objects.count() == 1
