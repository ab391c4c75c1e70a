"""
The change log: which rows the facets have to read again, told by the database.

Triggers write it in the transaction of the write, whoever makes it: admin,
import, `update()`, bulk methods, raw SQL, another process. `read()` returns what a
reader has not seen yet. An entry is a table, the id of a row in it, and the table
that was written: the same one, or one whose row points at it (a part of it, or a
tie to another record). Long texts and times of writing are left out.

A rollback takes its entries away again. On SQLite history is one line, so a
reader whose last entry still stands has seen a beginning of it; a random token
tells an entry from a later one with its number. On PostgreSQL transactions end
in any order: a reader asks for what its last snapshot could not see, and besides
for what its own unfinished transaction has added since. A standby does not tell
which transactions are under way, only the oldest of them (SNAPSHOT below).
"""

from typing import NamedTuple

from django.db import connections, models

from records import migrating
from records.content_version import watched_models
from records.models import Record

PREFIX = "facet_touch_"  # what the names of its triggers begin with
MOST = 5000  # entries of one reading; beyond, all is read anew
KEPT = 20_000  # entries on SQLite, transactions on PostgreSQL, before they go
MANY = 2000  # rows of one statement on PostgreSQL; beyond, one entry says "all"


# On a standby, `pg_current_snapshot()` has no list of the transactions under way, so
# that all below its end would count as seen. There nothing is, from the oldest on.
SNAPSHOT = (
    "CASE WHEN pg_is_in_recovery() "
    "THEN replace('x:x:', 'x', pg_snapshot_xmin(pg_current_snapshot())::text) "
    "ELSE pg_current_snapshot()::text END"
)


class Position(NamedTuple):
    """How far a reader has read; what each part means depends on the database."""

    last: int = 0  # the last entry (PostgreSQL: of the reader's own transaction)
    token: int | str = 0  # its token (PostgreSQL: that transaction, "" if none)
    snapshot: str = ""
    epoch: str = ""


