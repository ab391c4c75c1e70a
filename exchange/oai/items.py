"""
What there is to harvest: public records, and tombstones of those that were public.

The items of a list come in an order that no change upsets: kind by kind by their keys,
and the tombstones last. A list is read in parts of one kind each; every part costs the
same few queries, however much there is.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import IntegerField, Value

from exchange.oai.arguments import SETS, Selection
from exchange.oai.datestamps import changed_since, datestamp, with_datestamps
from exchange.oai.tombstones import tombstones

TABLES = list(SETS.values())
GONE = len(TABLES)  # the place of tombstones, after all kinds


class Item(NamedTuple):
    """A record, or the tombstone of one: then `record` is None."""

    uid: Any
    set: str
    datestamp: datetime
    record: Any = None


class Holdings:
    """
    All items, as they are at one moment.

    `load(records, table)` fetches what is told of the public records of one kind.
    """

    def __init__(self, now, load):
        self.now, self.load = now, load

    def count(self, selected):
        """Return how many items are selected in all, in three queries."""
        return self.live_keys(selected).count() + len(self.gone(selected))

    def part(self, selected, size):
        """
        Return the next items, at most `size`, and the place of the last one.

        They are public records of one kind, or tombstones. The place is None at the
        end of the list. Three queries, and those of `load`.
        """
        found = []
        if selected.kind < GONE:
            found = list(self.live_keys(selected)[: size + 1])
        if not found:
            return self.part_of_gone(selected, size)
        kind = found[0][0]
        keys = [key for number, key in found[:size] if number == kind]
        more = len(found) > len(keys) or self.gone(selected)
        return self.live(kind, keys), (kind, str(keys[-1])) if more else None

    def part_of_gone(self, selected, size):
        after = selected.after if selected.kind == GONE else ""
        left = [item for item in self.gone(selected) if str(item.uid) > after]
        place = (GONE, str(left[size - 1].uid)) if len(left) > size else None
        return left[:size], place

    def live_keys(self, selected, **conditions):
        """Return the (kind, key) of the public records after a place, in order."""
        found = []
        for number, table in enumerate(TABLES):
            if number < selected.kind or selected.set not in ("", table.name):
                continue
            records = self.public(table).filter(**conditions)
            if number == selected.kind and selected.after:
                records = records.filter(pk__gt=int(selected.after))
            if since := selected.since:
                records = records.filter(changed_since(table.model, since, self.now))
            if before := selected.before:
                records = records.exclude(changed_since(table.model, before, self.now))
            records = records.annotate(place=Value(number, IntegerField()))
            found.append(records.values_list("place", "id"))
        if not found:
            return TABLES[0].model.objects.none()
        return found[0].union(*found[1:], all=True).order_by("place", "id")

    def live(self, kind, keys):
        """Return the items of public records of one kind."""
        table = TABLES[kind]
        records = with_datestamps(self.public(table).filter(pk__in=keys), self.now)
        return [
            Item(record.uid, table.name, datestamp(record), record)
            for record in self.load(records.order_by("pk"), table)
        ]

    def public(self, table):
        return table.model.objects.published(self.now).order_by()

    def gone(self, selected):
        """Return the tombstones that are selected, by their identifiers."""
        since, before = selected.since, selected.before
        return [
            item
            for item in self.all_gone
            if selected.set in ("", item.set)
            and (not since or item.datestamp >= since)
            and (not before or item.datestamp < before)
        ]

    @cached_property
    def all_gone(self):
        return sorted(Item(*found) for found in tombstones(TABLES, self.now))

    def find(self, uid):
        """Return the item of an identifier, or None."""
        for kind, key in self.live_keys(Selection(), uid=uid):
            for item in self.live(kind, [key]):
                return item
        return next((item for item in self.all_gone if item.uid == uid), None)

    def earliest(self):
        """Return a moment that no datestamp is before, in three queries."""
        first, *others = (
            self.public(table)
            .filter(first_published_at__isnull=False)
            .values_list("first_published_at")
            for table in TABLES
        )
        oldest = first.union(*others, all=True).order_by("first_published_at").first()
        return min(
            [*(oldest or ()), *(item.datestamp for item in self.all_gone), self.now]
        )
