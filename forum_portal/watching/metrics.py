"""
Figures for Prometheus at `/metrics`, for whoever brings METRICS_TOKEN.

Imported only if that is set. Labels are names of views, never paths, so that there
are as many series as there are kinds of pages. Each worker counts in a file of its
own in memory; whichever worker is asked adds them up. A worker that takes the place
of another one goes on counting in its file (`forum_portal.gunicorn` gives out the
places), so that no count is lost and the files do not become more.
"""

import os
import sys
import time
from http import HTTPStatus

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DEFAULT_DB_ALIAS, Error
from django.http import HttpResponse
from django.urls import Resolver404, resolve
from django.utils.crypto import constant_time_compare
from django.utils.translation import override
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from forum_portal.page_cache import PATH, PageCache
from forum_portal.version import VERSION
from forum_portal.watching.probes import HEADERS
from records import content_version, shared
from search.index import dirty_count

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

place = "main"  # of this process among the workers; the name of its file
if FOLDER in os.environ:
    values.ValueClass = values.MultiProcessValue(lambda: place)

REQUESTS = Counter(
    "portal_requests",
    "Requests, by view and by where the answer came from.",
    ["view", "status", "source"],  # source: memory (a kept page) or django
)
RENDERED = Histogram(
    "portal_request_seconds",
    "How long Django took to begin an answer; kept pages are not among them.",
    ["view"],
    buckets=SECONDS,
)
DATABASE_ERRORS = Counter(
    "portal_database_errors", "Requests that failed because the database did."
)
KEPT_BYTES = Gauge(
    "portal_page_cache_bytes",
    "Memory of the pages that all workers keep.",
    multiprocess_mode="livesum",
)
KEPT_PAGES = Gauge(
    "portal_page_cache_pages",
    "Pages that all workers keep, each counting its own.",
    multiprocess_mode="livesum",
)
EVICTED = Counter(
    "portal_page_cache_evictions", "Pages dropped because there was no room."
)


class Metrics:
    """Count and time what Django answers."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = match.view_name if match else ""
        RENDERED.labels(view).observe(time.perf_counter() - began)
        REQUESTS.labels(view, response.status_code, "django").inc()
        return response


def tell(request):
    """Return the figures of all workers to who brings the token, else 401."""
    given = request.META.get("HTTP_AUTHORIZATION", "")
    if not constant_time_compare(given, f"Bearer {settings.METRICS_TOKEN}"):
        headers = {**HEADERS, "WWW-Authenticate": "Bearer"}
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers=headers)
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    now = CollectorRegistry()
    now.register(AtThisMoment())
    text = generate_latest(registry) + generate_latest(now)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST, headers=HEADERS)


class AtThisMoment:
    """What is looked up when somebody asks, the same whichever worker does."""

    def collect(self):
        """Yield the figures; those of the database only if it answers."""
        yield InfoMetricFamily(
            "portal_release", "Which release this is.", {"version": VERSION}
        )
        backups = [path.stat().st_mtime for path in BACKUPS.glob("*.tar")]
        if backups:
            yield GaugeMetricFamily(
                "portal_last_backup_timestamp_seconds",
                "When the newest backup in VAR_DIR/backups was made.",
                max(backups),
            )
        found = in_database()
        yield GaugeMetricFamily(
            "portal_database_up", "1 if the database answers.", int(bool(found))
        )
        for (name, told), number in zip(TOLD.items(), found, strict=False):
            yield GaugeMetricFamily(name, told, number)
        if settings.CACHE_URL:
            yield GaugeMetricFamily(
                "portal_shared_store_up",
                "1 if the store that all hosts share answers.",
                int(shared.answers()),
            )
        if settings.DATABASE_REPLICAS:
            yield from of_replicas()


TOLD = {
    "portal_content_version": "Goes up with every write that a page may show.",
    "portal_search_waiting": "Records that search has not caught up with.",
}
BACKUPS = settings.VAR_DIR / "backups"


def in_database():
    """Return (content version, records that search waits for), () if it is down."""
    try:
        return int(content_version.current().split(".")[1]), dirty_count()
    except Error:
        return ()


def of_replicas():
    """Yield which replicas answer, and how far those are behind the primary."""
    from forum_portal.replicas import OF_PRIMARY, OF_REPLICA, ask

    up = GaugeMetricFamily(
        "portal_replica_up", "1 if a replica answers.", labels=["replica"]
    )
    behind = GaugeMetricFamily(
        "portal_replica_bytes_behind",
        "Bytes of the log that the primary has written and a replica not replayed.",
        labels=["replica"],
    )
    primary = ask(DEFAULT_DB_ALIAS, OF_PRIMARY)
    for alias in settings.DATABASE_REPLICAS:
        told = ask(alias, OF_REPLICA)
        up.add_metric([alias], int(bool(told)))
        if primary and told and told[0] is not None:
            behind.add_metric([alias], max(primary[0] - told[0], 0))
    return up, behind


def database_failed(sender, **kwargs):
    """Count a request that the database has failed."""
    if isinstance(sys.exception(), Error):
        DATABASE_ERRORS.inc()


got_request_exception.connect(database_failed, dispatch_uid=__name__)


class CountedPages(PageCache):
    """The page cache, counting what it gives out; about two microseconds a page."""

    def keep(self, key, page):
        """Keep a page, and know whose count goes up when it is given out."""
        # Whoever had it rendered is counted where that was done. What comes from the
        # shared store is in its compressed forms already.
        page.fresh = not page.answers
        view = view_of(key[PATH])
        page.counts = [REQUESTS.labels(view, status, "memory") for status in (200, 304)]
        super().keep(key, page)
        self.tell()

    def count(self, page):
        super().count(page)
        self.tell()

    def tell(self):
        KEPT_BYTES.set(self.used)
        KEPT_PAGES.set(len(self.pages))

    def make_room(self):
        before = len(self.pages)
        super().make_room()
        if dropped := before - len(self.pages):
            EVICTED.inc(dropped)

    def give(self, page, environ, start_response):
        if page.fresh:
            page.fresh = False
        else:
            known = "HTTP_IF_NONE_MATCH" in environ and page.is_known(environ)
            page.counts[known].inc()
        return super().give(page, environ, start_response)


def view_of(path):
    """Return the name of the view (str) that answers a public path."""
    with override(path.split("/", 2)[1]):
        try:
            return resolve(path).view_name
        except Resolver404:
            return ""
