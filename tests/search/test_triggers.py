import io

from django.core.management import call_command
from django.db import connection, models

from records.content_version import current
from search import index
from search.matching import matching
from search.models import Dirty, Document
from search.query import parse
from tests.factories import make_topic


def triggers():
    """Return (name, table) of every trigger of search."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' "
                "AND substr(name, 1, 7) = 'search_'"
            )
        else:
            cursor.execute(
                "SELECT tgname, relname FROM pg_trigger t "
                "JOIN pg_class c ON c.oid = tgrelid "
                "WHERE NOT tgisinternal AND starts_with(tgname, 'search_')"
            )
        return set(cursor.fetchall())


def test_triggers_are_the_same_after_another_migration(transactional_db):
    before = triggers()
    call_command("migrate", verbosity=0)
    assert triggers() == before
    assert {table for _, table in before} >= {"topics_topic", "records_altname"}


def test_the_table_of_documents_can_be_rebuilt_by_a_migration(transactional_db):
    make_topic(label_en="Zebra")
    longer = models.CharField(max_length=101)
    longer.set_attributes_from_name("slug")
    longer.model = Document
    short = Document._meta.get_field("slug")
    from search import triggers as triggers_of_search

    triggers_of_search.remove()  # as a migration does
    with connection.schema_editor() as editor:
        editor.alter_field(Document, short, longer)
        editor.alter_field(Document, longer, short)
    call_command("migrate", verbosity=0)
    assert len(Document.objects.search("zebra")) == 1
    make_topic(label_en="Zebra too")
    assert len(Document.objects.search("zebra")) == 2


def test_what_was_on_record_before_search_is_marked_for_it(transactional_db):
    topic = make_topic(label_en="Zebra")
    topic.alt_names.create(text="Horse")
    Dirty.objects.all().delete()  # emptying the database has marked what it held
    call_command("migrate", "search", "0001", verbosity=0)
    Document.objects.all().delete()
    call_command("migrate", verbosity=0)
    assert index.dirty_count() == 1
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert len(Document.objects.search("horse")) == 1


def test_nothing_is_found_any_more_once_the_tables_were_emptied(transactional_db):
    make_topic(label_en="Zebra")
    before = current()
    call_command("flush", verbosity=0, interactive=False)
    assert len(matching(parse("zebra").wanted)) == 0
    assert current() != before
