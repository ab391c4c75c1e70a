"""
A record as linked data, as a file: JSON-LD, and Turtle made of the very same document.

Beside schema.org they speak SKOS (topics, minerals and stages are concepts), ELI
(what binds is a legal resource) and Dublin Core (what the portal's page rests on).
"""

import json

from django.db.models import prefetch_related_objects
from django.utils import timezone

from exchange.linked_data import page
from exchange.linked_data.eli import legal_resource
from exchange.linked_data.skos import concept
from exchange.linked_data.values import (
    CONTEXT,
    address,
    all_linked,
    in_full,
    linked,
    other_names,
    without_gaps,
)
from exchange.tables.columns import CITATIONS, name_only, sources_of
from organizations.models import Affiliation, Organization, Person
from organizations.participation import family_of
from records.addresses import site_url
from records.languages import TAGS, page_language
from sessions.models import Contribution, Edition, Outcome, Session
from sessions.models.sessions import PROSE as PROSE_OF_SESSIONS
from topics.models import (
    IssuingBody,
    LifecycleStage,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)

PREFIXES = {
    "dcterms": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
DATES = (
    "eli:date_applicability",
    "eli:date_document",
    "eli:date_no_longer_in_force",
    "eli:date_publication",
    "eli:first_date_entry_in_force",
)
MOMENTS = ("dcterms:issued", "dcterms:modified")
FILE_CONTEXT = (
    CONTEXT
    | PREFIXES
    | {name: {"@type": "xsd:date"} for name in DATES}
    | {name: {"@type": "xsd:dateTime"} for name in MOMENTS}
)
PROSE = {
    Edition: "summary",
    Session: "abstract",
    Person: "bio",
    Organization: "description",
    Regulation: "summary",
}
OWN = {Session: ["spoken_languages"], Regulation: ["milestones", "identifiers"]}


def fetched(records):
    """Fetch what a file tells in the query of its record, whichever its kind."""
    if records.model is Session:
        return records.select_related("edition", "day", "room")
    if records.model is Outcome:
        return records.select_related("edition").with_published("session")
    if records.model is Regulation:
        return records.with_status(timezone.localdate())
    return records


def as_jsonld(record, request):
    """Return a public record, from `fetched()`, as the bytes of a JSON-LD file."""
    words = json.dumps(
        document(record, site_url(request)), ensure_ascii=False, indent=1
    )
    return words.encode() + b"\n"


def as_turtle(record, request):
    """Return the same as Turtle."""
    return turtle(record, site_url(request))


def turtle(record, site):
    """Return a record as Turtle; nodes without an address have names that stay."""
    # Read only where it is needed: it takes memory, and time to load.
    from rdflib import Graph
    from rdflib.compare import to_canonical_graph

    words = json.dumps(document(record, site))
    read = Graph().parse(data=words, format="json-ld", base=f"{site}/")
    graph = Graph(bind_namespaces="none")
    graph += to_canonical_graph(read)
    for prefix, namespace in {"schema": CONTEXT["@vocab"], **PREFIXES}.items():
        graph.bind(prefix, namespace)
    return graph.serialize(format="turtle").encode()


def document(record, site):
    """Return a public record as a JSON-LD document, in at most ten queries."""
    prefetch_related_objects(
        [record], "alt_names", CITATIONS, *OWN.get(type(record), ())
    )
    parts = load(record)
    said = page.described(record, site, **parts)
    if not name_only(record):
        said |= more(record, site, said, parts)
    said["mainEntityOfPage"] = page_of(record, site)
    return {"@context": FILE_CONTEXT, **without_gaps(said)}


def page_of(record, site):
    """Describe the page that this portal keeps of a record."""
    sources = [address(url) for _title, url in sources_of(record)]
    moments = [record.first_published_at, record.updated_at]
    issued, modified = (
        moment and moment.replace(microsecond=0).isoformat() for moment in moments
    )
    return without_gaps(
        {
            "@type": "AboutPage",
            "@id": site + record.get_absolute_url(),
            "inLanguage": TAGS[page_language()],
            "isPartOf": {"@type": "WebSite", "@id": f"{site}/"},
            "dcterms:issued": issued,
            "dcterms:modified": modified,
            "dcterms:source": [{"@id": source} for source in sources if source],
        }
    )


def load(record):
    """Return what the description of a record takes: public parts and records."""
    if isinstance(record, Session):
        parts = record.contributions.published()
        return {
            "contributions": parts.select_related("person", "organization"),
            "subjects": [*subjects_of(record), *record.regulations.published()],
        }
    if isinstance(record, Edition):
        return {"organizers": page.organizers_of(edition=record.pk)}
    if isinstance(record, Person):
        places = Affiliation.objects.published().filter(person=record)
        return {"affiliations": list(places.select_related("organization"))}
    if isinstance(record, Organization):
        parent, parts = family_of(record)
        return {"parent": parent, "parts": parts}
    if isinstance(record, Regulation):
        bodies = IssuingBody.objects.published().filter(regulation=record)
        return {
            "bodies": list(bodies.select_related("organization")),
            "relations": relations_of(record),
            "subjects": subjects_of(record),
        }
    if isinstance(record, Outcome):
        agents = [*record.people.published(), *record.organizations.published()]
        return {"agents": agents, "topics": record.topics.published()}
    return {}


def subjects_of(record):
    return [
        *record.topics.published(),
        *record.minerals.published(),
        *record.stages.published(),
    ]


def relations_of(regulation):
    """Return (kind, inverse, other instrument) from both ends, in one query."""
    ends = RegulationRelation.objects.published().select_related("regulation", "target")
    own, others = ends.filter(regulation=regulation), ends.filter(target=regulation)
    return [
        (one.kind, True, one.regulation)
        if one.target_id == regulation.pk
        else (one.kind, False, one.target)
        for one in own | others
    ]


def more(record, site, said, parts):
    """Return what a file says of a record beyond what its page does, `said`."""
    if isinstance(record, Topic | Mineral | LifecycleStage):
        return concept(record, site)
    found = {}
    if field := PROSE.get(type(record)):
        found["description"] = in_full(record, field)
    if isinstance(record, Edition | Session):
        found["alternateName"] = other_names(record)
    if isinstance(record, Edition):
        held = Session.objects.published().for_edition(record)
        held = held.exclude(format=Session.Format.BREAK).in_programme_order()
        found["subEvent"] = all_linked(held.defer(*PROSE_OF_SESSIONS), site)
    if isinstance(record, Regulation):
        discussed = record.sessions.published().defer(*PROSE_OF_SESSIONS)
        official = [said["subjectOf"]] if "subjectOf" in said else []
        found["subjectOf"] = [*official, *all_linked(discussed, site)]
        if record.binding:
            found |= legal_resource(record, site, **parts)
    if isinstance(record, Person | Organization):
        found["@reverse"] = events_of(record, site)
    return found


def events_of(who, site):
    """Return the sessions that somebody hosted or spoke in, from the sessions' end."""
    role = Contribution.Role
    named = {role.HOST: "organizer", role.SPEAKER: "performer"}
    named |= {role.PANELIST: "performer", role.MODERATOR: "performer"}
    found = {}
    for part in who.contributions.published().select_related("session", "person"):
        if part.person and name_only(part.person) and part.person != who:
            continue  # whose place in an organization is not told
        if word := named.get(part.role):
            event = linked(part.session, site)
            if event not in found.setdefault(word, []):
                found[word].append(event)
    return found
