"""
CSL-JSON items as text: APA (7th edition) and GB/T 7714-2015, numeric.

The CSL processor takes milliseconds, does not escape what it is given and writes
organizations in capitals. So it formats the *shape* of an item: its type, its dates,
its authors, which fields are there, with a letter in place of each text. That is done
when a record is written (`shapes`). The texts are put in when somebody reads, as are
the address and the day of access; a few shapes serve hundreds of records.
"""

import json
import re
from functools import lru_cache
from typing import NamedTuple

from django.utils.dateformat import format as format_date
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import override

from exchange.citing.shapes import ACCESSED, ADDRESS, html_of
from records.languages import page_language

NAMES = {"apa": "APA", "gb": "GB/T 7714-2015"}
FIRST = 0xE010  # the letter of the first text
TEXTS = (
    "title",
    "container-title",
    "event-title",
    "event-place",
    "genre",
    "number",
    "publisher",
)
PRIVATE = re.compile("[\ue000-\uf8ff]")  # letters that no text may bring along
MARKUP = re.compile("[<>&]")  # what the processor would not escape
# A text that ends a sentence itself takes no further stop.
TEXT = re.compile("([\ue010-\uf8ff])(</i>)?(\\.)?")
ENDED = tuple(".?!…。？！")
# References of law begin with their title (APA, 7th edition, chapter 11).
LEGAL = {"legislation", "treaty"}


class Cut(NamedTuple):
    """An item for one style: its shape, and the texts that the letters stand for."""

    shape: str  # JSON of the style, the locale and the item
    words: list
    title: str  # its letter
    slanted: bool  # the title stands in place of the author
    beside: str  # what follows the title
    language: str  # of the title, if it is not that of the page


def styled(item):
    """
    Return {style: HTML} of a CSL-JSON item.

    ADDRESS and ACCESSED stand where the address and the day of access belong.
    """
    cuts = {style: cut(item, style) for style in NAMES}
    found = html_of([one.shape for one in cuts.values()])
    return {style: filled(found[one.shape], one) for style, one in cuts.items()}


def completed(html, style, address, day):
    """Return what `styled()` made with the address and the day of access in it."""
    # Escaped by filled() and here.
    html = html.replace(ADDRESS, escape(address))
    return mark_safe(html.replace(ACCESSED, day_in(style, day)))  # noqa: S308


@lru_cache(maxsize=64)
def day_in(style, day):
    with override("en"):
        return format_date(day, "F j, Y" if style == "apa" else "Y-m-d")


def cut(item, style):
    """Cut an item into its shape for a style and its texts."""
    words = []

    def letter(text):
        words.append(" ".join(PRIVATE.sub("", str(text)).split()))
        return chr(FIRST + len(words) - 1)

    shape = {
        name: item[name] for name in ("type", "issued", "event-date") if name in item
    }
    shape |= {name: letter(item[name]) for name in TEXTS if item.get(name)}
    shape["author"] = [
        {part: PRIVATE.sub("", said) for part, said in name.items()}
        if "family" in name and not MARKUP.search("".join(name.values()))
        else {"literal": letter(", ".join(name.values()))}
        for name in item.get("author", ())
    ]
    title, beside, slanted = shape.get("title", ""), "", False
    if title and words[0].endswith((".", "。")) and not words[0].endswith(".."):
        words[0] = words[0][:-1]  # a sentence for a title: the styles set the stop
    language = item.get("language", "")
    if style == "apa":
        beside = beside_title(item)
        shape.pop("event-date", None)  # the date of issue is the same
        if item["type"] in LEGAL:
            shape.pop("number", None)  # APA takes it for that of a Public Law
        elif title and not shape["author"]:
            # The processor would give the title again in its own place.
            slanted, shape["author"] = True, [{"literal": shape.pop("title")}]
            if genre := shape.pop("genre", ""):
                beside += f" [{words[ord(genre) - FIRST]}]"
    elif item["type"] == "speech":
        # The standard has no sign for a talk: a paper of a conference, [C].
        shape["type"] = "paper-conference"
        shape.pop("genre", None)
    # What is cited in Chinese says 等, anything else "et al." (GB/T 7714-2015, 8.1.2).
    locale = "zh-CN" if style == "gb" and language.startswith("zh") else "en-US"
    said = json.dumps([style, locale, shape], sort_keys=True)
    foreign = language[:2] != page_language()[:2]
    return Cut(said, words, title, slanted, beside, language if foreign else "")


def beside_title(item):
    """Return what APA puts after a title: its translation, the version."""
    said = ""
    if translation := item.get("custom", {}).get("title-en"):
        said += f" [{translation}]"
    if version := item.get("version"):
        said += f" (Version {version})"
    return PRIVATE.sub("", said)


def filled(html, one):
    """Return the HTML of a shape with the texts in place of their letters."""

    def put_in(found):
        sign, slant, stop = found.groups(default="")
        word = one.words[ord(sign) - FIRST]
        said, is_title = escape(word), sign == one.title
        if is_title and one.language:
            said = f'<span lang="{escape(one.language)}">{said}</span>'
        if is_title and one.slanted:
            said = f"<i>{said}</i>"
        beside = escape(one.beside) if is_title else ""
        if word.endswith(ENDED) and not beside:
            stop = ""
        return f"{said}{slant}{beside}{stop}"

    return TEXT.sub(put_in, html)
