"""
Which records were public once and are not any more, as their history tells.

What was never public for a moment leaves nothing behind.
"""

from collections import defaultdict

from django.db.models import IntegerField, Value

from exchange.oai.datestamps import versions
from records.past_public import (
    COLUMNS,
    Version,
    last_moment,
    public_times,
    whole_of,
)
from sessions.models import Edition


def tombstones(tables, now):
    """Yield (uid, set, when it ended) of all that was public once, in two queries."""
    editions = defaultdict(list)
    rows = versions(Edition).annotate(whole=whole_of(Edition))
    for key, *version in rows.values_list("id", *COLUMNS, "whole"):
        editions[key].append(Version(*version))
    editions = {key: public_times(own, now) for key, own in editions.items()}
    records = defaultdict(list)
    first, *others = (past(table.model, n, now) for n, table in enumerate(tables))
    for number, uid, *version in first.union(*others, all=True):
        records[number, uid].append(Version(*version))
    for (number, uid), own in records.items():
        ended = last_moment(public_times(own, now), editions)
        if ended:
            yield uid, tables[number].name, ended


def past(model, number, now):
    """Return the versions of records that may have been public and are not now."""
    history = versions(model)
    return (
        history.filter(
            uid__in=history.filter(first_published_at__lte=now).values("uid")
        )
        .exclude(uid__in=model.objects.published(now).values("uid"))
        .annotate(place=Value(number, IntegerField()))
        .annotate(whole=whole_of(model))
        .values_list("place", "uid", *COLUMNS, "whole")
    )
