"""The starting content, as other programs read and harvest it without a network."""

import datetime
import json
import re

import extruct
import pytest
from django.test import RequestFactory
from rdflib import DCTERMS, RDF, SDO, SKOS, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from exchange.linked_data.files import as_jsonld, as_turtle, fetched
from exchange.record_files import address
from records.models import record_kinds
from tests.exchange.linked_data.test_files import ELI, SITE, id_of, written
from tests.exchange.oai.harvester import ADDRESS, Harvester
from tests.factories import make_regulation, make_session
from topics.models import Regulation

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
# What is used of ELI 1.5, http://data.europa.eu/eli/ontology
ELI_TERMS = {
    "AdministrativeArea",
    "LegalResource",
    "amended_by",
    "amends",
    "changed_by",
    "changes",
    "date_applicability",
    "date_document",
    "date_no_longer_in_force",
    "date_publication",
    "first_date_entry_in_force",
    "id_local",
    "in_force",
    "is_about",
    "jurisdiction",
    "passed_by",
}
TYPE_ONLY = {SDO.InForce, SDO.NotInForce, SDO.EventScheduled}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let nothing be fetched: a context elsewhere would fail the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("linked data asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def test_every_record_of_the_content_is_linked_data_in_known_terms(content):
    graph, records = Graph(), 0
    for kind in record_kinds():
        for record in fetched(kind.objects.published()):
            said = as_jsonld(record, RequestFactory().get("/"))
            graph.parse(data=said, format="json-ld")
            names = {str(name) for name in graph.objects(id_of(record), SDO.name)}
            field = record.heading_field
            both = {getattr(record, f"{field}_{code}") for code in ("en", "zh_hans")}
            assert names == both - {"", None}
            records += 1
    assert records > 200
    terms = set(graph.predicates()) | set(graph.objects(None, RDF.type)) - {RDF.type}
    for term in terms | TYPE_ONLY:
        known = {SDO: SDO, SKOS: SKOS, DCTERMS: DCTERMS}
        for namespace in known:
            if str(term).startswith(str(namespace)):
                assert term in namespace, term
                break
        else:
            assert term == RDF.type or str(term).removeprefix(ELI) in ELI_TERMS


@pytest.mark.parametrize("kind", record_kinds(), ids=lambda kind: kind.__name__)
def test_both_files_and_the_page_say_the_same(content, client, kind):
    record = kind.objects.published().order_by("pk").first()
    json_file, turtle = (
        Graph().parse(data=client.get(address(record, ending)).content, format=form)
        for ending, form in (("jsonld", "json-ld"), ("ttl", "turtle"))
    )
    assert isomorphic(json_file, turtle)
    page = client.get(record.get_absolute_url())
    found = extruct.extract(page.text, uniform=False, syntaxes=["json-ld"])["json-ld"]
    in_page = Graph().parse(data=json.dumps(found[0]), format="json-ld")
    me = id_of(record)
    longer = {SDO.description, SDO.subjectOf, SDO.mainEntityOfPage, SDO.subEvent}
    for predicate, value in in_page.predicate_objects(me):
        if predicate not in longer and isinstance(value, URIRef | Literal):
            assert (me, predicate, value) in json_file
    linked = set(re.findall(r'href="(/en/[^"?#]+)"', page.text))
    for predicate, value in in_page.predicate_objects(me):
        path = str(value).removeprefix(SITE)
        if path != str(value) and predicate not in longer | {SDO.url}:
            assert f"/en{path.removeprefix('/en')}" in linked


def test_turtle_is_written_alike_each_time(content):
    law = Regulation.objects.get(slug="eu-csddd")
    first, second = (written(law, as_turtle) for _ in range(2))
    assert first == second
    head = first.decode().split("\n\n")[0]
    assert re.findall("@prefix (\\w+):", head) == ["dcterms", "eli", "schema", "xsd"]


def published():
    return sorted(
        str(uid)
        for kind in record_kinds()
        for uid in kind.objects.published().values_list("uid", flat=True)
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_harvester_gets_exactly_what_is_public(content, settings, method):
    settings.OAI_PAGE_SIZE = 30
    draft = make_session(state="draft", title_en="Planted")
    make_regulation(publish_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
    harvester = Harvester(ADDRESS, http_method=method)
    found = list(harvester.ListRecords(metadataPrefix="oai_dc"))
    uids = [record.header.identifier.split(":")[-1] for record in found]
    assert sorted(uids) == published()
    assert str(draft.uid) not in uids
    assert "Planted" not in "".join(record.raw for record in found)
    assert {record.deleted for record in found} == {False}
    if method == "GET":
        names = [str(one.header.setSpecs[0]) for one in found]
        for one in harvester.ListSets():
            of_set = harvester.ListIdentifiers(metadataPrefix="oai_dc", set=one.setSpec)
            assert len(list(of_set)) == names.count(one.setSpec)
