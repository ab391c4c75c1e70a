"""
Whether the portal lives and whether it can serve, for what watches it.

`/healthz` is 200 while the process answers; no database is asked. `/readyz` is JSON
of each check, 200 if all that readers need is there and 503 if not. Both answer
whatever Host is asked for, over http too: what balances loads and what watches
containers ask by an address and send no name.
"""

import logging
import os
from functools import cache
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, HttpResponseNotAllowed, JsonResponse
from psycopg2.errors import UndefinedTable

from forum_portal.version import VERSION
from records import change_log, content_version, facets, migrating, shared
from search import triggers
from search.index import dirty_count

logger = logging.getLogger(__name__)

OK, BEHIND, AWAY, FAILED = "ok", "behind", "away", "failed"
NO_TABLE = "no such table: content_version"  # as SQLite says it
ONLY_READS = (
    "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::boolean"
)
STYLESHEET = "css/site.css"
# What a page would also have, and what shows nothing of anybody
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class Probes:
    """Answer the addresses of this module before hosts, https or sessions count."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.probes = {"/healthz": alive, "/readyz": ready}
        if settings.METRICS_TOKEN:  # Who wants no figures need not carry the library.
            from forum_portal.watching.metrics import tell

            self.probes["/metrics"] = tell

    def __call__(self, request):
        probe = self.probes.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"], headers=HEADERS)
        return probe(request)


def alive(request):
    """Answer that this process does."""
    return HttpResponse("ok\n", content_type="text/plain", headers=HEADERS)


def ready(request):
    """Answer each check and its state; 503 if one of them has failed."""
    checks = {"database": {"state": OK}}
    try:
        content_version.current()
    except Error as error:
        lacking = lacks_its_table(error) and told("migrations", migrations)
        if lacking and lacking["state"] == FAILED:
            checks["migrations"] = lacking
        else:
            # Nothing else can be known; what the database said stays in the log.
            logger.exception("The database did not answer.")
            checks["database"]["state"] = FAILED
    else:
        for name, check in CHECKS.items():
            checks[name] = told(name, check)
        if settings.CACHE_URL:
            checks["cache"] = {"state": OK if shared.answers() else AWAY}
    failed = any(check["state"] == FAILED for check in checks.values())
    said = {
        "status": "not ready" if failed else "ready",
        "version": VERSION,
        "checks": checks,
    }
    status = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return JsonResponse(said, status=status, headers=HEADERS)


def told(name, check):
    """Return the state of a check (dict), whatever it meets in the database."""
    try:
        return check()
    except Error:
        logger.exception("The check of %s failed.", name)
        return {"state": FAILED}


def lacks_its_table(error):
    """Tell whether a database answers, but was never migrated."""
    return isinstance(error.__cause__, UndefinedTable) or NO_TABLE in str(error)


def writing():
    """
    Tell whether anything can be saved, and if not, why.

    SQLite's file can be written, and its folder, where its log lies; PostgreSQL is no
    standby and takes more than reading; one query.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(ONLY_READS)
            standby, only_reads = cursor.fetchone()
        if standby or only_reads:
            reason = "a standby" if standby else "default_transaction_read_only"
            return {"state": FAILED, "reason": reason}
        return {"state": OK}
    if connection.is_in_memory_db():
        return {"state": OK}
    path = Path(connection.settings_dict["NAME"])
    right = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK | os.X_OK)
    return {"state": OK if right else FAILED}


def migrations():
    """Tell how many migrations of this release the database lacks; one query."""
    applied = MigrationRecorder(connection).applied_migrations()
    missing = len(known_migrations() - applied.keys())
    return {"state": FAILED if missing else OK, "missing": missing}


@cache
def known_migrations():
    """Return the (app, name) of all migrations of this release."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def all_triggers():
    """Tell how many triggers of those that pages rely on are missing; one query."""
    missing = len(expected_triggers(connection.vendor) - migrating.present())
    return {"state": FAILED if missing else OK, "missing": missing}


@cache
def expected_triggers(vendor):
    """Return the (name, table) of every trigger that migrating installs."""
    modules = (content_version, change_log, triggers)
    return frozenset().union(
        *(migrating.created(module.statements(vendor)) for module in modules)
    )


def search():
    """Tell how many records search is behind with; pages serve all the same."""
    waiting = dirty_count()
    return {"state": BEHIND if waiting else OK, "waiting": waiting}


def warm_facets():
    """Read what facets count with, if this process has not done so yet."""
    facets.warm_once()
    return {"state": OK}


def static_files():
    """Tell whether static files were collected and are there: each page needs them."""
    if not hasattr(staticfiles_storage, "stored_name"):
        return {"state": OK}  # They are given out as they are written.
    try:
        name = staticfiles_storage.stored_name(STYLESHEET)
    except ValueError:
        return {"state": FAILED}
    return {"state": OK if staticfiles_storage.exists(name) else FAILED}


CHECKS = {
    "writing": writing,
    "migrations": migrations,
    "triggers": all_triggers,
    "search": search,
    "facets": warm_facets,
    "static": static_files,
}
