"""The record of a page as JSON-LD, in a data block of its head."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from exchange.linked_data import document
from sessions.models import Edition

register = template.Library()

# What the view of a session has loaded
CONTRIBUTIONS = ["led", "spoke", "present"]
# A data block ends at "</script" or lives in "<!--": neither may come from a title.
ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag(takes_context=True)
def linked_data(context):
    """Write the data block of the record that a page is about; "" if it has none."""
    record, request = context.get("record"), context.get("request")
    if not record or not request or context.get("robots"):
        return ""
    pages = [record.get_absolute_url()]
    if isinstance(record, Edition):
        pages.append(record.get_programme_url())
    if request.path not in pages:
        return ""
    if isinstance(record, Edition):
        loaded = {name: context.get(name) for name in ("organizers", "sessions")}
    else:
        named = [context.get(name) for name in CONTRIBUTIONS]
        whole = None if None in named else [one for ones in named for one in ones]
        loaded = {"contributions": whole}
    known = {name: ones for name, ones in loaded.items() if ones is not None}
    found = document(record, context["site_url"], **known)
    if not found:
        return ""
    words = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    data = mark_safe(words.translate(ESCAPES))  # noqa: S308 — escaped above
    return format_html('<script type="application/ld+json">{}</script>', data)
