"""
Numbers that many processes count together, for rates.

Django's own caches in files and in the database read a number and write it back one
larger: two who do so at once count one. Here the database, or the shared store,
counts.
"""

import logging
import sqlite3
import time
from pathlib import Path

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

logger = logging.getLogger(__name__)
PATIENCE = 0.2  # seconds to wait for another process that writes
TIDY = 1000  # new numbers after which old ones are deleted

TABLE = """
CREATE TABLE IF NOT EXISTS counts (
    name text PRIMARY KEY, value integer NOT NULL, until real NOT NULL
) WITHOUT ROWID
"""
ADD = """
INSERT INTO counts VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, until = excluded.until
WHERE counts.until <= ?
"""
COUNT = """
UPDATE counts SET value = value + ? WHERE name = ? AND until > ? RETURNING value
"""


class HostCounters(BaseCache):
    """
    Numbers in one small file, for all workers of one host; LOCATION is its folder.

    A cache of Django's as far as counting goes: `add`, `incr`, `get`, `clear`. What
    goes wrong with the file is told in the log and stops nobody: nothing is counted.
    """

    def __init__(self, folder, params):
        super().__init__(params)
        self.path = Path(folder) / "counters.sqlite3"
        self.connection = None
        self.added = 0

    def execute(self, statement, *values):
        """Return (rows, number of rows changed); no rows if the file is broken."""
        try:
            if self.connection is None:
                self.connection = self.connect()
            cursor = self.connection.execute(statement, values)
            return cursor.fetchall(), cursor.rowcount
        except (sqlite3.Error, OSError) as error:
            logger.warning("Requests are not counted: %s", error)
            if self.connection:
                self.connection.close()
                self.connection = None
            if not isinstance(error, sqlite3.OperationalError | OSError):
                self.path.unlink(missing_ok=True)  # It is no database any more.
            return [], 0

    def connect(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        # What is lost when the machine falls is a minute of counting.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(TABLE)
        return connection

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        name, now = self.make_and_validate_key(key, version), time.time()
        _rows, changed = self.execute(
            ADD, name, value, self.get_backend_timeout(timeout), now
        )
        self.added += changed
        if self.added >= TIDY:
            self.added = 0
            self.execute("DELETE FROM counts WHERE until <= ?", now)
        return bool(changed)

    def incr(self, key, delta=1, version=None):
        name = self.make_and_validate_key(key, version)
        rows, _changed = self.execute(COUNT, delta, name, time.time())
        if not rows:
            raise ValueError(f"Key '{key}' not found")
        return rows[0][0]

    def get(self, key, default=None, version=None):
        name = self.make_and_validate_key(key, version)
        asked = "SELECT value FROM counts WHERE name = ? AND until > ?"
        rows, _changed = self.execute(asked, name, time.time())
        return rows[0][0] if rows else default

    def clear(self):
        self.execute("DELETE FROM counts")
