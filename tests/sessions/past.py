"""A past for records that a test has just made."""

import datetime

from django.utils import timezone

from organizations.models import Organization, Person
from sessions.models import Contribution, Edition, Session

MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)


def age(by=DAY):
    """Let everything that was written so far have been written that much earlier."""
    for model in (Edition, Session, Contribution, Person, Organization):
        for row in model.history.all():
            row.history_date -= by
            if public := getattr(row, "first_published_at", None):
                row.first_published_at = public - by
            row.save()
        for row in model._base_manager.all():
            fields = ("first_published_at", "revised_at", "withdrawn_at")
            moments = {
                name: getattr(row, name) - by
                for name in fields
                if getattr(row, name, None)
            }
            if moments:
                model._base_manager.filter(pk=row.pk).update(**moments)
    return timezone.now() - by
