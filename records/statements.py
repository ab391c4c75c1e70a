"""
How statements are put to PostgreSQL: for so long at most, and prepared if it may be.

To understand a query over twenty tables and to plan it takes PostgreSQL several times
as long as to answer it. So each connection prepares such a query once (SQL's PREPARE)
and executes it from then on. Behind a pooler that lends one session to many clients
some names are not there: then none is prepared any more, and all goes on as before.
SQLite's driver remembers by itself how a statement is to be run.
"""

import hashlib
from collections import OrderedDict
from itertools import count
from threading import local

from django.conf import settings
from psycopg2.errors import (
    DuplicatePreparedStatement,
    FeatureNotSupported,
    InvalidSqlStatementName,
)
from psycopg2.extensions import AsIs

MOST = 100  # that a connection keeps: each takes PostgreSQL some 100 kB
pooled = set()  # databases that are reached through a pooler
_mine = local()  # database → its connection of this thread, the names it has prepared


def bound(sender, connection, **kwargs):
    """
    Let PostgreSQL give up a statement after STATEMENT_TIMEOUT seconds.

    For web workers; commands take the time that they need. An import is thousands of
    short statements. The visitor is answered 503, as when the database is away.
    """
    if connection.vendor == "postgresql" and settings.STATEMENT_TIMEOUT:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET statement_timeout = %s", [f"{settings.STATEMENT_TIMEOUT}s"]
            )


class Statement:
    """A query that PostgreSQL's connections prepare when they first need it."""

    def __init__(self, connection, sql, values, types):
        """
        Take SQL as Django writes it, and what its places stand for.

        `types` has for each of `values` None if it is a constant; or it is a parameter,
        of that type of SQL ("unknown": whatever fits).
        """
        typed = [kind for kind in types if kind]
        places = (AsIs(f"${n}") for n in count(1))
        values = [
            next(places) if kind else value
            for value, kind in zip(values, types, strict=True)
        ]
        connection.ensure_connection()
        with connection.connection.cursor() as cursor:
            text = cursor.mogrify(sql, values).decode()
        # Named by what it says: whoever finds the name taken finds this very query.
        self.name = f"q{hashlib.sha256(text.encode()).hexdigest()[:32]}"
        taken = f"({', '.join(typed)})" if typed else ""
        self.preparing = f"PREPARE {self.name} {taken} AS {text}"
        given = f"({', '.join(['%s'] * len(typed))})" if typed else ""
        self.sql = f"EXECUTE {self.name} {given}"

    def is_ready(self, connection):
        """Prepare it, if need be; tell whether it can be executed."""
        if connection.in_atomic_block or connection.alias in pooled:
            return False  # Within a transaction an error would be one for good.
        connection.ensure_connection()
        driver, names = getattr(_mine, connection.alias, (None, None))
        if driver is not connection.connection:
            driver, names = connection.connection, OrderedDict()
            setattr(_mine, connection.alias, (driver, names))
        if self.name in names:
            names.move_to_end(self.name)
            return True
        with connection.wrap_database_errors, driver.cursor() as cursor:
            try:
                if len(names) >= MOST:
                    cursor.execute(f"DEALLOCATE {names.popitem(last=False)[0]}")
                cursor.execute(self.preparing)
            except (DuplicatePreparedStatement, InvalidSqlStatementName):
                pooled.add(connection.alias)
                return False
        names[self.name] = True
        return True

    def is_gone(self, connection, error):
        """Tell whether an error says only that it has to be asked in other words."""
        cause = error.__cause__
        if isinstance(cause, InvalidSqlStatementName):
            pooled.add(connection.alias)
            return True
        if isinstance(cause, FeatureNotSupported):  # A column is of another type now.
            _driver, names = getattr(_mine, connection.alias)
            names.pop(self.name, None)
            with connection.cursor() as cursor:
                cursor.execute(f"DEALLOCATE {self.name}")
            return True
        return False
