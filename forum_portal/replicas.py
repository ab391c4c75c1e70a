"""
Public pages are read from a replica of the database, while one is close behind.

Each request of a visitor reads from one server, its content version too, so that
no page is kept under a version that it does not show. Whoever has signed in, sends
something or looks at a preview reads from the primary, as every command does; all
writes go there.

A replica is read while it is proven to have all that the primary had acknowledged
at most DATABASE_REPLICA_LAG seconds ago: the primary is asked how far its log has
come, and the replica, whether it has come that far. Otherwise the primary is read.
If that does not answer, a replica is read as it stands, for the time being.

A server that is frozen keeps its connections and says nothing, which neither a bound
on its statements nor one of TCP ends. So nobody here waits for one without a bound.
"""

import logging
import os
from select import POLLIN, POLLOUT, poll
from threading import Lock, local
from time import monotonic

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from psycopg2 import OperationalError
from psycopg2.extensions import POLL_OK, POLL_READ

from forum_portal.page_cache import APART

logger = logging.getLogger(__name__)

CHECKED_EVERY = 1  # seconds
# Seconds to wait for one answer of a database
OF_A_CHECK = 2
OF_A_VISITOR = 10  # Then the next server is asked, or 503 is said.
OF_STAFF = 5  # more than STATEMENT_TIMEOUT, which the server itself keeps to
CONNECTING, TO_CONNECT = 20, 3  # psycopg2's number of that state; seconds
FROZEN_FOR = 5  # seconds until one that kept a check waiting is asked again
# Read from the primary: what staff sees; what is for one reader; harvesters, who
# never ask again for the time that an answer says it covers; the state of the server.
ON_PRIMARY = (*APART, "/admin/", "/oai", "/readyz", "/healthz", "/metrics")
# How far the log has come, in bytes; and which record of which forum this is: a
# replica has other databases too. What is flushed, because an idle server's insert
# position may lie behind a page header that nobody has to replay.
OF_PRIMARY = (
    "SELECT pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint, epoch "
    "FROM content_version"
)
OF_REPLICA = (
    "SELECT CASE WHEN pg_is_in_recovery() THEN "
    "pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint END, epoch "
    "FROM content_version"
)
# alias: the database that this thread's request reads from; patience: seconds
_mine = local()


def reading_from():
    """Return the alias (str) of the database that this thread reads from."""
    return getattr(_mine, "alias", DEFAULT_DB_ALIAS)


def wait(driver):
    """
    Wait for PostgreSQL as psycopg2 does, but no longer than this thread is to.

    `driver` is psycopg2's connection; it is closed when OperationalError is raised.
    Who has waited in vain once waits no more in that request. A command has no bound:
    only the web server has psycopg2 wait by this.
    """
    most = getattr(_mine, "patience", None)
    if driver.status == CONNECTING and most != 0:
        most = TO_CONNECT
    until = None if most is None else monotonic() + most
    while (state := driver.poll()) != POLL_OK:
        left = None if until is None else max(until - monotonic(), 0) * 1000
        ready = poll()
        ready.register(driver.fileno(), POLLIN if state == POLL_READ else POLLOUT)
        if not ready.poll(left):
            _mine.patience = 0
            raise OperationalError(f"No answer within {most} seconds")


class Router:
    """Django's router: reads where the request does, writes on the primary."""

    def db_for_read(self, model, **hints):
        return reading_from()

    def db_for_write(self, model, **hints):
        return DEFAULT_DB_ALIAS

    def allow_relation(self, one, other, **hints):
        return True  # They are rows of one and the same database.

    def allow_migrate(self, db, app_label, **hints):
        return db == DEFAULT_DB_ALIAS


