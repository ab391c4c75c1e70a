"""A statement of a web worker that takes too long is given up."""

import pytest
from django.db import OperationalError, connection

from records.statements import bound

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
