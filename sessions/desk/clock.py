"""
How a moment is written in a cell of the programme desk, and read from it.

By the clock of the edition's place: “09:30” is on the date of the session's day,
“00:30+1” on the night after it, and “2026-11-09 09:30” stands for itself. A time
that the clocks repeat is told with its offset: “2026-10-25 01:30+01:00”.
"""

import datetime
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

ONE_DAY = datetime.timedelta(days=1)
TIME = re.compile(r"(\d{1,2}):(\d{2})(?:\s*\+\s*(\d))?", re.ASCII)
DATED = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}\S*", re.ASCII)


def written(moment, date, zone):
    """Return a moment as text that `read()` takes for it; "" for None."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    if local.second or local.microsecond or _offsets(local.replace(tzinfo=None), zone):
        return local.isoformat(sep=" ")
    nights = (local.date() - date).days if date else -1
    if nights == 0:
        return f"{local:%H:%M}"
    if 0 < nights < 10:
        return f"{local:%H:%M}+{nights}"
    # strftime() leaves out the zeros of early years.
    return local.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes")


def read(text, date, zone):
    """
    Return the moment that a text means on a date, or None if it is empty.

    Raises ValidationError. `date` is that of the session's day, or None; digits and
    signs may be full-width, as a Chinese keyboard writes them.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if not text:
        return None
    try:
        if found := TIME.fullmatch(text):
            return _on_date(found, date, zone)
        if DATED.fullmatch(text):
            moment = datetime.datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = aware(moment, zone)
            return moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise ValidationError(_("There is no such time.")) from None
    raise ValidationError(
        _("Write a time as 09:30, the night after as 00:30+1, or 2026-11-09 09:30.")
    )


def aware(local, zone):
    """Return what a naive time means by the clock of a zone, if it is one moment."""
    offsets = _offsets(local, zone)
    if offsets == "none":
        raise ValidationError(_("The clocks go forward then: there is no such time."))
    if offsets:
        example = local.replace(tzinfo=zone).isoformat(sep=" ", timespec="minutes")
        raise ValidationError(
            _("The clocks go back then: write which of the two, as %(example)s."),
            params={"example": example},
        )
    return local.replace(tzinfo=zone).astimezone(datetime.UTC)


def _on_date(found, date, zone):
    hour, minute, nights = found.groups()
    time = datetime.time(int(hour), int(minute))
    if date is None:
        raise ValidationError(
            _("The day has no date: write the date as well, as 2026-11-09 09:30.")
        )
    date += int(nights or 0) * ONE_DAY
    return aware(datetime.datetime.combine(date, time), zone)


def _offsets(local, zone):
    """Return "" if a naive time comes once by a clock, else "none" or "two"."""
    first, second = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return ""
    there = first.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None)
    return "two" if there == local else "none"
