"""The rows of one page of a list that has been counted: only these are read."""

import heapq
from collections import defaultdict

from django.core.paginator import Page, Paginator
from django.db import connections
from django.db.models.expressions import RawSQL
from pyroaring import BitMap

from records.facets import count_tied

FEW = 500  # keys that a query names one by one


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
    found, skipped = counted.found, 0
    if name := filterset.sorted_by.get(filterset.sort):
        found, skipped = _stretch(counted.tallies[0], name, found, start, stop)
    rows = filterset.in_order(filterset.queryset)
    if found != counted.tallies[0].public:
        rows = rows.filter(pk__in=among(found, rows.db))
    return list(rows.values_list("pk", flat=True)[start - skipped : stop - skipped])


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
        found, _skipped = _stretch(counted.tallies[0], facet, found, 0, most)
    records = filter_.model.objects.all()
    # Keys alone: to sort whole rows would cost far more.
    rows = records.filter(pk__in=among(found, records.db)).values_list("pk", flat=True)
    return list(rows[:most]) if found else [], counted.found


def _stretch(tally, name, found, start, stop):
    """Return the rows of the values that have rows there, and how many come before."""
    ranked = defaultdict(BitMap)
    for value, pks in tally.groups[name].items():
        ranked[tally.kinds[name][value].rank] |= pks & found
    kept, skipped = BitMap(), 0
    for rank in sorted(ranked):
        if not kept and skipped + len(ranked[rank]) <= start:
            skipped += len(ranked[rank])
        elif skipped + len(kept) < stop:
            kept |= ranked[rank]
    return kept, skipped


def among(pks, using):
    """Return these keys as a list for a query, however many there are."""
    if len(pks) <= FEW:
        return list(pks)
    keys = pks.to_array().tolist()
    if connections[using].vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [keys])
    return RawSQL("SELECT value FROM json_each(%s)", [str(keys)])
