"""What a reader typed into an address, made fit to be shown back."""

from django import template
from django.utils.text import Truncator

register = template.Library()

LONGEST = 60  # letters of one value


@register.filter
def legible(value):
    """Return a text with a “�” for what cannot be printed, cut to 60 letters."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value)
    return Truncator(shown).chars(LONGEST)
