"""
What the facets count with: sets of primary keys as bitmaps, one store a process.

A kind knows which of its records are public now and what they are called. A
column knows which records have each value of a filter. They are read from the
database in one query each, when they are first asked for, and patched from the
change log after that: the records that a change has touched are taken out, read
again and put back. An embargo that passes is such a change, without a write.
"""

import sys
import threading
from array import array
from bisect import bisect_right
from collections import defaultdict
from contextlib import contextmanager
from typing import NamedTuple

from django.db import connections
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone
from pyroaring import BitMap

from records import change_log, reading
from records.languages import TAGS
from records.models import State, record_kinds

CODES = ("en", "zh_hans")

MOST_PATCHED = 3000  # records; beyond, a column is read as a whole
BATCHES = 200  # changes that are remembered for columns nobody has asked for
MOST_VARIANTS = 8  # of a column that depends on a day


class Name(NamedTuple):
    """What a value is called, and where it stands among the others."""

    slug: str
    texts: dict  # language → (text, BCP 47 tag)
    keys: dict  # language → sort key
    rank: int  # in a kind with an order of its own; else 0
    parent: int | None

    def called(self, language):
        """Return (text, tag) in that language, else in the other."""
        other = next(code for code in TAGS if code != language)
        text, tag = self.texts[language]
        return (text, tag) if text else self.texts[other]


class Called(NamedTuple):
    """A value for readers of one language."""

    place: int
    text: str
    tag: str  # BCP 47
    rank: int


class Kind:
    """The records of one model: those that are public, and their names."""

    def __init__(self, model):
        self.model = model
        self.public = BitMap()
        self.ahead = []  # (moment, pk) of embargoes to come, in order
        self.names = None
        self.version = 0  # of what depends on names and on what is public
        self._made = {}  # out of them, by what it is

    def passed(self, now):
        """Take out and return the records whose embargo has passed."""
        done = bisect_right(self.ahead, now, key=lambda pair: pair[0])
        passed, self.ahead = self.ahead[:done], self.ahead[done:]
        return {pk for _moment, pk in passed}

    def shown(self):
        """Return {pk: Name} of what is public."""
        return {pk: self.names[pk] for pk in self.public if pk in self.names}

    def by_slug(self, language):
        """Return {slug: Called} of what is public, for readers of that language."""
        return self._once(language, self._call)

    def _call(self, language):
        names = list(self.shown().values())
        names.sort(key=lambda name: (name.rank, name.keys[language], name.slug))
        return {
            name.slug: Called(place, *name.called(language), name.rank)
            for place, name in enumerate(names)
        }

    def places(self, language):
        """Return {pk: place by name} of what is public."""
        return self._once(("places", language), self._place)

    def _place(self, what):
        keys = {pk: name.keys[what[1]] for pk, name in self.shown().items()}
        return {pk: place for place, pk in enumerate(sorted(keys, key=keys.get))}

    def tree(self):
        """Return ({pk: that of what is above}, {pk: of what is right below})."""
        return self._once("tree", self._grow)

    def _grow(self, _tree):
        parents = {pk: name.parent for pk, name in self.shown().items()}
        children = {}
        for pk, parent in parents.items():
            children.setdefault(parent, []).append(pk)
        return parents, children

    def _once(self, what, make):
        # What is handed out is never changed, but made anew.
        if self._made.get("version") != self.version:
            self._made = {"version": self.version}
        if what not in self._made:
            self._made[what] = make(what)
        return self._made[what]

    def narrower(self):
        """Return {pk: itself and all that is narrower} of what is public."""
        (parents, children), found = self.tree(), {}
        for pk in parents:
            found[pk], todo = {pk}, [pk]
            while todo:
                more = set(children.get(todo.pop(), ())) - found[pk]
                found[pk] |= more
                todo.extend(more)
        return found


class Column:
    """The records that have each value of one filter, as stored and as shown."""

    def __init__(self):
        self.sets = None
        self.seen = 0  # how many changes are taken in
        self.groups = None  # ({value: BitMap}, the records that have any value)
        self.made_of = None  # the version of the kind of its values


