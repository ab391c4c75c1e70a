"""What a migration leaves of the triggers, however it ends."""

import shutil
import signal
import subprocess
import sys
import time

import pytest
from django.core.management import call_command
from django.db import connection

from records import content_version, migrating
from search.models import Document
from tests.copies import ROOT, Place
from tests.factories import make_topic
from topics.models import Topic

MIGRATE = """
import django
from django.conf import settings
from django.core.management import call_command

settings.MIGRATION_MODULES = {"topics": "later"}
django.setup()
call_command("migrate", verbosity=0)
"""
ALTER = """
migrations.AlterField("topic", "state", models.CharField(max_length=77)),
migrations.RenameField("topic", "label_en", "called"),
"""
FAIL = "migrations.RunSQL('UPDATE nowhere SET some = 1'),"
WAIT = "migrations.RunPython(wait),"
MIGRATION = """
import time
from pathlib import Path
from django.db import migrations, models


def wait(apps, schema_editor):
    Path(__file__).with_suffix(".waits").touch()
    time.sleep(60)


def write(apps, schema_editor):
    apps.get_model("topics", "Topic").objects.update(called="Donkey")


class Migration(migrations.Migration):
    dependencies = [("topics", "%s")]
    operations = [%s]
"""


class Portal(Place):
    """A portal apart, whose topics have migrations that come later."""

    def __init__(self, folder):
        self.migrations = folder / "later"
        shutil.copytree(ROOT / "topics/migrations", self.migrations)
        super().__init__(folder, "migrating", filled=True, PYTHONPATH=str(folder))

    def add_migration(self, operations):
        """Add a migration (text of its operations); return its path."""
        last = max(path.stem for path in self.migrations.glob("[0-9]*.py"))
        path = self.migrations / f"{int(last[:4]) + 1:04}_later.py"
        path.write_text(MIGRATION % (last, operations))
        return path

    def triggers(self):
        kind = "sqlite" if self.is_sqlite else "postgresql"
        return set(self.rows(migrating.PRESENT[kind]))

    def version(self):
        return self.rows("SELECT value FROM content_version")

    def write(self, sql):
        with self.connect() as one:
            one.cursor().execute(sql)
        one.close()

    def titles(self):
        """Return what search knows topics by, once it is in step."""
        status, _out, errors = self.run("manage.py", "rebuild_search", "--dirty")
        assert status == 0, errors
        return self.rows("SELECT title_en FROM search_document")


@pytest.fixture
def portal(transactional_db, tmp_path):
    make_topic(label_en="Zebra")
    return Portal(tmp_path / "portal")


def test_a_migration_that_fails_takes_no_trigger_away(portal):
    before = portal.triggers()
    assert len(before) > 200
    portal.add_migration("migrations.AddField('topic', 'more', models.TextField()),")
    portal.write("DELETE FROM topics_topic")
    portal.add_migration(ALTER + FAIL)
    status, _out, errors = portal.run("-c", MIGRATE)
    assert status == 1
    assert "nowhere" in errors
    assert portal.triggers() == before


def test_what_is_written_after_a_migration_has_failed_is_found(portal):
    portal.add_migration(ALTER + FAIL)
    assert portal.run("-c", MIGRATE)[0] == 1
    version = portal.version()
    portal.write("UPDATE topics_topic SET label_en = 'Horse'")
    assert portal.version() > version
    assert portal.titles() == [("Horse",)]


def test_a_migration_that_is_killed_takes_no_trigger_away(portal):
    before = portal.triggers()
    sign = portal.add_migration(ALTER + WAIT).with_suffix(".waits")
    process = subprocess.Popen(
        [sys.executable, "-c", MIGRATE], cwd=ROOT, env=portal.env
    )
    try:
        end = time.monotonic() + 60
        while not sign.exists():
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert portal.triggers() == before
    portal.write("UPDATE topics_topic SET label_en = 'Horse'")
    assert portal.titles() == [("Horse",)]


def test_columns_that_triggers_name_may_change_and_rows_be_written_then(portal):
    before = portal.triggers()
    back = "migrations.RenameField('topic', 'called', 'label_en'),"
    portal.add_migration(ALTER + "migrations.RunPython(write)," + back)
    status, _out, errors = portal.run("-c", MIGRATE)
    assert (status, errors) == (0, "")
    assert portal.triggers() == before
    assert portal.titles() == [("Donkey",)]


def test_what_was_written_while_triggers_were_missing_is_found_after_migrating(
    transactional_db,
):
    changed, gone = make_topic(label_en="Zebra"), make_topic(label_en="Mule")
    for prefix in ("cv_", "facet_touch_", "search_"):
        migrating.drop("default", prefix)
    assert migrating.present() == set()
    before = content_version.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE topics_topic SET label_en = 'Horse' WHERE id = %s", [changed.pk]
        )
    Topic.objects.filter(pk=gone.pk)._raw_delete("default")
    call_command("migrate", verbosity=0)
    assert content_version.current() != before
    call_command("rebuild_search", "--dirty", verbosity=0)
    assert [d.title_en for d in Document.objects.all()] == ["Horse"]
    found = {
        word: len(Document.objects.search(word)) for word in ("zebra", "horse", "mule")
    }
    assert found == {"zebra": 0, "horse": 1, "mule": 0}
