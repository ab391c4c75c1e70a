"""What a reader typed into an address, made fit to be shown back."""

from django import template
from django.utils.text import Truncator

register = template.Library()

LONGEST = 60  # letters of one value


@register.filter
def legible(value):
    """Return a text with a “�” for what cannot be printed, cut to 60 letters."""
    shown = [c if c.isprintable() else "�" for c in value]
    return Truncator("".join(shown)).chars(LONGEST)
