"""
Lists as files for reference managers: BibTeX and RIS.

Written by hand, in UTF-8: BibTeX as biblatex reads it, RIS as its specification of
2001 names types and tags. A session is a conference paper, an instrument that binds
is legislation; what is no publication is cited as a web page. Names are never
reordered: only a person's own name to sort by says which is the family name.
"""

import re
from typing import NamedTuple

from django.http import QueryDict

from exchange.tables.kinds import TABLES
from exchange.tables.programme import told
from exchange.tables.subjects import issuers
from records.addresses import site_url
from records.languages import text_of
from sessions.models import Contribution, Outcome, Session
from topics.models import Milestone, Regulation

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}
NO_ADDRESS = re.compile(r'[\s{}\\^`"<>|]')  # what would end an address in BibTeX
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
    """What is cited."""

    bibtex: str
    ris: str
    title: str
    authors: list
    date: str  # as exactly as it is known: 2023, 2023-07, 2023-07-12; "" if not
    event: str = ""
    place: str = ""
    number: str = ""


def work(record):
    """Return a fetched record of any kind as a work to cite."""
    if isinstance(record, Session):
        return session_cited(record)
    if isinstance(record, Regulation):
        return regulation_cited(record)
    if isinstance(record, Outcome):
        who = [
            named(one) for one in [*record.people.all(), *record.organizations.all()]
        ]
        date = str(record.edition.year)
        return Work("misc", "GEN", str(record), who, date, event=str(record.edition))
    date = record.first_published_at
    return Work("misc", "GEN", str(record), [], str(date.year) if date else "")


def session_cited(session):
    edition = session.edition
    parts = told(session)
    spoke = [one for one in parts if one[2].role in SPEAKING]
    led = [one for one in parts if one[2].role in LEADING]
    who = dict.fromkeys(one[0] or one[1] for one in spoke or led)
    date = session.starts_at and session.starts_at.astimezone(edition.zone).date()
    date = date or (session.day and session.day.date)
    return Work(
        "inproceedings",
        "CPAPER",
        str(session),
        [named(one) for one in who],
        date.isoformat() if date else str(edition.year),
        event=str(edition),
        place=text_of(edition, "city").text,
    )


def regulation_cited(regulation):
    law = regulation.binding
    dates = {}
    for one in regulation.milestones.all():
        dates.setdefault(one.kind, one.iso_date())
    date = next((dates[kind] for kind in CITED_BY if kind in dates), "")
    return Work(
        "legislation" if law else "misc",
        "STAT" if law else "GEN",
        text_of(regulation, "official_title").text or str(regulation),
        [Name(str(said)) for said, _id in issuers(regulation)],
        date,
        number=", ".join(str(one) for one in regulation.identifiers.all()),
    )


def named(who):
    sort_name = getattr(who, "sort_name", "") if getattr(who, "listed", False) else ""
    if sort_name.count(",") == 1:
        return Name(sort_name, parted=True)
    return Name(str(who))


def as_bib(listing):
    """Yield BibTeX entries, part by part."""
    for records in listing.parts():
        entries = [bib_entry(record, listing.table, listing.site) for record in records]
        yield "\n".join([*entries, ""]).encode()


def record_as_bib(record, request):
    """Return one record as a BibTeX entry."""
    return bib_entry(*to_cite(record, request)).encode()


def record_as_ris(record, request):
    """Return one record as a RIS record."""
    return ris_record(*to_cite(record, request)).encode()


def to_cite(record, request):
    """Return a public record with what its citation tells, its table and the site."""
    table = next(one for one in TABLES.values() if one.model is type(record))
    nothing = QueryDict()
    filterset = table.filterset_class(nothing, table.model.objects.none())
    return table.fetched([record.pk], filterset)[record.pk], table, site_url(request)


def bib_entry(record, table, site):
    cited = work(record)
    authors = " and ".join(
        escaped(name.text) if name.parted else f"{{{escaped(name.text)}}}"
        for name in cited.authors
    )
    fields = {
        "title": f"{{{escaped(cited.title)}}}",
        "author": authors,
        "booktitle" if cited.bibtex == "inproceedings" else "note": escaped(
            cited.event
        ),
        "address": escaped(cited.place),
        "number": escaped(cited.number),
        "year": cited.date[:4],
        "date": cited.date,
        "url": NO_ADDRESS.sub("", site + record.address),
    }
    lines = [f"  {name} = {{{said}}}," for name, said in fields.items() if said]
    key = f"{table.name}-{record.slug}"
    return "\n".join([f"@{cited.bibtex}{{{key},", *lines, "}", ""])


def escaped(text):
    """Return a text as BibTeX takes it, on one line."""
    return "".join(SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def as_ris(listing):
    """Yield RIS records, part by part; lines end with CR LF."""
    for records in listing.parts():
        written = (ris_record(one, listing.table, listing.site) for one in records)
        yield "".join(written).encode()


def ris_record(record, table, site):
    cited = work(record)
    lines = [
        ("TY", cited.ris),
        ("ID", f"{table.name}-{record.slug}"),
        ("TI", cited.title),
        *(("AU", name.text) for name in cited.authors),
        ("T2", cited.event),
        ("CY", cited.place),
        ("M1", cited.number),
        ("PY", cited.date[:4]),
        ("DA", cited.date[4:] and cited.date.replace("-", "/")),
        ("UR", site + record.address),
    ]
    said = [(tag, " ".join(text.split())) for tag, text in lines]
    written = "".join(f"{tag}  - {text}\r\n" for tag, text in said if text)
    return f"{written}ER  - \r\n\r\n"
