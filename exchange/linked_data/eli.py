"""
What binds as a legal resource of the European Legislation Identifier (ELI 1.5).

Its terms are those of http://data.europa.eu/eli/ontology. What it wants a day for is
left out where only a month or a year is on record.
"""

from exchange.linked_data.law import (
    ADOPTED,
    STANDS,
    all_of,
    first_of,
    issuers,
    jurisdiction_of,
)
from exchange.linked_data.values import in_both_languages
from topics.models import Milestone, RegulationRelation
from topics.models.regulations import Precision, Status

Kind = Milestone.Kind
Relation = RegulationRelation.Kind
# What it calls a relation, seen from either end. “Implements” is its
# “ensures implementation of”; its own “implements” is deprecated.
RELATIONS = {
    Relation.AMENDS: ("eli:amends", "eli:amended_by"),
    Relation.REPEALS: ("eli:repeals", "eli:repealed_by"),
    Relation.IMPLEMENTS: (
        "eli:ensures_implementation_of",
        "eli:implementation_ensured_by",
    ),
    Relation.BASED_ON: ("eli:based_on", "eli:basis_for"),
    Relation.REFERS_TO: ("eli:cites", "eli:cited_by"),
}
CHANGING = {Relation.AMENDS, Relation.REPEALS}
CHANGES = ("eli:changes", "eli:changed_by")


def legal_resource(regulation, site, bodies, relations, subjects):
    """Return what ELI says of an instrument that binds."""
    status = Status(regulation.status)
    force = "inForce" if status == Status.IN_FORCE else "notInForce"
    area = jurisdiction_of(regulation)
    area |= {
        "@id": "_:jurisdiction",
        "@type": [area["@type"], "eli:AdministrativeArea"],
    }
    said = {
        "@type": ["Legislation", "eli:LegalResource"],
        "dcterms:title": in_both_languages(regulation, "official_title"),
        "legislationJurisdiction": area,
        "eli:jurisdiction": {"@id": area["@id"]},
        "eli:id_local": [
            one.value for one in regulation.identifiers.all() if one.scheme != "ELI"
        ],
        "eli:date_document": day(first_of(regulation, *ADOPTED)),
        "eli:date_publication": day(first_of(regulation, Kind.PUBLISHED)),
        "eli:first_date_entry_in_force": day(first_of(regulation, Kind.IN_FORCE)),
        "eli:date_applicability": [
            found for one in all_of(regulation, Kind.APPLIES) if (found := day(one))
        ],
        "eli:date_no_longer_in_force": day(
            first_of(regulation, Kind.EXPIRES, Kind.REPEALED)
        ),
        "eli:passed_by": [{"@id": one["@id"]} for one in issuers(bodies, site)],
        "eli:is_about": [{"@id": site + one.address} for one in subjects],
    }
    if status in STANDS:
        said["eli:in_force"] = {"@id": f"eli:InForce-{force}"}
    for kind, inverse, other in relations:
        words = [RELATIONS[kind]] + [CHANGES] * (kind in CHANGING)
        for forward, backward in words:
            ends = said.setdefault(backward if inverse else forward, [])
            ends.append({"@id": site + other.address})
    return said


def day(milestone):
    known = milestone and milestone.precision == Precision.DAY
    return milestone.iso_date() if known else None
