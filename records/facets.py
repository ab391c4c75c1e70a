"""
Facets: the values of each filter of a list, and how many records each would give.

    counted = count_facets(SessionFilter(request.GET, Session.objects.published()))
    counted.facets    [Facet(name, label, values=[Value(value, label, count, …)])]
    counted.found     BitMap of the pks that fit all filters: just `filterset.qs`
    counted.without(name, value)    how many, if that value were not chosen

A count is the number of distinct public records that fit all other filters and
have the value, or one narrower; what is chosen in the same facet is left out of
account. A search counts among what it has found, over several kinds at once:

    counted = count_hits({SessionFilter: pks, RegulationFilter: pks},
                         {"topic": {"labour"}}, ["topic", "stage", "jurisdiction"])
    counted.facets    as above, over all the kinds; a record belongs to one kind,
                      so the counts of the kinds add up
    counted.found     {filter set: BitMap} of what fits all filters

`pks` is any iterable of primary keys. A kind that lacks a filter has nothing to
give once a value of that filter is chosen.

What a list needs no facets of, and how many records belong to others, the same
store tells: `count_found(filterset)` and `count_related(records, "sessions")`.
"""

import heapq
from functools import cache
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext
from pyroaring import BitMap

from records import reading
from records.bitmaps import Called, read_pks, store
from records.filters import RecordFilterSet, Records
from records.languages import TAGS, page_language
from records.models import NO_VALUE
from records.previewing import anything_is_shown
from records.text import sort_key

SHORT = 20  # values that a reader can look through; a longer facet gets a search box
MOST_SHOWN = 100  # values of one facet, those with the most records first


class Value(NamedTuple):
    """One value of a facet, ready to be shown."""

    value: str
    label: str
    lang: str  # "" when the label is in the page's own language
    count: int
    chosen: bool


class Facet(NamedTuple):
    """One filter and its values, in the order they are shown in."""

    name: str
    label: str
    values: list
    chosen: int
    left_out: int  # values beyond the longest list that is shown

    @property
    def is_long(self):
        return len(self.values) > SHORT


class Counted(NamedTuple):
    """What was counted for a list, or for what a search has found."""

    facets: list
    found: BitMap | dict
    tallies: list

    def without(self, name, value):
        """Return how many records there would be if that value were not chosen."""
        return sum(len(tally.left(without=(name, value))) for tally in self.tallies)


def count_facets(filterset, at=None):
    """Count the facets that a filter set shows; see the top of this module."""
    tally = Tally(filterset, filterset.shown, kept=filterset.sorted_by.values())
    with store(filterset.queryset.db).up_to_date(at) as bitmaps:
        tally.fill(bitmaps)
        facets = _facets(tally.names, [tally])
        found = tally.left()
    return Counted(facets, found, [tally])


def count_found(filterset, at=None):
    """Count what the filters leave, and no facets; `facets` is empty."""
    chosen = [name for name in filterset.shown if name in filterset.labels]
    kept = set(filterset.sorted_by.values())
    tally = Tally(filterset, dict.fromkeys([*chosen, *kept]), kept=kept)
    with store(filterset.queryset.db).up_to_date(at) as bitmaps:
        tally.fill(bitmaps)
    return Counted([], tally.left(), [tally])


def count_related(records, *names):
    """
    Give each of some public records `<name>_count`, by one query for all of them.

    It is how many public ones that relation to many leads to, for which their kind
    has a filter; in a tree also those of what is narrower, each counted once.
    """
    records = list(records)
    if not records:
        return
    if anything_is_shown():
        _count_in_preview(records, names)
        return
    with store().up_to_date() as bitmaps:
        for name in names:
            filter_ = filter_by(type(records[0]), name)
            groups, _having = bitmaps.load([filter_])[filter_.field_key]
            public = bitmaps.kinds[filter_.model].public
            for record in records:
                pks = groups.get(record.slug)
                count = pks.intersection_cardinality(public) if pks else 0
                setattr(record, f"{name}_count", count)


def tree_of(model):
    """
    Return ({pk: that of what is above}, {pk: those right below}) of public records.

    One query; both are shared by all who ask, and must not be changed.
    """
    with store().up_to_date() as bitmaps:
        return bitmaps.named(model).tree()


def _count_in_preview(records, names):
    # What it shows, the store does not count; no tree is shown with its counts.
    model = type(records[0])
    some = model.objects.filter(pk__in=[record.pk for record in records])
    counted = some.with_published_count(*names).in_bulk()
    for record in records:
        for name in names:
            key = f"{name}_count"
            setattr(record, key, getattr(counted[record.pk], key))


