"""
The columns of a table: how a field of a row becomes a cell, and comes back.

`text` writes the cell of a row; `put` reads one into a row, and raises `CellError`
where it cannot be understood. What was written and is read again changes nothing.
"""

from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from exchange.cells import Cell, CellError, Country, Language, Number
from exchange.schedules.times import read_clock, read_date, read_moment
from records.admin import field_label
from records.languages import TAGS
from records.models import Record, Source
from sessions.models import EditionDay, Room
from topics.models import Mineral

BETWEEN = "; "  # the values of a cell that holds several


def tidy(text):
    """Return the text of a cell as it is compared: line ends and edges alike."""
    return str(text).replace("\r\n", "\n").replace("\r", "\n").strip()


class Truth(Cell):
    expected = _("yes or no")
    words = {
        **dict.fromkeys(("yes", "true", "1", "是"), True),
        **dict.fromkeys(("no", "false", "0", "否"), False),
    }

    def parse(self, text):
        if text.lower() not in self.words:
            raise ValueError
        return self.words[text.lower()]

    def format(self, value):
        return "yes" if value else "no"


class Day(Cell):
    empty = None
    expected = _("a calendar day such as 2026-05-31")

    def parse(self, text):
        if (day := read_date(text)) is None:
            raise ValueError
        return day

    def format(self, value):
        return value.isoformat()


class OneOf(Cell):
    """A choice by its code, or by its name in either language."""

    def __init__(self, choices):
        self.choices = choices
        words = ", ".join(code for code, _name in choices if code)
        self.expected = format_lazy(_("one of: {words}"), words=words)

    @cached_property
    def values(self):
        found = {}
        for code in TAGS:
            with override(code):
                found |= {str(name).casefold(): value for value, name in self.choices}
        return found | {value.casefold(): value for value, _name in self.choices}

    def parse(self, text):
        if text.casefold() not in self.values:
            raise ValueError
        return self.values[text.casefold()]


class Column:
    """A column whose cell holds the value of one field."""

    late = False  # read when the others of its row are
    of_edition = False  # says nothing without the edition of its row

    def __init__(self, field, cell):
        self.field, self.name, self.cell = field, field.name, cell

    @property
    def label(self):
        return field_label(self.field)

    @property
    def help(self):
        """Say in a sentence or two what the column holds."""
        said = [capfirst(str(self.expected)), str(self.field.help_text or "")]
        if isinstance(self.cell, OneOf):
            said[0] = "; ".join(
                f"{code} = {n}" for code, n in self.cell.choices if code
            )
        return " · ".join(one for one in said if one)

    @property
    def expected(self):
        return self.cell.expected

    @property
    def is_needed(self):
        """Whether a new row must have it."""
        return not (self.field.blank or self.field.has_default())

    def text(self, thing):
        return tidy(self.cell.write(getattr(thing, self.field.attname)))

    def wanted(self, text):
        """Return (model, word) of each record that the cell names."""
        return []

    def put(self, thing, text, names):
        if not text and not self.field.blank:
            self.put_default(thing)
            return
        setattr(thing, self.field.attname, self.read(text, thing))

    def put_default(self, thing):
        """Let an empty cell change nothing where the field has a value by itself."""
        if not self.field.has_default():
            raise CellError(self.expected)
        if thing.pk is None:
            setattr(thing, self.field.attname, self.field.get_default())

    def read(self, text, thing):
        value = self.cell.read(text)
        if not text and not self.field.null:
            return self.field.get_default() if self.field.has_default() else ""
        return value


class Moment(Column):
    """A time by the clock of the place where it is held."""

    late = True
    expected = _("a time such as 2026-05-31 09:00")

    def zone(self, thing):
        edition = getattr(thing, "edition", None)
        return edition.zone if edition else timezone.get_default_timezone()

    def text(self, thing):
        moment = getattr(thing, self.name)
        if not moment:
            return ""
        return f"{timezone.localtime(moment, self.zone(thing)):%Y-%m-%d %H:%M}"

    def read(self, text, thing):
        if not text:
            return None
        moment = read_moment(text)
        day, _blank, clock = text.partition(" ")
        day, clock = read_date(day), read_clock(clock or "00:00")
        if moment is None and day and clock:
            moment = timezone.datetime.combine(day, clock)
        if moment is None:
            raise CellError(self.expected)
        if timezone.is_naive(moment):
            moment = moment.replace(tzinfo=self.zone(thing))
        return moment


