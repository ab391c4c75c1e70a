"""The page of a record as it was on a day: `?version=2026-03-01`."""

import datetime
import re

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from records.in_words import label_of
from records.past import Past
from records.templatetags.records import heading

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST = 50  # days with changes that are named


def day_of(asked):
    """Return the day that a version is asked of; None if it is none or to come."""
    try:
        day = datetime.date.fromisoformat(asked) if DAY.fullmatch(asked) else None
    except ValueError:
        return None
    return day if day and day <= timezone.localdate() else None


def end_of(day):
    """Return the last moment of a day by the forum's clock, or now if it runs."""
    midnight = datetime.datetime.combine(day, datetime.time.max)
    return min(timezone.make_aware(midnight), timezone.now())


def since(record):
    """Return the day since which a public record is on record, None if unknown."""
    whole = getattr(record, record.part_of) if record.part_of else None
    moments = [one.first_published_at for one in (record, whole) if one]
    latest = max(filter(None, moments), default=None)
    return latest and timezone.localdate(latest)


def version_page(request, record, asked):
    """
    Return the page of a public record as it was at the end of the day asked.

    It says so where the record was not public then (404). Without a day it shows
    what is public now. None if the day is malformed or to come.
    """
    day = day_of(asked) if asked else timezone.localdate()
    if day is None:
        return None
    first = since(record)
    context = {
        "today": record,
        "trail": _trail(record),
        "day": day,
        "since": first,
        "page_title": record,
        "robots": "noindex",
        "zone": timezone.get_current_timezone_name(),
    }
    past = Past(record) if first and first <= day else None
    seen = past and past.at(end_of(day))
    if not seen:
        template = "records/no_version.html"
        return render(
            request, template, context | {"too_early": past is None}, status=404
        )
    days = [timezone.localdate(change.when) for change in past.changes(MOST)]
    return render(
        request,
        "records/version.html",
        context
        | {
            "is_now": not asked,
            "was": past.dressed(end_of(day)),
            "version_date": day,
            "days": [
                {"day": one, "current": one == day} for one in dict.fromkeys(days)
            ],
            **_arranged(record, seen),
        },
    )


def _trail(record):
    kinds = capfirst(str(record._meta.verbose_name_plural))
    return [
        (_("Home"), reverse("home")),
        (kinds, reverse(record.index)),
        (heading(record), record.get_absolute_url()),
        (_("Version"), ""),
    ]


def _arranged(record, seen):
    """Return the public fields as `prose`, `lists` and `facts` of (label, words)."""
    found = {"prose": [], "lists": [], "facts": []}
    model = type(record)
    for name, said in seen.fields.items():
        if not said or name == seen.thing.heading_field:
            continue
        field, label = model._meta.get_field(name), label_of(model, name)
        if name in model.markdown_fields:
            found["prose"].append((label, said[None]))
        elif field.one_to_many or field.many_to_many:
            found["lists"].append((label, list(said.values())))
        else:
            found["facts"].append((label, said[None]))
    return found