def count_tied(record, filter_):
    """
    Count the records that this filter finds by one public record; no facets.

    The tally has the `places` of records that are ordered by name, {pk: place}.
    """
    filterset, name = filter_.parent, filter_.field_key
    kept = set(filterset.sorted_by.values())
    asked = {name: {record.slug}}
    tally = Tally(filterset, dict.fromkeys([name, *kept]), asked=asked, kept=kept)
    model = filterset.Meta.model
    with store().up_to_date() as bitmaps:
        tally.fill(bitmaps)
        if model._meta.ordering == ["sort_key"]:
            tally.places = bitmaps.named(model).places(page_language())
    return Counted([], tally.left(), [tally])


def count_having(pks, filter_, value):
    """Count those of some records that a filter finds by a value, in one query."""
    with store().up_to_date() as bitmaps:
        groups, _having = bitmaps.load([filter_])[filter_.field_key]
        return groups.get(value, BitMap()).intersection_cardinality(pks)


def count_public(models):
    """Return how many records of each of these kinds are public, in one query."""
    with store().up_to_date() as bitmaps:
        return [len(bitmaps.kinds[model].public) for model in models]


def count_values(asked):
    """
    Count the public records that have a value of a facet, in one query for all.

    `asked` are (filter set, name of the filter, value); a value may stand for none.
    """
    counts, filters = [], {}
    for filterset, name, _value in asked:
        filters.setdefault(filterset, []).append(filterset.filters[name])
    with store().up_to_date() as bitmaps:
        for some in filters.values():
            bitmaps.load(some)
        for filterset, name, value in asked:
            filter_ = filterset.filters[name]
            groups, having = bitmaps.load([filter_])[name]
            public = bitmaps.kinds[filterset.Meta.model].public
            if filter_.is_none(value):
                counts.append(len(public - having))
            else:
                counts.append(len(public & groups.get(value, BitMap())))
    return counts


@cache
def filter_by(model, name):
    """Return the filter of the related kind by records of this model."""
    relation = model._meta.get_field(name)
    related, field = relation.related_model, relation.remote_field.name
    for filterset_class in RecordFilterSet.__subclasses__():
        if filterset_class.Meta.model is related:
            filters = filterset_class(QueryDict(), related.objects.none()).filters
            for filter_ in filters.values():
                if type(filter_) is Records and filter_.path == field:
                    return filter_
    raise LookupError(f"{related.__name__} has no filter by {field}")


def count_hits(hits, asked, names, *, wanted=(), kept=(), at=None, using=None):
    """
    Count facets over what a search has found; see the top of this module.

    `asked` is what is chosen, {name: values}; `names` are those of the facets, and
    what else is asked only narrows. The facets are those of the `wanted` filter
    sets, if any are named. The tallies keep the groups of the `kept` facets.
    """
    using = reading.database(using)
    given = QueryDict(mutable=True)
    for name, values in asked.items():
        if name not in names:
            given.setlist(name, list(values))
    chosen = {name: set(asked[name]) for name in names if name in asked}
    tallies = []
    for filterset_class, pks in hits.items():
        public = filterset_class.Meta.model.objects.using(using).published()
        filterset = filterset_class(given, public)
        shown = [name for name in names if name in filterset.filters]
        tallies.append(Tally(filterset, shown, asked=chosen, hits=pks, kept=kept))
        if given.keys() - filterset.filters.keys():
            tallies[-1].hits = BitMap()
    with store(using).up_to_date(at) as bitmaps:
        for tally in tallies:
            tally.fill(bitmaps)
        some = [t for t in tallies if not wanted or type(t.filterset) in wanted]
        facets = _facets(names, some)
        found = {type(tally.filterset): tally.left() for tally in tallies}
    return Counted(facets, found, tallies)


def warm(using="default"):
    """Read what every list counts with, so that no reader has to wait for it."""
    import_module(settings.ROOT_URLCONF)  # all views, and with them their filters
    todo = [RecordFilterSet]
    while todo:
        filterset_class = todo.pop()
        todo += filterset_class.__subclasses__()
        if filterset_class.shown:
            records = filterset_class.Meta.model.objects.using(using).published()
            count_facets(filterset_class(QueryDict(), records))


@cache
def warm_once(using="default"):
    """Warm, if this process has not done so yet."""
    warm(using)


