"""
On which day a session is, and what calendars need to know once it is planned anew.

RFC 5545, 3.8.7.4: the sequence number of an event rises when the organizer makes a
significant revision. schema.org: `previousStartDate` is the start before the move.
"""

import datetime
from collections import defaultdict

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.operations import is_undo
from sessions.models.editions import Edition, EditionDay

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
REASONS = ("status_reason_en", "status_reason_zh_hans")
STATUS = {"event_status", *REASONS}
REASON_WANTED = _("Give the reason in at least one language. It is public.")
# The same as fields are named in a write
NAMES = {*TIMETABLE, "day", "room", "title"}
# What tells the day of a session that was given none
PLACED_BY = {"edition", "edition_id", "starts_at", "day", "day_id"}
# A night belongs to the day before it up to this hour of the clock.
NIGHT_ENDS = datetime.time(6)
ONE_DAY = datetime.timedelta(days=1)


def place(sessions, using=None):
    """
    Give each session that has a start and no day the day it starts on; return those.

    By the clock of the edition's place, and of the days of its edition that have a
    date: that of the date itself, else the day before for what starts in the small
    hours. A day that was given stays, and nothing is written. One query, or none.
    While an operation is taken back, every session comes back as it was.
    """
    if is_undo():
        return []
    lost = [s for s in sessions if s.starts_at and not s.day_id and s.edition_id]
    if not lost:
        return []
    days = QuerySet(EditionDay, using=using).select_related("edition")
    days = days.filter(edition__in={s.edition_id for s in lost}, date__isnull=False)
    by_edition, placed = defaultdict(dict), []
    for day in days.order_by("-number"):
        by_edition[day.edition_id][day.date] = day
    for session in lost:
        dates = by_edition[session.edition_id]
        if day := dates and _day_of(session.starts_at, dates):
            session.day = day
            placed.append(session)
    return placed


def _day_of(moment, dates):
    """Return the `EditionDay` of a moment from {date: day} of an edition, or None."""
    local = moment.astimezone(next(iter(dates.values())).edition.zone)
    night = local.date() - ONE_DAY if local.time() < NIGHT_ENDS else None
    return dates.get(local.date()) or dates.get(night)


def lacks_reason(values):
    """
    Tell whether {field: value} of a session say it is not as planned, and not why.

    A reason in either language is enough. It is asked of whoever writes one of the
    fields of STATUS: what came in without a reason can be changed in all else.
    """
    as_planned = values.get("event_status") in {None, "", "scheduled"}
    return not as_planned and not any(values.get(name) for name in REASONS)


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
