"""The checkboxes of a facet; hundreds of them, so not by the template's own loops."""

from django import template
from django.utils.html import format_html, format_html_join

register = template.Library()


@register.simple_tag
def checkboxes(facet):
    """Return the values of a `Facet` as list items."""
    return format_html_join(
        "\n",
        '<li><label><input type="checkbox" name="{}" value="{}"{}> '
        '<span{}>{}</span> <span class="count">{}</span></label></li>',
        (
            (
                facet.name,
                value.value,
                CHECKED if value.chosen else "",
                _marks(value) if value.lang or not value.count else "",
                value.label,
                value.count,
            )
            for value in facet.values
        ),
    )


CHECKED = format_html(" {}", "checked")


def _marks(value):
    lang = format_html(' lang="{}"', value.lang) if value.lang else ""
    return lang if value.count else format_html('{} class="count-0"', lang)
