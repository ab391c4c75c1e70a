"""Filters that show when a session is, in the venue's own clock, and who leads it."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.translation import pgettext

from records.templatetags.records import link

register = template.Library()


@register.filter
def clock(session):
    """Show from when to when a session runs, in the venue's zone; "" if unknown."""
    if not session.starts_at:
        return ""
    moments = [
        moment.astimezone(session.edition.zone)
        for moment in (session.starts_at, session.ends_at)
        if moment
    ]
    return format_html_join(
        "–",
        '<time datetime="{}">{}</time>',
        [(f"{m:%Y-%m-%dT%H:%M}{_offset(m)}", f"{m:%H:%M}") for m in moments],
    )


def _offset(moment):
    offset = f"{moment:%z}"
    return f"{offset[:3]}:{offset[3:5]}"


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
