"""Instruments in the words of schema.org: legislation, and what binds nobody."""

from urllib.parse import quote

from django.utils.functional import lazy

from exchange.linked_data.values import (
    address,
    all_linked,
    in_both_languages,
    in_short,
    in_words,
    linked,
    named,
    other_names,
    without_gaps,
)
from topics.models import Milestone, Regulation, RegulationRelation
from topics.models.regulations import (
    OWN_JURISDICTIONS,
    Status,
    jurisdiction_name,
)

Kind = Milestone.Kind
Relation = RegulationRelation.Kind
IN_FORCE, NOT_IN_FORCE = (
    f"https://schema.org/{status}" for status in ("InForce", "NotInForce")
)
# What schema.org calls a relation. It has no word for “implements” in general.
RELATIONS = {
    Relation.AMENDS: "legislationChanges",
    Relation.REPEALS: "legislationChanges",
    Relation.BASED_ON: "isBasedOn",
    Relation.REFERS_TO: "citation",
}
STANDS = set(Status) - {Status.UNKNOWN, Status.NONE}
ADOPTED = (Kind.SIGNED, Kind.ADOPTED)
FOR_LAW_ONLY = {"legislationChanges"}
# The address of a CELEX number, as the Publications Office builds them
CELEX = "http://publications.europa.eu/resource/celex/"


def regulation_in_full(regulation, site, bodies=(), relations=(), subjects=()):
    """
    Describe an instrument, fetched with its status of today as `status`.

    `bodies` are those that issued it, `relations` are (kind, inverse, other
    instrument), where an inverse one comes from the other.
    """
    status = Status(regulation.status)
    numbers = [one.value for one in regulation.identifiers.all()]
    issued_by = issuers(bodies, site)
    said = {
        **named(regulation, site),
        "alternateName": [
            *in_both_languages(regulation, "official_title"),
            *other_names(regulation, regulation.acronym),
        ],
        "description": in_short(regulation, "summary"),
        "creativeWorkStatus": in_words(status.label) if status in STANDS else None,
        "datePublished": date_of(regulation, Kind.PUBLISHED, Kind.LAUNCHED),
        "expires": date_of(regulation, Kind.EXPIRES),
        "about": all_linked(subjects, site),
        "sameAs": same_as(regulation),
        "subjectOf": official_text(regulation),
    }
    kind = in_words(Regulation.Kind(regulation.kind).label)
    if regulation.binding:
        force = IN_FORCE if status == Status.IN_FORCE else NOT_IN_FORCE
        said |= {
            "legislationType": kind,
            "legislationIdentifier": numbers,
            "legislationJurisdiction": jurisdiction_of(regulation),
            "legislationDate": date_of(regulation, *ADOPTED),
            "legislationLegalForce": force if status in STANDS else None,
            "legislationPassedBy": issued_by,
        }
    else:
        said |= {
            "identifier": [said["identifier"], *numbers],
            "genre": kind,
            "creator": issued_by,
        }
    return without_gaps(said | related(regulation, relations, site))


def related(regulation, relations, site):
    """Return the relations that schema.org has a word for, from both ends."""
    forward, backward = {}, {}
    for kind, inverse, other in relations:
        changing = other if inverse else regulation
        word = RELATIONS.get(kind)
        if word and (changing.binding or word not in FOR_LAW_ONLY):
            place = backward if inverse else forward
            place.setdefault(word, []).append(linked(other, site))
    return forward | ({"@reverse": backward} if backward else {})


def date_of(regulation, *kinds):
    """Return the date of `first_of()`, as exactly as it is known, or None."""
    found = first_of(regulation, *kinds)
    return found and found.iso_date()


def first_of(regulation, *kinds):
    """Return the earliest milestone of the first of these kinds that is on record."""
    for kind in kinds:
        if found := all_of(regulation, kind):
            return found[0]
    return None


def all_of(regulation, kind):
    """Return the milestones of a kind, the earliest first."""
    found = [one for one in regulation.milestones.all() if one.kind == kind]
    return sorted(found, key=lambda one: (one.date, one.pk))


def issuers(bodies, site):
    """Return who issued an instrument; a plain name is a node of this document."""
    return [
        named(body.organization, site)
        if body.organization
        else {
            "@type": "Organization",
            "@id": f"_:issuer{number}",
            "name": in_both_languages(body, "name"),
        }
        for number, body in enumerate(bodies, 1)
    ]


def jurisdiction_of(regulation):
    """Return the area as a node of its own, without an address elsewhere."""
    code = regulation.jurisdiction
    area = "AdministrativeArea" if code in OWN_JURISDICTIONS else "Country"
    name = lazy(jurisdiction_name, str)(code)
    return {"@type": area, "name": in_words(name), "identifier": code}


def official_text(regulation):
    url = address(regulation.official_url)
    return url and {"@type": "WebPage", "url": url}


def same_as(regulation):
    """Return its ELI, and the address of its CELEX number, if these are on record."""
    found = []
    for one in regulation.identifiers.all():
        if one.scheme == "ELI":
            found.append(address(one.value))
        elif one.scheme == "CELEX":
            found.append(CELEX + quote(one.value, safe=""))
    return [one for one in found if one]
