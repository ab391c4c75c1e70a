"""What of sessions and editions needs the hand of an organizer."""

from collections import defaultdict

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from records.lacking import Gap, no_text
from records.models import State
from records.needs import of_filters
from sessions.clashes import out_of_its_dates, overlaps
from sessions.filters import SessionFilter
from sessions.models import Contribution, Material, Session

IS_BREAK = Q(format=Session.Format.BREAK)
TAKES_PLACE = ~Q(state=State.WITHDRAWN) & ~Q(event_status=Session.EventStatus.CANCELLED)


def without_abstract(_model):
    return no_text("abstract") & ~IS_BREAK


def without_speakers(_model):
    """Return the condition that nobody is entered who speaks, in drafts as well."""
    role = Contribution.Role
    spoke = Contribution.objects.filter(
        role__in=[role.SPEAKER, role.PANELIST, role.MODERATOR]
    )
    return ~Q(pk__in=spoke.order_by().values("session")) & ~IS_BREAK


def room_clashes(_model):
    """Return the condition to share a room with another session; one query."""
    return _overlapping("room")


def speaker_clashes(_model):
    """Return the condition that somebody is in another session as well; one query."""
    return _overlapping("contributions__person")


def _overlapping(what):
    known = Q(
        starts_at__isnull=False, ends_at__isnull=False, **{f"{what}__isnull": False}
    )
    rows = (
        Session.objects.filter(known & TAKES_PLACE & ~IS_BREAK)
        .order_by()
        .values_list("pk", "starts_at", "ends_at", what, named=True)
    )
    groups = defaultdict(set)
    for row in rows:
        groups[getattr(row, what)].add(row)
    pairs = (pair for group in groups.values() for pair in overlaps(group))
    return Q(pk__in={session.pk for pair in pairs for session in pair})


def outside_dates(_model):
    """Return the condition to lie outside the days of the edition; one query."""
    sessions = (
        Session.objects.filter(TAKES_PLACE)
        .filter(Q(starts_at__isnull=False) | Q(day__date__isnull=False))
        .select_related("edition", "day")
        .only(
            "starts_at",
            "day__date",
            "edition__starts_on",
            "edition__ends_on",
            "edition__time_zone",
        )
        .order_by()
    )
    return Q(pk__in=[one.pk for one in sessions if any(out_of_its_dates(one))])


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
