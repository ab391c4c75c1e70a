"""Days, clock times, durations and zones, however a file writes them."""

import datetime
import re
import zoneinfo
from collections import Counter

from django.conf import settings
from django.utils.dateparse import parse_duration

CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\Z")
DATE = re.compile(r"(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})\Z")


def read_date(text):
    """Return the date of "2025-01-31", "20250131", or of a moment; None for others."""
    text = text.strip()
    found = DATE.match(text.split("T")[0].split(" ")[0])
    try:
        return datetime.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


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
    return moment if len(text) > 10 else None


def read_duration(text):
    """
    Return how long something takes: "00:30", "1:30:00", "30" minutes, "PT1H30M".

    Four parts are days first. None if it is nothing of these, or no time at all.
    """
    text = text.strip()
    parts = text.split(":")
    try:
        if text.upper().startswith("P"):
            length = parse_duration(text.upper())
        elif len(parts) > 1:
            numbers = [int(part) for part in parts]
            days = numbers.pop(0) if len(numbers) == 4 else 0
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

    The portal's own zone if it fits; else the fixed zone of a whole hour, or the
    first by name that has this offset at each of the moments.
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
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    return next((name for name in names if fits(name, moments)), "")


def fits(zone, moments):
    """Tell whether a zone has the very offsets that these moments are written in."""
    zone = zoneinfo.ZoneInfo(zone)
    return all(m.astimezone(zone).utcoffset() == m.utcoffset() for m in moments)


def usual_offset(moments):
    """Return the offset that most of these moments are written in: "+02:00"."""
    (offset, _count), *_ = Counter(m.strftime("%z") for m in moments).most_common(1)
    return f"{offset[:3]}:{offset[3:5]}"
