"""Addresses as they are written outside: absolute, and without a language."""

from django.conf import settings

from records.languages import TAGS


def site_url(request):
    """Return scheme and host that absolute addresses start with, without a slash."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def neutral_path(path):
    """Return a path without its language prefix: the permanent link."""
    for code in TAGS:
        if path == f"/{code}" or path.startswith(f"/{code}/"):
            return path[len(code) + 1 :] or "/"
    return path
