"""What is on record of instruments, for their own pages and for comparing them."""

import datetime
from collections.abc import Iterable

from django.db.models import Case, F, OuterRef, Q, Value, When
from django.utils import timezone

from records.prepared import prepared
from topics.models import Duty, Milestone, RegulationRelation
from topics.models.regulations import Status, status_at

MOST_NAMED = 6  # organizations of one session in a row


def telling_milestones():
    """
    Return all milestones, each with what it does to the status of its instrument.

    `gives` is "" where it does nothing; `status_among()` finds the one that counts.
    """
    given = When(Milestone.DECIDING, then=Milestone.GIVES)
    return Milestone.objects.annotate(
        gives=Case(given, default=Value("")),
        weight=Milestone.WEIGHT,
        step=Milestone.STEP,
    )


def status_among(milestones: Iterable, on: datetime.date) -> Status:
    """
    Return the status on a date, from the `telling_milestones()` of one instrument.

    The same choice as that of `status_at()`, for dates by the dozen without a query.
    """
    deciding = [m for m in milestones if m.gives]
    until = [m for m in deciding if m.date <= on]
    if until:
        latest = max(until, key=lambda m: (m.weight, m.date, m.step, m.pk))
        return Status(latest.gives)
    return Status.NONE if deciding else Status.UNKNOWN


def discussions(sessions, contributions, milestones, today):
    """
    Return the sessions, each with what its row tells of who and when.

    `who` are {"name", "roles"} of its organizations, and of persons without one;
    `date` is that of the session, else None; `status_then` is None where no date of
    its edition is on record either, or where it is still ahead (`is_ahead`).
    """
    by_session = {}
    for part in contributions:
        by_session.setdefault(part.session_id, []).append(part)
    for session in sessions:
        who = {}
        for part in by_session.get(session.pk, ()):
            roles = who.setdefault(part.organization or part.person, [])
            if (role := part.get_role_display()) not in roles:
                roles.append(role)
        session.who = [{"name": one, "roles": roles} for one, roles in who.items()]
        session.date = session.held_on
        then = session.date or session.edition.status_day
        session.is_ahead = bool(then and then > today)
        known = then and not session.is_ahead
        session.status_then = status_among(milestones, then) if known else None
    return sessions


def relations_of(regulation):
    """
    Return {label: [regulations]} of its relations from both ends, by one query.

    Each of the others has its `status`.
    """
    named = {}
    for relation in _relations(regulation=regulation.pk, today=timezone.localdate()):
        if relation.regulation_id == regulation.pk:
            label, other = relation.get_kind_display(), relation.target
        else:
            label, other = relation.get_inverse_display(), relation.regulation
        other.status = relation.status
        named.setdefault(label, []).append(other)
    return named


@prepared
def _relations(regulation, today):
    other = Case(When(regulation=regulation, then=F("target")), default=F("regulation"))
    found = RegulationRelation.objects.published().annotate(
        other=other, status=status_at(today, OuterRef("other"))
    )
    found = found.filter(Q(regulation=regulation) | Q(target=regulation))
    return found.select_related("regulation", "target")


def duties_of(regulation, stages):
    """Return its duties, each with `for_stages` out of those given, by one query."""
    duties = {}
    rows = Duty.objects.published().filter(regulation=regulation)
    rows = rows.annotate(stage_pk=F("stages"))
    for row in rows.order_by(F("applies_from").asc(nulls_last=True), "pk"):
        duty = duties.setdefault(row.pk, row)
        duty.for_stages = getattr(duty, "for_stages", [])
        if row.stage_pk in stages:
            duty.for_stages.append(stages[row.stage_pk])
    return list(duties.values())
