"""
Facets: the values of each filter of a list, and how many records each would give.

    counted = count_facets(SessionFilter(request.GET, Session.objects.published()))
    counted.facets    [Facet(name, label, values=[Value(value, label, count, …)])]
    counted.found     BitMap of the pks that fit all filters: just `filterset.qs`
    counted.removals()  what each active value, taken away, would give

A count is the number of distinct public records that fit all other filters and
have the value, or one narrower; what is chosen in the same facet is left out of
account. A search counts among what it has found, over several kinds at once:

    counted = count_hits({SessionFilter: pks, RegulationFilter: pks}, request.GET,
                         ["topic", "stage", "mineral", "jurisdiction", "edition"],
                         kinds=["sessions"])
    counted.facets    as above, over all the kinds; a record belongs to one kind,
                      so the counts of the kinds add up
    counted.kinds     {filter set: how many}, whatever kinds are chosen
    counted.found     {filter set: BitMap} of what fits all filters

`pks` is any iterable of primary keys, or a queryset. A kind that lacks a facet has
nothing to give once a value of that facet is chosen.
"""

from typing import NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext
from pyroaring import BitMap

from records.bitmaps import Name, read_pks, store
from records.languages import TAGS, other_language, page_language
from records.models import NO_VALUE
from records.text import sort_key

SHORT = 20  # values that a reader can look through; a longer facet gets a search box
MOST_SHOWN = 100  # values of one facet, those with the most records first
NOBODY = Name("", {"en": ("", "en"), "zh-hans": ("", "zh-Hans")}, {"en": "", "zh-hans": ""}, 0, None)


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
    kinds: dict
    tallies: list

    def removals(self):
        """Return [(parameter, value, label, count)]: what each removal would give."""
        active = {
            (name, value): label
            for tally in self.tallies
            for name, known in tally.filterset.labels.items()
            for value, label in known.items()
        }
        return [
            (*key, label, sum(len(tally.left(without=key)) for tally in self.tallies))
            for key, label in active.items()
        ]


def count_facets(filterset, at=None):
    """Count the facets that a filter set shows; see the top of this module."""
    tally = Tally(filterset, filterset.shown)
    with store(filterset.queryset.db).up_to_date(at) as bitmaps:
        tally.fill(bitmaps)
        facets = [_facet(name, [tally]) for name in tally.names]
        found = tally.left()
    return Counted(facets, found, {type(filterset): len(found)}, [tally])


def count_hits(hits, data, names, *, kinds=(), at=None, using="default"):
    """Count facets over what a search has found; see the top of this module."""
    given = QueryDict(mutable=True)
    for name in names:
        given.setlist(name, data.getlist(name))
    tallies = []
    for filterset_class, pks in hits.items():
        public = filterset_class.Meta.model.objects.using(using).published()
        filterset = filterset_class(given, public)
        shown = [name for name in names if name in filterset.filters]
        tallies.append(Tally(filterset, shown, hits=pks))
    asked = {}
    for tally in tallies:
        for name, values in tally.asked.items():
            asked.setdefault(name, set()).update(values)
    with store(using).up_to_date(at) as bitmaps:
        for tally in tallies:
            tally.asked = asked
            tally.fill(bitmaps)
        wanted = [t for t in tallies if not kinds or t.word in kinds]
        facets = [_facet(name, wanted) for name in names]
        left = {type(tally.filterset): tally.left() for tally in tallies}
    found = {type(tally.filterset): left[type(tally.filterset)] for tally in wanted}
    counts = {filterset: len(pks) for filterset, pks in left.items()}
    return Counted(facets, found, counts, wanted)


class Tally:
    """The facets of one kind of record, and what is chosen in each."""

    def __init__(self, filterset, names, hits=None):
        self.filterset = filterset
        self.names = list(names)
        self.word = filterset.Meta.model.index.rpartition(":")[2]
        self.asked = {
            name: set(known)
            for name, known in filterset.labels.items()
            if name in self.names
        }
        # What only the database can tell is asked of it now: the store is shared,
        # and nobody else should have to wait for this.
        self.hits = _pks(hits) if hits is not None else None
        self.others = self._others(filterset)

    def _others(self, filterset):
        """Return {name: pks that fit it} of the filters that are no facets."""
        found, records = {}, filterset.queryset
        if filterset.form.is_valid():
            for name in filterset.labels.keys() - self.names:
                value = filterset.form.cleaned_data.get(name)
                narrowed = filterset.filters[name].filter(records, value)
                if narrowed is not records:
                    found[name] = _pks(narrowed)
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
            if filter_.value_model:
                self.kinds[name] = bitmaps.kinds[filter_.value_model].by_slug()
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


def _facet(name, tallies):
    """Return a facet over several kinds, or None if none of them has it."""
    tallies = [tally for tally in tallies if name in tally.names]
    if not tallies:
        return None
    filter_ = tallies[0].filterset.filters[name]
    few = len(set().union(*(t.groups[name] for t in tallies))) <= SHORT
    counts = {}
    for tally in tallies:
        left = tally.left(besides=name)
        groups = dict(tally.groups[name])
        if filter_.has_none:
            groups[NO_VALUE] = tally.public - tally.having[name]
        for value, pks in groups.items():
            count = left.intersection_cardinality(pks)
            if count or (few and pks.intersect(tally.start)):
                counts[value] = counts.get(value, 0) + count
    chosen = set().union(*(tally.asked.get(name, ()) for tally in tallies))
    counts |= {value: 0 for value in chosen if value not in counts}
    values = _in_order(filter_, counts, tallies)
    shown = values[:MOST_SHOWN]
    shown += [value for value in values[MOST_SHOWN:] if value in chosen]
    return Facet(
        name,
        str(filter_.label),
        [
            Value(value, *_label(filter_, value, tallies), counts[value], value in chosen)
            for value in shown
        ],
        len(chosen),
        len(values) - len(shown),
    )


def _in_order(filter_, counts, tallies):
    """Return the values: in an order of their own, or those with most records first."""
    own = {value: place for place, value in enumerate(filter_.order())}
    names = tallies[0].kinds.get(filter_.field_key, {})
    language = page_language()

    def place(value):
        if filter_.is_none(value):
            return (1,)
        if filter_.value_model:
            name = names.get(value, NOBODY)
            first, called = name.rank, name.keys[language]
        else:
            first = own.get(value, len(own))
            called = "" if filter_.in_order else sort_key(str(filter_.name_of(value)))
        return 0, first if filter_.in_order else -counts[value], called, value

    return sorted(counts, key=place)


def _label(filter_, value, tallies):
    """Return (label, lang) of a value; `lang` only if it is in another language."""
    if filter_.is_none(value):
        return gettext("Not recorded"), ""
    if not filter_.value_model:
        return str(filter_.name_of(value)), ""
    called = tallies[0].kinds[filter_.field_key].get(value, NOBODY)
    here = page_language()
    for language in (here, other_language()):
        text, tag = called.texts[language]
        if text:
            return text, "" if tag == TAGS[here] else tag
    return value, ""


def _pks(records):
    """Return the primary keys of a queryset, or those given, as a BitMap."""
    if isinstance(records, QuerySet):
        return read_pks(records)
    return BitMap(records)
