"""An address as a QR code, to carry it from a screen or from paper to a phone."""

from functools import lru_cache

import segno
from django import template
from django.utils.safestring import mark_safe

register = template.Library()

LONGEST = 1000  # bytes: what a phone still reads from a screen


@register.filter
def qr(address):
    """Return a QR code of an address as SVG; "" if the address is too long for one."""
    return _drawn(address) if len(address.encode()) <= LONGEST else ""


@lru_cache(maxsize=256)
def _drawn(address):
    # Dark on light in every theme: readers of inverted codes are rare.
    # One mask for all: a reader knows each, and to try them takes most of the time.
    code = segno.make_qr(address, error="L", mask=3)
    drawn = code.svg_inline(
        dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308 — numbers alone, never the address
