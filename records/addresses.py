"""Addresses as they are written outside: absolute, and without a language."""

from django.conf import settings
from simple_history.models import HistoricalRecords

from records.languages import TAGS


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
