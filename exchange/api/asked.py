"""What a request to the API asks for, besides its filters."""

import datetime
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from records.filters import Choices, Date, Records, Year
from records.languages import OTHER, TAGS, text_in

LANGUAGES = {
    **{code: code for code in TAGS},
    **{tag: code for code, tag in TAGS.items()},
}
PAGE_SIZE, LARGEST_PAGE = 50, 200


class Wrong(NamedTuple):
    """A value of a parameter that means nothing, and why."""

    parameter: str
    value: str
    detail: str


@dataclass
class Asked:
    """
    How an answer is to be written.

    `language` None: texts in both languages. `fields` None: all of them. `day` is
    the one whose status is told, `site` begins every address.
    """

    site: str = ""
    language: str | None = None
    fields: frozenset | None = None
    expand: frozenset = frozenset()
    day: datetime.date = field(default_factory=timezone.localdate)
    tellers: dict = field(default_factory=dict)

    def words(self, said):
        """Return what is said in each language, {code: text}, as it is asked for."""
        if self.language:
            return said[self.language] or said[OTHER[self.language]] or None
        return {TAGS[code]: text for code, text in said.items() if text} or None

    def text(self, thing, name):
        """Return a translated field; a name in a third language under its own tag."""
        said = {code: text_in(thing, name, code) for code in TAGS}
        third = getattr(thing, "name_language", "")
        if self.language or not third or name not in thing.own_name_fields:
            return self.words(said)
        tags = {**TAGS, "en": third}
        return {tags[code]: text for code, text in said.items() if text} or None

    def teller(self, serializer, width):
        """Return the one serializer of that kind and width for this answer."""
        key = (serializer, width)
        if key not in self.tellers:
            self.tellers[key] = serializer(self, width)
        return self.tellers[key]


@lru_cache(maxsize=4096)
def in_both(function, *args):
    """Return what a function says in each language, {code: text}; kept."""
    said = {}
    for code in TAGS:
        with override(code):
            said[code] = str(function(*args))
    return said


def read_language(given):
    """Return (the language asked for or None, what is wrong with it)."""
    value = given.get("lang", "").strip()
    if value and value not in LANGUAGES:
        return None, [Wrong("lang", value, known(LANGUAGES))]
    return LANGUAGES.get(value), []


def read_names(given, parameter, names):
    """Return (the set of names asked for or None, what is wrong); commas part them."""
    values = [
        part.strip() for one in given.getlist(parameter) for part in one.split(",")
    ]
    asked = dict.fromkeys(value for value in values if value)
    wrong = [Wrong(parameter, one, known(names)) for one in asked if one not in names]
    return frozenset(asked) or None, wrong


def read_number(given, parameter, default, most=None):
    """Return (a whole number from 1 up to the most, what is wrong with it)."""
    value = given.get(parameter, "").strip()
    if not value:
        return default, []
    number = (
        int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    )
    if number and (most is None or number <= most):
        return number, []
    if most is None:
        return default, [Wrong(parameter, value, _("A whole number from 1."))]
    said = _("A whole number from 1 to %(most)d.") % {"most": most}
    return default, [Wrong(parameter, value, said)]


def known(names):
    """Say what may be asked for."""
    return _("Known are: %(names)s") % {"names": ", ".join(names)}


def expected(filterset, name):
    """Say what a parameter of a filter set takes."""
    if name == "sort":
        return known(filterset.sorts)
    filter_ = filterset.filters[name]
    if isinstance(filter_, Choices):
        return known([str(value) for value, _label in filter_.choices()])
    if isinstance(filter_, Records):
        return _("The id of a public record: the last part of its address.")
    if isinstance(filter_, Date):
        return _("A date such as 2023-09-22.")
    if isinstance(filter_, Year):
        return _("A year such as 2023.")
    return _("A value that the list has, at most 200 letters.")
