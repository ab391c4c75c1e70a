"""
When a record was public, as its history tells.

A version of a record is public from when it was written, or from the end of its
embargo, until the next version is written; what belongs to an edition only while the
edition is, too.
"""

from datetime import datetime
from typing import NamedTuple

from django.db.models import F, IntegerField, Value
from django.utils import timezone

from records.models import State


class Version(NamedTuple):
    """What of a version tells whether it was public."""

    at: datetime
    number: int
    type: str
    state: str
    publish_at: datetime | None
    whole: int  # what it belongs to


COLUMNS = ("history_date", "history_id", "history_type", "state", "publish_at")


def whole_of(model):
    """Return the key of what a version belongs to, as an expression; 0 if nothing."""
    return F(f"{model.part_of}_id") if model.part_of else Value(0, IntegerField())


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


def last_moment(times, wholes):
    """Return when the last time ended that was public by itself and by its whole."""
    found = None
    for start, end, whole in times:
        around = wholes.get(whole, []) if whole else [(start, end, 0)]
        for first, last, _whole in around:
            if max(start, first) < min(end, last):
                found = max(found or start, min(end, last))
    return found


def gone_with_whole(model, **which):
    """
    Return the record that the public saw until what it belongs to was withdrawn.

    None if there is none; then it may be a draft, or was made public in the dark.
    """
    if not model.part_of:
        return None
    wholes = model._meta.get_field(model.part_of).related_model.objects.withdrawn()
    hidden = model.objects.filter(**{f"{model.part_of}__in": wholes}, **which)
    hidden = hidden.exclude(state=State.DRAFT).select_related(model.part_of)
    return next(filter(was_shown, hidden), None)


def was_shown(record, at=None):
    """Tell whether the public saw what belongs to something; two queries."""
    now, model = at or timezone.now(), type(record)
    own = _times(model, [record.pk], now)[record.pk]
    whole = model._meta.get_field(model.part_of).related_model
    wholes = _times(whole, {time[2] for time in own}, now)
    return last_moment(own, wholes) is not None


def was_shown_elsewhere(record, at=None):
    """
    Tell whether the public saw it when it belonged to something else.

    Asked once of a record, in one query for one that always belonged there.
    """
    if not hasattr(record, "_was_elsewhere"):
        here = {record.part_of: getattr(record, record.part_of)}
        versions = type(record).history.filter(id=record.pk).order_by()
        record._was_elsewhere = versions.exclude(**here).exists()
    return record._was_elsewhere and was_shown(record, at)


def _times(model, pks, now):
    """Return {key: public times} of records of one kind, in one query."""
    found = {pk: [] for pk in pks}
    rows = model.history.filter(id__in=pks).order_by().annotate(whole=whole_of(model))
    for pk, *version in rows.values_list("id", *COLUMNS, "whole"):
        found[pk].append(Version(*version))
    return {pk: public_times(own, now) for pk, own in found.items()}
