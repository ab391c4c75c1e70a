"""How a programme is laid out: its days in order, its neighbours, its clock."""

from django.utils.translation import gettext, pgettext

from records.languages import text_of


def by_day(sessions):
    """
    Group sessions, given in programme order, into [{"day", "sessions"}].

    Days come by their number. Sessions whose day is not on record are a group of
    their own (`day` is None), which stands where its smallest position puts it.
    """
    days = {}
    for session in sessions:
        group = {"day": session.day, "sessions": []}
        days.setdefault(session.day_id, group)["sessions"].append(session)
    unknown = days.pop(None, None)
    groups = list(days.values())
    if unknown:
        first = _first_position(unknown)
        earlier = [g for g in groups if _first_position(g) <= first]
        groups.insert(groups.index(earlier[-1]) + 1 if earlier else 0, unknown)
    return groups


def _first_position(group):
    return min(session.position for session in group["sessions"])


def neighbours(session, sessions):
    """
    Return (before, after, parallel) of a session among all of its edition.

    `sessions` are in programme order; breaks and what was cancelled are passed
    over. Parallel are those whose known times overlap with its own.
    """
    line = [s for group in by_day(sessions) for s in group["sessions"]]
    line = [s for s in line if s == session or _takes_place(s)]
    place = line.index(session)
    before = line[place - 1] if place else None
    after = line[place + 1] if place + 1 < len(line) else None
    return before, after, [s for s in line if s != session and _overlap(s, session)]


def _takes_place(session):
    cancelled = session.event_status == session.EventStatus.CANCELLED
    return session.format != session.Format.BREAK and not cancelled


def _overlap(one, other):
    times = (one.starts_at, one.ends_at, other.starts_at, other.ends_at)
    return (
        all(times) and one.starts_at < other.ends_at and other.starts_at < one.ends_at
    )


def zone_name(edition, moment):
    """Return the name of the venue's clock then, such as “Chengdu time (UTC+8)”."""
    offset = moment.astimezone(edition.zone).strftime("%z")
    sign = "−" if offset[0] == "-" else "+"
    hours, minutes = f"{sign}{int(offset[1:3])}", offset[3:5]
    utc = f"UTC{hours}" if minutes == "00" else f"UTC{hours}:{minutes}"
    if city := text_of(edition, "city").text:
        return gettext("%(city)s time (%(utc)s)") % {"city": city, "utc": utc}
    return pgettext("name of a clock", "%(zone)s time (%(utc)s)") % {
        "zone": edition.time_zone.replace("_", " "),
        "utc": utc,
    }
