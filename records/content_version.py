"""
The content version: what changes whenever anything that a page shows has changed.

Database triggers count every write, whoever makes it: admin, import, `update()`,
raw SQL, another process. On SQLite each row adds one. On PostgreSQL a statement
only marks its transaction, and a deferred trigger adds one when it commits, so
that writers do not queue up for one row. The number lies in a plain table, which
`flush` leaves alone; beside it stands a random epoch, so that a restored backup
never repeats a version.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta
from threading import local

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.utils import timezone
from psycopg2.errors import DuplicatePreparedStatement, InvalidSqlStatementName

from records import migrating, reading
from records.statements import pooled

DAY = timedelta(days=1)
# With the time in UTC as text: read past Django, which would know how to write one.
COUNT = {
    "sqlite": "UPDATE content_version SET value = value + 1, "
    "written_at = CURRENT_TIMESTAMP",
    "postgresql": "UPDATE content_version SET value = value + 1, "
    "written_at = to_char(clock_timestamp() AT TIME ZONE 'UTC', "
    "'YYYY-MM-DD HH24:MI:SS')",
}
TABLE = "content_version"
READ = "SELECT epoch, value, written_at FROM content_version"
# A prepared statement is a third cheaper; behind a pooler that shares sessions there
# is none. SQLite's driver remembers how a statement is to be run by itself.
ASK = {"sqlite": READ, "postgresql": "EXECUTE content_version"}
NOBODY = None, None, None
PREFIX = None  # Its triggers name no column, and are in the way of no migration.
_mine = local()  # database → its connection, what of the driver's that was, a cursor
_told = {}  # database → (what is written, version, from when, until when, changed when)


def current(at=None, using=None):
    """
    Return the version of what the public may see at that moment, as a string.

    It differs after any committed write, after an embargo has passed, and on
    another day, since pages show what is still ahead. One query; one more after
    each change.
    """
    return _version(at, using)[0]


def changed_on(at=None, using=None):
    """Return the day on which what the public may see at that moment last changed."""
    return timezone.localdate(_version(at, using)[1])


def _version(at, using):
    """Return the version at a moment, and when it became that."""
    moment = at.timestamp() if at else time.time()
    using = reading.database(using)
    written = _written(using)
    known, version, since, until, changed = _told.get(using, (None, "", 0, 0, None))
    if known == written and since <= moment < until:
        return version, changed
    at = datetime.fromtimestamp(moment, UTC)
    last, following = _embargoes_around(at, using)
    today = timezone.localdate(at)
    midnight = timezone.make_aware(datetime.combine(today + DAY, datetime.min.time()))
    passed = f"{last:%Y%m%d%H%M%S}" if last else "0"
    epoch, value, written_at = written
    version = f"{epoch}.{value}.{passed}.{today:%Y%m%d}"
    changed = datetime.fromisoformat(written_at).replace(tzinfo=UTC)
    changed = max(changed, last or changed)
    until = min(following or midnight, midnight).timestamp()
    _told[using] = written, version, moment, until, changed
    return version, changed


def _written(using):
    """
    Return (epoch, number, when), read past Django's own cursor.

    Every visit of a page asks for it: each thread remembers how to, while its
    connection is the same.
    """
    connection, driver, cursor = getattr(_mine, using, NOBODY)
    if cursor and connection.connection is driver and not connection.in_atomic_block:
        try:
            cursor.execute(ASK[connection.vendor])
            return cursor.fetchone()
        except InvalidSqlStatementName:
            pooled.add(using)
        except Exception:
            # A server that has started anew, or was told to, has ended it.
            if not getattr(driver, "closed", False):
                with connection.wrap_database_errors:
                    raise
            connection.close()
    return _asked_plainly(using)


def _asked_plainly(using):
    """Return the same, and remember how it is asked for the next time."""
    connection = connections[using]
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    driver = connection.connection
    with connection.wrap_database_errors:
        cursor = driver.cursor()
        cursor.execute(READ)
        written = cursor.fetchone()
        if connection.in_atomic_block or using in pooled:
            cursor = None
        elif connection.vendor == "postgresql":
            try:
                cursor.execute(f"PREPARE content_version AS {READ}")
            except DuplicatePreparedStatement:
                pooled.add(using)
                cursor = None
    setattr(_mine, using, (connection, driver, cursor))
    return written


def _embargoes_around(at, using):
    from records.models import record_kinds

    first, *others = (
        kind.objects.using(using)
        .filter(state="published", publish_at__isnull=False)
        .order_by()
        .values_list("publish_at", flat=True)
        for kind in record_kinds()
    )
    moments = list(first.union(*others))
    return (
        max((m for m in moments if m <= at), default=None),
        min((m for m in moments if m > at), default=None),
    )


def renew_epoch(using="default"):
    """Begin a new epoch, as after a restore."""
    with connections[using].cursor() as cursor:
        cursor.execute("UPDATE content_version SET epoch = %s", [secrets.token_hex(4)])


def watched_models():
    """
    Return the models whose rows pages are made of: all of ours but history.

    `read_in_pages = False` on a model says that no page ever shows its rows.
    """
    return [
        model
        for label in settings.PORTAL_APPS
        for config in apps.get_app_configs()
        if config.name == label
        for model in config.get_models(include_auto_created=True)
        if model._meta.managed
        and not model.__name__.startswith("Historical")
        and getattr(model, "read_in_pages", True)
    ]


def watched_tables():
    """Return the names of their tables."""
    return sorted(model._meta.db_table for model in watched_models())


def install(using="default", tables=None):
    """
    Make the table and its triggers, whatever is there already, and count one.

    `tables` are those that get triggers, or all: SQLite drops them on a rebuild.
    """
    connection = connections[using]
    with migrating.at_once(using), connection.cursor() as cursor:
        existing = migrating.columns(using)
        if tables is not None:
            existing = {table: existing[table] for table in tables}
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS content_version ("
            "id integer PRIMARY KEY, epoch varchar(16) NOT NULL, value bigint NOT NULL)"
        )
        columns = connection.introspection.get_table_description(cursor, TABLE)
        if "written_at" not in {column.name for column in columns}:
            cursor.execute(
                f"ALTER TABLE {TABLE} ADD COLUMN written_at varchar(19) "
                "NOT NULL DEFAULT '1970-01-01 00:00:00'"
            )
        cursor.execute("SELECT count(*) FROM content_version")
        if cursor.fetchone() == (0,):
            cursor.execute(
                "INSERT INTO content_version (id, epoch, value) VALUES (1, %s, 0)",
                [secrets.token_hex(4)],
            )
        for statement in statements(connection.vendor, existing):
            cursor.execute(statement)
        cursor.execute(COUNT[connection.vendor])


def make_up(using):
    """Nothing is to be made up for: installing counts one."""


def statements(vendor, existing=None):
    """Return the SQL (iterable of str) of the triggers of these tables, or of all."""
    tables = watched_tables()
    if existing is not None:
        tables = [table for table in tables if table in existing]
    make = _postgresql if vendor == "postgresql" else _sqlite
    return make(tables)


def _sqlite(tables):
    count = f"BEGIN {COUNT['sqlite']} WHERE id = 1; END"
    for table in tables:
        for event in ("insert", "update", "delete"):
            name = f"cv_{table}_{event}"
            yield f'DROP TRIGGER IF EXISTS "{name}"'
            yield f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" {count}'


def _postgresql(tables):
    yield "CREATE TABLE IF NOT EXISTS content_touch (xid xid8 PRIMARY KEY)"
    yield (
        "CREATE OR REPLACE FUNCTION cv_mark() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN INSERT INTO content_touch VALUES (pg_current_xact_id()) "
        "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
    )
    yield " ".join(
        (
            "CREATE OR REPLACE FUNCTION cv_bump() RETURNS trigger LANGUAGE plpgsql",
            "AS $$ BEGIN DELETE FROM content_touch WHERE xid = NEW.xid;",
            COUNT["postgresql"] + "; RETURN NULL; END $$",
        )
    )
    # Such a one cannot be replaced, nor dropped while it still has to run.
    yield """
        DO $$ BEGIN
            IF NOT EXISTS (
                SELECT FROM pg_trigger
                WHERE tgname = 'cv_bump' AND tgrelid = 'content_touch'::regclass
            ) THEN
                CREATE CONSTRAINT TRIGGER cv_bump AFTER INSERT ON content_touch
                DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW EXECUTE FUNCTION cv_bump();
            END IF;
        END $$
    """
    for table in tables:
        yield (
            "CREATE OR REPLACE TRIGGER cv_mark "
            "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE "
            f'ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION cv_mark()'
        )
