"""What a page says of itself as JSON-LD, in a data block of its head."""

import json

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from exchange.linked_data.page import document

register = template.Library()

# A data block ends at "</script" or lives in "<!--": neither may come from a title.
ESCAPES = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}


@register.simple_tag(takes_context=True)
def linked_data(context):
    """Write the data block of a page, "" if it has none; no query more."""
    found = document(context)
    if not found:
        return ""
    words = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    for sign, escaped in ESCAPES.items():
        words = words.replace(sign, escaped)
    data = mark_safe(words)  # noqa: S308 — escaped above
    return format_html('<script type="application/ld+json">{}</script>', data)