class Tally:
    """The facets of one kind of record, and what is chosen in each."""

    def __init__(self, filterset, names, *, asked=None, hits=None, kept=()):
        self.filterset = filterset
        self.names = list(names)
        self.kept = kept  # facets whose groups are asked for when all is counted
        self.asked = asked
        if asked is None:
            labels = filterset.labels.items()
            self.asked = {name: set(known) for name, known in labels if name in names}
        # What only the database can tell is asked of it now: the store is shared,
        # and nobody else should have to wait for this.
        self.hits = BitMap(hits) if hits is not None else None
        self.others = self._others(filterset)
        self.places = None

    def _others(self, filterset):
        """Return {name: pks that fit it} of the filters that are no facets."""
        found, records = {}, filterset.queryset
        asked = filterset.labels.keys() - self.names
        if asked and filterset.form.is_valid():
            for name in asked:
                value = filterset.form.cleaned_data.get(name)
                narrowed = filterset.filters[name].filter(records, value)
                if narrowed is not records:
                    found[name] = read_pks(narrowed)
        return found

    def fill(self, bitmaps):
        """Take the bitmaps of the facets, while the store is held."""
        filters = [self.filterset.filters[name] for name in self.names]
        loaded = bitmaps.load(filters)
        self.public = bitmaps.kinds[self.filterset.Meta.model].public.copy()
        self.start = self.public if self.hits is None else self.public & self.hits
        self.groups, self.having, self.kinds = {}, {}, {}
        for filter_ in filters:
            name = filter_.field_key
            self.groups[name], self.having[name] = loaded[name]
            if name in self.kept:
                groups = self.groups[name].items()
                self.groups[name] = {value: pks.copy() for value, pks in groups}
            if model := filter_.value_model:
                self.kinds[name] = bitmaps.kinds[model].by_slug(page_language())
        self.chosen = {
            name: {value: self.group(name, value).copy() for value in values}
            for name, values in self.asked.items()
        }

    def group(self, name, value):
        """Return the records that have this value; none in a kind without it."""
        if name not in self.names:
            return BitMap()
        if self.filterset.filters[name].is_none(value):
            return self.public - self.having[name]
        return self.groups[name].get(value, BitMap())

    def left(self, besides=None, without=()):
        """
        Return the records that fit the filters.

        All but those of the facet `besides`; or all but the value `without`, a
        pair of a parameter and a value.
        """
        left = self.start
        for name, values in self.chosen.items():
            kept = [pks for value, pks in values.items() if (name, value) != without]
            if kept and name != besides:
                left = left & BitMap().union(*kept)
        others = self.others
        if without and without[0] in others:
            others = self._others(self.filterset.without(*without))
        for pks in others.values():
            left = left & pks
        return left


def _facets(names, tallies):
    """Return the facets that say something: not those where nothing is recorded."""
    return [facet for name in names if (facet := _facet(name, tallies))]


def _facet(name, tallies):
    """Return a facet over several kinds, or None if it has nothing to say."""
    tallies = [tally for tally in tallies if name in tally.names]
    if not tallies:
        return None
    filter_ = tallies[0].filterset.filters[name]
    few = len(set().union(*(t.groups[name] for t in tallies))) <= SHORT
    counts = {}
    for tally in tallies:
        groups = tally.groups[name]
        if filter_.has_none:
            groups = groups | {NO_VALUE: tally.public - tally.having[name]}
        count = tally.left(besides=name).intersection_cardinality
        for value, pks in groups.items():
            found = count(pks)
            if found or (few and pks.intersect(tally.start)):
                counts[value] = counts.get(value, 0) + found
    chosen = set().union(*(tally.asked.get(name, ()) for tally in tallies))
    for value in chosen:
        counts.setdefault(value, 0)
    if not chosen and not [v for v in counts if not filter_.is_none(v)]:
        return None
    in_order, none = filter_.in_order, NO_VALUE if filter_.has_none else None
    least = 0
    if len(counts) > MOST_SHOWN and not in_order:
        least = heapq.nlargest(MOST_SHOWN, counts.values())[-1]
    called = _called(filter_, counts, tallies)
    places = [
        (value == none, 0 if in_order else -count, called(value).place, value)
        for value, count in counts.items()
        if count >= least or value == none
    ]
    values = [place[-1] for place in heapq.nsmallest(MOST_SHOWN, places)]
    values += [value for value in chosen if value not in values]
    here, shown = TAGS[page_language()], []
    for value in values:
        known = called(value)
        lang = "" if known.tag == here else known.tag
        shown.append(Value(value, known.text, lang, counts[value], value in chosen))
    left_out = len(counts) - len(shown)
    return Facet(name, str(filter_.label), shown, len(chosen), left_out)


def _called(filter_, values, tallies):
    """Return what gives `Called` of each of these values."""
    here = TAGS[page_language()]
    if filter_.value_model:
        known = tallies[0].kinds[filter_.field_key]
        others = {v: Called(0, v, here, 0) for v in values if v not in known}
    else:
        known, others = {}, {}
        order = filter_.order() if filter_.in_order else []
        for value in values:
            if filter_.is_none(value):
                continue
            label = str(filter_.name_of(value))
            place = sort_key(label)
            if filter_.in_order:
                place = order.index(value) if value in order else len(order)
            others[value] = Called(place, label, here, 0)
    if filter_.is_none(NO_VALUE):
        others[NO_VALUE] = Called(0, gettext("Not recorded"), here, 0)
    return lambda value: known.get(value) or others[value]
