"""
Records and lists as files for reference managers: BibTeX, RIS, CSL-JSON.

Written by hand, in UTF-8: BibTeX as biblatex reads it, RIS as its specification of
2001 names types and tags, CSL-JSON as its schema of 1.0.2.
"""

import json
import re

from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.citing.items import accessed, item_of, site_name
from exchange.citing.works import changed_on, load, work
from exchange.feeds import printable
from exchange.tables.kinds import TABLES
from records.addresses import site_url

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_"},
}
PAGE = "GEN"  # in RIS: what is no publication, but a page of the site
NO_ADDRESS = re.compile(r'[\s{}\\^`"<>|]')  # what would end an address in BibTeX


def as_bib(listing):
    """Yield BibTeX entries, part by part."""
    name = site_name()
    for records in listing.parts():
        entries = [
            bib_entry(record, listing.table, listing.site, name) for record in records
        ]
        yield "\n".join([*entries, ""]).encode()


def record_as_bib(record, request):
    """Return one record as a BibTeX entry."""
    return bib_entry(*to_cite(record, request), site_name()).encode()


def record_as_ris(record, request):
    """Return one record as a RIS record."""
    return ris_record(*to_cite(record, request), site_name()).encode()


def record_as_csl(record, request):
    """Return one record as CSL-JSON: a list of one item."""
    record, table, site = to_cite(record, request)
    item = accessed(item_of(record, site_name()), permalink(record, site))
    item = {"id": key_of(record, table), **item}
    return json.dumps([item], ensure_ascii=False, indent=2).encode()


def to_cite(record, request):
    """
    Return a public record with what its citation tells, its table and the site.

    A record as it was on a day is cited as that version.
    """
    table = next(one for one in TABLES.values() if one.model is type(record))
    if hasattr(record, "version_day"):
        return record, table, site_url(request)
    found = load(table.model.objects.published().filter(pk=record.pk)).get()
    return found, table, site_url(request)


def key_of(record, table):
    """Return what a reference manager calls a record; each version otherwise."""
    key = f"{table.name}-{record.slug}"
    return f"{key}-{record.version_day}" if hasattr(record, "version_day") else key


def permalink(record, site):
    """Return the absolute permanent address of a record, or of a version of it."""
    if hasattr(record, "version_day"):
        return f"{site}{record.address}?version={record.version_day}"
    return site + record.address


def bib_entry(record, table, site, name):
    """Return the entry of a record; a page of the site names it as its publisher."""
    cited = work(record)
    authors = " and ".join(bib_name(name) for name in cited.authors)
    fields = {
        "title": f"{{{escaped(cited.title)}}}",
        "author": authors,
        "booktitle" if cited.bibtex == "inproceedings" else "note": escaped(
            cited.event
        ),
        "address": escaped(cited.place),
        "number": escaped(cited.number),
        "organization": escaped(name) if cited.ris == PAGE else "",
        "year": cited.date[:4],
        "date": cited.date,
        "language": cited.language,
        "version": changed_on(record).isoformat(),
        "url": NO_ADDRESS.sub("", permalink(record, site)),
        "urldate": timezone.localdate().isoformat(),
    }
    lines = [f"  {name} = {{{said}}}," for name, said in fields.items() if said]
    key = key_of(record, table)
    return "\n".join([f"@{cited.bibtex}{{{key},", *lines, "}", ""])


def bib_name(name):
    """Return an author; braces keep what is not parted, or says "and", in one."""
    written = escaped(name.text)
    whole = not name.parted or " and " in f" {name.text} ".lower()
    return f"{{{written}}}" if whole else written


def escaped(text):
    """Return a text as BibTeX takes it, on one line."""
    return "".join(SPECIAL.get(letter, letter) for letter in on_one_line(text))


def on_one_line(text):
    """Return a text on one line, without control characters."""
    return " ".join(printable(text).split())


def as_ris(listing):
    """Yield RIS records, part by part; lines end with CR LF."""
    name = site_name()
    for records in listing.parts():
        written = (
            ris_record(one, listing.table, listing.site, name) for one in records
        )
        yield "".join(written).encode()


def ris_record(record, table, site, name):
    """Return a record as RIS; a page of the site names it as its publisher."""
    cited = work(record)
    lines = [
        ("TY", cited.ris),
        ("ID", key_of(record, table)),
        ("TI", cited.title),
        *(("AU", name.text) for name in cited.authors),
        ("T2", cited.event),
        ("CY", cited.place),
        ("M1", cited.number),
        ("PB", name if cited.ris == PAGE else ""),
        ("PY", cited.date[:4]),
        ("DA", cited.date[4:] and cited.date.replace("-", "/")),
        ("LA", cited.language),
        ("N1", _("Data version: %(date)s") % {"date": changed_on(record)}),
        ("UR", permalink(record, site)),
        ("Y2", timezone.localdate().strftime("%Y/%m/%d")),
    ]
    said = [(tag, on_one_line(text)) for tag, text in lines]
    written = "".join(f"{tag}  - {text}\r\n" for tag, text in said if text)
    return f"{written}ER  - \r\n\r\n"
