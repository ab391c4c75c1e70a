"""What the page of a comparison says of its files."""

from django import template

from exchange.comparing import formats_of

register = template.Library()


@register.simple_tag
def comparison_formats(comparison):
    """Return the formats of a comparison; no query."""
    return formats_of(comparison)
