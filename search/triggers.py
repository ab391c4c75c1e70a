"""
What the database itself does for search, whoever writes.

A change of any row that documents are made of marks its record dirty. When a
record is deleted, or its state, embargo or edition changes, its document goes at
once: what nobody has looked at is not found; nor is it by the names of a person or
an organization that may no longer be public. Triggers also carry each document into
the full-text index.
"""

from django.apps import apps
from django.db import connections

from records import migrating
from records.models import AltName
from search.kinds import BY_MODEL, KINDS, NAMED_IN, PARTS, SPAN, owner
from sessions.models import Outcome

PREFIX = "search_"  # what the names of its triggers begin with
FTS = "search_fts"
COLUMNS = ("title_terms", "name_terms", "people_terms", "body_terms")
GATE = ("state", "publish_at", "edition_id", "listed")


def install(using="default", tables=None):
    """Make the triggers of these tables anew, or of all, as far as they exist."""
    vendor = connections[using].vendor
    with migrating.at_once(using), connections[using].cursor() as cursor:
        if vendor == "sqlite":
            remove(using)
        existing = migrating.columns(using)
        wanted = list(statements(vendor, existing))
        for statement in wanted:
            made = migrating.created([statement])
            if tables is None or not made or {table for _, table in made} & tables:
                cursor.execute(statement)
        migrating.drop(using, PREFIX, tables, but=migrating.created(wanted))


def make_up(using):
    """
    Mark all that is on record, and all documents: nobody has told what has changed.

    What finds words is made of the documents again.
    """
    existing = migrating.columns(using)
    if not {"search_document", "search_dirty", FTS} <= existing.keys():
        return
    connection = connections[using]
    with connection.cursor() as cursor:
        for kind in KINDS:
            table, first = kind.model._meta.db_table, kind.number * SPAN
            if table in existing:
                cursor.execute(
                    "INSERT INTO search_dirty (source, record_id) "
                    f"SELECT %s, id FROM {table} UNION SELECT %s, id - {first} "
                    f"FROM search_document WHERE id >= {first} AND id < {first + SPAN}",
                    [kind.word, kind.word],
                )
        if connection.vendor == "postgresql":
            cursor.execute(
                f"DELETE FROM {FTS} WHERE id NOT IN (SELECT id FROM search_document)"
            )
        else:
            cursor.execute(f"INSERT INTO {FTS} ({FTS}) VALUES ('rebuild')")


def statements(vendor, existing=None):
    """
    Return the SQL (iterable of str) of all triggers.

    Or of those of the tables in `existing`, {table: names of its columns}, as far as
    these have what they name.
    """
    if existing is None:
        models = apps.get_models(include_auto_created=True)
        existing = migrating.columns_of(models) | {FTS: set()}
    if not {"search_document", "search_dirty", FTS} <= existing.keys():
        return ()
    if not {*COLUMNS, "people"} <= existing["search_document"]:
        return ()
    make = _postgresql if vendor == "postgresql" else _sqlite
    return make(existing)


def remove(using="default"):
    """Take every trigger of search away."""
    migrating.drop(using, PREFIX)


def _watched(existing):
    """Yield (table, source, column of the record's id) of what documents hold."""
    watched = [
        (part._meta.db_table, owner(part).word, part._meta.get_field(name).column)
        for part, name in PARTS.items()
    ]
    for relation in (Outcome.organizations, Outcome.people):
        watched.append((relation.through._meta.db_table, "outcomes", "outcome_id"))
    watched.append((AltName._meta.db_table, "ct", "object_id"))
    for table, source, column in watched:
        if column in existing.get(table, ()):
            yield table, source, column


def _unnaming(existing):
    """Yield (kind, SQL): what takes the names of OLD, of that kind, out of others."""
    for kind in KINDS:
        updates = []
        for part, who, whose in NAMED_IN.get(kind.model, ()):
            name, record = (part._meta.get_field(field) for field in (who, whose))
            first = BY_MODEL[record.related_model].number * SPAN
            columns = existing.get(part._meta.db_table, set())
            if {name.column, record.column} <= columns:
                updates.append(
                    "UPDATE search_document SET people = '', people_terms = '' "
                    f"WHERE id IN (SELECT {record.column} + {first} "
                    f"FROM {part._meta.db_table} WHERE {name.column} = OLD.id);"
                )
        public = existing.get(kind.model._meta.db_table, set())
        if updates and {"state", "publish_at"} <= public:
            yield kind, " ".join(updates)


# Until its state or embargo changed, others could name it.
WAS_NAMED = (
    "OLD.state = 'published' AND (OLD.state <> NEW.state OR "
    "coalesce(OLD.publish_at <> NEW.publish_at, "
    "(OLD.publish_at IS NULL) <> (NEW.publish_at IS NULL)))"
)


