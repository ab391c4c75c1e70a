"""
The sets of records that pictures count: those of the lists they link to.

    sessions = Sets(filterset, ["edition", "topic", "organization"])
    sessions.count("topic", "labour")               how many fit, as the list says
    sessions.url(topic="labour")                    the address of that list

The sets come from the store that counts the facets of the lists (records.facets):
the database joins the keys of each value, an intersection counts them. So a number
of a picture is that of its list, narrower topics included, and no draft is in it.
"""

from typing import NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape, format_html

from records.bitmaps import store
from records.facets import Tally
from records.languages import TAGS, page_language
from topics.models import Topic


class Name(NamedTuple):
    """What a value is called, its language if it is not the page's, its list."""

    text: str
    lang: str = ""
    url: str = ""

    @property
    def html(self):
        if self.lang:
            return format_html('<span lang="{}">{}</span>', self.lang, self.text)
        return escape(self.text)

    def __str__(self):
        return self.text


class Sets:
    """
    The public records of a kind by the values of these filters, in one query.

    `broad` has the slugs of the topics that no public topic is broader than.

    What the filter set was asked for of these filters narrows `found`.
    """

    def __init__(self, filterset, names):
        self.filterset = filterset
        self._tally = Tally(self.filterset, names, kept=names)
        with store().up_to_date() as bitmaps:
            self._tally.fill(bitmaps)
            topics = bitmaps.kinds[Topic].shown() if "topic" in names else {}
        self.broad = {one.slug for one in topics.values() if one.parent not in topics}
        self.found = self._tally.left()
        self.query = [
            (name, value) for name, known in self.filterset.labels.items()
            for value in known
        ]  # fmt: skip
        self._base = reverse(filterset.Meta.model.index)
        self._here = TAGS[page_language()]
        self._groups = {}

    @property
    def total(self):
        return len(self.found)

    def groups(self, name):
        """Return {value: set of the records found} of a filter; empty ones left out."""
        if name not in self._groups:
            groups = self._tally.groups[name].items()
            self._groups[name] = {
                value: kept for value, some in groups if (kept := some & self.found)
            }
        return self._groups[name]

    def count(self, name, value):
        return len(self.groups(name).get(value, ()))

    def most(self, name, number, among=None):
        """Return at most so many values, those of most records first, then by name."""
        counts = {
            value: len(some)
            for value, some in self.groups(name).items()
            if among is None or value in among
        }
        return sorted(
            counts, key=lambda value: (-counts[value], self.place(name, value))
        )[:number]

    def place(self, name, value):
        """Return where a value stands among the others, by its own order or name."""
        called = self._tally.kinds.get(name, {}).get(value)
        return (called.rank, called.place) if called else (0, value)

    def name(self, name, value, **more):
        """Return a value's name, with the address of its list."""
        url = self.url(**{name: value}, **more)
        called = self._tally.kinds.get(name, {}).get(value)
        if called:
            return Name(
                called.text, called.tag if called.tag != self._here else "", url
            )
        return Name(str(self.filterset.filters[name].name_of(value)), "", url)

    def url(self, **more):
        """Return the address of the list of what is found, narrowed by more."""
        pairs = [pair for pair in self.query if pair[0] not in more]
        query = urlencode([*pairs, *more.items()], doseq=True)
        return f"{self._base}?{query}" if query else self._base
