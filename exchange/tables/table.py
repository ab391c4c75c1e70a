"""One kind of record as rows of a file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exchange.tables import columns as c
from exchange.tables.columns import Column
from records.prepared import rows_of


@dataclass(frozen=True)
class Table:
    """
    One kind of record as rows of a file.

    `name` is the last part of its address and begins the names of its files.
    `load(queryset, filterset)` fetches what the columns tell, in the same number of
    queries for any number of rows, and public records only. `prose` is the field
    that tells what a record is about.
    """

    name: str
    model: Any
    filterset_class: Any
    own: list
    load: Callable
    prose: str = ""

    @property
    def title(self):
        return c.heading(self.model._meta.verbose_name_plural)

    @property
    def columns(self):
        return [*c.FIRST, *self.own, *c.LAST]

    def fetched(self, keys, filterset, untold=c.UNTOLD):
        """Return the records of these keys that are still public, by their keys."""
        records = self.model.objects.published().filter(pk__in=keys).order_by()
        records = records.defer(*untold).prefetch_related(c.CITATIONS)
        records = rows_of(self.load(records, filterset))
        return {record.pk: record for record in records}


def counted(name, label):
    return [Column(name, label, lambda record: getattr(record, name))]
