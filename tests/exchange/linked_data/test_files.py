"""The starting content as linked data, as other programs read it without a network."""

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rdflib import SKOS, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from exchange.linked_data.files import as_jsonld, as_turtle, fetched
from exchange.record_files import address
from tests.factories import (
    make_contribution,
    make_edition,
    make_milestone,
    make_organization,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
SITE = "http://testserver"
ELI = Namespace("http://data.europa.eu/eli/ontology#")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let nothing be fetched: a context elsewhere would fail the test."""

    def refuse(*args, **kwargs):
        raise AssertionError("linked data asked the network")

    monkeypatch.setattr("socket.socket.connect", refuse)


def written(record, write=as_jsonld):
    [record] = fetched(type(record).objects.published().filter(pk=record.pk))
    return write(record, RequestFactory().get("/"))


def graph_of(record):
    return Graph().parse(data=written(record), format="json-ld")


def id_of(record):
    return URIRef(SITE + record.address)


def test_what_binds_is_a_legal_resource_of_eli():
    old, law, new = (make_regulation(slug=slug) for slug in ("old", "law", "new"))
    make_relation(law, "repeals", old)
    make_relation(new, "implements", law)
    make_relation(make_regulation(state="draft"), "amends", law)
    make_milestone("2023-07-12", "signed", regulation=law)
    make_milestone("2023-07-01", "published", regulation=law, precision="month")
    make_milestone("2023-08-17", "in-force", regulation=law)
    for year in ("2024", "2025"):
        make_milestone(f"{year}-02-18", "applies", regulation=law)
    topic = make_topic()
    law.topics.set([topic, make_topic(state="draft")])
    graph, me = graph_of(law), id_of(law)
    said = {
        str(predicate).removeprefix(ELI): set()
        for predicate in graph.predicates(me)
        if predicate.startswith(ELI)
    }
    for name, values in said.items():
        values.update(str(value) for value in graph.objects(me, ELI[name]))
    area = said.pop("jurisdiction")
    assert len(area) == 1
    assert said == {
        "date_document": {"2023-07-12"},
        "first_date_entry_in_force": {"2023-08-17"},
        "date_applicability": {"2024-02-18", "2025-02-18"},
        "in_force": {str(ELI["InForce-inForce"])},
        "repeals": {str(id_of(old))},
        "changes": {str(id_of(old))},
        "implementation_ensured_by": {str(id_of(new))},
        "is_about": {str(id_of(topic))},
    }
    soft = graph_of(make_regulation(binding=False))
    assert not [one for one in soft.predicates() if one.startswith(ELI)]


def test_topics_are_concepts_with_broader_and_narrower_ones():
    above = make_topic(label_en="Above")
    topic = make_topic(parent=above, label_en="Topic", label_zh_hans="议题")
    below = make_topic(parent=topic)
    make_topic(parent=topic, state="draft")
    graph, me = graph_of(topic), id_of(topic)
    assert set(graph.objects(me, SKOS.prefLabel)) == {
        Literal("Topic", lang="en"),
        Literal("议题", lang="zh-Hans"),
    }
    assert list(graph.objects(me, SKOS.broader)) == [id_of(above)]
    assert list(graph.objects(me, SKOS.narrower)) == [id_of(below)]
    assert list(graph.objects(me, SKOS.inScheme)) == [URIRef(f"{SITE}/topics/")]
    assert not list(graph.objects(me, SKOS.topConceptOf))
    assert list(graph_of(above).objects(id_of(above), SKOS.topConceptOf))


def test_what_is_not_public_is_in_no_file():
    edition = make_edition()
    host, ana = make_organization(), make_person(listed=False, bio_en="Planted")
    session = make_session(
        edition=edition,
        topics=[make_topic(state="draft", label_en="Planted")],
        regulations=[make_regulation(state="draft", short_name_en="Planted")],
    )
    make_contribution(session, ana, organization=host)
    make_contribution(session, make_person(state="draft", name_en="Planted"))
    make_session(edition=edition, state="draft", title_en="Planted")
    make_session(
        edition=make_edition(publish_at=timezone.now() + timezone.timedelta(1)),
        title_en="Planted",
    )
    for record in (edition, session, host, ana):
        said = written(record).decode()
        assert "Planted" not in said
    # Whom it is about is shown by name only, and her place there is not told.
    assert str(id_of(host)) not in written(ana).decode()
    assert str(id_of(ana)) not in written(host).decode()


def test_nothing_on_record_can_break_the_files():
    topic = make_topic(
        label_en='"""\\ <x> \u202e',
        name_language="not a tag",
        definition_en="a\\u0000b\n\r\t",
    )
    law = make_regulation(official_url='https://example.org/<">{} |\\^`x')
    for record in (topic, law):
        turtle = Graph().parse(data=written(record, as_turtle), format="turtle")
        assert isomorphic(turtle, graph_of(record))
    assert URIRef("https://example.org/%3C%22%3E%7B%7D%20%7C%5C%5E%60x") in set(
        graph_of(law).objects()
    )


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 6])
def test_a_file_costs_the_same_however_much_it_tells(
    client, total, django_assert_max_num_queries
):
    law = make_regulation()
    for _ in range(total):
        session = make_session(topics=[make_topic()], regulations=[law])
        make_contribution(session, make_person())
        make_relation(law, "amends", make_regulation(topics=[make_topic()]))
    for record in (law, session):
        client.get(address(record, "ttl"))
        with django_assert_max_num_queries(12):
            client.get(address(record, "jsonld"))
