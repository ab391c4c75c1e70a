"""How a programme is laid out: its days in order, what starts together, its clock."""

import datetime
from itertools import groupby

from django.utils.translation import gettext, pgettext

from records.languages import text_of

MOST = 150  # sessions on one page; a longer programme has a page for each day


def in_order(groups):
    """Return groups of {"day", "first"} in the order of the programme."""
    days = sorted((g for g in groups if g["day"]), key=lambda g: g["day"].number)
    for unknown in (g for g in groups if not g["day"]):
        earlier = [n for n, g in enumerate(days, 1) if g["first"] <= unknown["first"]]
        days.insert(earlier[-1] if earlier else 0, unknown)
    return days


def by_day(sessions):
    """Group sessions, given in programme order, into [{"day", "first", "sessions"}]."""
    groups = {}
    for session in sessions:
        group = groups.setdefault(session.day_id, {"day": session.day, "sessions": []})
        group["sessions"].append(session)
    for group in groups.values():
        group["first"] = min(session.position for session in group["sessions"])
    return in_order(groups.values())


def slots_of(sessions):
    """
    Group the sessions of a day by their start, into [(start or None, sessions)].

    Where nothing starts together one group without a start holds them all: there a
    time above each single row would say what the row says.
    """
    starts = [s.starts_at for s in sessions if s.starts_at]
    if len(set(starts)) == len(starts):
        return [(None, sessions)] if sessions else []
    return [
        (start, list(together))
        for start, together in groupby(sessions, key=lambda s: s.starts_at)
    ]


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


def zones_of(edition, sessions):
    """Return the different names that the venue's clock has, as sessions come."""
    offsets = {}
    moments = [m for s in sessions for m in (s.starts_at, s.ends_at) if m]
    for moment in dict.fromkeys(moments):
        offsets.setdefault(moment.astimezone(edition.zone).utcoffset(), moment)
    return [zone_name(edition, moment) for moment in offsets.values()]


def days_after(session):
    """Return how many dates later than its day a session starts: 1 past midnight."""
    if not session.starts_at or not session.day or not session.day.date:
        return 0
    start = session.starts_at.astimezone(session.edition.zone).date()
    return (start - session.day.date) // datetime.timedelta(days=1)
