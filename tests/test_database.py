"""The database is the one that was asked for."""

from django.db import connection


def test_tests_run_on_the_database_they_were_given(db, pytestconfig):
    expected = {"sqlite": "sqlite3.dbapi2", "postgres": "psycopg2"}
    assert connection.Database.__name__ == expected[pytestconfig.getoption("--db")]
