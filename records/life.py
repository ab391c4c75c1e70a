"""
The life of a record: draft → scheduled → published → withdrawn, step by step.

What the public has seen is never hidden without a word: it is withdrawn, and its
address says so. Only what nobody outside has seen goes back to being a draft.
"""

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.languages import TAGS
from records.models import State
from records.permissions import may_publish, may_withdraw, was_seen


class Step(models.TextChoices):
    PUBLISH = "publish", _("Publish…")
    SCHEDULE = "schedule", _("Schedule…")
    WITHDRAW = "withdraw", _("Withdraw…")
    DRAFT = "draft", _("Back to draft…")


class StepError(Exception):
    """A step that some records, in `records`, cannot take."""

    def __init__(self, records):
        super().__init__(", ".join(map(str, records)))
        self.records = records


def is_scheduled(record, at=None):
    """Tell whether a record is to be published at a later moment."""
    at = at or timezone.now()
    return record.state == State.PUBLISHED and (record.publish_at or at) > at


def steps(record, at=None):
    """Return the steps that a record can take at a moment, whoever asks."""
    seen = was_seen(record, at)
    shown = record.state == State.PUBLISHED and not is_scheduled(record, at)
    possible = {
        Step.PUBLISH: not shown,
        Step.SCHEDULE: not shown and not seen,
        Step.WITHDRAW: seen,
        Step.DRAFT: not seen and record.state != State.DRAFT,
    }
    return [step for step in Step if possible[step]]


def may_take(user, step, thing):
    """Tell whether somebody may take a step with a record, or with a kind."""
    may = may_withdraw if step == Step.WITHDRAW else may_publish
    return may(user, thing)


def take(step, records, publish_at=None, reason=None):
    """
    Take a step with all these records of one kind, or with none of them.

    `publish_at` is the moment of SCHEDULE, `reason` the words of WITHDRAW as
    {language: text}. Raises `StepError` if some of them cannot take it any more.
    """
    with transaction.atomic():
        model = type(records[0])
        pks = [record.pk for record in records]
        found = model._base_manager.select_for_update(of=("self",)).filter(pk__in=pks)
        if model.part_of:
            found = found.select_related(model.part_of)
        stored = sorted(found, key=lambda record: pks.index(record.pk))
        if hindered := [r for r in stored if step not in steps(r)]:
            raise StepError(hindered)
        for record in stored:
            _set(record, step, publish_at, reason or {})
            record.save()
    return stored


def _set(record, step, publish_at, reason):
    if step == Step.DRAFT:
        # It was public by itself, in the dark, if at all: that is no more on record.
        record.state, record.first_published_at = State.DRAFT, None
    elif step == Step.WITHDRAW:
        record.state = State.WITHDRAWN
    else:
        record.state = State.PUBLISHED
    record.publish_at = publish_at if step == Step.SCHEDULE else None
    set_reason(record, reason)


def set_reason(record, reason):
    """Give a record these words of why it is withdrawn, as {language: text}."""
    for code in TAGS:
        name = f"withdrawn_reason_{code.replace('-', '_')}"
        setattr(record, name, reason.get(code, ""))
