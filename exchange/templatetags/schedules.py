"""What a page says of the schedule files of an edition."""

from django import template
from django.db.models import Count, Q

from sessions.models import Session

register = template.Library()


@register.simple_tag
def schedule_counts(edition, known=None):
    """
    Count the sessions in the schedule files of an edition, in one query.

    Returns {"timed", "untimed"}, which a page may have counted already (`known`);
    an edition without dates has no files: 0 timed.
    """
    timed = Q(starts_at__isnull=False)
    counts = known or (
        Session.objects.published()
        .for_edition(edition)
        .aggregate(timed=Count("pk", filter=timed), untimed=Count("pk", filter=~timed))
    )
    return counts if edition.starts_on else counts | {"timed": 0}
