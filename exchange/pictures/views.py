"""The pages of pictures, and each picture as CSV, JSON and SVG."""

import json

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from exchange.calendars import refused
from exchange.pictures import svg
from exchange.pictures.asked import Asked
from exchange.pictures.files import answer
from exchange.pictures.kinds import PICTURES
from exchange.tables.formats import csv_cell, csv_lines
from records.addresses import site_url
from records.languages import TAGS, page_language
from records.rates import limited
from records.templatetags.records import colon, list_comma

THEMES = ("light", "dark")
FORMATS = {
    "csv": ("text/csv; charset=utf-8", gettext_lazy("CSV")),
    "json": ("application/json", gettext_lazy("JSON")),
    "svg": (svg.MEDIA_TYPE, gettext_lazy("SVG")),
}


def found_or_404(name):
    if name not in PICTURES:
        raise Http404(f"There is no picture {name!r}.")
    return PICTURES[name]


def ask(name, request):
    return Asked(request.GET, organization=name == "network")


@require_safe
def index(request):
    """Show what each picture says, and the picture."""
    asked = Asked(request.GET)
    shown = []
    for name, kind in PICTURES.items():
        picture = kind.make(asked)
        if picture.enough:
            url = address("picture", name, asked.given)
            shown.append({"title": kind.title, "picture": picture, "url": url})
    context = {
        "page_title": _("Explore"),
        "page_description": _("What the record shows as a whole, in pictures."),
        "trail": [(_("Home"), reverse("home")), (_("Explore"), "")],
        "shown": shown,
        **form(asked),
    }
    return render(request, "exchange/explore.html", context)


@require_safe
def page(request, name):
    """Show one picture, with tables of the same numbers."""
    kind = found_or_404(name)
    asked = ask(name, request)
    picture = kind.make(asked)
    # A citation of the page says what it is of.
    title = colon().join(
        filter(None, [str(kind.title), list_comma().join(asked.words)])
    )
    context = {
        "page_title": title,
        "page_description": str(picture.headline) if picture.enough else kind.about,
        "trail": [
            (_("Home"), reverse("home")),
            (_("Explore"), reverse("exchange:explore")),
            (title, ""),
        ],
        "about": kind.about,
        "picture": picture,
        "organization": asked.organization,
        "whole": request.path,
        "permalink": address("picture", name, asked.given),
        "files": [
            {
                "name": words,
                "type": media_type.partition(";")[0],
                "address": address(f"picture-{ending}", name, asked.given),
            }
            for ending, (media_type, words) in FORMATS.items()
            if picture.enough
        ],
        **form(asked),
    }
    return render(request, "exchange/picture.html", context)


def form(asked):
    """Return what both pages say of what their address asks."""
    return {
        "ignored": asked.ignored,
        "editions": asked.editions,
        "edition": asked.given.get("edition", ""),
        "robots": "noindex, nofollow" if asked.given else "",
    }


def address(route, name, given):
    query = given.urlencode()
    url = reverse(f"exchange:{route}", args=[name])
    return f"{url}?{query}" if query else url


@require_safe
@limited("exports")
def file(request, name, ending):
    """Answer with a picture in another format; 400 names what is not understood."""
    kind = found_or_404(name)
    asked = ask(name, request)
    ignored = asked.ignored
    theme = request.GET.get("theme", "")
    if ending == "svg" and theme and theme not in THEMES:
        ignored.append(("theme", theme))
    if ignored:
        return refused(ignored)
    site = site_url(request)
    source = site + address("picture", name, asked.given)

    def write():
        picture = kind.make(asked)
        if ending == "csv":
            return as_csv(picture, site)
        if ending == "json":
            return as_json(picture, site, kind, source)
        if not picture.enough:
            raise Http404("Not enough is on record for this picture.")
        tag = TAGS[page_language()]
        return picture.draw().as_file(picture.headline, source, site, tag, theme)

    kept = f"explore-{name}-{TAGS[page_language()].lower()}.{ending}"
    return answer(request, write, FORMATS[ending][0], kept)


def full_rows(picture, site):
    """Return the rows of a file, each with the absolute address of its list."""
    return [[*cells, path and site + path] for *cells, path in picture.rows()]


def as_csv(picture, site):
    """Return the bytes of a table for spreadsheets, like those of lists."""
    rows = [
        [csv_cell(cell) for cell in row]
        for row in [[*picture.columns, "url"], *full_rows(picture, site)]
    ]
    return "\ufeff".encode() + csv_lines(rows)


def as_json(picture, site, kind, source):
    """Return {"title", "headline", "url", "count", …, "results"}, like a list."""
    names = [*picture.columns, "url"]
    rows = full_rows(picture, site)
    document = {
        "title": capfirst(str(kind.title)),
        "headline": str(picture.headline) if picture.enough else None,
        "url": source,
        "count": len(rows),
        "next": None,
        "previous": None,
        "results": [dict(zip(names, row, strict=True)) for row in rows],
    }
    return json.dumps(document, ensure_ascii=False).encode()