def _sqlite(existing):
    new, old = (
        ", ".join(f"{row}.{column}" for column in ("id", *COLUMNS))
        for row in ("NEW", "OLD")
    )
    names = ", ".join(("rowid", *COLUMNS))
    put = f"INSERT INTO {FTS} ({names}) VALUES ({new});"
    take = f"INSERT INTO {FTS} ({FTS}, {names}) VALUES ('delete', {old});"
    for event, body in (("INSERT", put), ("UPDATE", take + put), ("DELETE", take)):
        yield (
            f"CREATE TRIGGER search_fts_{event} AFTER {event} ON search_document "
            f"BEGIN {body} END"
        )
    for kind in KINDS:
        table = kind.model._meta.db_table
        if table not in existing:
            continue
        gate = [column for column in GATE if column in existing[table]]
        moved = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in gate)
        gone = f"DELETE FROM search_document WHERE id = OLD.id + {kind.number * SPAN}"
        yield (
            f"CREATE TRIGGER search_gate_{kind.word} AFTER UPDATE OF "
            f"{', '.join(gate)} ON {table} WHEN {moved} BEGIN {gone}; END"
        )
        yield (
            f"CREATE TRIGGER search_gone_{kind.word} AFTER DELETE ON {table} "
            f"BEGIN {gone}; END"
        )
        yield from _sqlite_marks(table, f"'{kind.word}'", "id")
    for kind, updates in _unnaming(existing):
        yield (
            f"CREATE TRIGGER search_unname_{kind.word} AFTER UPDATE OF "
            f"state, publish_at ON {kind.model._meta.db_table} "
            f"WHEN {WAS_NAMED} BEGIN {updates} END"
        )
    for table, source, column in _watched(existing):
        said = "'ct' || {row}.content_type_id" if source == "ct" else f"'{source}'"
        yield from _sqlite_marks(table, said, column)


def _sqlite_marks(table, source, column):
    for event, rows in (
        ("INSERT", ["NEW"]),
        ("UPDATE", ["OLD", "NEW"]),
        ("DELETE", ["OLD"]),
    ):
        marks = "".join(
            "INSERT INTO search_dirty (source, record_id) "
            f"VALUES ({source.format(row=row)}, {row}.{column});"
            for row in (rows if column != "id" else rows[-1:])
        )
        yield (
            f"CREATE TRIGGER search_mark_{table}_{event} AFTER {event} ON {table} "
            f"BEGIN {marks} END"
        )


def _lexemes(*columns):
    """Return the SQL for a tsvector of terms that are parted by single spaces."""
    terms = " || ".join(f"ltrim(NEW.{column})" for column in columns)
    return f"array_to_tsvector(string_to_array(btrim({terms}), ' '))"


def _postgresql(existing):
    yield f"""
        CREATE OR REPLACE FUNCTION search_put() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO {FTS}
            VALUES (NEW.id, {_lexemes(*COLUMNS[:2])}, {_lexemes(*COLUMNS)})
            ON CONFLICT (id) DO UPDATE
            SET head = EXCLUDED.head, everything = EXCLUDED.everything;
            RETURN NULL;
        END $$
    """
    yield f"""
        CREATE OR REPLACE FUNCTION search_take() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM {FTS} WHERE id = OLD.id;
            RETURN NULL;
        END $$
    """
    for event, function in (("INSERT OR UPDATE", "put"), ("DELETE", "take")):
        yield (
            f"CREATE OR REPLACE TRIGGER search_{function} "
            f"AFTER {event} ON search_document FOR EACH ROW "
            f"EXECUTE FUNCTION search_{function}()"
        )
    yield f"""
        CREATE OR REPLACE FUNCTION search_empty() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_NARGS = 0 THEN
                TRUNCATE {FTS};
            ELSE
                DELETE FROM search_document WHERE id >= TG_ARGV[0]::bigint * {SPAN}
                AND id < (TG_ARGV[0]::bigint + 1) * {SPAN};
            END IF;
            RETURN NULL;
        END $$
    """
    # A table that is emptied at once tells no trigger of its rows.
    yield (
        "CREATE OR REPLACE TRIGGER search_empty AFTER TRUNCATE ON search_document "
        "FOR EACH STATEMENT EXECUTE FUNCTION search_empty()"
    )
    yield """
        CREATE OR REPLACE FUNCTION search_mark() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            source text := TG_ARGV[0];
            was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
            now jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
        BEGIN
            IF source = 'ct' THEN
                source := 'ct' || (coalesce(now, was) ->> 'content_type_id');
            END IF;
            INSERT INTO search_dirty (source, record_id)
            SELECT DISTINCT source, (r ->> TG_ARGV[1])::bigint
            FROM unnest(ARRAY[was, now]) r WHERE r IS NOT NULL;
            RETURN NULL;
        END $$
    """
    yield f"""
        CREATE OR REPLACE FUNCTION search_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            was jsonb := to_jsonb(OLD);
            now jsonb := CASE WHEN TG_OP = 'UPDATE' THEN to_jsonb(NEW) ELSE '{{}}' END;
        BEGIN
            IF {
        " OR ".join(
            f"(was -> '{column}') IS DISTINCT FROM (now -> '{column}')"
            for column in GATE
        )
    } THEN
                DELETE FROM search_document
                WHERE id = OLD.id + TG_ARGV[0]::bigint * {SPAN};
            END IF;
            RETURN NULL;
        END $$
    """
    for kind in KINDS:
        table = kind.model._meta.db_table
        if table not in existing:
            continue
        gate = ", ".join(column for column in GATE if column in existing[table])
        yield (
            f"CREATE OR REPLACE TRIGGER search_gate "
            f"AFTER UPDATE OF {gate} OR DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION search_gate({kind.number})"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER search_empty AFTER TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION search_empty({kind.number})"
        )
        yield _postgresql_mark(table, kind.word, "id")
    for kind, updates in _unnaming(existing):
        name = f"search_unname_{kind.word}"
        yield f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {updates}
                RETURN NULL;
            END $$
        """
        yield (
            f"CREATE OR REPLACE TRIGGER {name} AFTER UPDATE OF state, publish_at "
            f"ON {kind.model._meta.db_table} FOR EACH ROW WHEN ({WAS_NAMED}) "
            f"EXECUTE FUNCTION {name}()"
        )
    for table, source, column in _watched(existing):
        yield _postgresql_mark(table, source, column)


def _postgresql_mark(table, source, column):
    return (
        f"CREATE OR REPLACE TRIGGER search_mark "
        f"AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION search_mark('{source}', '{column}')"
    )
