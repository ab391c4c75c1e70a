"""What stands between the server and every view."""

from functools import cache
from http import HTTPStatus

from csp.utils import build_policy
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponseNotAllowed
from django.middleware.security import SecurityMiddleware
from django.urls import reverse

from forum_portal import errors

LONGEST_QUERY = 32_768  # bytes of a query string: 10 KB of Chinese, percent-encoded


MEGABYTE = 2**20
READ = ("GET", "HEAD")
ADMIN = "/admin/"  # where staff write and upload
# What no page here uses (W3C Permissions Policy), by names that browsers know: they
# complain in the console of any other.
UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation"),
    *("gyroscope", "hid", "magnetometer", "microphone", "midi", "payment"),
    *("publickey-credentials-get", "screen-wake-lock", "serial", "usb"),
)


class SafeHeaders:
    """
    Add the headers that keep browsers safe to whatever is answered, errors too.

    It stands first, so that static files and what other middleware refuses have
    them. A view that needs another value sets it, and it stays. What a view gives
    to pages of any site by CORS, those pages may embed as well (Fetch Standard,
    Cross-Origin-Resource-Policy); all else is for our own.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.django = SecurityMiddleware(get_response)
        self.headers = {
            "Content-Security-Policy": build_policy(),
            "Permissions-Policy": ", ".join(f"{name}=()" for name in UNUSED),
            "X-Frame-Options": settings.X_FRAME_OPTIONS,
            # Errors and redirects too are true until something changes.
            "Cache-Control": "no-cache",
        }

    def __call__(self, request):
        # Django's own has not seen what it refused itself, such as an unknown host.
        response = self.django.process_response(request, self.get_response(request))
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        if response.get("Content-Type", "").startswith("text/html"):
            # From the header they are a file of our own, which the policy allows.
            rules = f'"{reverse("speculation-rules")}"'
            response.headers.setdefault("Speculation-Rules", rules)
        shared = response.headers.get("Access-Control-Allow-Origin") == "*"
        response.headers.setdefault(
            "Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"
        )
        if settings.DEBUG and response.status_code in {404, 500}:
            # Django's page for developers has its styles and scripts within.
            del response.headers["Content-Security-Policy"]
        return response


class BoundedRequest:
    """
    Answer with our own page what is too long, before anything of it is read.

    An overlong address would else meet the server's bare 414. A body that says it
    is too large is not even taken in: what is taken in lies in memory or on the
    disk. Who has not signed in, or sends to a public page, has at most a picture.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return errors.address_too_long(request)
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.MAX_PICTURE_MB + 1
        if length.isdecimal() and int(length) > most * MEGABYTE:
            if self.is_of_staff(request):
                most = 2 * settings.MAX_UPLOAD_MB
            if int(length) > most * MEGABYTE:
                return errors.body_too_large(request, most)
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return errors.method_not_allowed(request, response)
        return response

    def process_view(self, request, view, args, kwargs):
        """
        Refuse a method that a view does not have (RFC 9110, section 15.5.6).

        A view that is a function would answer OPTIONS and TRACE as if they were GET:
        a page that nobody reads, uncounted and past the pages that are kept. One that
        is a class knows its methods; one that is a function is only read, unless it is
        of the admin or says that it takes a form (records.posting). That is asked
        before a form is missed that nobody could have filled in. Those of the API see
        to it themselves.
        """
        methods = READ
        if view_class := getattr(view, "view_class", None):
            methods = methods_of(view_class)
        elif hasattr(view, "takes_a_form") or request.path_info.startswith(ADMIN):
            methods = (*READ, "POST")
        if request.method not in methods and not hasattr(view, "cls"):
            return HttpResponseNotAllowed(methods)
        return None

    def is_of_staff(self, request):
        """Tell if it goes where staff uploads, with a session that we have opened."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        there = request.path_info.startswith(ADMIN)
        return bool(key and there and SessionStore().exists(key))


@cache
def methods_of(view_class):
    """Return the methods (list of str) of a view that is a class; GET brings HEAD."""
    has = [name for name in view_class.http_method_names if hasattr(view_class, name)]
    return sorted(
        {name.upper() for name in has} | ({"HEAD"} if "get" in has else set())
    )


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
        if has_nul and request.path_info.startswith(ADMIN):
            return errors.bad_request(request)
        return self.get_response(request)
