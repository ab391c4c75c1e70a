"""How often one address may ask the API."""

import math

from django.conf import settings
from django.core.cache import caches
from rest_framework.throttling import SimpleRateThrottle


class Rate(SimpleRateThrottle):
    """
    So many requests in a while from one network address, API_RATE.

    Counted on disk, so that all workers of a host count together.
    """

    scope = "anonymous"

    @property
    def cache(self):
        return caches["rates"]

    def get_rate(self):
        return settings.API_RATE

    def get_cache_key(self, request, view):
        return f"{self.scope}-{self.get_ident(request)}"

    def headers(self):
        """Return the headers of draft-ietf-httpapi-ratelimit-headers-10."""
        most, scope = self.num_requests, self.scope
        left = max(most - len(self.history), 0)
        until = self.duration - (self.now - self.history[-1]) if self.history else 0
        return {
            "RateLimit-Policy": f'"{scope}";q={most};w={self.duration}',
            "RateLimit": f'"{scope}";r={left};t={math.ceil(until)}',
        }
