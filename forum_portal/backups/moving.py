"""
The record of an SQLite database into an empty PostgreSQL one, row by row.

Each value goes from what its field reads in the one to what it writes in the other:
no `save()`, no signal, no trigger adds to it. Search files everything anew, in its
own way of that database.
"""

from contextlib import contextmanager

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, transaction
from django.db.utils import ConnectionHandler

from forum_portal.backups import postgresql
from forum_portal.backups.archive import BackupError
from forum_portal.backups.contents import LEFT_OUT
from search import index

ROWS = 200  # written by one statement
PARAMETERS = 20_000  # of one statement, at most


def moves(manifest):
    """Tell whether a backup is of SQLite and the portal here uses PostgreSQL."""
    return (manifest["database"]["kind"], connection.vendor) == ("sqlite", "postgresql")


def check_same_release(manifest, known):
    """Raise `BackupError` unless the tables of the backup are those of this portal."""
    if {tuple(one) for one in manifest["migrations"]} != known:
        raise BackupError(
            "From SQLite into PostgreSQL goes only a backup of this very version. "
            "Bring the portal up to date where it is now, and make another backup."
        )


def moved_tables():
    """Return the models whose rows are moved; what search makes of them is not."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.app_label != "search"
        and model._meta.db_table not in LEFT_OUT
    ]


@contextmanager
def filled(path):
    """
    Move what is in a file of SQLite into the database; inside, Django works on it.

    If anything fails, the database is empty again.
    """
    with postgresql.emptied_on_failure():
        call_command("migrate", interactive=False, verbosity=0)
        try:
            with transaction.atomic():
                move(path)
            for _step in index.rebuild():
                pass
        except DatabaseError as error:
            raise BackupError(f"The database refused: {error}") from error
        yield


def move(path):
    """Replace all rows of the database by those of a file of SQLite."""
    engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
    source = ConnectionHandler({"default": engine})["default"]
    models = moved_tables()
    tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
    try:
        with connection.cursor() as cursor:
            triggers(cursor, models, "DISABLE")
            # Roles, permissions and kinds of content that migrating made
            cursor.execute(f"TRUNCATE {tables}")
            for model in models:
                copy_rows(model, source, cursor)
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            triggers(cursor, models, "ENABLE")
    finally:
        source.close()


def triggers(cursor, models, how):
    for model in models:
        cursor.execute(f'ALTER TABLE "{model._meta.db_table}" {how} TRIGGER USER')


def copy_rows(model, source, cursor):
    """Write the rows of one table as they stand in the other database."""
    table, fields = model._meta.db_table, model._meta.local_concrete_fields
    readers = []
    for field in fields:
        column = field.get_col(table)
        converters = source.ops.get_db_converters(column)
        converters += column.get_db_converters(source)
        readers.append((field, column, converters))
    columns = ", ".join(f'"{field.column}"' for field in fields)
    insert = f'INSERT INTO "{table}" ({columns}) VALUES '  # noqa: S608
    row = f"({', '.join(['%s'] * len(fields))})"
    most = min(ROWS, PARAMETERS // len(fields))
    with source.cursor() as rows:
        rows.execute(f'SELECT {columns} FROM "{table}"')  # noqa: S608
        while some := rows.fetchmany(most):
            values = [
                written(field, value, column, converters, source)
                for one in some
                for value, (field, column, converters) in zip(one, readers, strict=True)
            ]
            cursor.execute(insert + ", ".join([row] * len(some)), values)


def written(field, value, column, converters, source):
    """Return a value of SQLite's as PostgreSQL takes it for this field."""
    for convert in converters:
        value = convert(value, column, source)
    return field.get_db_prep_save(value, connection)
