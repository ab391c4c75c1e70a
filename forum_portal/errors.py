"""Pages for when something went wrong: what happened, and a way on."""

import errno
import logging
import sys
from contextlib import suppress

from django.core.exceptions import SuspiciousOperation
from django.db import (
    DatabaseError,
    Error,
    InterfaceError,
    OperationalError,
    connection,
    connections,
)
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import Resolver404, is_valid_path, resolve, reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rapidfuzz import fuzz, process

from exchange.api.problems import problem
from forum_portal.context import alternates
from forum_portal.watching.logs import request_number
from records.addresses import neutral_path
from records.languages import TAGS, page_language
from records.rates import TooMany
from records.templatetags.kinds import kind_of
from records.text import sort_key
from records.views import RecordNotFound

logger = logging.getLogger(__name__)

LONGEST_IN_SECONDS = 90  # of a time to wait; a longer one is told in minutes
NEAREST = 5  # names to offer for a slug that nothing has
# Of files: no room, no disk, no way there. It may be better in half a minute.
PASSING = {
    *(errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.EIO),
    *(errno.ENOSPC, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT),
}
ONLY_READ = "SQLITE_READONLY"
# SQLSTATE: a server that another one has taken over from; a table that a migration has
# yet to make
PASSING_CODES = {"25006", "42P01"}
LONGEST_KEPT = 2**20  # letters of a form that are given back to be sent again
NEVER_KEPT = "password"  # part of the name of a field


def bad_request(request, exception=None):
    """Answer 400 without reading the request, which may be what is broken."""
    return _plain(request, 400, _("The request was not understood."))


def address_too_long(request):
    return _plain(request, 414, _("The address is too long."))


def method_not_allowed(request, response):
    """
    Say what a refusal (405) leaves unsaid; its `Allow` stays.

    Programs get a line; a browser gets a page, which needs no database.
    """
    if response.streaming or response.content:
        return response
    said = _("This address does not take %(method)s requests.") % {
        "method": request.method
    }
    kind, language = "text/plain", TAGS[page_language()]
    if "text/html" in request.headers.get("Accept", ""):
        # Without collected static files, no page knows their names.
        with suppress(ValueError):
            said = render_to_string("405.html", {"said": said, "lang": language})
            kind = "text/html"
    response["Content-Type"] = f"{kind}; charset=utf-8"
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept"])
    response.content = said
    response.headers.pop("Content-Length", None)
    return response


def body_too_large(request, most):
    """Answer 413 and say how many megabytes may be sent at once."""
    said = _("A request may hold at most %(most)d MB.") % {"most": most}
    return _plain(request, 413, said, most=most)


def permission_denied(request, exception=None):
    if isinstance(exception, TooMany):
        return too_many_requests(request, exception.wait)
    return _page(request, "403.html", 403)


def csrf_failure(request, reason=""):
    return _page(request, "403.html", 403, {"form_expired": True})


def page_not_found(request, exception=None):
    """Answer 404; for a record, with the nearest names and the list of its kind."""
    try:
        if isinstance(exception, RecordNotFound):
            context = {
                "kind": kind_of(exception.model),
                "asked": printable(exception.slug.replace("-", " ")),
                "nearest": nearest_records(exception.model, exception.slug),
            }
        else:
            context = {
                "meant": address_meant(request.path_info),
                "asked": words_of(request.path_info),
            }
        return _page(request, "404.html", 404, context)
    except Error as error:
        if not may_pass(error):
            raise
        logger.exception("The database did not answer.")
        return service_unavailable(request)