class Watch:
    """
    What this process knows of the replicas; checked once a second, if anybody asks.

    `replicas` are aliases; `lag` is in seconds. The request that finds the last
    check too old makes the next one; nobody waits for it.
    """

    def __init__(self, replicas, lag):
        self.replicas, self.lag = replicas, lag
        self.marks = []  # (when the primary was asked, how far its log had come)
        self.epoch = None
        self.known = set()  # replicas that were seen to be of this database
        self.proven = {}  # alias → when all was acknowledged that it has for certain
        self.answering = []
        self.frozen = {}  # alias → when to ask again what kept a check waiting
        self.primary_answers = True
        self.next = float("-inf")
        self.said = None
        self.lock = Lock()

    def choose(self):
        """Return the alias of the database that a visitor reads from now."""
        if monotonic() >= self.next and self.lock.acquire(blocking=False):
            try:
                self.check()
            finally:
                self.lock.release()
        if not self.primary_answers and self.answering:
            return self.answering[0]
        oldest = monotonic() - self.lag
        for alias in self.in_turn():
            if self.proven.get(alias, oldest) > oldest:
                return alias
        return DEFAULT_DB_ALIAS

    def in_turn(self):
        """Return the replicas, each process beginning with another one."""
        first = os.getpid() % len(self.replicas)
        return self.replicas[first:] + self.replicas[:first]

    def check(self):
        """Ask the primary how far it has come, then who else has come that far."""
        began = monotonic()
        told = ask(DEFAULT_DB_ALIAS, OF_PRIMARY)
        self.primary_answers = told is not None
        if told:
            reached, self.epoch = told
            since = began - self.lag
            self.marks = [(began, reached), *(m for m in self.marks if m[0] > since)]
        answering = []
        for alias in self.in_turn():
            began = monotonic()
            spared = self.primary_answers and began < self.frozen.get(alias, 0)
            told = None if spared else ask(alias, OF_REPLICA)
            if monotonic() > began + 1:
                self.frozen[alias] = monotonic() + FROZEN_FOR
            if told and self.is_ours(alias, told[1]):
                answering.append(alias)
                replayed = told[0] or 0  # None once it is no replica any more
                has = (when for when, reached in self.marks if reached <= replayed)
                self.proven[alias] = max(has, default=float("-inf"))
            else:
                self.proven.pop(alias, None)
        self.answering = answering
        self.next = monotonic() + CHECKED_EVERY
        self.say()

    def is_ours(self, alias, epoch):
        """
        Tell whether a replica that answers has the database of the primary.

        Without the primary, those have that were seen to; one that was promoted
        begins a new epoch.
        """
        if self.primary_answers:
            (self.known.add if epoch == self.epoch else self.known.discard)(alias)
        return alias in self.known or self.epoch is None

    def say(self):
        """Log once what has changed: for an operator, not for every check."""
        state = self.primary_answers, tuple(sorted(self.answering))
        if state != self.said and self.said is not None:
            who = ", ".join(state[1]) or "none"
            primary = "answers" if self.primary_answers else "does not answer"
            logger.warning("The primary %s; replicas that answer: %s", primary, who)
        self.said = state

    def failed(self, alias):
        """Take a replica out until the next check: it could not answer a request."""
        self.proven.pop(alias, None)
        self.answering = [one for one in self.answering if one != alias]


def ask(alias, query):
    """Return the row that a database answers; None if it does not answer."""
    connection = connections[alias]
    patience, _mine.patience = getattr(_mine, "patience", None), OF_A_CHECK
    began = monotonic()
    try:
        for _attempt in range(2):
            try:
                with connection.cursor() as cursor:
                    cursor.execute(query)
                    return cursor.fetchone()
            except Error:
                connection.close()
                # It may be of a server that has started anew since.
                if monotonic() > began + 1:
                    break
        return None
    finally:
        _mine.patience = patience


class Replicas:
    """
    A WSGI application in front of all others, the page cache too.

    What a replica could not answer (5xx) is asked of the primary: the replica may
    just have died, or have had to drop what a query was still reading.
    """

    def __init__(self, application, replicas, lag):
        self.application = application
        self.watch = Watch(replicas, lag)
        self.session = f"{settings.SESSION_COOKIE_NAME}="
        most = settings.STATEMENT_TIMEOUT
        self.of_staff = most + OF_STAFF if most else None

    def __call__(self, environ, start_response):
        _mine.alias, _mine.patience = DEFAULT_DB_ALIAS, self.of_staff
        if not self.is_visit(environ):
            return self.application(environ, start_response)
        _mine.patience = OF_A_VISITOR
        _mine.alias = alias = self.watch.choose()
        if alias == DEFAULT_DB_ALIAS:
            return self.application(environ, start_response)
        said = []
        parts = self.application(environ, lambda *given: said.append(given))
        if said[-1][0].startswith("5"):
            if hasattr(parts, "close"):
                parts.close()
            self.watch.failed(alias)
            _mine.alias, _mine.patience = DEFAULT_DB_ALIAS, OF_A_VISITOR
            return self.application(environ, start_response)
        start_response(*said[-1])
        return parts

    def is_visit(self, environ):
        """Tell whether a request only looks, at what everybody may see."""
        return (
            environ["REQUEST_METHOD"] in {"GET", "HEAD"}
            and not environ["PATH_INFO"].startswith(ON_PRIMARY)
            and "HTTP_AUTHORIZATION" not in environ
            and self.session not in environ.get("HTTP_COOKIE", "")
        )
