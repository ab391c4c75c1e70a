"""
The two languages of the portal, and which of them a record's text is in.

A translated field `title` lies in the columns `title_en` and `title_zh_hans`. A
text that is missing in the reader's language is shown in the other one, and says
so by its `lang` (BCP 47).
"""

import datetime
import re
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

TAGS = {"en": "en", "zh-hans": "zh-Hans"}  # Django's code → BCP 47
OTHER = {"en": "zh-hans", "zh-hans": "en"}
# What a text says of its own language goes into `lang` as it is (RFC 5646, 2.1).
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
OWN_NAMES = {"en": "English", "zh-hans": "中文"}  # each language in itself


def check_language(code):
    """Raise `ValidationError` if a text (str) does not have the form of BCP 47."""
    if not LANGUAGE.fullmatch(code):
        raise ValidationError(_("Use a language code, such as de or zh-Hans."))


class Text(NamedTuple):
    """A text, its BCP 47 tag, and whether that differs from the page's own."""

    text: str
    lang: str
    foreign: bool


def page_language():
    """Return Django's code of the language that the page is written in."""
    current = get_language() or settings.LANGUAGE_CODE
    return current if current in TAGS else settings.LANGUAGE_CODE


def other_language():
    """Return the code of the language that the page is not written in."""
    return OTHER[page_language()]


column_of = cache(build_localized_fieldname)  # "title", "en" → "title_en"


def text_in(thing, field, language):
    """Return `field` of `thing` in `language`, exactly: "" when there is none."""
    return getattr(thing, column_of(field, language), "") or ""


def text_of(thing, field, here=None):
    """Return `field` as a `Text`: in the page's language, else in the other."""
    here = here or page_language()
    for language in (here, OTHER[here]):
        if text := text_in(thing, field, language):
            tag = tag_of(thing, field, language)
            return Text(text, tag, tag != TAGS[here])
    return Text("", TAGS[here], False)


def other_text_of(thing, field, here=None):
    """Return the text in the language the page is not in; empty if it is the same."""
    here = here or page_language()
    there = OTHER[here]
    text = text_in(thing, field, there)
    if not text or text == (said := text_in(thing, field, here)) or not said:
        return Text("", TAGS[there], True)
    return Text(text, tag_of(thing, field, there), True)


def tag_of(thing, field, language):
    """Return the BCP 47 tag of what is in the column of that language."""
    # The Latin column may hold a name in a third language: "Loi n° 2017-399".
    third = getattr(thing, "name_language", "") if language == "en" else ""
    if third and field in thing.own_name_fields:
        return third
    return TAGS[language]


def date_in_words(iso):
    """Return "2023", "2023-07" or "2023-07-12" as the page's language writes it."""
    try:
        date = datetime.date.fromisoformat(f"{iso}-01-01"[:10])
    except ValueError:
        return iso
    patterns = {4: pgettext("date", "Y"), 7: pgettext("date", "F Y")}
    return formats.date_format(date, patterns.get(len(iso), "DATE_FORMAT"))
