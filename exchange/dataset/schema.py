"""
What a table of a release is: columns of plain values, keys, and where rows come from.

A column's type is one of Frictionless Table Schema: string, integer, boolean, date or
datetime. Records are named by their slug, in both languages' tables alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Case, CharField, OuterRef, Subquery, Value, When
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _

from records.filters import in_both

NUMBER = "#"  # the path of a column that counts the parts of one record
TYPES = {
    models.BooleanField: "boolean",
    models.DateTimeField: "datetime",  # before DateField, whose kind it is
    models.DateField: "date",
    models.IntegerField: "integer",
}
LANGUAGES = {"en": _("{field} in English"), "zh_hans": _("{field} in Chinese")}


class Column(NamedTuple):
    """
    A column of a table.

    `path` is what `values_list()` is asked for, or a function of a moment that
    returns it as an expression. `codes` are the values of an enumeration with their
    labels. `clean` turns what the database gives into a plain value.
    """

    name: str
    type: str
    title: Any
    path: Any
    description: Any = ""
    required: bool = False
    unique: bool = False
    codes: tuple = ()
    clean: Callable | None = None


@dataclass(frozen=True)
class Table:
    """
    One table of a release.

    `rows(at)` returns the queryset of what is public at that moment, in order; or, of
    a table that no queryset gives, the rows themselves. `key` names the columns of
    its primary key, `links` maps columns to the table and the columns that they
    name. `owner` is the column with the record that a row is a part of. `label` is
    the column that names a row to people, `texts` are those to search in.
    """

    name: str
    title: Any
    description: Any
    columns: list
    rows: Callable
    key: tuple = ("id",)
    links: dict = field(default_factory=dict)
    owner: str = ""
    label: str = ""
    texts: tuple = ()

    @property
    def names(self):
        return [column.name for column in self.columns]

    def read(self, at):
        """Yield the rows that are public at a moment, as lists of plain values."""
        found = self.rows(at)
        if isinstance(found, models.QuerySet):
            paths = [
                column.path(at) if callable(column.path) else column.path
                for column in self.columns
                if column.path != NUMBER
            ]
            found = found.values_list(*paths).iterator(chunk_size=1000)
        cleaners = [column.clean or plain for column in self.columns]
        if NUMBER not in (column.path for column in self.columns):
            for row in found:
                yield [clean(v) for clean, v in zip(cleaners, row, strict=True)]
            return
        # The number stands right behind the record that is numbered in.
        owner, count = None, 0
        for row in found:
            count = count + 1 if row[0] == owner else 1
            owner = row[0]
            row = (row[0], count, *row[1:])
            yield [clean(v) for clean, v in zip(cleaners, row, strict=True)]


def plain(value):
    """Return a value as JSON and SQLite can hold it; None for a missing text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | int):
        return value
    if hasattr(value, "astimezone"):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)  # UUID and date write themselves by RFC 9562 and ISO 8601


def of(model, *names, **options):
    """Return the columns of fields of a model; a translated one has two."""
    return [column for name in names for column in _of(model, name, **options)]


def _of(model, name, **options):
    found = model._meta.get_field(name)
    label = capfirst(found.verbose_name)
    try:
        translated = [model._meta.get_field(column) for column in in_both(name)]
    except FieldDoesNotExist:
        translated = []
    if translated:
        return [
            Column(
                column.name,
                "string",
                format_lazy(LANGUAGES[code], field=label),
                column.name,
                **options,
            )
            for code, column in zip(LANGUAGES, translated, strict=True)
        ]
    kind = next((TYPES[k] for k in TYPES if isinstance(found, k)), "string")
    options.setdefault("description", found.help_text)
    options.setdefault("required", not found.blank and not found.null)
    codes = tuple(pair for pair in found.flatchoices if pair[0] != "")
    if len(codes) > 100:
        codes = ()  # countries: those of ISO 3166
    return [Column(name, kind, label, name, codes=codes, **options)]


def slug_of(name, path, title, required=True):
    """Return the column that names a record which is public if the row is."""
    return Column(name, "string", title, f"{path}__slug", required=required)


def public_slug(name, path, model, title):
    """Return the column that names a record, empty if that is not public."""

    def expression(at):
        public = model.objects.published(at).filter(pk=OuterRef(path))
        return Subquery(public.order_by().values("slug")[:1])

    return Column(name, "string", title, expression)


def unless_name_only(columns, path="listed"):
    """Return columns as empty for a person who asked to be shown by name only."""

    def hidden(column):
        def expression(at):
            inner = column.path(at) if callable(column.path) else column.path
            said = When(**{path: False}, then=Value(None))
            return Case(said, default=inner, output_field=CharField())

        return column._replace(path=expression)

    return [hidden(column) for column in columns]


def number():
    """Return the column that counts the parts of one record, from 1."""
    return Column("number", "integer", _("Number"), NUMBER, required=True)
