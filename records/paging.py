"""The rows of one page of a list that has been counted: only these are read."""

import heapq
from collections import defaultdict
from functools import cache

from django.core.paginator import Page, Paginator
from django.db import connections
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from pyroaring import BitMap

from records.facets import count_tied
from records.prepared import MOST_KEYS, prepared


class CountedPaginator(Paginator):
    """A paginator that knows the count, and is given the rows of its page only."""

    def __init__(self, page_rows, per_page, count):
        super().__init__(page_rows, per_page)
        self.count = count

    def page(self, number):
        return Page(self.object_list, self.validate_number(number), self)


def page_keys(filterset, counted, start, stop):
    """
    Return the keys of the rows from `start` to `stop`, in the order of the sort.

    By one query, which sorts no more than it has to: where the order begins with
    the values of a facet, only those values that have rows on the page.
    """
    tally, found, values = counted.tallies[0], counted.found, None
    is_narrowed, skipped = found != tally.public, 0
    if facet := filterset.sorted_by.get(filterset.sort):
        found, skipped, values = _stretch(tally, facet, found, start, stop)
    some = slice(start - skipped, stop - skipped)
    ordered = _in_order(type(filterset), filterset.sort)
    if is_narrowed and len(found) > MOST_KEYS:
        rows = filterset.in_order(filterset.queryset)
        rows = rows.filter(pk__in=among(found, rows.db))
        return list(rows.values_list("pk", flat=True)[some])
    if is_narrowed:
        return ordered(keys=tuple(found), values=None, some=some)
    if values is None:
        return ordered(keys=None, values=None, some=some)
    # All that have these values, as an index has them, public or not.
    return [pk for pk in ordered(keys=None, values=values) if pk in found][some]


@cache
def _in_order(filterset_class, sort):
    """Return the prepared query for the keys of a list in the order of a sort."""
    filterset = filterset_class(QueryDict(f"sort={sort}"))

    @prepared
    def ordered(keys, values):
        records = filterset_class.Meta.model.objects
        if keys is not None:
            rows = records.filter(pk__in=keys)
        elif values is not None:
            facet = filterset.filters[filterset.sorted_by[sort]]
            rows = records.filter(**{f"{facet.path}__slug__in": values})
        else:
            rows = records.published()
        return filterset.in_order(rows).values_list("pk", flat=True)

    return ordered


def first_found(record, filter_, most):
    """
    Return (keys, found): the first that a filter finds by one public record, and all.

    In the order of their kind, by two queries at most: of those that are sorted by
    edition first, only the latest ones are looked at. In a tree, what belongs to
    narrower records is among them.
    """
    counted = count_tied(record, filter_)
    found, kept = counted.found, filter_.parent
    if places := counted.tallies[0].places:
        return heapq.nsmallest(most, found, key=places.get), found
    if facet := kept.sorted_by.get(kept.default_sort):
        found, *_rest = _stretch(counted.tallies[0], facet, found, 0, most)
    records = filter_.model.objects.all()
    # Keys alone: to sort whole rows would cost far more.
    rows = records.filter(pk__in=among(found, records.db)).values_list("pk", flat=True)
    return list(rows[:most]) if found else [], counted.found


def _stretch(tally, name, found, start, stop):
    """Return the rows of the values that are there, how many are before, the values."""
    ranked, values = defaultdict(BitMap), defaultdict(list)
    for value, pks in tally.groups[name].items():
        rank = tally.kinds[name][value].rank
        ranked[rank] |= pks & found
        values[rank].append(value)
    kept, skipped, having = BitMap(), 0, []
    for rank in sorted(ranked):
        if not kept and skipped + len(ranked[rank]) <= start:
            skipped += len(ranked[rank])
        elif skipped + len(kept) < stop:
            kept |= ranked[rank]
            having += values[rank]
    return kept, skipped, tuple(having)


def among(pks, using):
    """Return these keys as a list for a query, however many there are."""
    if len(pks) <= MOST_KEYS:
        return list(pks)
    keys = pks.to_array().tolist()
    if connections[using].vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [keys])
    return RawSQL("SELECT value FROM json_each(%s)", [str(keys)])
