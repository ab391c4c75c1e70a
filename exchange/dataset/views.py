"""The page about the data, and the files of its releases."""

from functools import partial
from pathlib import PurePath

from django.core.files.storage import storages
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from exchange.dataset import about
from exchange.dataset.contents import BY_NAME
from exchange.dataset.differences import ADDED, CHANGED, REMOVED
from exchange.models import DatasetRelease
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS
from records.languages import TAGS
from records.rates import limited

MEDIA_TYPES = {
    ".zip": "application/zip",
    ".json": "application/json",
    ".cff": "application/yaml",
    ".md": "text/markdown; charset=utf-8",
}
LISTED = 50  # releases on the page


@require_safe
def data(request):
    """Show what the data can be had as, and its releases; no query for each."""
    releases = [described(one) for one in DatasetRelease.objects.all()[:LISTED]]
    context = {
        "page_title": _("Data"),
        "page_description": _(
            "The whole record as files: lists, single records, an interface for "
            "programs, and dated releases of everything."
        ),
        "trail": [
            (_("Home"), reverse("home")),
            (_("About this record"), reverse("about")),
            (_("Data"), ""),
        ],
        "releases": releases,
        "lists": lists(),
        "describe": partial(catalogue, releases),
    }
    return render(request, "exchange/dataset/data.html", context)


def described(release):
    """Return what the page shows of a release."""
    files = [
        file | {"address": address(release.name, file["name"])}
        for file in release.files
    ]
    return {
        "release": release,
        "archive": files[0],
        "beside": files[1:],
        "kinds": about.kinds_counted(release.counts),
        "changes": [
            (BY_NAME[kind].title, [in_words(*pair) for pair in counted.items()])
            for kind, counted in release.changes.items()
            if kind in BY_NAME
        ],
    }


def in_words(change, total):
    """Return "2 added" of a change and a number of records."""
    said = {
        ADDED: ngettext("%(total)d added", "%(total)d added", total),
        CHANGED: ngettext("%(total)d changed", "%(total)d changed", total),
        REMOVED: ngettext("%(total)d removed", "%(total)d removed", total),
    }
    return said[change] % {"total": total}


def lists():
    """Return (title, address, [(format, address)]) of each list."""
    return [
        (
            table.title,
            reverse(page),
            [
                (form[2], reverse(f"exchange:{table.name}-{ending}"))
                for ending, form in FORMATS.items()
            ],
        )
        for page, table in TABLES.items()
    ]


def address(release, file):
    return reverse("exchange:release-file", args=[release, file])


def catalogue(releases, context):
    """
    Return the data set and its releases in the words of schema.org.

    schema.org/Dataset with what Google's data set search asks for: a name, a
    description, who made it, and files with their type and address.
    """
    site, forum = context["site_url"], context["forum"]
    page = f"{site}/about/data/"
    found = {
        "@type": "Dataset",
        "@id": page,
        "url": page,
        "name": in_both(about.title, forum),
        "description": in_both(about.summary),
        "creator": {"@type": "Organization", "name": in_both(about.makers, forum)},
        "inLanguage": list(TAGS.values()),
        "isAccessibleForFree": True,
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{site}/"},
    }
    if releases:
        latest = releases[0]
        found |= {
            "version": latest["release"].name,
            "datePublished": latest["release"].day.isoformat(),
            "distribution": [
                download(one["archive"], one["release"], site) for one in releases
            ],
        }
    return found


def download(file, release, site):
    return {
        "@type": "DataDownload",
        "name": file["name"],
        "contentUrl": site + file["address"],
        "encodingFormat": MEDIA_TYPES[".zip"],
        "contentSize": str(file["size"]),
        "sha256": file["sha256"],
        "datePublished": release.day.isoformat(),
    }


def in_both(words, *values):
    return [
        {"@value": about.said(words, code, *values), "@language": tag}
        for code, tag in TAGS.items()
    ]


@require_safe
@limited("exports")
def release_file(request, release, file):
    """
    Answer a file of a release, to be kept; its tag is its SHA-256.

    Only what the row of the release names is looked for in the storage, so that no
    address leads elsewhere.
    """
    if "\0" in release:  # of which PostgreSQL cannot be asked
        raise Http404
    made = get_object_or_404(DatasetRelease, name=release)
    known = {one["name"]: one for one in made.files}
    if file not in known:
        raise Http404
    etag = f'"{known[file]["sha256"]}"'
    # Compressed once more it would be no smaller, and would need another tag.
    request.META["HTTP_ACCEPT_ENCODING"] = "identity"
    answer = get_conditional_response(request, etag)
    if not answer:
        try:
            content = storages["releases"].open(made.path_of(file))
        except FileNotFoundError as error:
            raise Http404 from error
        media_type = MEDIA_TYPES.get(PurePath(file).suffix, "text/plain; charset=utf-8")
        answer = FileResponse(
            content, as_attachment=True, filename=file, content_type=media_type
        )
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, max-age=86400"
    answer["Access-Control-Allow-Origin"] = "*"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
