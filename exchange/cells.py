"""
What may stand in a cell: how it is read, and how a value is written back.

Reading what was written gives the same value. `CellError` says what was expected.
"""

import datetime
import re

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from records.languages import LANGUAGE

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")

check_address = URLValidator(schemes=["http", "https"])


class CellError(Exception):
    """A cell that cannot be taken: what was expected, and which part of it."""

    def __init__(self, expected, part=None):
        super().__init__(expected)
        self.expected = expected
        self.part = part


class Cell:
    """A cell of text, as it stands; other kinds say what else it may hold."""

    empty = ""
    expected = _("text")

    def read(self, text):
        """Return the value of a cell; raise `CellError` if it cannot be understood."""
        if not text:
            return self.empty
        try:
            return self.parse(text)
        except (ValueError, ValidationError):
            raise CellError(self.expected) from None

    def write(self, value):
        """Return the cell that holds a value."""
        return self.format(value) if value not in (None, "") else ""

    def parse(self, text):
        return text

    def format(self, value):
        return str(value)


class Number(Cell):
    empty = None
    expected = _("a whole number")

    def __init__(self, low=0, high=32767):
        self.low, self.high = low, high
        self.expected = format_lazy(
            _("a whole number from {low} to {high}"), low=low, high=high
        )

    def parse(self, text):
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError
        if not self.low <= int(text) <= self.high:
            raise ValueError
        return int(text)


class YesNo(Cell):
    expected = _("yes or no")

    def parse(self, text):
        return {"yes": True, "no": False}[text] if text in ("yes", "no") else _no()

    def format(self, value):
        return "yes" if value else "no"


class Day(Cell):
    empty = None
    expected = _("a calendar day such as 2026-05-31")

    def parse(self, text):
        if not DAY.fullmatch(text):
            raise ValueError
        return datetime.date.fromisoformat(text)

    def format(self, value):
        return value.isoformat()


class Clock(Cell):
    """A time on the clock of the place, without a zone."""

    empty = None
    expected = _("a local time such as 2026-05-31T09:00")

    def parse(self, text):
        if not CLOCK.fullmatch(text):
            raise ValueError
        return datetime.datetime.fromisoformat(text)

    def format(self, value):
        return value.isoformat(timespec="minutes")


class Date(Cell):
    """A date as exactly as it is known: a day, a month or a year."""

    expected = _("a date such as 2026-05-31, 2026-05 or 2026")

    def parse(self, text):
        if not DATE.fullmatch(text):
            raise ValueError
        datetime.date.fromisoformat(f"{text}-01-01"[:10])
        return text


class Slug(Cell):
    expected = _("lower-case letters, digits and single hyphens")

    def parse(self, text):
        return text if SLUG.fullmatch(text) else _no()


class Language(Cell):
    expected = _("a language code such as de or zh-Hans")

    def parse(self, text):
        return text if LANGUAGE.fullmatch(text) else _no()


class Address(Cell):
    expected = _("an address that begins with http:// or https://")

    def parse(self, text):
        check_address(text)
        return text


class Country(Cell):
    expected = _("a country code of ISO 3166, such as CN")

    def parse(self, text):
        return text if countries.name(text) and text.isupper() else _no()


class Choice(Cell):
    """One of a model's choices; `words` are those that a cell writes differently."""

    def __init__(self, choices, words=()):
        self.words = {value: value for value in choices.values} | {
            value: word for word, value in dict(words).items()
        }
        self.values = {word: value for value, word in self.words.items()}
        words = ", ".join(word for word in self.values if word)
        self.expected = format_lazy(_("one of: {words}"), words=words)

    def parse(self, text):
        return self.values[text] if text in self.values else _no()

    def format(self, value):
        return self.words.get(value, str(value))


class Pair(Cell):
    """Two cells joined by a colon, such as an organization and its role."""

    def __init__(self, left, right, expected):
        self.left, self.right, self.expected = left, right, expected

    def parse(self, text):
        left, colon, right = text.partition(":")
        if not colon or not left or not right:
            raise ValueError
        try:
            return self.left.read(left), self.right.read(right)
        except CellError as wrong:
            raise CellError(f"{self.expected}; {wrong.expected}", text) from None

    def format(self, value):
        return f"{self.left.write(value[0])}:{self.right.write(value[1])}"


class Listed(Cell):
    """Several cells of one kind, separated by "|"; none of them twice."""

    def __init__(self, item):
        self.item = item

    @property
    def empty(self):
        return []

    def parse(self, text):
        values = []
        for part in text.split("|"):
            if not part or part != part.strip():
                expected = _("items separated by “|”, none empty, no spaces")
                raise CellError(expected, part)
            try:
                value = self.item.read(part)
            except CellError as wrong:
                raise CellError(wrong.expected, part) from None
            if value in values:
                raise CellError(_("each item once"), part)
            values.append(value)
        return values

    def write(self, value):
        return "|".join(self.item.write(item) for item in value)


def _no():
    raise ValueError


TEXT = Cell()
SLUGS = Listed(Slug())
TEXTS = Listed(TEXT)
