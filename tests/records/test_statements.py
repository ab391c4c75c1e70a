"""A statement that takes too long is given up; PostgreSQL plans a page's only once."""

import datetime
from collections import OrderedDict

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Q, Value
from django.test.utils import CaptureQueriesContext

from records import statements
from records.prepared import prepared
from records.statements import bound
from sessions.models import Session
from tests.factories import make_session

pytestmark = pytest.mark.django_db


def test_only_postgresql_can_and_the_visitor_is_asked_to_come_back(settings):
    settings.STATEMENT_TIMEOUT = 1
    bound(None, connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with pytest.raises(OperationalError, match="statement timeout"):
                cursor.execute("SELECT pg_sleep(5)")
        else:
            cursor.execute("SELECT 1")


def test_zero_sets_no_bound(settings):
    settings.STATEMENT_TIMEOUT = 0
    bound(None, connection)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)


@prepared
def at_place(slug, days, day):
    return (
        Session.objects.filter(Q(slug=slug) | Q(day__pk__in=days), starts_at__lt=day)
        .exclude(title_en="100 % 'quoted' $1")
        .annotate(nobody=Value("%s"))
        .order_by("slug")
    )


@pytest.fixture
def names(monkeypatch):
    """Return a function: the names that the server knows on this connection."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite's driver keeps statements by itself")
    monkeypatch.setattr(statements, "pooled", set())
    connection.close()  # Each test begins with a new session of the server.

    def known():
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_prepared_statements WHERE name ~ '^q'")
            return {name for (name,) in cursor}

    yield known
    connection.close()


def ask():
    """Return the slugs of one prepared query, asked as a page does."""
    found = at_place(slug="one", days=(7, 8), day=NEVER)
    assert all(one.nobody == "%s" for one in found)
    return [one.slug for one in found]


NEVER = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
beyond_a_transaction = pytest.mark.django_db(transaction=True)


@beyond_a_transaction
def test_a_connection_prepares_a_query_once_and_executes_it_from_then_on(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    make_session(slug="other", starts_at=NEVER)
    with CaptureQueriesContext(connection) as queries:
        assert [ask() for _ in range(8)] == [["one"]] * 8
    assert len(queries) == 8
    (name,) = names()
    assert {query["sql"].split()[1] for query in queries} == {name}
    assert at_place(slug="other", days=(), day=NEVER) == []


@beyond_a_transaction
def test_within_a_transaction_none_is_prepared(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    with transaction.atomic():
        assert ask() == ["one"]
    assert names() == set()


@beyond_a_transaction
def test_behind_a_pooler_that_has_lost_a_name_all_goes_on_without_names(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    ask()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert [ask(), ask()] == [["one"], ["one"]]
    assert statements.pooled == {"default"}
    assert names() == set()


@beyond_a_transaction
def test_behind_a_pooler_where_a_name_is_taken_all_goes_on_without_names(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    ask()
    statements._mine.default = (
        connection.connection,
        OrderedDict(),
    )  # as another client's
    assert [ask(), ask()] == [["one"], ["one"]]
    assert statements.pooled == {"default"}


@beyond_a_transaction
def test_a_column_of_another_type_is_met_by_preparing_anew(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    ask()
    column = "ALTER TABLE forum_sessions_session ALTER COLUMN title_en TYPE varchar"
    length = Session._meta.get_field("title_en").max_length
    with connection.cursor() as cursor:
        cursor.execute(f"{column}({length + 1})")
    try:
        before = names()
        assert [ask(), ask()] == [["one"], ["one"]]
        assert names() == before
        assert statements.pooled == set()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"{column}({length})")


@beyond_a_transaction
def test_a_connection_keeps_so_many_and_drops_what_was_asked_longest_ago(
    names, monkeypatch
):
    monkeypatch.setattr(statements, "MOST", 2)
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    ask()
    first = names()
    for days in ((), (1,), (1,) * 9):
        at_place(slug="one", days=days, day=NEVER)
    assert len(names()) == 2
    assert not first & names()
    assert ask() == ["one"]
    assert first < names()


@beyond_a_transaction
def test_a_new_connection_prepares_for_itself(names):
    make_session(slug="one", starts_at=NEVER - datetime.timedelta(days=1))
    ask()
    connection.close()
    assert names() == set()
    assert ask() == ["one"]
    assert len(names()) == 1
    assert statements.pooled == set()
