"""Addresses as they are written outside: absolute, and without a language."""

from functools import cache

from django.conf import settings
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.translation import get_language
from simple_history.models import HistoricalRecords

from records.languages import TAGS

_ANY_SLUG = "0-any-0"


def path_of(page, slug=None):
    """
    Return the path of a page by its URL name, of that slug if it has one.

    As `reverse()`, which pages would ask so often that it costs more than they do.
    """
    here = (get_language(), get_urlconf(), get_script_prefix())
    path = _path_of(page, slug is not None, *here)
    return path.replace(_ANY_SLUG, slug) if slug is not None else path


@cache
def _path_of(page, has_slug, *_language_and_urlconf):
    return reverse(page, args=[_ANY_SLUG] if has_slug else None)


def site_url(request):
    """Return scheme and host that absolute addresses start with, without a slash."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def known_site():
    """
    Return scheme and host for a letter, without a slash; "" if nobody knows them.

    Those of `SITE_URL`, else of the request that is answered now: its host is one of
    `ALLOWED_HOSTS`, unless any is allowed there, and then whoever asks could choose.
    """
    request = getattr(HistoricalRecords.context, "request", None)
    if settings.SITE_URL or request is None or "*" in settings.ALLOWED_HOSTS:
        return settings.SITE_URL
    return site_url(request)


def neutral_path(path):
    """Return a path without its language prefix: the permanent link."""
    for code in TAGS:
        if path == f"/{code}" or path.startswith(f"/{code}/"):
            return path[len(code) + 1 :] or "/"
    return path
