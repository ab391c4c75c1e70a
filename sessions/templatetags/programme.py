"""Filters that show when a session is, in the venue's own clock, and who leads it."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import pgettext

from records.templatetags.records import link
from sessions.programme import days_after

register = template.Library()


@register.filter
def clock(session):
    """Show from when to when a session runs, in the venue's zone; "" if unknown."""
    if not session.starts_at:
        return ""
    zone = session.edition.zone
    moments = [m for m in (session.starts_at, session.ends_at) if m]
    return mark_safe("–".join([_time(m.astimezone(zone)) for m in moments]))  # noqa: S308


@register.filter
def clock_at(moment, edition):
    """Show a moment as the time of day in the edition's zone."""
    return mark_safe(_time(moment.astimezone(edition.zone)))  # noqa: S308


def _time(moment):
    # Digits alone: nothing here that would need escaping.
    shown = f"{moment:%H:%M}"
    written = moment.isoformat(timespec="minutes")
    return f'<time datetime="{written}">{shown}</time>'


@register.filter
def is_next_day(session):
    """Tell whether a session begins past the midnight of the day it belongs to."""
    return days_after(session) == 1


@register.filter
def hosts(session):
    """Return who hosts a session: the persons, else their organizations."""
    return [host.person or host.organization for host in session.hosts]


@register.filter
def links(records):
    """Show records as links in a sentence: "A, B and C"."""
    shown = list(dict.fromkeys(link(record) for record in records))
    comma = pgettext("between names", ", ")
    before = format_html_join(comma, "{}", [(name,) for name in shown[:-1]])
    if not before:
        return shown[0] if shown else ""
    return format_html(
        pgettext("last of several names", "{names} and {last}"),
        names=before,
        last=shown[-1],
    )


@register.filter
def any_time(groups):
    """Tell whether any session of these groups has a clock time on record."""
    return any(s.starts_at for group in groups or () for s in group["sessions"])
