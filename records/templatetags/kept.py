"""
A part of a page that is rendered once and then kept: `{% kept %}…{% endkept %}`.

The header of the site is the same on every page but for a few words. What a template
says by translations, addresses and icons costs a hundred times what it costs to look
up the finished text.
"""

import datetime
from enum import Enum
from functools import lru_cache

from django import template
from django.template.base import token_kwargs
from django.urls import get_script_prefix
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

MOST = 64  # texts kept of one part, those last shown
PLAIN = {bool, int, str, SafeString, datetime.date, type(None)}


@register.tag
def kept(parser, token):
    """
    Render what stands within once for each language and each set of the values given.

        {% kept with name=forum.short_name %}<b>{{ name }}</b>{% endkept %}

    Nothing else of the page can be seen within, and the values are plain ones: numbers,
    texts, labels, dates (TypeError for a record, which changes and stays equal to
    itself).
    So the text is always what rendering it anew would give, and nobody's but that of
    whoever gives the same values.
    """
    bits = token.split_contents()[1:]
    if bits and bits.pop(0) != "with":
        raise template.TemplateSyntaxError("“kept” takes “with name=value”, or nothing")
    given = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"“kept” does not know “{bits[0]}”")
    content = parser.parse(["endkept"])
    parser.delete_first_token()
    return Kept(given, content)


class Kept(template.Node):
    """A part of a template, and its texts as lately shown."""

    child_nodelists = ()  # No block of another template is within.

    def __init__(self, given, nodelist):
        self.given, self.nodelist = given, nodelist
        self.texts = lru_cache(MOST)(lambda *key: [])

    def render(self, context):
        values = [value.resolve(context) for value in self.given.values()]
        values = [str(v) if isinstance(v, Promise | Enum) else v for v in values]
        # Equal is not the same: True and 1, or a text and one that is safe as HTML.
        kinds = [type(value) for value in values]
        if not PLAIN.issuperset(kinds):
            raise TypeError(f"Not a plain value for “kept”: {kinds}")
        text = self.texts(get_language(), get_script_prefix(), *kinds, *values)
        if not text:
            inside = context.new(dict(zip(self.given, values, strict=True)))
            text.append(mark_safe(self.nodelist.render(inside)))  # noqa: S308 — as is
        return text[0]