class Store:
    """All kinds and columns of one database, as `up_to_date()` gives them."""

    def __init__(self, using="default"):
        self.using = using
        self.lock = threading.RLock()
        self._forget()

    def _forget(self):
        self.position = None
        self.now = timezone.now()
        self.kinds, self.columns = {}, {}
        self.batches, self.count = [], 0

    @contextmanager
    def up_to_date(self, at=None):
        """Give the store to one thread, with all changes taken in."""
        with self.lock:
            try:
                self.refresh(at)
                yield self
            except BaseException:
                self._forget()  # half a change may have been taken in
                raise

    def refresh(self, at=None):
        """Take in what has changed; one query if nothing has."""
        now = at or timezone.now()
        position, entries = change_log.read(self.position, self.using)
        if entries is None or now < self.now:
            self._forget()
            self._read_kinds(now)
        else:
            self._take_in(entries, now)
        self.position, self.now = position, now

    def load(self, filters):
        """
        Return {name: ({value: BitMap}, records with any value)} of these filters.

        Of records only the public ones are values, and each has with it what is
        narrower; a value is a slug then. What is new or has changed is read by
        one query for all, and one for the names of values.
        """
        columns = {filter_: self._column(filter_) for filter_ in filters}
        asked = {}
        for filter_, column in columns.items():
            pks = self._missed(filter_, column)
            if pks is None or pks:
                asked[filter_] = pks
            column.seen = self.count
        found = gather([f.rows(pks) for f, pks in asked.items()], self.using)
        for (filter_, pks), sets in zip(asked.items(), found, strict=True):
            column = columns[filter_]
            if filter_.value_model:
                sets = {int(pk): records for pk, records in sets.items()}
            if pks is None:
                column.sets, column.groups = sets, None
            else:
                changed = _patch(column.sets, pks, sets)
                self._regroup(filter_, column, changed, BitMap(pks))
        self._load_names({f.value_model for f in filters if f.value_model})
        return {f.field_key: self._grouped(f, c) for f, c in columns.items()}

    def named(self, model):
        """Return a kind with its names, which are read by one query, once."""
        self._load_names([model])
        return self.kinds[model]

    def _column(self, filter_):
        key = (type(filter_.parent), filter_.field_key, filter_.variant())
        if key not in self.columns:
            same = [known for known in self.columns if known[:2] == key[:2]]
            if len(same) >= MOST_VARIANTS:
                del self.columns[same[0]]
            self.columns[key] = Column()
        return self.columns[key]

    def _missed(self, filter_, column):
        """Return the pks that changes have reached since; None for all there are."""
        missed = self.count - column.seen
        if column.sets is None or missed > len(self.batches):
            return None
        pks = self._reached(filter_, missed) if missed else set()
        return pks if pks is not None and len(pks) <= MOST_PATCHED else None

    def _load_names(self, models):
        missing = [model for model in models if self.kinds[model].names is None]
        if missing:
            for model, found in zip(missing, self._names(missing), strict=True):
                self.kinds[model].names = found

    def _regroup(self, filter_, column, changed, pks):
        """Keep what is shown of a column in step with these values of these records."""
        model = filter_.value_model
        if column.groups is None or (model and is_tree(model)):
            column.groups = None
            return
        groups, having = column.groups
        having -= pks
        for value in changed:
            name = self.kinds[model].names.get(value) if model else None
            shown = name.slug if name else value
            records = column.sets.get(value)
            if records is None:
                groups.pop(shown, None)
            elif model is None or (name and value in self.kinds[model].public):
                groups[shown] = records
                having |= records & pks

    def _grouped(self, filter_, column):
        model = filter_.value_model
        version = model and self.kinds[model].version
        if column.groups is None or column.made_of != version:
            groups = dict(column.sets)
            if model:
                groups = _named(self.kinds[model], column.sets)
            column.groups = groups, BitMap().union(*groups.values())
            column.made_of = version
        return column.groups

    # Reading

    def _read_kinds(self, now):
        models = sorted(record_kinds(), key=lambda model: bool(model.part_of))
        public = gather(
            [[(m.objects.published(now), "pk", Value("all"))] for m in models],
            self.using,
        )
        ahead = self._union(
            [(_ahead(model, now), F("pk"), F("publish_at")) for model in models]
        )
        for model, sets, moments in zip(models, public, ahead, strict=True):
            kind = self.kinds[model] = Kind(model)
            kind.public = sets.get("all", BitMap())
            kind.ahead = sorted((moment, pk) for pk, moment in moments)

    def _names(self, models, pks=None):
        """Return [{pk: Name}] of the kinds, or of some records, by one query."""
        found = []
        for rows in self._union([_name_columns(model, pks) for model in models]):
            found.append({})
            for pk, slug, en, zh, key_en, key_zh, third, rank, parent in rows:
                texts = {"en": (en, third or "en"), "zh-hans": (zh, "zh-Hans")}
                keys = {"en": key_en, "zh-hans": key_zh}
                found[-1][pk] = Name(slug, texts, keys, rank, parent)
        return found

    def _union(self, many):
        """Return a list of rows of each (queryset, *columns), by one query."""
        parts = []
        for number, (queryset, *columns) in enumerate(many):
            named = {f"facet_{place}": what for place, what in enumerate(columns)}
            rows = _plain(queryset, self.using).annotate(
                facet_part=Value(number), **named
            )
            parts.append(rows.values_list("facet_part", *named))
        found = [[] for _ in many]
        for number, *row in parts[0].union(*parts[1:], all=True):
            found[number].append(row)
        return found

    # Taking changes in

    def _take_in(self, entries, now):
        touched, flipped = defaultdict(lambda: defaultdict(set)), {}
        for source, pk, written in entries:
            touched[source][written].add(pk)
        for model, kind in self.kinds.items():
            table = model._meta.db_table
            pks = touched[table][table] | kind.passed(now)
            if model.part_of:
                whole = model._meta.get_field(model.part_of).related_model
                if flipped.get(whole._meta.db_table):
                    within = {f"{model.part_of}__in": flipped[whole._meta.db_table]}
                    parts = model.objects.using(self.using).filter(**within)
                    pks = pks | set(parts.order_by().values_list("pk", flat=True))
            if pks:
                flipped[table] = self._read_again(kind, pks, now)
        if entries or flipped:
            self.batches.append((touched, flipped))
            self.count += 1
            del self.batches[:-BATCHES]

    def _read_again(self, kind, pks, now):
        """Read these records of a kind again; return those that have flipped."""
        records = kind.model.objects.using(self.using).filter(pk__in=pks)
        asked = BitMap(pks)
        public = BitMap(records.published(now).order_by().values_list("pk", flat=True))
        flipped = (kind.public & asked) ^ public
        kind.public = (kind.public - asked) | public
        moments = []
        if public != asked:
            ahead = _ahead(kind.model, now).using(self.using).filter(pk__in=pks)
            moments = ahead.order_by().values_list("publish_at", "pk")
        if moments or kind.ahead:
            kept = [pair for pair in kind.ahead if pair[1] not in asked]
            kind.ahead = sorted([*kept, *moments])
        if kind.names is not None:
            for pk in pks:
                kind.names.pop(pk, None)
            kind.names |= self._names([kind.model], pks)[0]
        kind.version += 1
        return set(flipped)

    def _reached(self, filter_, missed):
        """Return the pks that the last changes have reached; None for too many."""
        model, reached = filter_.model, set()
        for other, path, flips_only in [(model, "", False), *filter_.depends_on()]:
            table, pks = other._meta.db_table, set()
            for touched, flipped in self.batches[-missed:]:
                for written, some in touched[table].items() if not flips_only else ():
                    if path or written in filter_.tables():
                        pks |= some
                if path or filter_.gated:
                    pks |= flipped.get(table, set())
            if len(pks) > MOST_PATCHED:
                return None
            if path and pks:
                records = model.objects.using(self.using).order_by()
                records = records.filter(**{f"{path}__in": pks})
                pks = set(records.values_list("pk", flat=True))
            reached |= pks
        return reached


