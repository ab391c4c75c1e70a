"""
Queries that are put together once and asked many times.

For a query over many tables Django takes several times as long to write the SQL as
the database to answer it. A function that returns a queryset and is marked
`@prepared` runs once for each language, with placeholders for its arguments; each
call then fills in the values, asks, and returns a list of fresh objects.
"""

import copy
import datetime
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Expression
from django.utils import timezone
from django.utils.translation import get_language

from records.previewing import anything_is_shown

NOW = "the moment of asking"
FIELDS = {
    int: models.BigIntegerField(),
    str: models.CharField(),
    datetime.date: models.DateField(),
    datetime.datetime: models.DateTimeField(),
}
_preparing = ContextVar("preparing", default=False)


class Placeholder(Expression):
    """Stands in a query for a value of that type, to be filled in when it is asked."""

    def __init__(self, name, kind):
        super().__init__(output_field=FIELDS[kind])
        self.name = name

    def as_sql(self, compiler, connection):
        if _preparing.get():
            return "%s", [self]
        # A prefetch of a prepared query is put together as any other.
        return "%s", [self.filled({NOW: timezone.now()}, connection)]

    def filled(self, values, connection):
        return self.output_field.get_db_prep_value(values[self.name], connection)

    def __repr__(self):
        return f"<{self.name}>"


def moment():
    """Return the time that `published()` judges by: now, or a placeholder for it."""
    return Placeholder(NOW, datetime.datetime) if _preparing.get() else timezone.now()


def prepared(build):
    """
    Prepare the queryset that a function returns; calls return a list.

    All arguments are named, and are int, str, date, datetime or None. A query with
    None is another query, since SQL asks for NULL in other words. Within a preview
    nothing is prepared: there, what is public depends on the reader.
    """
    known = {}

    @wraps(build)
    def ask(**values):
        if anything_is_shown():
            return list(build(**values))
        given = frozenset(name for name in values if values[name] is not None)
        key = given, get_language()
        if key not in known:
            known[key] = Prepared(build, values)
        return known[key].ask(values)

    return ask


class Prepared:
    """One query in one language, and its SQL for each database that was asked."""

    def __init__(self, build, values):
        with _while_preparing():
            self.queryset = build(
                **{
                    name: None if value is None else Placeholder(name, type(value))
                    for name, value in values.items()
                }
            )
        self.written = {}

    def ask(self, values):
        using = self.queryset.db
        if using not in self.written:
            self.written[using] = self.write(using)
        compiler, sql, wanted = self.written[using]
        if compiler is None:
            return []
        connection = connections[using]
        values = {**values, NOW: timezone.now()}
        filled = tuple(
            one.filled(values, connection) if isinstance(one, Placeholder) else one
            for one in wanted
        )
        # Each thread has a connection of its own.
        compiler = copy.copy(compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: (sql, filled)
        return list(self.asking(compiler))

    def write(self, using):
        compiler = self.queryset.query.get_compiler(using)
        try:
            with _while_preparing():
                return compiler, *compiler.as_sql()
        except EmptyResultSet:
            return None, "", ()

    def asking(self, compiler):
        """Return the queryset, not yet asked, with that compiler for its own."""
        queryset = object.__new__(type(self.queryset))
        queryset.__dict__.update(self.queryset.__dict__)
        queryset.query = Written(compiler)
        return queryset


class Written:
    """In place of a Query: all that reading the rows asks of one is its compiler."""

    values_select = ()

    def __init__(self, compiler):
        self.compiler = compiler

    def get_compiler(self, using=None, connection=None):
        return self.compiler


@contextmanager
def _while_preparing():
    before = _preparing.set(True)
    try:
        yield
    finally:
        _preparing.reset(before)
