"""What of regulations needs the hand of an organizer."""

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.lacking import Gap
from records.needs import of_filters
from topics.filters import RegulationFilter
from topics.models import Milestone

SOON = timedelta(days=60)


def due_soon(_model):
    """Return the condition to have a milestone from today to 60 days ahead."""
    today = timezone.localdate()
    return _having(date__gte=today, date__lte=today + SOON)


def passed_unverified(_model):
    """Return the condition that a milestone has passed since the last look at it."""
    return _having(
        date__lt=timezone.localdate(), date__gt=F("regulation__last_verified_on")
    )


def _having(**fields):
    milestones = Milestone.objects.filter(**fields).order_by()
    return Q(pk__in=milestones.values("regulation"))


REGULATION_NEEDS = {
    **of_filters(RegulationFilter),
    "milestone": Gap(_("A milestone in the next 60 days"), due_soon),
    "passed": Gap(_("A milestone passed since it was verified"), passed_unverified),
}
