"""What every picture has: a headline, tables of the same numbers, marks and rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.translation import ngettext

from exchange.pictures.sets import Name

FEWEST = 3  # values that make a picture


class Number(NamedTuple):
    """A number and the address of the list it counts; "" if no list says it."""

    value: int
    url: str = ""
    heat: int = 0  # 0 to 2: how strong the wash behind it is


class Table(NamedTuple):
    """A table of a picture; a cell is a `Name`, a `Number` or a text."""

    caption: str
    head: list
    rows: list


@dataclass
class Picture:
    """
    What a picture shows.

    `headline` is made by `sentence()`. `values` says how many numbers it shows; with
    fewer than FEWEST there is no picture. `tables()` returns each `Table`, `draw()` a
    `Drawing`. `columns` and
    `rows()` are those of the CSV and JSON files: all that is counted, also what is
    too small to be drawn; last in a row comes the path of the list that it counts.
    """

    headline: "Sentence"
    values: int
    tables: Callable
    draw: Callable
    columns: list
    rows: Callable
    notes: list | Callable  # what is left out of the picture

    @property
    def enough(self):
        return self.values >= FEWEST

    def drawing(self):
        """Return the picture as markup of a page."""
        return self.draw().inline()


@dataclass
class Sentence:
    """A sentence with names in it: plain, and as HTML that tells their language."""

    words: str
    pieces: dict = field(default_factory=dict)

    def __str__(self):
        return self.words.format(**{key: str(one) for key, one in self.pieces.items()})

    @property
    def html(self):
        pieces = {
            key: one.html if isinstance(one, Name) else escape(one)
            for key, one in self.pieces.items()
        }
        return format_html(self.words, **pieces)


def sentence(words, **pieces):
    """Return translated words with `{name}` and `{count}` filled in."""
    return Sentence(words, pieces)


def heat(value, most):
    """Return the wash of a number beside the largest one: 0 for none, 1 or 2."""
    if not value:
        return 0
    return 2 if value * 2 > most else 1


def topics_left_out(count):
    """Return the note that so many topics are too rare to be shown."""
    said = ngettext(
        "%(count)d topic with fewer sessions is left out.",
        "%(count)d topics with fewer sessions are left out.",
        count,
    )
    return said % {"count": count}
