"""
Which records were public once and are not any more, as their history tells.

A version of a record is public from when it was written, or from the end of its
embargo, until the next version is written; what belongs to an edition only while the
edition is, too. What was never public for a moment leaves nothing behind.
"""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from django.db.models import F, IntegerField, Value

from exchange.oai.datestamps import versions
from records.models import State
from sessions.models import Edition


class Version(NamedTuple):
    """What of a version tells whether it was public."""

    at: datetime
    number: int
    type: str
    state: str
    publish_at: datetime | None
    whole: int  # the edition that it belongs to


COLUMNS = ("history_date", "history_id", "history_type", "state", "publish_at")


def tombstones(tables, now):
    """Yield (uid, set, when it ended) of all that was public once, in two queries."""
    editions = defaultdict(list)
    rows = versions(Edition).annotate(whole=Value(0, IntegerField()))
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
    history, whole = versions(model), Value(0, IntegerField())
    return (
        history.filter(
            uid__in=history.filter(first_published_at__lte=now).values("uid")
        )
        .exclude(uid__in=model.objects.published(now).values("uid"))
        .annotate(place=Value(number, IntegerField()))
        .annotate(whole=F(f"{model.part_of}_id") if model.part_of else whole)
        .values_list("place", "uid", *COLUMNS, "whole")
    )


def public_times(own, now):
    """Return (start, end, whole) of each version that was public, the first first."""
    own = sorted(own)
    found = []
    for version, following in zip(own, [*own[1:], None], strict=True):
        if version.type != "-" and version.state == State.PUBLISHED:
            start = max(version.at, version.publish_at or version.at)
            end = following.at if following else now
            if start < end:
                found.append((start, end, version.whole))
    return found


def last_moment(times, editions):
    """Return when the last time ended that was public by itself and by its edition."""
    found = None
    for start, end, whole in times:
        around = editions.get(whole, []) if whole else [(start, end, 0)]
        for first, last, _whole in around:
            if max(start, first) < min(end, last):
                found = max(found or start, min(end, last))
    return found
