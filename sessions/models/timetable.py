"""
What calendars need to know of a session that is planned anew.

RFC 5545, 3.8.7.4: the sequence number of an event rises when the organizer makes a
significant revision. schema.org: `previousStartDate` is the start before the move.
"""

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from sessions.models.editions import Edition

# What makes a revision significant
TIMETABLE = (
    "starts_at",
    "ends_at",
    "day_id",
    "room_id",
    "event_status",
    "title_en",
    "title_zh_hans",
)
REVISION = ("sequence", "previous_starts_at", "revised_at")
# The same as fields are named in a write
NAMES = {*TIMETABLE, "day", "room", "title"}


def as_stored(model, pks, using):
    """
    Return {key: row} of sessions as they lie in the database, and lock them.

    A row is a dict of the timetable, of its last revision, and whether the public
    has `seen` the session. One query for each 1,000 sessions.
    """
    now = timezone.now()
    editions = QuerySet(Edition).filter(pk=OuterRef("edition"))
    since = Subquery(editions.values("first_published_at")[:1])
    rows = {}
    for start in range(0, len(pks), 1000):
        found = (
            QuerySet(model, using=using)
            .filter(pk__in=pks[start : start + 1000])
            .order_by("pk")
            .select_for_update()
            .values(
                "pk",
                "first_published_at",
                *REVISION,
                *TIMETABLE,
                since=since,
            )
        )
        for row in found:
            public = (row.pop("first_published_at"), row.pop("since"))
            row["seen"] = all(moment and moment <= now for moment in public)
            rows[row.pop("pk")] = row
    return rows


def revise(stored, planned):
    """
    Return the fields of REVISION, as a dict, of a session planned anew.

    `stored` is its row from `as_stored()`, `planned` a dict of its timetable. They
    stay as they are if nothing changed or the public never saw the session.
    """
    revision = {name: stored[name] for name in REVISION}
    if not stored["seen"] or not any(
        (stored[name] or None) != (planned[name] or None) for name in TIMETABLE
    ):
        return revision
    before, after = stored["starts_at"], planned["starts_at"]
    if before and before != after:
        back = after == revision["previous_starts_at"]
        revision["previous_starts_at"] = None if back else before
    revision["sequence"] += 1
    revision["revised_at"] = timezone.now()
    return revision
