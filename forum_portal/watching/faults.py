"""
Faults told to a service that speaks Sentry's protocol, if SENTRY_DSN names one.

It hears what failed, where in the code, in which release, in which view and under
which request's number. It hears nothing of the person who met the fault: no address,
cookie, header, body, query or local variable. Of what an exception says it hears the
first line, since PostgreSQL repeats rows in the further ones.
"""

import os
from functools import cache

from django.core.signals import got_request_exception

from forum_portal.version import VERSION
from forum_portal.watching.logs import request_number

LONGEST = 200  # characters of what an exception says
# In the environment of a request that nobody sent (pages are kept without what else
# it holds)
BEFOREHAND = "gunicorn.beforehand"


def tell_of_faults(dsn):
    """Tell each fault of a request to that service, from now on."""

    def failed(sender, request=None, **kwargs):
        if BEFOREHAND in getattr(request, "META", ()):
            return
        sentry = connected(dsn, os.getpid())
        with sentry.new_scope() as scope:
            match = getattr(request, "resolver_match", None)
            scope.set_tag("view", match.view_name if match else "")
            scope.set_tag("request_id", request_number.get())
            scope.capture_exception()

    got_request_exception.connect(failed, weak=False, dispatch_uid=__name__)


@cache
def connected(dsn, process):
    """
    Return the library, ready to send; it is imported with the first fault.

    Each process has its own connection: one that began before a fork would be that
    of the process which was forked.
    """
    import sentry_sdk

    sentry_sdk.init(
        dsn,
        release=VERSION,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        server_name="portal",
        # None that looks into requests, logs or other libraries
        default_integrations=False,
        before_send=stripped,
    )
    return sentry_sdk


def stripped(event, hint):
    """Return an event (dict) with the first line of what its exceptions say."""
    for exception in event.get("exception", {}).get("values", ()):
        said = str(exception.get("value") or "")
        exception["value"] = said.partition("\n")[0][:LONGEST]
    return event
