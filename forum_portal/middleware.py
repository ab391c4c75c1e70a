"""What stands between the server and every view."""

from django.conf import settings

from forum_portal import errors

LONGEST_QUERY = 32_768  # bytes of a query string: 10 KB of Chinese, percent-encoded


class BoundedQuery:
    """Answer an overlong address with our own page, before the server's bare 414."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return errors.address_too_long(request)
        return self.get_response(request)


class KeepNothing:
    """Forbid every store to keep a page of somebody who has signed in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response["Cache-Control"] = "private, no-store"
        return response