def gather(many, using):
    """
    Return [{value: BitMap}] of lists of (queryset, path of pk, value): one query.

    The database joins the keys of each value into one string.
    """
    if not many:
        return []
    connection = connections[using]
    parts, params = [], []
    for number, sources in enumerate(many):
        for queryset, pk, value in sources:
            pairs = _plain(queryset, using).annotate(
                facet_part=Value(number),
                facet_pk=F(pk),
                facet_value=Cast(value, TextField()),
            )
            pairs = pairs.values_list("facet_part", "facet_pk", "facet_value")
            sql, given = pairs.query.get_compiler(using).as_sql()
            parts.append(sql)
            params += given
    keys = (
        "string_agg(int4send(facet_pk::integer), ''::bytea)"
        if connection.vendor == "postgresql"
        else "group_concat(facet_pk)"
    )
    found = [{} for _ in many]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT facet_part, facet_value, {keys} "
            f"FROM ({' UNION ALL '.join(parts)}) AS pairs "
            "WHERE facet_pk IS NOT NULL AND facet_value <> '' GROUP BY 1, 2",
            params,
        )
        for number, value, pks in cursor.fetchall():
            found[number][value] = _bitmap(pks)
    return found


def _plain(queryset, using):
    """Return the queryset without order, and with the columns it is asked for."""
    queryset = queryset.using(using).order_by()
    # Translated querysets would put the columns into another order.
    return queryset.rewrite(False) if hasattr(queryset, "rewrite") else queryset