def too_many_requests(request, retry_after=60):
    """Answer 429 and say in how many seconds (int), or minutes, to come back."""
    context = {"retry_after": retry_after}
    if retry_after > LONGEST_IN_SECONDS:
        context["minutes"] = -(-retry_after // 60)
    if request.path_info.startswith(reverse("admin:index")):
        context["signs_in"] = True
    response = _page(request, "429.html", 429, context)
    response["Retry-After"] = str(retry_after)
    return response


def server_error(request):
    """Answer 500, or 503 for what may pass by itself; neither needs the database."""
    error = sys.exception()
    if may_pass(error):
        if getattr(error.__cause__, "sqlite_errorname", "").startswith(ONLY_READ):
            # It was opened while the file could not be written, and would stay so.
            connection.close()
        return service_unavailable(request)
    said = _("Something went wrong here.")
    return _plain(request, 500, said, request_id=request_number.get())


def may_pass(error):
    """Tell whether the database or a storage failed in a way that may soon be over."""
    if isinstance(error, Error):
        code = getattr(error.__cause__, "pgcode", "")
        return (
            isinstance(error, (OperationalError, InterfaceError))
            or code in PASSING_CODES
            # What PostgreSQL says of a query has a code: this is of the connection.
            or (type(error) is DatabaseError and code is None)
            # Whatever a query says whose connection has broken: it is that.
            or any(
                getattr(one.connection, "closed", 0)
                for one in connections.all(initialized_only=True)
            )
        )
    if isinstance(error, ConnectionError):  # the storage of files, on another host
        return True
    return isinstance(error, OSError) and error.errno in PASSING


def service_unavailable(request):
    """
    Answer 503 without the database.

    Who has sent a form gets back what was typed, to be sent again.
    """
    said = _("The portal cannot answer now. Please try again soon.")
    sent = request.method == "POST"
    typed = what_was_typed(request) if sent else []
    number = request_number.get()
    response = _plain(request, 503, said, request_id=number, sent=sent, typed=typed)
    response["Retry-After"] = "30"
    response["Cache-Control"] = "no-store"
    return response


def what_was_typed(request):
    """
    Return [(name, value)] of a form that was sent; [] if it cannot be given back.

    It cannot if it brought files, if it holds what no page should show, or if
    nobody has made sure that it came from a page of ours.
    """
    if not getattr(request, "csrf_processing_done", False):
        return []
    try:
        typed = [(name, value) for name, some in request.POST.lists() for value in some]
    except (OSError, SuspiciousOperation, MultiPartParserError, RawPostDataException):
        return []  # It cannot be read, or not any more.
    if request.FILES or any(NEVER_KEPT in name for name, _value in typed):
        return []
    length = sum(len(name) + len(value) for name, value in typed)
    return typed if length <= LONGEST_KEPT else []


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
    return meant if rest and meant != path and answers(meant) else ""


def answers(path):
    """Tell whether there is a page at an address, of those that are easily known."""
    try:
        found = resolve(path)
    except Resolver404:
        return False
    asked = found.captured_kwargs
    model = getattr(found.func, "view_initkwargs", {}).get("model")
    model = model or getattr(getattr(found.func, "view_class", None), "model", None)
    if model and set(asked) == {"slug"}:
        return model.objects.published().filter(**asked).exists()
    return not asked  # What else is asked for, its view alone knows.


def words_of(path):
    """Return the last part of an address as words to search for."""
    last = path.rstrip("/").rpartition("/")[2].partition(".")[0]
    return printable(" ".join(last.replace("_", "-").split("-")))


def printable(words):
    """Return the beginning of what may be searched for, without control characters."""
    return "".join(letter for letter in words if letter.isprintable())[:80]


def _plain(request, status, said, **context):
    """Return a page that needs no database, or what programs expect of the API."""
    if request.path_info.startswith("/api/"):
        return problem(status, said)
    try:
        page = render_to_string(f"{status}.html", context)
    except ValueError:  # Static files were not collected: no page knows their names.
        return HttpResponse(said, "text/plain; charset=utf-8", status)
    response = HttpResponse(page, status=status)
    response["Content-Language"] = ", ".join(TAGS.values())  # It is in both.
    return response


def _page(request, template, status, context=None):
    context = {"robots": "noindex", **(context or {})}
    if not is_valid_path(f"/{page_language()}{neutral_path(request.path_info)}"):
        # The admin has one address for both languages: nothing to change over to.
        context["alternates"] = alternates(request, "/")
    return render(request, template, context, status=status)
