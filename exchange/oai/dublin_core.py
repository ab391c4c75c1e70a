"""
A record in the fifteen elements of Dublin Core, in both languages.

What it tells of others decides since when a record is as it is: whoever adds here a
part or a record adds its path in `datestamps`, too.
"""

from django.http import QueryDict

from exchange.citing.works import work
from exchange.linked_data.law import same_as
from exchange.linked_data.values import (
    in_both_languages,
    in_full,
    in_words,
    type_of,
)
from exchange.tables.columns import UNTOLD, name_only
from organizations.models import Organization, Person
from sessions.models import Edition, Outcome, Session
from topics.models import Regulation

# The classes that the DCMI Type Vocabulary has a word for
DCMI = {
    "Event": "Event",
    "Legislation": "Text",
    "CreativeWork": "Text",
    "Claim": "Text",
}


def load(records, table):
    """Fetch what is told of the records of a kind, in at most eight queries."""
    nothing = table.filterset_class(QueryDict(), table.model.objects.none())
    untold = [name for name in UNTOLD if name != "html"]
    return table.load(records.defer(*untold), nothing)


def elements(record, table, site):
    """
    Return (name, text, language or "") of each element, in the order of the schema.

    `record` is from `load()`. Of who asked to be shown by name only, it is the name.
    """
    said = {"title": in_both_languages(record, record.heading_field)}
    numbers = [] if name_only(record) else numbers_of(record)
    said["identifier"] = [site + record.address, record.uid.urn, *numbers]
    said["type"] = [DCMI.get(type_of(record)), *in_words(record._meta.verbose_name)]
    if not name_only(record):
        said["description"] = descriptions(record, table)
        said["language"] = languages_of(record)
        said["relation"] = [site + one.address for one in related(record) if one]
        said["subject"] = [
            words
            for name in ("topics", "minerals", "stages")
            for one in all_of(record, name)
            for words in in_both_languages(one, one.title_field)
        ]
        said |= of_a_kind(record)
    for name, values in said.items():
        for value in values:
            if isinstance(value, dict):
                yield name, value["@value"], value["@language"]
            elif value:
                yield name, value, ""


def of_a_kind(record):
    """Return who made it, when it was and where, for the kinds that have these."""
    if isinstance(record, Edition):
        days = [day.isoformat() for day in (record.starts_on, record.ends_on) if day]
        places = [*in_both_languages(record, "city"), record.country.code]
        dates = "/".join(dict.fromkeys(days)) or str(record.year)
        return {"date": [dates], "coverage": places}
    if isinstance(record, Outcome):
        who = [*record.people.all(), *record.organizations.all()]
        return {
            "creator": [str(one) for one in who],
            "date": [str(record.edition.year)],
        }
    if not isinstance(record, Session | Regulation):
        return {}
    cited = work(record)
    said = {"creator": [name.text for name in cited.authors], "date": [cited.date]}
    if isinstance(record, Session):
        said["coverage"] = in_both_languages(record.edition, "city")
    if isinstance(record, Regulation):
        said["coverage"] = [record.jurisdiction]
        said["title"] = [
            *in_both_languages(record, "short_name"),
            *in_both_languages(record, "official_title"),
        ]
    return said


def descriptions(record, table):
    """Return what it is about, as plain words, in each language it has."""
    field = table.prose
    if not field or field == record.heading_field:
        return []
    if field in record.markdown_fields:
        return in_full(record, field)
    return in_both_languages(record, field)


def numbers_of(record):
    """Return what other systems call a record."""
    if isinstance(record, Person):
        return [record.orcid and f"https://orcid.org/{record.orcid}"]
    if isinstance(record, Organization):
        wikidata = record.wikidata
        return [record.ror, wikidata and f"http://www.wikidata.org/entity/{wikidata}"]
    if isinstance(record, Regulation):
        numbers = [str(one) for one in record.identifiers.all() if one.scheme != "ELI"]
        return [*numbers, *same_as(record)]
    return []


def related(record):
    """Return the records that it names, apart from its subjects."""
    if isinstance(record, Session):
        return [record.edition, *record.regulations.all()]
    if isinstance(record, Outcome):
        return [record.edition, record.session]
    if isinstance(record, Person):
        return [place.organization for place in record.affiliations.all()]
    if isinstance(record, Regulation):
        return [one.target for one in record.public_relations]
    return [getattr(record, "parent", None)]


def all_of(record, name):
    return getattr(record, name).all() if hasattr(record, name) else []


def languages_of(record):
    """Return the languages that the record is called something in."""
    names = in_both_languages(record, record.heading_field)
    return [one["@language"] for one in names if isinstance(one, dict)]
