"""The cite box of a page."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.citing import boxes
from exchange.tables.kinds import TABLES
from records.addresses import neutral_path
from records.templatetags.records import colon, list_comma

register = template.Library()


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
    site = context["forum"].name
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
        site=context["forum"].name,
        genre=total % {"total": count},
    )
    return {"cite": cite | {"count": count}}
