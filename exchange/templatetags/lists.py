"""What a page says of its list or its record in other formats."""

from django import template
from django.urls import reverse
from django.utils.html import format_html_join

from exchange.feeds import NEWEST
from exchange.record_files import FORMATS as RECORD_FORMATS
from exchange.record_files import address
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS
from records.templatetags.records import colon, list_comma

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


@register.simple_tag(takes_context=True)
def list_alternates(context):
    """Name them in the head of the page, for programs."""
    return alternates(formats_of(context))


def formats_of_record(context):
    """Return what is to say of the page's record: {} if it is about none."""
    record, request = context.get("record"), context.get("request")
    if not record or request.path != record.get_absolute_url():
        return {}
    return {"title": record, "formats": formats_written(record)}


def formats_of_version(context):
    """Return what is to say of the page's record as it was on a day."""
    was, day = context["was"], context["version_date"]
    written = [
        form | {"address": f"{form['address']}?version={day}"}
        for form in formats_written(was)
        if RECORD_FORMATS[form["ending"]].of_versions
    ]
    return {"title": was, "formats": written}


def formats_written(record):
    return [
        {
            "ending": ending,
            "name": form.name,
            "type": form.media_type.partition(";")[0],
            "address": address(record, ending),
        }
        for ending, form in RECORD_FORMATS.items()
    ]


@register.simple_tag(takes_context=True)
def record_alternates(context):
    """Name them in the head of the page, for programs."""
    return alternates(formats_of_record(context))


def alternates(told):
    """Return links to what `formats_of()` or `formats_of_record()` tells."""
    if not told:
        return ""
    called = f"{colon()}{told['title']}"
    return format_html_join(
        "",
        '<link rel="alternate" type="{}" href="{}" title="{}{}">',
        [(one["type"], one["address"], one["name"], called) for one in told["formats"]],
    )


def files(formats):
    """Return the formats as links in a sentence."""
    return format_html_join(
        list_comma(),
        '<a href="{}" type="{}">{}</a>',
        [(one["address"], one["type"], one["name"]) for one in formats],
    )
