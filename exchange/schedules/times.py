"""Days, clock times, durations and zones, however a file writes them."""

import datetime
import re
import zoneinfo
from collections import Counter
from importlib import resources

from django.conf import settings
from django.utils.dateparse import parse_duration

CLOCK = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2})(?:\.\d+)?)?\Z")
YEARS = range(1000, 3000)  # one can count from any day of these
DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?\Z")


def read_date(text):
    """Return the date of "2025-01-31", "20250131", or of a moment; None for others."""
    text = text.strip()
    found = DATE.match(text.split("T")[0].split(" ")[0])
    try:
        date = datetime.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
    return date if date and date.year in YEARS else None


def read_clock(text):
    """Return the time of "9:30" or "09:30:00", None if it is none."""
    found = CLOCK.match(text.strip())
    try:
        hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime.time(hour, minute, second)
    except (AttributeError, ValueError):
        return None


def read_moment(text):
    """Return a datetime of ISO 8601, aware if it has an offset; None if it is none."""
    text = text.strip()
    try:
        moment = datetime.datetime.fromisoformat(text)
        moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return None
    return moment if len(text) > 10 and moment.year in YEARS else None


def read_duration(text, days_first=False):
    """
    Return how long something takes: "00:30", "1:30:00", "30" minutes, "PT1H30M".

    Four parts are days first, and three if `days_first`. None if it is nothing of
    these, or no time at all.
    """
    text = text.strip()
    parts = text.split(":")
    try:
        if text.upper().startswith("P"):
            length = parse_duration(text.upper())
        elif 1 < len(parts) < 5:
            numbers = [int(part) for part in parts]
            with_days = len(numbers) == 4 or (days_first and len(numbers) == 3)
            days = numbers.pop(0) if with_days else 0
            hours, minutes, seconds = [*numbers, 0][:3]
            length = datetime.timedelta(
                days=days, hours=hours, minutes=minutes, seconds=seconds
            )
        else:
            length = datetime.timedelta(minutes=float(text))
    except (ValueError, OverflowError):
        return None
    zero, month = datetime.timedelta(0), datetime.timedelta(days=31)
    return length if length and zero < length <= month else None


def is_zone(name):
    return name in zoneinfo.available_timezones()


def zone_of_offset(moments):
    """
    Return the name of a zone that explains the single offset of these, or "".

    The portal's own zone if it fits; else the fixed zone of a whole hour; else one
    that has this offset at each of the moments, first one whose time has a name,
    such as IST.
    """
    offsets = {moment.utcoffset() for moment in moments}
    if len(offsets) != 1:
        return ""
    offset = offsets.pop()
    hours, rest = divmod(offset.total_seconds(), 3600)
    fixed = f"Etc/GMT{-int(hours):+d}" if hours else "UTC"
    if fits(settings.TIME_ZONE, moments):
        return settings.TIME_ZONE
    if not rest and is_zone(fixed):
        return fixed
    found = [name for name in zones_kept_today() if fits(name, moments)]
    if not found:
        names = (name for name in zoneinfo.available_timezones() if "/" in name)
        found = sorted(name for name in names if fits(name, moments))
    named = (
        name
        for name in found
        if moments[0].astimezone(zoneinfo.ZoneInfo(name)).tzname().isalpha()
    )
    return next(named, found[0] if found else "")


def zones_kept_today():
    """Return a zone for each clock that is kept anywhere today (zonenow.tab)."""
    table = resources.files("tzdata.zoneinfo").joinpath("zonenow.tab").read_text()
    rows = [line.split("\t") for line in table.splitlines() if line[:1] != "#"]
    return [row[2] for row in rows if is_zone(row[2])]


def fits(zone, moments):
    """Tell whether a zone has the very offsets that these moments are written in."""
    zone = zoneinfo.ZoneInfo(zone)
    return all(m.astimezone(zone).utcoffset() == m.utcoffset() for m in moments)


def usual_offset(moments):
    """Return the offset that most of these moments are written in: "+02:00"."""
    (offset, _count), *_ = Counter(m.strftime("%z") for m in moments).most_common(1)
    return f"{offset[:3]}:{offset[3:5]}"