def _ahead(model, now):
    return model.objects.filter(state=State.PUBLISHED, publish_at__gt=now)


def _name_columns(model, pks):
    records = model.objects.all() if pks is None else model.objects.filter(pk__in=pks)
    title = model._meta.get_field(model.title_field).name
    texts = [f"{name}_{code}" for name in (title, "sort_key") for code in CODES]
    own = title in model().own_name_fields
    first = model._meta.ordering[0]
    rank = Value(0)
    if first != "sort_key":
        rank = F(first.lstrip("-")) * Value(-1 if first.startswith("-") else 1)
    return [
        records,
        F("pk"),
        F("slug"),
        *(
            Coalesce(Cast(F(name), TextField()), Value("", TextField()))
            for name in texts
        ),
        F("name_language") if own else Value(""),
        Cast(rank, BigIntegerField()),
        Cast(F("parent_id") if is_tree(model) else Value(None), BigIntegerField()),
    ]


def is_tree(model):
    """Tell whether records of this kind include what is narrower."""
    return hasattr(model.objects.all(), "within")


def _named(kind, sets):
    """Return {slug: BitMap} of the public records of a kind; the narrower included."""
    within = kind.narrower() if is_tree(kind.model) else {}
    groups = {}
    for pk, name in kind.shown().items():
        among = [sets[one] for one in within.get(pk, [pk]) if one in sets]
        if among:
            groups[name.slug] = BitMap.union(*among) if len(among) > 1 else among[0]
    return groups


def _bitmap(pks):
    if isinstance(pks, str | int):
        return BitMap(map(int, str(pks).split(",")))
    keys = array("I", bytes(pks))
    if sys.byteorder == "little":
        keys.byteswap()
    return BitMap(keys)


def _patch(sets, pks, again):
    """Take these records out of the sets, put them back; return the changed values."""
    touched, changed = BitMap(pks), set(again)
    for value, records in sets.items():
        if records.intersect(touched):
            records -= touched
            changed.add(value)
    for value, records in again.items():
        sets[value] = sets[value] | records if value in sets else records
    for value in changed:
        if not sets[value]:
            del sets[value]
    return changed


def read_pks(queryset):
    """Return the primary keys of a queryset as a BitMap."""
    found = gather([[(queryset, "pk", Value("all"))]], queryset.db)
    return found[0].get("all", BitMap())


_stores = {}
_making = threading.Lock()


def store(using=None):
    """Return this process's store of a database, else of the one that is read from."""
    using = reading.database(using)
    with _making:
        if using not in _stores:
            _stores[using] = Store(using)
        return _stores[using]
