"""What must hold for the house as a whole."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session as LoginSession
from django.core.management import call_command
from django.db import connection
from importlinter.cli import lint_imports

from tests import prepared

ROOT = Path(__file__).parent.parent

# All but the first of each app, which only makes its tables. Runs in a process of its
# own: the other tests must not lose theirs.
THERE_AND_BACK = """
import django
from django.core.management import call_command
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

django.setup()


def columns():
    with connection.cursor() as cursor:
        return {
            (table, tuple(column))
            for table in connection.introspection.table_names(cursor)
            for column in connection.introspection.get_table_description(cursor, table)
        }


before = columns()
ours = "forum_portal exchange search forum_sessions topics organizations".split()
ours.append("records")
executor = MigrationExecutor(connection)
graph = executor.loader.graph
targets = [graph.root_nodes(label)[0] for label in ours]
plan = executor.migration_plan(targets)
later = {key for key in graph.nodes if key[0] in ours} - set(targets)
assert later <= {(migration.app_label, migration.name) for migration, _ in plan}
emit_pre_migrate_signal(0, False, "default", plan=plan)
executor.migrate(targets, plan)
assert len({table for table, _ in before - columns()}) > 20
call_command("migrate", verbosity=0)
assert columns() == before
"""


def test_imports_run_downwards_only():
    try:
        assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == 0
    finally:
        # It silences every log that was set up before.
        for name in tuple(logging.root.manager.loggerDict):
            logging.getLogger(name).disabled = False


def test_nothing_points_at_the_login_session():
    assert LoginSession._meta.related_objects == ()


def test_every_change_of_a_model_has_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.fixture
def scratch_database(db, monkeypatch, tmp_path):
    """Let new processes use a database without a record, of the kind under test."""
    if connection.vendor == "sqlite":
        prepared.copy_to(tmp_path / "scratch.sqlite3")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/scratch.sqlite3")
        yield
        return
    server = urlsplit(os.environ["DATABASE_URL"])
    monkeypatch.setenv("DATABASE_URL", server._replace(path="/scratch").geturl())
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE scratch TEMPLATE {prepared.TEMPLATE}")
    yield
    with connection._nodb_cursor() as cursor:
        cursor.execute("DROP DATABASE scratch")


def test_later_migrations_can_be_undone_and_done_again(scratch_database):
    done = subprocess.run(
        [sys.executable, "-c", THERE_AND_BACK],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
