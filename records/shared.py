"""
The store that all hosts share, at CACHE_URL: a Redis server, or what speaks as one.

It may be slow or gone at any moment, and then nobody waits for it: after a failure
this process does without it for some seconds. It may also be read and written by
others: nothing that comes from it is run or unpickled.
"""

import logging
import time
from contextlib import contextmanager

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from records.counters import HostCounters

logger = logging.getLogger(__name__)
PATIENCE = 0.2  # seconds for one answer
PAUSE = 5  # seconds to do without it after a failure


class AwayError(Exception):
    """The shared store does not answer now."""


class Plain:
    """What is kept is bytes or a whole number, as it is; what is read is bytes."""

    def dumps(self, value):
        return value

    def loads(self, value):
        return value


class Line:
    """What a process knows of the way to the store: when it may ask again."""

    def __init__(self):
        self.again = 0.0  # by the clock that only runs forward; 0 while all is well

    @contextmanager
    def asking(self):
        """Let a question be asked; raise AwayError if it fails, or did just now."""
        before = self.again
        if before:
            if time.monotonic() < before:
                raise AwayError
            # One asks whether it is back; the others go on without it meanwhile.
            self.again = time.monotonic() + PAUSE
        try:
            yield
        except (RedisError, OSError) as error:
            self.again = time.monotonic() + PAUSE
            if not before:
                logger.warning("Going on without the shared store: %s", error)
            raise AwayError from error
        if before:
            self.again = 0.0
            logger.warning("The shared store answers again.")


line = Line()


class Shared(RedisCache):
    """Django's cache on Redis that keeps nobody waiting; LOCATION is its address."""

    def __init__(self, address, params):
        options = {
            "serializer": Plain,
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": Retry(NoBackoff(), 0),
        }
        super().__init__(address, {**params, "OPTIONS": options})

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        with line.asking():
            return super().add(key, value, timeout, version)

    def incr(self, key, delta=1, version=None):
        with line.asking():
            return super().incr(key, delta, version)

    def get(self, key, default=None, version=None):
        with line.asking():
            return super().get(key, default, version)

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        with line.asking():
            super().set(key, value, timeout, version)


def answers():
    """Tell whether the store answered just now, or would."""
    try:
        caches["shared"].get("well")
    except AwayError:
        return False
    return True


class SharedCounters(HostCounters):
    """Numbers in the shared store, for all hosts; while it is away, as one host's."""

    def __init__(self, folder, params):
        options = params.get("OPTIONS", {})
        super().__init__(folder, {})
        self.store = Shared(options["store"], {"KEY_PREFIX": self.key_prefix})

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        try:
            return self.store.add(key, value, timeout, version)
        except AwayError:
            return super().add(key, value, timeout, version)

    def incr(self, key, delta=1, version=None):
        try:
            return self.store.incr(key, delta, version)
        except AwayError:
            # It may have gone away just after `add`.
            super().add(key, 0, self.default_timeout, version)
            return super().incr(key, delta, version)
