"""
What is cited of a record: its kind of work, authors, date, event.

A session is a talk at a conference, an instrument that binds is legislation or a
treaty; what is no publication is cited as a web page, by the day it was last changed.
Names are never reordered: only a person's own name to sort by says which is the
family name.
"""

from typing import NamedTuple

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.text import capfirst

from exchange.tables.programme import date_of, told
from exchange.tables.subjects import issuers
from records.languages import (
    OTHER,
    TAGS,
    page_language,
    tag_of,
    text_in,
    text_of,
)
from sessions.models import Contribution, Outcome, Session
from topics.models import IssuingBody, Milestone, Regulation

SPEAKING = (Contribution.Role.SPEAKER, Contribution.Role.PANELIST)
LEADING = (Contribution.Role.HOST, Contribution.Role.MODERATOR)
# Which date an instrument is cited by: the first of these that is on record
CITED_BY = (
    Milestone.Kind.SIGNED,
    Milestone.Kind.PUBLISHED,
    Milestone.Kind.ADOPTED,
    Milestone.Kind.LAUNCHED,
    Milestone.Kind.IN_FORCE,
)


class Name(NamedTuple):
    """An author; `parted` if the family name stands first, before a comma."""

    text: str
    parted: bool = False


class Work(NamedTuple):
    """What is cited; `type` is that of CSL."""

    type: str
    bibtex: str
    ris: str
    title: str
    language: str  # of the title, as BCP 47
    date: str  # as exactly as it is known: 2023, 2023-07, 2023-07-12; "" if not
    authors: tuple = ()
    other_titles: tuple = ()  # (language, title) pairs, in further languages
    event: str = ""
    place: str = ""
    number: str = ""
    genre: str = ""


KINDS = {  # of CSL → of BibTeX and RIS
    "speech": ("inproceedings", "CPAPER"),
    "legislation": ("legislation", "STAT"),
    "treaty": ("legislation", "STAT"),
    "standard": ("misc", "STAND"),
    "report": ("misc", "RPRT"),
    "webpage": ("misc", "GEN"),
}


def load(records):
    """Fetch what a citation tells of records of one kind, in four queries at most."""
    if records.model is Session:
        parts = Contribution.objects.published().select_related(
            "person", "organization"
        )
        return records.select_related("edition", "day").prefetch_related(
            Prefetch("contributions", parts, to_attr="public_contributions")
        )
    if records.model is Regulation:
        bodies = IssuingBody.objects.published().select_related("organization")
        return records.prefetch_related(
            "milestones",
            "identifiers",
            Prefetch("issuing_bodies", bodies, to_attr="public_bodies"),
        )
    return records.select_related("edition") if records.model is Outcome else records


def work(record):
    """Return a record that `load()` or its page has fetched as a work to cite."""
    if isinstance(record, Session):
        return session_cited(record)
    if isinstance(record, Regulation):
        return regulation_cited(record)
    date = changed_on(record).isoformat()
    event = str(record.edition) if isinstance(record, Outcome) else ""
    return of_type("webpage", record, (record.heading_field,), date, event=event)


def of_type(kind, record, fields, date, **more):
    """Return a work called by the first of these fields that has a text."""
    here = page_language()
    found = [
        (text, tag_of(record, field, language))
        for language in (here, OTHER[here])
        for field in fields
        if (text := text_in(record, field, language))
    ]
    title, tag = found[0] if found else (record.slug, TAGS[here])
    others = {said: text for text, said in reversed(found) if text != title}
    others.pop(tag, None)
    more["other_titles"] = tuple(others.items())
    return Work(kind, *KINDS[kind], title, tag, date, **more)


def as_fetched(record, day):
    """
    Return a record as it was on a day, as `load()` would have fetched it then.

    `record` is from `records.past`; the version of its data is that day's.
    """
    record.version_day = day
    if isinstance(record, Session):
        record.public_contributions = list(record.contributions.all())
    elif isinstance(record, Regulation):
        record.public_bodies = list(record.issuing_bodies.all())
    return record


def changed_on(record):
    """Return the day of the version of a record's data: when it was changed last."""
    day = getattr(record, "version_day", None)
    return day or timezone.localdate(record.updated_at)


def session_cited(session):
    edition = session.edition
    parts = told(session)
    spoke = [one for one in parts if one[2].role in SPEAKING]
    led = [one for one in parts if one[2].role in LEADING]
    who = dict.fromkeys(one[0] or one[1] for one in spoke or led)
    date = date_of(session)
    return of_type(
        "speech",
        session,
        (session.heading_field,),
        date.isoformat() if date else str(edition.year),
        authors=tuple(named(one) for one in who),
        event=str(edition),
        place=text_of(edition, "city").text,
        genre=capfirst(session.get_format_display()),
    )


def regulation_cited(regulation):
    dates = {}
    for one in regulation.milestones.all():
        dates.setdefault(one.kind, one.iso_date())
    numbers = [str(one) for one in regulation.identifiers.all()]
    return of_type(
        type_of(regulation),
        regulation,
        ("official_title", "short_name"),
        next((dates[kind] for kind in CITED_BY if kind in dates), ""),
        authors=tuple(Name(str(said)) for said, _id in issuers(regulation)),
        number=numbers[0] if numbers else "",
    )


def type_of(regulation):
    kind = Regulation.Kind
    if regulation.kind == kind.VOLUNTARY_STANDARD:
        return "standard"
    if regulation.binding:
        return "treaty" if regulation.kind == kind.TREATY else "legislation"
    return "webpage" if regulation.kind == kind.INITIATIVE else "report"


def named(who):
    """Return a person or an organization as an author, in the page's language."""
    if getattr(who, "listed", False):
        sort_name = who.name_to_sort_by(page_language())
        if sort_name.count(",") == 1:
            return Name(sort_name, parted=True)
    return Name(str(who))
