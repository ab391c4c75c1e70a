"""Pages for when something went wrong: what happened, and a way on."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from exchange.api.problems import problem
from records.languages import page_language
from records.templatetags.kinds import kind_of
from records.text import sort_key
from records.views import RecordNotFound

logger = logging.getLogger(__name__)

NEAREST = 5  # names to offer for a slug that nothing has


def bad_request(request, exception=None):
    """Answer 400 without reading the request, which may be what is broken."""
    return _plain(request, 400, _("The request was not understood."))


def address_too_long(request):
    return _plain(request, 414, _("The address is too long."))


def body_too_large(request, most):
    """Answer 413 and say how many megabytes may be sent at once."""
    said = _("A request may hold at most %(most)d MB.") % {"most": most}
    return _plain(request, 413, said, most=most)


def permission_denied(request, exception=None):
    return _page(request, "403.html", 403)


def csrf_failure(request, reason=""):
    return _page(request, "403.html", 403, {"form_expired": True})


def page_not_found(request, exception=None):
    """Answer 404; for a record, with the nearest names and the list of its kind."""
    try:
        if isinstance(exception, RecordNotFound):
            context = {
                "kind": kind_of(exception.model),
                "asked": exception.slug.replace("-", " ")[:80],
                "nearest": nearest_records(exception.model, exception.slug),
            }
        else:
            context = {
                "meant": address_meant(request.path_info),
                "asked": words_of(request.path_info),
            }
        return _page(request, "404.html", 404, context)
    except (OperationalError, InterfaceError):
        logger.exception("The database did not answer.")
        return service_unavailable(request)


def too_many_requests(request, retry_after=60):
    response = _page(request, "429.html", 429, {"retry_after": retry_after})
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request):
    """Answer 500, or 503 when the database or the storage of files failed."""
    if isinstance(sys.exception(), (OperationalError, InterfaceError, ConnectionError)):
        return service_unavailable(request)
    return _plain(request, 500, _("Something went wrong here."))


def service_unavailable(request):
    """Answer 503 without the database."""
    said = _("The portal cannot answer now. Please try again soon.")
    response = _plain(request, 503, said)
    response["Retry-After"] = "30"
    return response


def nearest_records(model, slug):
    """Return up to five published records of a kind whose slug or name is close."""
    names = {}
    for pk, known, key in model.objects.published().values_list(
        "pk", "slug", "sort_key"
    )[:5000]:
        names[pk] = f"{known.replace('-', ' ')} {key}"
    close = process.extract(
        sort_key(slug),
        names,
        scorer=_likeness,
        limit=NEAREST,
        score_cutoff=60,
    )
    found = model.objects.published().in_bulk([pk for _name, _score, pk in close])
    return [found[pk] for _name, _score, pk in close if pk in found]


def _likeness(asked, name, *, score_cutoff=None):
    """Return 0 to 100; a few letters are part of too many names to count as one."""
    part = fuzz.partial_ratio(asked, name) if len(asked) >= 5 else 0
    return max(fuzz.token_set_ratio(asked, name), part if part >= 80 else 0)


def address_meant(path):
    """Return an address in the reader's language for `/fr/topics/`, or ""."""
    rest = path.lstrip("/").partition("/")[2]
    meant = f"/{page_language()}/{rest}"
    return meant if rest and is_valid_path(meant) else ""


def words_of(path):
    """Return the last part of an address as words to search for."""
    last = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return " ".join(last.replace("_", "-").split("-"))[:80]


def _plain(request, status, said, **context):
    """Return a page that needs no database, or what programs expect of the API."""
    if request.path_info.startswith("/api/"):
        return problem(status, said)
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)


def _page(request, template, status, context=None):
    context = {"robots": "noindex", **(context or {})}
    return render(request, template, context, status=status)
