"""Filters that say in words where a regulation stands, and what it is called."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.translation import pgettext

from topics.models.regulations import Status

register = template.Library()


@register.filter
def status_label(code):
    """Return the words for a status such as "in-force"."""
    return Status(code).label


@register.filter
def quoted(names):
    """Show other names in quotation marks, one after the other, each in its `lang`."""
    shown = [(_marked(name),) for name in names]
    return format_html_join(pgettext("between names", ", "), "“{}”", shown)


def _marked(name):
    if not name.language:
        return name.text
    return format_html('<span lang="{}">{}</span>', name.language, name.text)
