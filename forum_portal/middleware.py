"""What stands between the server and every view."""

from django.conf import settings
from django.urls import reverse

from forum_portal import errors

LONGEST_QUERY = 32_768  # bytes of a query string: 10 KB of Chinese, percent-encoded


MEGABYTE = 2**20


class BoundedRequest:
    """
    Answer with our own page what is too long, before anything of it is read.

    An overlong address would else meet the server's bare 414. A body that says it
    is too large is not even taken in: what is taken in lies in memory or on the
    disk. Who has not signed in has at most a picture to send.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return errors.address_too_long(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > self.most(request):
            return errors.body_too_large(request, self.most(request) // MEGABYTE)
        return self.get_response(request)

    def most(self, request):
        """Return how many bytes a request may have; the form says so of one file."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            return 2 * settings.MAX_UPLOAD_MB * MEGABYTE
        return (settings.MAX_PICTURE_MB + 1) * MEGABYTE


class KeepNothing:
    """Forbid every store to keep a page of somebody who has signed in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response["Cache-Control"] = "private, no-store"
        return response


class NoNul:
    """
    Refuse an address of the admin that holds the character NUL.

    PostgreSQL keeps it in no text and fails when asked for it; Django's lists hand
    on what an address says. Public pages have forms that look at it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        asked = request.path_info + request.META.get("QUERY_STRING", "")
        has_nul = "%00" in asked or "\0" in asked
        if has_nul and request.path_info.startswith(reverse("admin:index")):
            return errors.bad_request(request)
        return self.get_response(request)
