"""What of sessions and editions needs the hand of an organizer."""

import datetime
from collections import defaultdict
from types import SimpleNamespace
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from records.lacking import Gap, no_text
from records.models import State
from records.needs import of_filters, plain
from sessions.clashes import out_of_its_dates, overlaps
from sessions.filters import SessionFilter
from sessions.models import Contribution, EditionDay, Material, Session

IS_BREAK = Q(format=Session.Format.BREAK)
TAKES_PLACE = ~Q(state=State.WITHDRAWN) & ~Q(event_status=Session.EventStatus.CANCELLED)


class Timed(NamedTuple):
    """When a session is, and no more of it: its rows are many."""

    pk: int
    starts_at: datetime.datetime
    ends_at: datetime.datetime


def without_abstract(_model):
    return no_text("abstract") & ~IS_BREAK


def without_speakers(_model):
    """Return the condition that nobody is entered who speaks, in drafts as well."""
    role = Contribution.Role
    spoke = Contribution.objects.filter(
        role__in=[role.SPEAKER, role.PANELIST, role.MODERATOR]
    )
    spoke = spoke.order_by().filter(session=OuterRef("pk"))
    return ~Q(Exists(spoke)) & ~IS_BREAK


def room_clashes(_model):
    """Return the condition to share a room with another session; one query."""
    return _overlapping("room")


def speaker_clashes(_model):
    """Return the condition that somebody is in another session as well; one query."""
    return _overlapping("contributions__person")


def _overlapping(what):
    known = {"starts_at__isnull": False, "ends_at__isnull": False}
    rows = (
        plain(Session)
        .filter(TAKES_PLACE & ~IS_BREAK, **known, **{f"{what}__isnull": False})
        .values_list(what, "pk", "starts_at", "ends_at")
    )
    groups = defaultdict(set)
    for key, *row in rows:
        groups[key].add(Timed(*row))
    pairs = (pair for group in groups.values() for pair in overlaps(group))
    return Q(pk__in={session.pk for pair in pairs for session in pair})


def outside_dates(_model):
    """Return the condition to lie outside the days of the edition; one query."""
    dated = EditionDay.objects.filter(date__isnull=False).order_by()
    rows = (
        plain(Session)
        .filter(TAKES_PLACE)
        .filter(Q(starts_at__isnull=False) | Q(day__date__isnull=False))
        .values_list(
            "pk",
            "starts_at",
            "day__date",
            "edition__starts_on",
            "edition__ends_on",
            "edition__time_zone",
            Q(edition__in=dated.values("edition")),
        )
    )
    return Q(pk__in=[row[0] for row in rows if _is_outside(*row[1:])])


def _is_outside(starts_at, date, first, last, time_zone, dated):
    zone = ZoneInfo(time_zone)
    session = SimpleNamespace(
        edition=SimpleNamespace(starts_on=first, ends_on=last, zone=zone),
        day=date and SimpleNamespace(date=date),
        starts_at=starts_at,
        held_on=starts_at.astimezone(zone).date() if starts_at else date,
    )
    return any(out_of_its_dates(session, dated))


def awaiting_materials(_model):
    expected = Material.objects.filter(
        availability=Material.Availability.EXPECTED, session=OuterRef("pk")
    )
    return Q(Exists(expected.order_by()))


SESSION_NEEDS = {
    **of_filters(SessionFilter),
    "abstract": Gap(_("No abstract"), without_abstract),
    "speakers": Gap(_("No speaker"), without_speakers),
    "time": Gap(_("No time"), lambda _model: Q(starts_at=None)),
    "room-clash": Gap(_("Room taken twice at once"), room_clashes),
    "speaker-clash": Gap(_("Speaker in two sessions at once"), speaker_clashes),
    "outside": Gap(_("Outside the dates of the edition or day"), outside_dates),
    "materials": Gap(_("Materials expected"), awaiting_materials),
}