class Names(Column):
    """What names another row: a record by the last part of its address."""

    def __init__(self, field, cell=None):
        super().__init__(field, cell or Cell())
        self.model = field.related_model

    @property
    def expected(self):
        words = _("the address (slug) of a record of the kind “{kind}”")
        return format_lazy(words, kind=self.model._meta.verbose_name)

    def word(self, other):
        return other.slug

    def text(self, thing):
        other = getattr(thing, self.name)
        return self.word(other) if other else ""

    def wanted(self, text):
        return [(self.model, text)] if text else []

    def find(self, text, names):
        found = names.find(self.model, text)
        if found is None:
            raise NotOnRecordError(self.model, self.expected, text)
        return found

    def put(self, thing, text, names):
        if not text and not self.field.null:
            raise CellError(self.expected)
        setattr(thing, self.name, self.find(text, names) if text else None)


class OfEdition(Names):
    """A day or a room of the edition that the row is of."""

    late = of_edition = True
    words = {EditionDay: "number", Room: "slug"}

    @property
    def expected(self):
        if self.model is EditionDay:
            return _("the number of a day of its edition")
        return _("the address (slug) of a room of its edition")

    def word(self, other):
        return str(getattr(other, self.words[self.model]))

    def wanted(self, text):
        return []

    def put(self, thing, text, names):
        found = None
        if text:
            found = names.of_edition(self.model, thing.edition_id).get(text)
            if found is None:
                raise CellError(self.expected)
        setattr(thing, self.name, found)


class BySource(Names):
    expected = _("the address (URL) of a source on record, or # and its number")

    def word(self, other):
        return other.url or f"#{other.pk}"


class Tags(Names):
    """Several records, in no order; they are written when the row is."""

    late = True

    @property
    def expected(self):
        words = _("addresses (slugs) of records of the kind “{kind}”, with “;” between")
        return format_lazy(words, kind=self.model._meta.verbose_name)

    def words(self, text):
        return [word.strip() for word in text.replace("；", ";").split(";")]

    def text(self, thing):
        if thing.pk is None:
            return ""
        return BETWEEN.join(sorted(one.slug for one in getattr(thing, self.name).all()))

    def wanted(self, text):
        return [(self.model, word) for word in self.words(text) if word]

    def put(self, thing, text, names):
        words = [word for word in self.words(text) if word]
        thing.new_tags = getattr(thing, "new_tags", {})
        thing.new_tags[self.name] = [self.find(word, names) for word in words]

    is_needed = False


class Several(Column):
    """Several codes in one cell."""

    def text(self, thing):
        return BETWEEN.join(getattr(thing, self.name))

    def read(self, text, thing):
        words = [w.strip() for w in text.replace("；", ";").split(";") if w.strip()]
        return [self.cell.read(word) for word in dict.fromkeys(words)]


# Fields that hold the tag of a language (BCP 47)
LANGUAGES = {"language", "name_language", "slide_language"}
SEVERAL = {Mineral._meta.get_field("lists"): OneOf(Mineral.List.choices)}


def number_cell(field):
    low, high = models.PositiveSmallIntegerField, 32767
    return Number(0, high if isinstance(field, low) else 2147483647)


def column_of(field):
    """Return the column of a field of a model; None if a table has none for it."""
    if field.many_to_many:
        return Tags(field)
    if field.is_relation:
        special = {EditionDay: OfEdition, Room: OfEdition, Source: BySource}
        if field.related_model in special:
            return special[field.related_model](field)
        return Names(field) if issubclass(field.related_model, Record) else None
    if field in SEVERAL:
        return Several(field, SEVERAL[field])
    if isinstance(field, models.FileField | models.JSONField):
        return None
    if isinstance(field, models.DateTimeField):
        return Moment(field, Cell())
    return Column(field, _cell_of(field))


def _cell_of(field):
    if isinstance(field, CountryField):
        return Country()
    if field.choices:
        return OneOf(field.choices)
    if field.name in LANGUAGES:
        return Language()
    if isinstance(field, models.BooleanField):
        return Truth()
    if isinstance(field, models.DateField):
        return Day()
    return number_cell(field) if isinstance(field, models.IntegerField) else Cell()


class NotOnRecordError(CellError):
    """A cell that names a record that there is not; `model` is its kind."""

    def __init__(self, model, expected, part):
        super().__init__(expected, part)
        self.model = model


def said(text, error):
    """Return what was wrong with a cell, in words."""
    found = text if error.part is None else error.part
    if isinstance(error, NotOnRecordError):
        words = gettext("No record of the kind “%(kind)s” has the address “%(text)s”.")
        return words % {"text": found, "kind": error.model._meta.verbose_name}
    if not found:
        words = gettext("It must not be empty: expected %(expected)s.")
        return words % {"expected": error.expected}
    words = gettext("“%(text)s” is not understood: expected %(expected)s.")
    short = found if len(found) <= 80 else found[:79] + "…"
    return words % {"text": short, "expected": error.expected}
