"""What the page of a list says of the same list in other formats."""

from django import template
from django.urls import reverse

from exchange.feeds import NEWEST
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS

register = template.Library()


def formats_of(context):
    """Return what is to say of the page's list: {} if it is none or is empty."""
    match = getattr(context.get("request"), "resolver_match", None)
    table = TABLES.get(match.view_name) if match else None
    filterset, count = context.get("filterset"), context.get("count")
    if not table or not filterset or not count:
        return {}
    query = filterset.query()
    return {
        "count": count,
        "filtered": bool(filterset.labels),
        "newest": NEWEST,
        "title": table.title,
        "formats": [
            {
                "ending": ending,
                "name": name,
                "type": media_type.partition(";")[0],
                "address": reverse(f"exchange:{table.name}-{ending}")
                + (f"?{query}" if query else ""),
            }
            for ending, (_write, media_type, name) in FORMATS.items()
        ],
    }


@register.inclusion_tag("exchange/_list_formats.html", takes_context=True)
def list_formats(context):
    """Show the formats of the page's list; no query more."""
    return formats_of(context)


@register.inclusion_tag("exchange/_list_alternates.html", takes_context=True)
def list_alternates(context):
    """Name them in the head of the page, for programs."""
    return formats_of(context)
