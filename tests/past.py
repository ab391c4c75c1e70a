"""A past for everything that a test has made so far."""

import datetime

from django.apps import apps
from django.db.models import DateTimeField, F, QuerySet
from django.utils import timezone

MOMENTS = ("first_published_at", "withdrawn_at", "publish_at", "history_date")


def days_pass(days, *records):
    """
    Let all that was written so far have been written so many days earlier.

    What the test holds of `records` is read anew.
    """
    by = datetime.timedelta(days=days)
    for model in apps.get_models():
        names = [
            field.name
            for field in model._meta.concrete_fields
            if field.name in MOMENTS and isinstance(field, DateTimeField)
        ]
        if names:
            QuerySet(model).update(**{name: F(name) - by for name in names})
    for record in records:
        record.refresh_from_db()


def day(ago=0):
    """Return the day so many days ago, by the forum's clock, as an address has it."""
    return str(timezone.localdate() - datetime.timedelta(days=ago))