def read(position, using="default"):
    """
    Return (position, entries since then), by one query.

    The entries are None when they are not all there any more, or too many, or
    when `position` is None: then everything has to be read anew, which costs
    one query more. Take the position first, then read the tables.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            return read_postgresql(cursor, position)
        return _read_sqlite(cursor, position)


def _read_sqlite(cursor, position):
    if position:
        cursor.execute(
            "SELECT seq, token, source, record_id, written FROM facet_touch "
            "WHERE seq >= %s ORDER BY seq LIMIT %s",
            [position.last, MOST + 2],
        )
        rows = cursor.fetchall()
        if rows and rows[0][:2] == position[:2] and len(rows) <= MOST + 1:
            return Position(*rows[-1][:2]), [row[2:] for row in rows[1:]]
    cursor.execute("SELECT seq, token FROM facet_touch ORDER BY seq DESC LIMIT 1")
    return Position(*(cursor.fetchone() or ())), None


def read_postgresql(cursor, position):
    """Do so on a PostgreSQL server, a standby too, by an open cursor."""
    before = position or Position(snapshot="1:1:")
    cursor.execute(
        f"SELECT {SNAPSHOT}, "
        "coalesce(pg_current_xact_id_if_assigned()::text, ''), version.epoch, "
        "touch.seq, touch.xid::text, touch.source, touch.record_id, touch.written "
        "FROM content_version AS version LEFT JOIN LATERAL ("
        "SELECT * FROM facet_touch WHERE %(known)s AND ("
        "(xid <> %(own)s::xid8 "
        "AND xid >= pg_snapshot_xmin(%(snapshot)s::pg_snapshot) "
        "AND NOT pg_visible_in_snapshot(xid, %(snapshot)s::pg_snapshot)) "
        "OR (xid = %(own)s::xid8 AND seq >= %(last)s)) LIMIT %(most)s"
        ") AS touch ON true",
        {
            "known": position is not None,
            "snapshot": before.snapshot,
            "own": before.token or "0",
            "last": before.last,
            "most": MOST + 2,
        },
    )
    rows = cursor.fetchall()
    snapshot, own, epoch = rows[0][:3]
    touched = [row[3:] for row in rows if row[3] is not None]
    last = max((seq for seq, xid, *_ in touched if xid == own), default=0)
    if not position and own:
        cursor.execute(
            "SELECT coalesce(max(seq), 0) FROM facet_touch WHERE xid = %s::xid8", [own]
        )
        (last,) = cursor.fetchone()
    if own == before.token:
        last = max(last, before.last)
    entries = [row[2:] for row in touched if row[0] != before.last]
    whole = (
        position is not None
        and epoch == before.epoch
        and len(touched) <= MOST
        and (not before.last or len(entries) < len(touched))
        and _oldest(snapshot) - _oldest(before.snapshot) < KEPT
        and all(source for source, *_ in entries)
    )
    return Position(last, own, snapshot, epoch), entries if whole else None


def _oldest(snapshot):
    return int(snapshot.partition(":")[0])


# What is watched


class Table(NamedTuple):
    """A table, and what of it matters: plain columns and {column: other table}."""

    name: str
    columns: list
    links: dict
    is_record: bool
    is_linked: bool  # others point at its rows


def tables():
    """Return a `Table` for every record, part and relation of records."""
    watched = [m for m in watched_models() if issubclass(m, Record) or _points_at(m)]
    found, linked = {}, set()
    for model in watched:
        found[model] = {
            field.column: field.related_model._meta.db_table
            for field in model._meta.concrete_fields
            if field.related_model in watched
        }
        linked.update(found[model].values())
    return [
        Table(
            model._meta.db_table,
            [f.column for f in model._meta.concrete_fields if _matters(f)],
            links,
            issubclass(model, Record),
            model._meta.db_table in linked,
        )
        for model, links in found.items()
    ]


def _points_at(model):
    targets = [f.related_model for f in model._meta.concrete_fields if f.is_relation]
    return any(issubclass(target, Record) for target in targets)


def _matters(field):
    # No value of a facet is a long text, a file, or a time of writing.
    return not field.primary_key and not (
        isinstance(field, models.TextField | models.JSONField | models.FileField)
        or getattr(field, "auto_now", False)
    )


def remove(using="default"):
    """Remove the triggers, not the log."""
    migrating.drop(using, PREFIX)


def install(using="default", tables=None):
    """
    Make the log and its triggers, whatever is there already.

    `tables` are those that get triggers, or all. Who has read has to read all anew.
    """
    vendor = connections[using].vendor
    with migrating.at_once(using), connections[using].cursor() as cursor:
        if vendor == "sqlite":
            remove(using)
        existing = migrating.columns(using)
        if tables is not None:
            existing = {table: existing[table] for table in tables}
        wanted = list(statements(vendor, existing))
        for statement in wanted:
            cursor.execute(statement)
        migrating.drop(using, PREFIX, tables, but=migrating.created(wanted))


def make_up(using):
    """Nothing is to be made up for: after installing, all is read anew."""


def statements(vendor, existing=None):
    """
    Return the SQL (iterable of str) of the triggers, of all tables.

    Or of those in `existing`, {table: names of its columns}, and what they name of it:
    between two migrations a table may not yet have all that its model says.
    """
    watched = tables()
    if existing is not None:
        watched = [
            table._replace(
                columns=[c for c in table.columns if c in existing[table.name]],
                links={
                    c: o for c, o in table.links.items() if c in existing[table.name]
                },
            )
            for table in watched
            if table.name in existing
        ]
    make = _postgresql if vendor == "postgresql" else _sqlite
    return make(watched)


def _sqlite(watched):
    yield (
        "CREATE TABLE IF NOT EXISTS facet_touch ("
        "seq integer PRIMARY KEY AUTOINCREMENT, token integer DEFAULT (random()), "
        "source text NOT NULL, record_id integer, written text NOT NULL)"
    )
    # Whatever happened while there were no triggers: everything is read anew.
    yield "DELETE FROM facet_touch"
    yield "INSERT INTO facet_touch (source, written) VALUES ('', '')"
    for table in watched:
        for event in ("INSERT", "UPDATE", "DELETE"):
            name = f"facet_touch_{table.name}_{event.lower()}"
            body = "; ".join(_sqlite_entries(table, event))
            if body:
                yield (
                    f'CREATE TRIGGER "{name}" AFTER {event} ON "{table.name}" '
                    f"BEGIN {body}; DELETE FROM facet_touch WHERE seq <= "
                    f"(SELECT max(seq) FROM facet_touch) - {KEPT}; END"
                )


def _sqlite_entries(table, event):
    into = "INSERT INTO facet_touch (source, record_id, written) SELECT"
    rows = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"]}[event]

    def differ(columns):
        return " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns) or "0"

    changed = f"({differ(table.columns)})" if event == "UPDATE" else "1"
    if table.is_record or table.is_linked:
        for row in rows:
            yield f"{into} '{table.name}', {row}.id, '{table.name}' WHERE {changed}"
    for column, other in table.links.items():
        condition = changed
        if event == "UPDATE" and table.is_record:
            condition = differ([column])
        for row in rows:
            yield (
                f"{into} '{other}', {row}.\"{column}\", '{table.name}' "
                f'WHERE {row}."{column}" IS NOT NULL AND ({condition})'
            )


def _postgresql(watched):
    yield (
        "CREATE TABLE IF NOT EXISTS facet_touch (seq bigserial PRIMARY KEY, "
        "xid xid8 NOT NULL DEFAULT pg_current_xact_id(), source text NOT NULL, "
        "record_id bigint, written text NOT NULL)"
    )
    yield "CREATE INDEX IF NOT EXISTS facet_touch_xid ON facet_touch (xid)"
    yield "INSERT INTO facet_touch (source, written) VALUES ('', '')"
    yield f"""
        CREATE OR REPLACE FUNCTION facet_touch_prune() RETURNS void LANGUAGE sql AS $$
        DELETE FROM facet_touch WHERE seq IN (
            SELECT seq FROM facet_touch
            WHERE xid < greatest(
                pg_snapshot_xmin(pg_current_snapshot())::text::bigint - {KEPT}, 0
            )::text::xid8
            LIMIT {MOST} FOR UPDATE SKIP LOCKED
        ) $$
    """
    yield """
        CREATE OR REPLACE FUNCTION facet_touch_all() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO facet_touch (source, written) VALUES ('', '');
            RETURN NULL;
        END $$
    """
    for table in watched:
        yield (
            "CREATE OR REPLACE TRIGGER facet_touch_truncate "
            f'AFTER TRUNCATE ON "{table.name}" FOR EACH STATEMENT '
            "EXECUTE FUNCTION facet_touch_all()"
        )
        for event in ("INSERT", "UPDATE", "DELETE"):
            yield from _postgresql_trigger(table, event)


def _postgresql_trigger(table, event):
    trigger = f"facet_touch_{event.lower()}"
    function = f"{trigger}_{table.name}"
    entries = " UNION ".join(_postgresql_entries(table, event))
    names = {
        "INSERT": "NEW TABLE AS new_rows",
        "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "DELETE": "OLD TABLE AS old_rows",
    }[event]
    some = "old_rows" if event == "DELETE" else "new_rows"
    if not entries:
        return
    yield f"""
        CREATE OR REPLACE FUNCTION "{function}"() RETURNS trigger
        LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT count(*) > {MANY} FROM
                (SELECT 1 FROM {some} LIMIT {MANY + 1}) AS few) THEN
                INSERT INTO facet_touch (source, written) VALUES ('', '');
            ELSE
                INSERT INTO facet_touch (source, record_id, written) {entries};
            END IF;
            IF random() < 0.01 THEN PERFORM facet_touch_prune(); END IF;
            RETURN NULL;
        END $$
    """
    yield (
        f'CREATE OR REPLACE TRIGGER {trigger} AFTER {event} ON "{table.name}" '
        f'REFERENCING {names} FOR EACH STATEMENT EXECUTE FUNCTION "{function}"()'
    )


def _postgresql_entries(table, event):
    def differ(columns):
        each = (f'o."{c}" IS DISTINCT FROM n."{c}"' for c in ["id", *columns])
        return " OR ".join(each)

    rows, aliases = {
        "INSERT": ("new_rows AS n", ["n"]),
        "UPDATE": ("old_rows AS o FULL JOIN new_rows AS n ON o.id = n.id", ["o", "n"]),
        "DELETE": ("old_rows AS o", ["o"]),
    }[event]
    changed = f"({differ(table.columns)})" if event == "UPDATE" else "true"
    if table.is_record or table.is_linked:
        for row in aliases:
            yield (
                f"SELECT '{table.name}', {row}.id::bigint, '{table.name}' "
                f"FROM {rows} WHERE {changed} AND {row}.id IS NOT NULL"
            )
    for column, other in table.links.items():
        condition = changed
        if event == "UPDATE" and table.is_record:
            condition = differ([column])
        for row in aliases:
            yield (
                f"SELECT '{other}', {row}.\"{column}\"::bigint, '{table.name}' "
                f'FROM {rows} WHERE {row}."{column}" IS NOT NULL AND ({condition})'
            )
