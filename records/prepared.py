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
from functools import cache, cached_property, wraps
from threading import RLock

from django.contrib.contenttypes.fields import GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import EmptyResultSet
from django.db import DatabaseError, connections, models
from django.db.models import (
    Expression,
    ManyToOneRel,
    Prefetch,
    prefetch_related_objects,
)
from django.db.models.query import ModelIterable, get_related_populators
from django.utils import timezone
from django.utils.translation import get_language

from records.previewing import anything_is_shown
from records.statements import Statement

# How many keys a query is prepared for: fewer are filled up by one of them again
SIZES = (0, 1, 5, 20, 50, 200, 500)
MOST_KEYS = SIZES[-1]
NOW, TODAY = "the moment of asking", "the day of asking"
FIELDS = {
    int: models.BigIntegerField(),
    str: models.CharField(),
    datetime.date: models.DateField(),
    datetime.datetime: models.DateTimeField(),
}
TYPES = {
    "BigIntegerField": "bigint",
    "DateField": "date",
    "DateTimeField": "timestamptz",
}
_preparing = ContextVar("preparing", default=False)
_keys = 0  # how often the keys that are written into queries may have changed
# Django counts in a query which of its tables are needed while it writes the SQL: two
# threads at it leave one out, and what is kept would fail for good.
_writing = RLock()


class Placeholder(Expression):
    """Stands in a query for a value of that type, to be filled in when it is asked."""

    def __init__(self, name, kind):
        super().__init__(output_field=FIELDS[kind])
        self.name = name
        self.is_plain = kind in {int, str}  # A database takes these as they are.

    def as_sql(self, compiler, connection):
        if _preparing.get():
            return "%s", [self]
        # A prefetch of a prepared query may be put together as any other.
        return "%s", [self.filled(_clock(), connection)]

    def filled(self, values, connection):
        value = values[self.name]
        if self.is_plain:
            return value
        return self.output_field.get_db_prep_value(value, connection)

    def __repr__(self):
        return f"<{self.name}>"


def moment():
    """Return the time that `published()` judges by: now, or a placeholder for it."""
    return Placeholder(NOW, datetime.datetime) if _preparing.get() else timezone.now()


def today():
    """Return the date that it is now, or a placeholder for it."""
    if _preparing.get():
        return Placeholder(TODAY, datetime.date)
    return timezone.localdate()


def _clock():
    return {NOW: timezone.now(), TODAY: timezone.localdate()}


def forget(**_signal):
    """Prepare all anew: the keys of kinds of record may be others since `migrate`."""
    global _keys
    _keys += 1


def prepared(build):
    """
    Prepare the queryset that a function returns; calls return a list.

    All arguments are named, and are int, str, date, datetime, None, or a tuple of
    keys, which may be named twice. A query with None is another query, since SQL asks
    for NULL in other words; so is one with many more keys. For more than MOST_KEYS,
    and within a preview, where what is public depends on the reader, none is prepared.
    With `some`, a slice that has an end, only these of the rows are read.
    """
    known = {}

    @wraps(build)
    def ask(*, some=None, **values):
        lengths = {n: len(v) for n, v in values.items() if isinstance(v, tuple)}
        if anything_is_shown() or max(lengths.values(), default=0) > MOST_KEYS:
            return list(build(**values)[some] if some else build(**values))
        given = frozenset(name for name in values if values[name] is not None)
        for name, length in lengths.items():
            lengths[name] = next(size for size in SIZES if size >= length)
            more = lengths[name] - length
            values[name] += values[name][-1:] * more
        key = _keys, given, get_language(), *lengths.values()
        if key not in known:
            known[key] = Prepared(build, values)
        return known[key].ask(values, some)

    return ask


class Prepared:
    """One query in one language, and its SQL for each database that was asked."""

    def __init__(self, build, values):
        with _while_preparing():
            self.queryset = build(**{n: _stand_in(n, v) for n, v in values.items()})
        self.written = {}

    def ask(self, values, some=None):
        using = self.queryset.db
        written = self.written_for(using)
        if written is None:
            return []
        for name, value in list(values.items()):
            if isinstance(value, tuple):
                values |= {(name, n): key for n, key in enumerate(value)}
        # Each thread has a connection of its own.
        rows = written.ask(connections[using], values, some)
        self.prefetch(rows)
        return rows

    def prefetch(self, rows):
        """Fetch what belongs to the rows; for few of them that is prepared too."""
        _prefetch(rows, self.queryset._prefetch_related_lookups, self.parts)

    @cached_property
    def parts(self):
        return _parts_of(self.queryset)

    def written_for(self, using):
        """Return the query as that database understands it; None if nothing fits."""
        if using not in self.written:
            with _writing:
                if using not in self.written:
                    self.written[using] = self.write(using)
        return self.written[using]

    def write(self, using):
        asked = self.queryset
        of_records = asked._iterable_class is ModelIterable
        try:
            return (ForRecords if of_records else ForValues)(asked, using)
        except EmptyResultSet:
            return None


