"""Each request that reaches Django: its number, how long it took, a line if wanted."""

import logging
import re
import secrets
import time

from django.conf import settings
from django.core.signals import request_finished

from forum_portal.watching.logs import path_of, request_number

logger = logging.getLogger("forum_portal.requests")

SLOW = 1.0  # seconds after which a request is worth a line
# What a proxy's number may look like, so that it can be written anywhere
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


class Watch:
    """
    Give each request a number, tell it in X-Request-ID, and log what is slow.

    A proxy that PROXIES says is there may give the number, so that its log and ours
    can be read side by side. What a reader sends is not taken over.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        number = number_of(request)
        request_number.set(number)
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        response["X-Request-ID"] = number
        if seconds > SLOW:
            tell(logging.WARNING, "Slow: ", request, response, seconds)
        elif settings.ACCESS_LOG:
            tell(logging.INFO, "", request, response, seconds)
        return response


def number_of(request):
    """Return the number (str) of a request: the proxy's, or one of our own."""
    if settings.PROXIES:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        if WELL_FORMED.fullmatch(given):
            return given
    return secrets.token_hex(8)


def tell(level, how, request, response, seconds):
    """Log one line on a request; of its address only the path."""
    path, match = path_of(request), request.resolver_match
    logger.log(
        level,
        "%s%s %s %s in %.3f s",
        how,
        request.method,
        path,
        response.status_code,
        seconds,
        extra={
            "method": request.method,
            "path": path,
            "status": response.status_code,
            "seconds": round(seconds, 3),
            "view": match.view_name if match else "",
        },
    )


def forget(**kwargs):
    """Let what this thread does next not go by the number of what it has done."""
    request_number.set("")


request_finished.connect(forget, dispatch_uid="forum_portal.watching.requests")
