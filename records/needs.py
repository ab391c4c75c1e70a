"""
What of a record needs the hand of an organizer.

Each need is a filter of the admin's list of a kind, `?needs=drafts`, so that each
number on the health board is that of the list it leads to. What readers are told is
lacking is among them.
"""

from functools import reduce
from operator import and_

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.lacking import OF_ANY, Gap, no_text
from records.models import State


def plain(model):
    """
    Return all rows of a model, unsorted, past what translates the names of fields.

    It takes its time, and a union needs its columns in the order they were named.
    """
    return QuerySet(model).order_by()


def drafts(_model):
    return Q(state=State.DRAFT)


def scheduled(_model):
    return Q(state=State.PUBLISHED, publish_at__gt=timezone.now())


def missed(model):
    """
    Return the condition that a record should be public and is not, or has no name.

    It is due, but what it belongs to is not public.
    """
    due = Q(publish_at=None) | Q(publish_at__lte=timezone.now())
    names = model.name_fields or (model.title_field,)
    wrong = reduce(and_, (no_text(name) for name in names))
    if model.part_of:
        public = model.objects.published().order_by()
        wrong |= ~Q(Exists(public.filter(pk=OuterRef("pk"))))
    return Q(state=State.PUBLISHED) & due & wrong


def of_filters(filterset_class):
    """Return the gaps of a kind that its readers can filter by."""
    return filterset_class.base_filters["lacking"].gaps


OF_RECORD = {
    "drafts": Gap(_("Drafts"), drafts),
    "scheduled": Gap(_("Scheduled"), scheduled),
    "missed": Gap(_("Due, but not shown"), missed),
    **OF_ANY,
}
