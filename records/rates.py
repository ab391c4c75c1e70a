"""
How often one network may ask for what costs much, and what it hears after that.

Kept pages are given out before anything here is asked: they cost nothing and count
nothing. Who has signed in is counted for attempts to sign in alone.
"""

import threading
import weakref
from collections import Counter
from functools import wraps

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django_ratelimit import core

from records.clients import network_of

PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 24 * 3600}
WAIT = 10  # seconds after which there may be a turn
BRIEFLY = 1  # second that one request waits for its turn


class TooMany(PermissionDenied):
    """A network has asked too often; it may ask again after `wait` seconds (int)."""

    def __init__(self, wait):
        super().__init__(f"Too many requests. Ask again in {wait} seconds.")
        self.wait = wait


def count(request, name):
    """
    Count a request for its network; `name` is one of `settings.RATES`.

    Return {"count", "limit", "period" (seconds), "time_left" (seconds of it),
    "should_limit"}, or None when it could not be counted: then nobody is refused.
    """
    most, _stroke, period = settings.RATES[name].partition("/")
    rate = int(most), PERIODS[period]
    usage = core.get_usage(
        request,
        group=name,
        key=lambda _group, request: network_of(request) or "unknown",
        rate=rate,
        increment=True,
    )
    return usage and {**usage, "period": rate[1]}


def refuse_too_many(request, name):
    """Count a request, and raise TooMany if its network has asked too often."""
    usage = count(request, name)
    if usage and usage["should_limit"]:
        raise TooMany(max(usage["time_left"], 1))


def limited(name, methods=("GET", "HEAD", "POST"), staff_too=False):
    """Return a decorator of a view: those methods are counted as `name`."""

    def decorate(view):
        @wraps(view)
        def counted(request, *args, **kwargs):
            if request.method in methods and (staff_too or not is_signed_in(request)):
                refuse_too_many(request, name)
            return view(request, *args, **kwargs)

        return counted

    return decorate


class Turns:
    """Who has a file made by this worker; `settings.EXPORT_TURNS` has the bounds."""

    def __init__(self):
        self.taken = Counter()
        # Of one thread twice: an answer that is forgotten gives its turn back anywhere.
        self.changed = threading.Condition(threading.RLock())
        self.somebody_waits = False

    def take(self, network):
        """
        Tell whether there is a turn for a network, and take it.

        Most files are made in a tenth of a second: one request, of one thread, waits a
        second for a turn; whoever asks meanwhile is told at once to come back.
        """
        with self.changed:
            if not self._is_free(network) and not self.somebody_waits:
                self.somebody_waits = True
                self.changed.wait_for(lambda: self._is_free(network), BRIEFLY)
                self.somebody_waits = False
            if not self._is_free(network):
                return False
            self.taken[network] += 1
            return True

    def _is_free(self, network):
        most, each = settings.EXPORT_TURNS
        return self.taken[network] < each and self.taken.total() < most

    def give_back(self, network):
        with self.changed:
            self.taken[network] -= 1
            self.taken += Counter()  # which leaves out who has none
            self.changed.notify_all()


turns = Turns()


def few_at_once(view):
    """
    Return a view of which a worker answers few at a time, and raises TooMany to others.

    A turn ends when the answer is closed: sent, or nobody reads it any more.
    """

    @wraps(view)
    def made(request, *args, **kwargs):
        if is_signed_in(request):
            return view(request, *args, **kwargs)
        network = network_of(request) or "unknown"
        if not turns.take(network):
            raise TooMany(WAIT)
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            turns.give_back(network)
            raise
        # Once, whichever comes first: it is closed, or nobody has it any more.
        over = weakref.finalize(response, turns.give_back, network)
        over.atexit = False
        response._resource_closers.append(over)
        return response

    return made


def is_signed_in(request):
    """Tell it without a look at the session of those who have none."""
    has_session = settings.SESSION_COOKIE_NAME in request.COOKIES
    return has_session and request.user.is_authenticated
