"""What comes before and after a session, and what runs at the same time."""

from functools import cache
from types import SimpleNamespace

from django.db.models import F, Func, IntegerField, OuterRef, Q, Subquery

from records.filters import in_both
from records.models import RecordQuerySet
from records.prepared import prepared
from sessions.models import EditionDay, Session
from sessions.programme import by_day

# What the order of the programme and a link to a session need
IN_LINE = (
    "slug",
    "name_language",
    *in_both("title"),
    "edition",
    "format",
    "day__edition",
    "day__number",
    "starts_at",
    "ends_at",
    "position",
)
FORTH = (F("starts_at").asc(nulls_first=True), "position", "pk")
BACK = (F("starts_at").desc(nulls_last=True), "-position", "-pk")


def neighbours(session, most):
    """
    Return (before, after, parallel, total) of a session in its edition's programme.

    Breaks and what was cancelled are passed over. Parallel are at most so many of
    those whose known times overlap with its own, `total` is how many there are. It
    takes one query, and one more for the first and last session of a day.
    """
    found = _beside(most)(
        pk=session.pk,
        edition_id=session.edition_id,
        day_id=session.day_id,
        position=session.position,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
    )
    beside = [other for other in found if other.day_id == session.day_id]
    before = [other for other in beside if _place(other) < _place(session)][-1:]
    after = [other for other in beside if _place(other) > _place(session)][:1]
    if not before or not after:
        around = _at_the_ends(session)
        before, after = before or around[0], after or around[1]
    parallel = [other for other in found if _overlap(session, other)]
    return (
        before[0] if before else None,
        after[0] if after else None,
        parallel[:most],
        parallel[0].total if parallel else 0,
    )


def _line(edition_id):
    """Return the sessions of an edition that are passed on the way through it."""
    # All are of one edition: what is found is asked once whether that is public too.
    return (
        RecordQuerySet.published(Session.objects.all())
        .for_edition(edition_id)
        .exclude(format=Session.Format.BREAK)
        .exclude(event_status=Session.EventStatus.CANCELLED)
        .order_by()
    )


@cache
def _beside(most):
    """Return the prepared query for the next of its day, and what runs meanwhile."""

    @prepared
    def beside(**session):
        session = SimpleNamespace(**session)
        line = _line(session.edition_id)
        same_day = line.filter(day=session.day_id).values("pk")
        overlapping = _overlapping(session, line)
        parallel = overlapping.values("pk").order_by(*FORTH)[:most]
        return (
            Session.objects.published()
            .for_edition(session.edition_id)  # as all are, but PostgreSQL must be told
            .filter(pk__in=_all_of(*_nearest(session, same_day), parallel))
            .select_related("day")
            .only(*IN_LINE)
            .annotate(total=_count_of(overlapping))
            .in_programme_order()
        )

    return beside


def _all_of(*parts):
    """
    Return the keys of several queries as one, each of which may be a slice.

    With "or" between them, PostgreSQL would look at every session of the edition.
    """
    first, *others = (
        Session.objects.filter(pk__in=part).order_by().values("pk") for part in parts
    )
    return first.union(*others, all=True)


@prepared
def _ends_of_days(pk, edition_id):
    """Return a session, and the first and the last of each day of its edition."""
    line = _line(edition_id)
    days = EditionDay.objects.filter(edition=edition_id)
    ends = Q(pk=pk)
    # The session of the smallest position tells where those without a day stand.
    for order in (FORTH, BACK, ("position", "pk")):
        one = line.filter(day=OuterRef("pk")).order_by(*order).values("pk")[:1]
        without = line.filter(day=None).order_by(*order).values("pk")[:1]
        ends |= Q(pk__in=days.order_by().values_list(Subquery(one))) | Q(pk__in=without)
    public = Session.objects.published().for_edition(edition_id)
    found = public.filter(ends).select_related("day").only(*IN_LINE)
    return found.in_programme_order()


def _at_the_ends(session):
    """Return ([last of the day before], [first of the day after]), either empty."""
    groups = by_day(_ends_of_days(pk=session.pk, edition_id=session.edition_id))
    own = next(n for n, group in enumerate(groups) if session in group["sessions"])
    before = groups[own - 1]["sessions"][-1:] if own else []
    after = groups[own + 1]["sessions"][:1] if own + 1 < len(groups) else []
    return before, after


def _overlapping(session, line):
    if not session.starts_at or not session.ends_at:
        return line.none()
    return line.filter(
        starts_at__lt=session.ends_at, ends_at__gt=session.starts_at
    ).exclude(pk=session.pk)


def _overlap(one, other):
    times = (one.starts_at, one.ends_at, other.starts_at, other.ends_at)
    return (
        all(times) and one.starts_at < other.ends_at and other.starts_at < one.ends_at
    )


def _count_of(sessions):
    counted = sessions.annotate(n=Func(F("pk"), function="COUNT")).values("n")
    return Subquery(counted, output_field=IntegerField())


def _place(session):
    known = session.starts_at is not None
    return (known, session.starts_at if known else 0, session.position, session.pk)


def _nearest(session, same_day):
    """
    Return a query for each that may come right before or right after a session.

    Those without a time come first in a day; asked for apart, the others are found by
    an index in the order in which it lies.
    """
    untimed = same_day.filter(starts_at=None)
    timed = same_day.filter(starts_at__isnull=False)
    position, pk = session.position, session.pk
    lower = Q(position__lt=position) | Q(position=position, pk__lt=pk)
    higher = Q(position__gt=position) | Q(position=position, pk__gt=pk)
    when = session.starts_at
    if when is None:
        before, after = untimed.filter(lower), untimed.filter(higher)
        others = timed.order_by("starts_at", "position", "pk")
    else:
        before = timed.filter(Q(starts_at__lt=when) | lower, starts_at__lte=when)
        after = timed.filter(Q(starts_at__gt=when) | higher, starts_at__gte=when)
        others = untimed.order_by("-position", "-pk")
    return (
        before.order_by("-starts_at", "-position", "-pk")[:1],
        after.order_by("starts_at", "position", "pk")[:1],
        others[:1],
    )
