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
    """Return the `Coverage` of each kind, in one query each."""
    return [covered(page, table) for page, table in TABLES.items()]


def covered(page, table):
    public = table.model.objects.published()
    filterset = table.filterset_class(QueryDict(), public)
    asked = list(KNOWN.get(table.name, []))
    asked += [("lacking", value, label) for value, label in lacking(filterset)]
    counts = {
        f"gap_{number}": Count("pk", filter=condition(filterset.filters[name], value))
        for number, (name, value, _label) in enumerate(asked)
    }
    found = public.order_by().aggregate(
        total=Count("pk"), latest=Max("updated_at"), **counts
    )
    url, total = reverse(page), found["total"]
    gaps = [
        {
            "label": label,
            "url": f"{url}?{name}={value}",
            "count": found[f"gap_{number}"],
            "percent": round(100 * found[f"gap_{number}"] / total) if total else 0,
        }
        for number, (name, value, label) in enumerate(asked)
        if found[f"gap_{number}"]
    ]
    return Coverage(table.title, url, total, found["latest"], gaps)


def lacking(filterset):
    return filterset.filters["lacking"].choices()


def condition(filter_, value):
    """Return the condition by which a filter keeps the records of a value."""
    return ~filter_.having(None) if filter_.is_none(value) else filter_.having([value])
