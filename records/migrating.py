"""
Triggers while the database is migrated, as people go on reading and writing.

Triggers name columns that may go, and SQLite rebuilds no table while a trigger of
another one names it. So they step aside while a migration changes tables, and come
back as the tables are then: in the migration's own transaction, so that nobody else
ever misses one, and a migration that fails or is cut off takes none away. What only
adds to PostgreSQL, and what writes rows, needs none out of its way.

Who puts back what was missing, as after a restore by hand, makes up for it too:
nothing has told what was written meanwhile.
"""

import re
from contextlib import nullcontext

from django.db import connections, router, transaction
from django.db.migrations import (
    AlterField,
    AlterModelTable,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
    RunPython,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation

ALTERING = (
    AlterField,
    AlterModelTable,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
CREATED = re.compile(r'CREATE (?:\w+ )*TRIGGER "?(\w+)"? .*? ON "?(\w+)"?', re.DOTALL)
LONGEST_NAME = 63  # bytes; PostgreSQL cuts what is longer
PRESENT = {
    "sqlite": "SELECT substr(lower(name), 1, 63), tbl_name FROM sqlite_master "
    "WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, relname FROM pg_trigger JOIN pg_class "
    "ON pg_class.oid = tgrelid WHERE NOT tgisinternal AND tgenabled <> 'D' "
    "AND relnamespace = current_schema()::regnamespace",
}
WHOLE_NAMES = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
COLUMNS = {
    "sqlite": "SELECT tables.name, columns.name FROM sqlite_master AS tables, "
    "pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'",
    "postgresql": "SELECT relname, attname FROM pg_class JOIN pg_attribute "
    "ON pg_class.oid = attrelid WHERE relkind IN ('r', 'p') AND attnum > 0 "
    "AND NOT attisdropped AND relnamespace = current_schema()::regnamespace",
}
# Modules that have triggers, with `statements(vendor, existing)`,
# `install(using, tables)`, which is None for all, `make_up(using)`, and PREFIX, what
# the names of those begin with that are in the way of migrations, or None.
_modules = []


def keep(module):
    """Keep the triggers of a module through migrations."""
    _modules.append(module)


def prepare(using, plan=(), **kwargs):
    """Put back what is missing before a migration; have the rest step aside in it."""
    if not router.allow_migrate(using, "records"):
        return
    repair(using)
    if present(using):
        for migration, _backwards in plan:
            migration.operations = list(_with_steps_aside(migration.operations, using))


def install_after_migrate(using, **kwargs):
    """Install everything as this release wants it."""
    if router.allow_migrate(using, "records"):
        for module in _modules:
            module.install(using)


def repair(using):
    """Put triggers back if any is missing, and make up for their absence."""
    there, existing = present(using), columns(using)
    vendor = connections[using].vendor
    for module in _modules:
        if created(module.statements(vendor, existing)) - there:
            with transaction.atomic(using):
                module.install(using)
                module.make_up(using)


def created(statements):
    """Return the (name, table) of every trigger that these statements make."""
    return {
        (name.lower()[:LONGEST_NAME], table)
        for statement in statements
        for name, table in CREATED.findall(statement)
    }


def present(using="default"):
    """Return the (name, table) of every trigger of the database, by one query."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(PRESENT[connection.vendor])
        return set(cursor.fetchall())


def columns(using="default"):
    """Return {table: names of its columns} of the database as it is, by one query."""
    connection = connections[using]
    found = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        for table, column in cursor.fetchall():
            found.setdefault(table, set()).add(column)
    return found


def columns_of(models):
    """Return the same for models, as their tables will be."""
    return {
        model._meta.db_table: {f.column for f in model._meta.concrete_fields}
        for model in models
    }


def at_once(using):
    """
    Make what is inside one transaction on SQLite, where a trigger goes and comes.

    PostgreSQL replaces a trigger by one statement. It must not lock all tables for
    that together: who reads or writes several of them would be in its way.
    """
    if connections[using].vendor == "sqlite":
        return transaction.atomic(using)
    return nullcontext()


def drop(using, prefix, tables=None, but=()):
    """
    Drop the triggers whose names begin so, of these tables or of all.

    What is in `but` stays: a set of (name, table).
    """
    is_sqlite = connections[using].vendor == "sqlite"
    with connections[using].cursor() as cursor:
        cursor.execute(WHOLE_NAMES if is_sqlite else PRESENT["postgresql"])
        for name, table in cursor.fetchall():
            asked = name.startswith(prefix) and (tables is None or table in tables)
            if asked and (name.lower()[:LONGEST_NAME], table) not in but:
                cursor.execute(
                    f'DROP TRIGGER "{name}"' + ("" if is_sqlite else f' ON "{table}"')
                )


# Steps aside


def _with_steps_aside(operations, using):
    """Yield the operations of a migration, between steps aside where they need them."""
    run = []
    for operation in (*operations, None):
        if operation is not None and not isinstance(operation, RunPython):
            run.append(operation)
            continue
        altering = [one for one in _flat(run) if isinstance(one, ALTERING)]
        if altering or (run and connections[using].vendor == "sqlite"):
            pair = Step(altering), Step(altering)
            pair[0].other, pair[1].other = reversed(pair)
            yield pair[0]
            yield from run
            yield pair[1]
        else:
            yield from run
        run = []
        if operation is not None:
            yield operation


def _flat(operations):
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _flat(operation.database_operations)
        else:
            yield operation


class Step(Operation):
    """
    One of the two ends of what triggers step aside for.

    Whichever is met first takes them away, the other one puts them back, so that a
    migration may go either way.
    """

    reduces_to_sql = False

    def __init__(self, altering):
        self.altering = altering
        self.other = None
        self.away = None  # what was in the way: numbers of tables (PostgreSQL)

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        using = schema_editor.connection.alias
        if self.other.away is None:
            self.away = self.take_away(app_label, schema_editor.connection, from_state)
        elif schema_editor.connection.vendor == "sqlite":
            for module in _modules:
                module.install(using)
        elif self.other.away:
            tables = self.tables_now(schema_editor.connection)
            for module in _modules:
                if module.PREFIX:
                    module.install(using, tables)

    database_backwards = database_forwards

    def describe(self):
        return "Triggers step aside, or come back"

    def take_away(self, app_label, connection, state):
        """Take away what is in the way; return the numbers of the tables altered."""
        tables = None
        if connection.vendor == "postgresql":
            tables = set().union(
                *(_tables(one, app_label, state.apps) for one in self.altering)
            )
        for module in _modules:
            if module.PREFIX:
                drop(connection.alias, module.PREFIX, tables)
        if tables is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT oid::bigint FROM pg_class WHERE relname = ANY(%s) "
                "AND relnamespace = current_schema()::regnamespace",
                [list(tables)],
            )
            return [number for (number,) in cursor.fetchall()]

    def tables_now(self, connection):
        """Return what these tables are called now, without those that are gone."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE oid::bigint = ANY(%s)",
                [self.other.away],
            )
            return {name for (name,) in cursor.fetchall()}


def _tables(operation, app_label, apps):
    """Return the tables that an operation alters, as far as they are there yet."""
    names = [
        getattr(operation, name, None)
        for name in ("model_name", "old_name", "new_name", "name")
    ]
    tables = set()
    for name in filter(None, names):
        try:
            options = apps.get_model(app_label, name)._meta
        except LookupError:
            continue
        tables.add(options.db_table)
        tables.update(field.m2m_db_table() for field in options.local_many_to_many)
    return tables
