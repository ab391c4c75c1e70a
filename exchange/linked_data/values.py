"""How a record is named in JSON-LD, and how texts and addresses stand there."""

import re
from html import unescape
from urllib.parse import quote

from django.utils.html import strip_tags
from django.utils.text import Truncator, capfirst
from django.utils.translation import override

from organizations.models import Organization, Person
from records.languages import LANGUAGE, TAGS, other_language, page_language, text_in
from sessions.models import Edition, Outcome, Session
from topics.models import Regulation

CONTEXT = {
    "@vocab": "https://schema.org/",
    "url": {"@type": "@id"},
    "sameAs": {"@type": "@id"},
    "eventStatus": {"@type": "@vocab"},
    "actionStatus": {"@type": "@vocab"},
    "legislationLegalForce": {"@type": "@vocab"},
}
MOST_LETTERS = 300  # of a description on a page
ORGANIZATIONS = {
    Organization.Kind.GOVERNMENT: "GovernmentOrganization",
    Organization.Kind.NGO: "NGO",
}
KNOWN = set(TAGS.values())
# What RFC 3987 has no place for in an address
NO_ADDRESS = re.compile(r"""[\x00-\x20<>"{}|\\^`\x7f]""")


def type_of(record):
    """
    Return the class of schema.org that a record is of.

    What does not bind is a creative work: schema.org's Legislation is a legal
    document. An outcome or a commitment is something that somebody does, with a
    status: an Action. A fact is what a source claims: a Claim.
    """
    if isinstance(record, Edition | Session):
        return "Event"
    if isinstance(record, Person):
        return "Person"
    if isinstance(record, Organization):
        return ORGANIZATIONS.get(record.kind, "Organization")
    if isinstance(record, Regulation):
        return "Legislation" if record.binding else "CreativeWork"
    if isinstance(record, Outcome):
        return "Claim" if record.kind == Outcome.Kind.FACT else "Action"
    return "DefinedTerm"


def named(record, site):
    """Return what a record is, and how it is called, in both languages."""
    brief = linked(record, site)
    return {
        "@type": brief["@type"],
        "@id": brief["@id"],
        "identifier": record.uid.urn,
        "name": brief["name"],
        "url": site + record.get_absolute_url(),
    }


def linked(record, site):
    """Return a record as others speak of it: shorter, for there may be many."""
    return {
        "@type": type_of(record),
        "@id": site + record.address,
        "name": in_both_languages(record, record.heading_field),
    }


def all_linked(records, site):
    return [linked(record, site) for record in records]


def in_both_languages(thing, field):
    """Return a translated field as JSON-LD values, one for each language it has."""
    third = getattr(thing, "name_language", "")
    third = third if field in getattr(thing, "own_name_fields", ()) else ""
    return [
        tagged(words, (code == "en" and third) or tag)
        for code, tag in TAGS.items()
        if (words := text_in(thing, field, code))
    ]


def in_words(label):
    """Return a label of the portal's own as JSON-LD values, in both languages."""
    said = {}
    for code, tag in TAGS.items():
        with override(code):
            said.setdefault(capfirst(str(label)), tag)
    return [tagged(words, tag) for words, tag in said.items()]


def tagged(words, language):
    """Return a text with its language, or alone if that is not on record."""
    if language not in KNOWN and not LANGUAGE.fullmatch(language or ""):
        return words
    return {"@value": words, "@language": language}


def other_names(record, *more):
    """Return further names: `more` of them without a language, then those it has."""
    names = [(one.text, one.language) for one in record.alt_names.all()]
    known = {text for text, _language in names}
    names = [(text, "") for text in more if text and text not in known] + names
    return [tagged(text, language) for text, language in names]


def in_short(record, field):
    """Return the beginning of a Markdown text, as the words of its HTML."""
    for code in (page_language(), other_language()):
        if words := plain_words(record, field, code):
            return tagged(Truncator(words).chars(MOST_LETTERS), TAGS[code])
    return None


def in_full(record, field):
    """Return a Markdown text as the words of its HTML, in each language it has."""
    return [
        tagged(words, tag)
        for code, tag in TAGS.items()
        if (words := plain_words(record, field, code))
    ]


def plain_words(record, field, code):
    html = record.html.get(f"{field}_{code}", "")
    return unescape(" ".join(strip_tags(html).split()))


def address(text):
    """
    Return a web address with what no IRI may hold percent-encoded, else None.

    What is no whole address would be read as one on this site.
    """
    if not text.startswith(("http://", "https://")):
        return None
    return NO_ADDRESS.sub(lambda found: quote(found[0]), text)


def without_gaps(values):
    """Leave out what is not on record."""
    gaps = (None, "", [])
    return {name: value for name, value in values.items() if value not in gaps}
