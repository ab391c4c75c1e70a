"""
What the record holds and what it lacks, counted.

Each gap is a filter of the list of its kind with one value, so that its number is that
of the list it leads to.
"""

from typing import Any, NamedTuple

from django.db.models import Count, Max
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from exchange.tables.kinds import TABLES
from records.facets import count_values
from records.models import NO_VALUE

NEVER_DISCUSSED = ("edition", NO_VALUE, _("Never discussed in a session on record"))
UNTAGGED = ("topic", NO_VALUE, _("No topic"))
# Gaps that a filter of the list has long told, as (filter, value, words)
KNOWN = {
    "sessions": [("person", NO_VALUE, _("No person named")), UNTAGGED],
    "people": [("organization", NO_VALUE, _("No organization"))],
    "organizations": [
        ("country", NO_VALUE, _("No country")),
        ("edition", NO_VALUE, _("In no edition on record")),
    ],
    "topics": [NEVER_DISCUSSED],
    "minerals": [NEVER_DISCUSSED],
    "regulations": [NEVER_DISCUSSED, UNTAGGED],
    "outcomes": [
        ("status", "no-follow-up", _("No follow-up")),
        ("organization", NO_VALUE, _("No organization")),
    ],
}


class Coverage(NamedTuple):
    """A kind of record: how many there are, when one was last touched, its gaps."""

    title: str
    url: str
    total: int
    latest: Any
    gaps: list  # of {"label", "url", "count", "percent"}, none of them 0


def coverage():
    """Return the `Coverage` of each kind: one query each, and one for all facets."""
    filtersets = {
        table.name: table.filterset_class(QueryDict(), table.model.objects.published())
        for table in TABLES.values()
    }
    facets = [
        (filtersets[kind], name, value)
        for kind, known in KNOWN.items()
        for name, value, _label in known
    ]
    counts = iter(count_values(facets))
    known = {
        kind: [(*gap, next(counts)) for gap in gaps] for kind, gaps in KNOWN.items()
    }
    return [
        covered(page, table, filtersets[table.name], known.get(table.name, []))
        for page, table in TABLES.items()
    ]


def covered(page, table, filterset, known):
    lacking = filterset.filters["lacking"]
    counts = {
        f"gap_{value}": Count("pk", filter=lacking.having([value]))
        for value, _label in lacking.choices()
    }
    found = filterset.queryset.order_by().aggregate(
        total=Count("pk"), latest=Max("updated_at"), **counts
    )
    url, total = reverse(page), found["total"]
    asked = [
        ("lacking", value, label, found[f"gap_{value}"])
        for value, label in lacking.choices()
    ]
    gaps = [
        {
            "label": label,
            "url": f"{url}?{name}={value}",
            "count": count,
            "percent": round(100 * count / total) if total else 0,
        }
        for name, value, label, count in [*known, *asked]
        if count
    ]
    return Coverage(table.title, url, total, found["latest"], gaps)