class ForValues:
    """A query of `values()` or `values_list()`, as a database understands it."""

    statement = None

    def __init__(self, queryset, using):
        self.queryset = queryset
        self.compiler = queryset.query.get_compiler(using)
        with _while_preparing():
            self.sql, self.wanted = self.compiler.as_sql()
        columns = [column for column, _sql, _name in self.compiler.select]
        self.converters = self.compiler.get_converters(columns)

    def ask(self, connection, values, some=None, *, often=True):
        """Ask with the values filled in; return a list of what the queryset gives."""
        values = {**values, **_clock()}
        filled = tuple(
            one.filled(values, connection) if isinstance(one, Placeholder) else one
            for one in self.wanted
        )
        if some:
            start = some.start or 0
            filled += (some.stop - start, start)
            sql = f"{self.sql} LIMIT %s OFFSET %s"
            return list(self.objects(connection, sql, filled))
        if often and connection.vendor == "postgresql":
            statement = self.statement_for(connection)
            if statement.is_ready(connection):
                given = [
                    value
                    for value, one in zip(filled, self.wanted, strict=True)
                    if isinstance(one, Placeholder)
                ]
                try:
                    return list(self.objects(connection, statement.sql, given))
                except DatabaseError as error:
                    if not statement.is_gone(connection, error):
                        raise
        return list(self.objects(connection, self.sql, filled))

    def statement_for(self, connection):
        if self.statement is None:
            types = [
                TYPES.get(one.output_field.get_internal_type(), "unknown")
                if isinstance(one, Placeholder)
                else None
                for one in self.wanted
            ]
            self.statement = Statement(connection, self.sql, self.wanted, types)
        return self.statement

    def objects(self, connection, sql, filled):
        compiler = copy.copy(self.compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *_args, **_options: (sql, filled)
        compiler.get_converters = lambda _columns: self.converters
        queryset = object.__new__(type(self.queryset))
        queryset.__dict__.update(self.queryset.__dict__)
        queryset._query = Written(compiler)
        queryset._prefetch_related_lookups = ()
        return queryset


class ForRecords(ForValues):
    """
    A query of objects, and how to make them of its rows.

    Django works that out for each question, which takes longer than most answers.
    """

    def __init__(self, queryset, using):
        super().__init__(queryset, using)
        select, kind = self.compiler.select, self.compiler.klass_info
        self.using, self.model = using, kind["model"]
        first, last = kind["select_fields"][0], kind["select_fields"][-1]
        self.own = slice(first, last + 1)
        self.names = [column.target.attname for column, *_ in select[self.own]]
        self.related = get_related_populators(kind, select, using)
        self.annotated = list((self.compiler.annotation_col_map or {}).items())

    def objects(self, connection, sql, filled):
        with connection.cursor() as cursor:
            cursor.execute(sql, filled)
            rows = [list(row) for row in cursor.fetchall()]
        for place, (converters, column) in self.converters.items():
            _convert(rows, place, converters, column, connection)
        related = [(kind, {}) for kind in self.related]
        for row in rows:
            one = self.model.from_db(self.using, self.names, row[self.own])
            for kind, known in related:
                key = row[kind.cols_start + kind.pk_idx]
                if key not in known:
                    known[key] = _related(kind, row)
                kind.local_setter(one, known[key])
            for name, place in self.annotated:
                setattr(one, name, row[place])
            yield one


def _related(kind, row):
    """Return the record that a row has from another table; many rows share it."""
    values = row[kind.cols_start : kind.cols_end]
    if values[kind.pk_idx] is None:
        return None
    one = kind.model_cls.from_db(kind.db, kind.init_list, values)
    for further in kind.related_populators:
        further.populate(row, one)
    return one


def _convert(rows, place, converters, column, connection):
    # The same day or hour stands in many rows, and takes long to read in SQLite.
    repeated, known = isinstance(column.output_field, models.DateField), {}
    for row in rows:
        value = given = row[place]
        if given not in known:
            for convert in converters:
                value = convert(value, column, connection)
            if repeated:
                known[given] = value
        row[place] = known.get(given, value)


def rows_of(queryset):
    """
    Return the rows of a queryset and what it prefetches, in the same queries.

    As Django reads them, but without a manager for each relation of each record: ask
    for what is in a relation by `rows_in()`.
    """
    rows = _read(queryset)
    parts = _parts_of(queryset)
    for part in parts.values():
        # Asked once: to prepare it would not pay.
        part.ask = lambda owners, part=part: _read(part.with_owners(owners))
        part.keep = part.keep_list
    _prefetch(rows, queryset._prefetch_related_lookups, parts)
    return rows


def _read(queryset):
    """Return the rows of a queryset of objects, made as those of a prepared one."""
    try:
        written = ForRecords(queryset, queryset.db)
    except EmptyResultSet:
        return []
    return written.ask(connections[queryset.db], {}, often=False)


def _prefetch(rows, lookups, parts):
    if not rows:
        return
    for part in parts.values():
        part.fetch(rows)
    if lookups := [one for one in lookups if one not in parts]:
        prefetch_related_objects(rows, *lookups)


def _parts_of(queryset):
    """Return the lookups of `prefetch_related()` along one relation to many."""
    found = {}
    for lookup in queryset._prefetch_related_lookups:
        prefetch = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        if "__" not in prefetch.prefetch_through:
            field = queryset.model._meta.get_field(prefetch.prefetch_through)
            if field.one_to_many or field.many_to_many:
                found[lookup] = Part(prefetch, field)
    return found


def _stand_in(name, value):
    """Return what stands for a value of an argument while its query is prepared."""
    if isinstance(value, tuple):
        return tuple(Placeholder((name, n), type(v)) for n, v in enumerate(value))
    return None if value is None else Placeholder(name, type(value))


class Part:
    """What records have by a relation to many, as `prefetch_related()` leaves it."""

    def __init__(self, prefetch, field):
        self.prefetch, self.field = prefetch, field
        self.ask = prepared(self.with_owners)

    @cached_property
    def owner(self):
        """The path from what belongs to a record to the key of the record."""
        if isinstance(self.field, GenericRelation):
            return self.field.object_id_field_name
        if self.field.concrete:
            return f"{self.field.related_query_name()}__pk"
        return f"{self.field.field.name}__pk"

    @cached_property
    def kinds(self):
        """What else has to fit: of a generic relation, the kind of the record."""
        if not isinstance(self.field, GenericRelation):
            return {}
        kind = ContentType.objects.get_for_model(
            self.field.model, for_concrete_model=self.field.for_concrete_model
        )
        return {f"{self.field.content_type_field_name}_id": kind.pk}

    def of(self, owners):
        """Return the queryset of what belongs to the records with these keys."""
        records = self.prefetch.queryset
        if records is None:
            records = self.field.related_model._default_manager.all()
        records = records.filter(**{f"{self.owner}__in": owners}, **self.kinds)
        # Django leaves there whose a prefetch was first, and would read from where
        # that was read; what is shared by many requests must not say so.
        records._hints = {}
        return records

    def with_owners(self, owners):
        """Return the same, with the key of the record that each belongs to."""
        return self.of(owners).annotate(belongs_to=models.F(self.owner))

    def fetch(self, records):
        """Ask for what belongs to the records, and keep it there."""
        owners = {record.pk: record for record in records}
        found = {pk: [] for pk in owners}
        for row in self.ask(owners=tuple(owners)):
            found[row.belongs_to].append(row)
        for record in records:
            rows = found[record.pk]
            if isinstance(self.field, ManyToOneRel):
                for row in rows:
                    if not self.field.field.is_cached(row):
                        self.field.field.set_cached_value(row, record)
            if self.prefetch.to_attr:
                setattr(record, self.prefetch.to_attr, rows)
            else:
                self.keep(record, rows)

    def keep_list(self, record, rows):
        kept = record.__dict__.setdefault("_prefetched_objects_cache", {})
        kept[self.prefetch.prefetch_through] = rows

    @cached_property
    def relation(self):
        return self.of(owners=(0,))

    def keep(self, record, rows):
        """Let the relation of the record give these rows, without a query."""
        found = object.__new__(type(self.relation))
        found.__dict__.update(self.relation.__dict__)
        found._query = Unwritten(lambda: self.of(owners=(record.pk,)))
        found._result_cache, found._prefetch_done = rows, True
        kept = record.__dict__.setdefault("_prefetched_objects_cache", {})
        kept[self.prefetch.prefetch_through] = found


@cache
def _part(model, name, _language, _keys):
    return Part(Prefetch(name), model._meta.get_field(name))


def keep(record, name, rows):
    """Let a relation of a record to many give these rows, as if it had been asked."""
    _part(type(record), name, get_language(), _keys).keep(record, rows)


def rows_in(record, name):
    """Return what is in a relation to many, without its manager if it is fetched."""
    found = getattr(record, "_prefetched_objects_cache", {}).get(name)
    return getattr(record, name).all() if found is None else found


class Written:
    """In place of a Query: whoever reads the rows is given that compiler."""

    def __init__(self, compiler):
        self.compiler = compiler

    def __getattr__(self, name):
        return getattr(self.compiler.query, name)

    def get_compiler(self, using=None, connection=None):
        return self.compiler


class Unwritten:
    """In place of the Query of rows already read: it is made if more is asked."""

    def __init__(self, build):
        self._build = build

    def __getattr__(self, name):
        return getattr(self._build().query, name)


@contextmanager
def _while_preparing():
    before = _preparing.set(True)
    try:
        yield
    finally:
        _preparing.reset(before)
