"""The checkboxes of a facet; hundreds of them, so not by the template's own loops."""

from html import escape

from django import template
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def checkboxes(facet):
    """Return the values of a `Facet` as list items."""
    name = escape(facet.name)
    items = [
        f'<li><label><input type="checkbox" name="{name}" value="{escape(value.value)}"'
        f"{' checked' if value.chosen else ''}> <span{_marks(value)}>"
        f'{escape(value.label)}</span> <span class="count">{value.count}</span>'
        "</label></li>"
        for value in facet.values
    ]
    return mark_safe("\n".join(items))  # noqa: S308 — escaped above


def _marks(value):
    lang = f' lang="{escape(value.lang)}"' if value.lang else ""
    return lang if value.count else f'{lang} class="count-0"'
