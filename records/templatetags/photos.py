"""Tags that show a record's photo or logo."""

from django import template
from django.utils.html import format_html_join

from records.addresses import site_url

register = template.Library()


@register.inclusion_tag("components/_photo.html")
def photo(file, shape, box):
    """Show a picture whose shorter side, or height, is `box` CSS pixels."""
    best = file.plain
    wide = round(box * max(1, best.width / best.height)) if best else box
    return {"file": file, "shape": shape, "said": file.alt, "best": best, "wide": wide}


@register.simple_tag(takes_context=True)
def og_picture(context):
    """Return the Open Graph picture of the record that a page is about, or nothing."""
    file = getattr(context.get("record"), "picture", None)
    best = file and file.plain
    if not best:
        return ""
    site = site_url(context["request"])
    told = [
        ("", site + best.url),
        (":type", "image/jpeg"),
        (":width", best.width),
        (":height", best.height),
        (":alt", file.alt.text),
    ]
    tags = [(name, value) for name, value in told if value]
    return format_html_join("\n", '<meta property="og:image{}" content="{}">', tags)
