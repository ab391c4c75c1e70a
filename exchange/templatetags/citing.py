"""The cite box of a page."""

from django import template
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.citing import boxes, highwire
from exchange.citing.works import as_fetched
from exchange.tables.kinds import TABLES
from exchange.templatetags.lists import files, formats_of_record, formats_of_version
from records.addresses import neutral_path
from records.templatetags.records import colon, list_comma
from sessions.models import Session
from topics.models import Regulation

register = template.Library()

# What the view of a session has loaded
CONTRIBUTIONS = ["led", "spoke", "present"]


def permalink(context, path, query=""):
    """Return the absolute address of a path without its language."""
    address = context["site_url"] + neutral_path(path)
    return f"{address}?{query}" if query else address


@register.inclusion_tag("exchange/_cite.html", takes_context=True)
def cite_page(context, title, path, version_date=None, **more):
    """
    Show how to cite a page that is no record; no query.

    `path` is its path, with its canonical query. `version_date` and `more` are as of
    `exchange.citing.boxes.cite_page()`.
    """
    path, _mark, query = path.partition("?")
    address = permalink(context, path, query)
    site = str(context["forum"])
    return {"cite": boxes.cite_page(title, address, version_date, site=site, **more)}


@register.inclusion_tag("exchange/_cite.html", takes_context=True)
def cite_list(context):
    """Show how to cite the list of the page with its filters; no query."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    table = TABLES.get(match.view_name) if match else None
    filterset, count = context.get("filterset"), context.get("count")
    if not table or not filterset or not count:
        return {}
    words = [label["label"] for label in filterset.active()]
    title = table.title
    if words:
        title = f"{title}{colon()}{list_comma().join(map(str, words))}"
    total = ngettext("List of %(total)d record", "List of %(total)d records", count)
    cite = boxes.cite_page(
        title,
        permalink(context, request.path, filterset.query()),
        heading=_("Cite this list"),
        site=str(context["forum"]),
        genre=total % {"total": count},
    )
    return {"cite": cite | {"count": count}}


@register.inclusion_tag("exchange/_cite.html", takes_context=True)
def cite_record(context):
    """
    Show how to cite the record of the page, and its files; no query.

    On the page of a version, `was` is the record as it was on `version_date`.
    """
    day = context.get("version_date")
    told = formats_of_version(context) if day else formats_of_record(context)
    if not told:
        return {}
    if day:
        record = as_fetched(context["was"], day)
    else:
        record = context["record"]
        take_over(record, context)
    cite = boxes.cite_record(
        record,
        context["site_url"] + record.address,
        site=str(context["forum"]),
        version_date=day,
        files=files(told["formats"]),
    )
    return {"cite": cite}


@register.simple_tag(takes_context=True)
def citation_tags(context):
    """Write the tags of the record of the page that Google Scholar reads; no query."""
    record, request = context.get("record"), context.get("request")
    if not record or context.get("robots") or request.path != record.get_absolute_url():
        return ""
    take_over(record, context)
    found = highwire.tags(record, context["site_url"] + request.path)
    return format_html_join("\n  ", '<meta name="{}" content="{}">', found)


def take_over(record, context):
    """Give a record what its page has fetched of it, as `works.load()` would."""
    if isinstance(record, Session) and "spoke" in context:
        named = [context[name] for name in CONTRIBUTIONS]
        record.public_contributions = [one for ones in named for one in ones]
    elif isinstance(record, Regulation):
        record.public_bodies = list(record.issuing_bodies.all())
