from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models, transaction
from django.utils import timezone

from records import content_version
from sessions.models import Session
from tests.factories import make_session, make_topic
from topics.models import Topic


@pytest.fixture
def topic(transactional_db):
    """Make a topic for real: PostgreSQL counts a write when it commits."""
    return make_topic(label_en="Before")


def raw(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


WRITES = {
    "save": lambda topic: topic.save(),
    "update": lambda topic: Topic.objects.filter(pk=topic.pk).update(label_en="After"),
    "bulk_update": lambda topic: Topic.objects.bulk_update([topic], ["label_en"]),
    "bulk_create": lambda topic: Topic.objects.bulk_create(
        [Topic(slug="another", label_en="Another")]
    ),
    "delete": lambda topic: topic.delete(),
    "raw SQL": lambda topic: raw("UPDATE topics_topic SET label_en = %s", "After"),
    "many to many": lambda topic: make_session().topics.add(topic),
    "a part": lambda topic: topic.alt_names.create(text="Also"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_way_to_write_changes_the_version(topic, write):
    before = content_version.current()
    write(topic)
    assert content_version.current() != before


def test_reading_changes_nothing_and_a_rolled_back_write_neither(topic):
    before = content_version.current()
    assert list(Topic.objects.all()) == [topic]
    with transaction.atomic():
        topic.save()
        transaction.set_rollback(True)
    assert content_version.current() == before


def test_an_embargo_that_passes_changes_the_version_by_itself(transactional_db):
    noon = datetime(2036, 5, 1, 4, 0, tzinfo=UTC)  # in Shanghai
    hour = timedelta(hours=1)
    make_topic(publish_at=noon + hour)
    versions = [content_version.current(noon + n * hour / 2) for n in (0, 1, 3)]
    assert versions[0] == versions[1] != versions[2]


def test_another_day_is_another_version(transactional_db, settings):
    evening = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)
    night = evening + timedelta(minutes=2)  # past midnight in Shanghai
    assert settings.TIME_ZONE == "Asia/Shanghai"
    assert content_version.current(evening) != content_version.current(night)


def test_a_new_epoch_is_another_version_though_the_count_is_the_same(transactional_db):
    before = content_version.current()
    content_version.renew_epoch()
    assert content_version.current() != before


def triggers():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
                "WHERE NOT tgisinternal AND tgname = 'cv_mark'"
            )
        return {table for (table,) in cursor.fetchall()}


def test_every_table_that_pages_are_made_of_is_watched(db):
    watched = set(content_version.watched_tables())
    assert triggers() == watched
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.split(".")[0]
        in {"records", "organizations", "topics", "sessions", "forum_portal"}
        and model._meta.app_label != "signing_in"  # no page shows its log
    }
    assert {t for t in ours - watched if "historical" not in t} == {
        "organizations_speakerlink",
        "records_linkcheck",
        "records_missedpublication",
        "records_previewlink",
        "records_subscription",
    }


def test_triggers_come_back_after_a_migration_has_rebuilt_a_table(transactional_db):
    longer = models.CharField(max_length=101)
    longer.set_attributes_from_name("code")
    longer.model = Session
    short = Session._meta.get_field("code")
    with connection.schema_editor() as editor:
        editor.alter_field(Session, short, longer)
        editor.alter_field(Session, longer, short)
    call_command("migrate", verbosity=0)
    assert triggers() == set(content_version.watched_tables())
    before = content_version.current()
    make_session()
    assert content_version.current() != before


def test_the_day_of_the_last_change_is_that_of_a_write_or_of_an_embargo(topic):
    today = timezone.localdate()
    assert content_version.changed_on() == today
    later = timezone.now() + timedelta(days=3)
    Topic.objects.create(
        slug="later", label_en="Later", state="published", publish_at=later
    )
    days = [
        content_version.changed_on(at)
        for at in (later - timedelta(hours=1), later + timedelta(days=9))
    ]
    assert days == [today, timezone.localdate(later)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
def test_a_connection_that_the_server_has_ended_is_made_anew(transactional_db):
    before = content_version.current()
    driver = connection.connection
    other = connection.get_new_connection(connection.get_connection_params())
    with closing(other), other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [driver.info.backend_pid])
    assert content_version.current() == before
    assert connection.connection is not driver
