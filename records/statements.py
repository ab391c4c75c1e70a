"""A bound on what one visitor may ask of the database."""

from django.conf import settings


def bound(sender, connection, **kwargs):
    """
    Let PostgreSQL give up a statement after STATEMENT_TIMEOUT seconds.

    For web workers; commands take the time that they need. An import is thousands of
    short statements. The visitor is answered 503, as when the database is away.
    """
    if connection.vendor == "postgresql" and settings.STATEMENT_TIMEOUT:
        with connection.cursor() as cursor:
            cursor.execute(
                "SET statement_timeout = %s", [f"{settings.STATEMENT_TIMEOUT}s"]
            )
