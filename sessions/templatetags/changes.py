"""What changed in a session, in words."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from records.languages import TAGS, Text, other_language, page_language
from records.templatetags.records import link, short_day, text
from sessions.changes import last_changed
from sessions.models import Contribution, Edition, Session
from sessions.templatetags.programme import clock

register = template.Library()

LABELS = {"time": _("Time"), "day": _("Day"), "room": _("Room"), "title": _("Title")}


@dataclass
class Clock:
    """From when to when, at the place of an edition."""

    edition: Edition
    starts_at: datetime | None
    ends_at: datetime | None


@register.simple_tag
def last_change(edition):
    """Return the day of the last change of a programme by its own clock, or None."""
    when = last_changed(edition)
    return when and when.astimezone(edition.zone).date()


@register.filter
def local_day(moment, edition):
    """Return the day of a moment at the place of an edition."""
    return moment.astimezone(edition.zone).date()


@register.filter
def told(change):
    """Return what changed as a list of {"label", "old", "new"}; some have no label."""
    items = []
    if change.kind == "added":
        return [_only(gettext("Added to the programme"))]
    if change.kind == "withdrawn":
        return [_only(gettext("Withdrawn"))]
    if status := _status(change):
        items.append(_only(status))
        new = change.fields.get("status", ("", ""))[1]
        reason = text(change.session, "status_reason")
        # It speaks of the state that the session is in now.
        if reason and new == change.session.event_status != "scheduled":
            items.append({"label": gettext("Reason"), "old": "", "new": reason})
    for name, label in LABELS.items():
        if name in change.fields:
            old, new = _shown(name, change)
            none = gettext("Not on record")
            items.append({"label": label, "old": old or none, "new": new or none})
    roles = dict(Contribution.Role.choices)
    for record, role, sign in change.who:
        label = gettext("Added") if sign > 0 else gettext("Removed")
        shown = format_html(
            pgettext("who, in which role", "{name} ({role})"),
            name=link(record),
            role=roles.get(role, role),
        )
        items.append({"label": label, "old": "", "new": shown})
    return items


@register.filter
def headline(change):
    """Return which session changed, and what of it, as the title of an entry."""
    labels = [str(item["label"] or item["new"]) for item in told(change)]
    return gettext("%(session)s: %(what)s") % {
        "session": str(change.session),
        "what": pgettext("between items", ", ").join(dict.fromkeys(labels)),
    }


def _only(words):
    return {"label": "", "old": "", "new": words}


def _status(change):
    old, new = change.fields.get("status", ("", ""))
    status = Session.EventStatus
    if new == status.CANCELLED:
        return gettext("Cancelled")
    if old == status.CANCELLED:
        return gettext("Takes place after all")
    if new == status.MOVED and not {"time", "day", "room"} & set(change.fields):
        return gettext("Marked as moved")
    if old == status.MOVED:
        return gettext("No longer marked as moved")
    return ""


def _shown(name, change):
    if name in change.places:
        return [_named(place) for place in change.places[name]]
    return (_time if name == "time" else _title)(change, *change.fields[name])


def _time(change, old, new):
    """Return two times as shown, with their days if these differ."""
    edition = change.session.edition
    days = [p[0] and p[0].astimezone(edition.zone).date() for p in (old, new)]
    shown = []
    for (starts, ends), day in zip((old, new), days, strict=True):
        words = clock(Clock(edition, starts, ends))
        if words and days[0] and days[1] and days[0] != days[1]:
            words = format_html("{} {}", short_day(day), words)
        shown.append(words)
    return shown


def _title(change, old, new):
    """Return two titles in the page's language, or in the one that changed."""
    codes = list(TAGS)
    here = codes.index(page_language())
    if old[here] == new[here] or not (old[here] and new[here]):
        here = codes.index(other_language())
    if not (old[here] and new[here]) and any(old) and any(new):
        return [format_html("{}", next(filter(None, pair))) for pair in (old, new)]
    code = codes[here]
    third = code == "en" and change.session.name_language
    tag = third or TAGS[code]
    said = [Text(p[here], tag, tag != TAGS[page_language()]) for p in (old, new)]
    return [
        format_html('<span lang="{}">{}</span>', t.lang, t.text)
        if t.foreign
        else format_html("{}", t.text)
        for t in said
    ]


def _named(place):
    if place is None:
        return ""
    if hasattr(place, "slug"):
        return text(place, "name")
    return gettext("day %(number)d") % {"number": place.number}
