"""
What changed in a programme since it was first public, told from the history.

Only what the public saw counts: states of a session after it was first published,
people and organizations that are public now. What one editor changed in one session
within minutes is one change, from the oldest state to the newest.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    Q,
    Subquery,
    Value,
)
from django.utils import timezone

from organizations.models import Organization, Person
from records.models import Merged, State, in_public
from records.prepared import prepared
from sessions.models import Contribution, EditionDay, Room, Session

MINUTES = timedelta(minutes=10)  # how long one editor may be at one change
NAMED = {"person": Person, "organization": Organization}


class Step(NamedTuple):
    """One write that the public saw."""

    when: datetime
    editor: int | None
    key: str  # of the version that tells it
    fields: dict  # name → (old, new)
    people: dict  # (kind, key, role) → 1 who joined, -1 who left


@dataclass
class Change:
    """What changed in a session: `kind` is "added", "changed" or "withdrawn"."""

    session_id: int
    kind: str
    when: datetime
    key: str
    editor: int | None = None
    fields: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)
    # Set by `with_details()`
    session: Session = None
    places: dict = field(default_factory=dict)  # "room", "day" → (old, new)
    who: list = field(default_factory=list)  # (record, role, 1 or -1)

    def take(self, step):
        """Fold a later step of the same editor into this change."""
        self.when = step.when
        for name, (old, new) in step.fields.items():
            self.fields[name] = (self.fields.get(name, (old,))[0], new)
        for one, sign in step.people.items():
            self.people[one] = self.people.get(one, 0) + sign

    def prune(self):
        """Drop what came back to where it was; tell whether anything is left."""
        self.fields = {
            n: (old, new) for n, (old, new) in self.fields.items() if old != new
        }
        self.people = {one: sign for one, sign in self.people.items() if sign}
        return bool(self.fields or self.people)


def changes_of(edition, releases=()):
    """
    Return every `Change` of a public edition's programme, the newest first.

    One change never reaches over the close of one of the `releases`. Six queries.
    """
    since = _since(edition)
    publishers = _publishers(edition)
    steps = {}
    for pk, step in [
        *_timetable_steps(Session.history.filter(id__in=_revised(edition)), since),
        *_people_steps(edition, since, publishers),
    ]:
        steps.setdefault(pk, []).append(step)
    closes = sorted(release.closed_at for release in releases)
    found = [
        change for pk, ones in steps.items() for change in _folded(pk, ones, closes)
    ]
    found += _added(since, publishers)
    gone = Session.objects.withdrawn().for_edition(edition).order_by()
    found += [
        Change(pk, "withdrawn", when, "withdrawn")
        for pk, when in gone.values_list("pk", "withdrawn_at")
    ]
    now = timezone.now()
    found = [change for change in found if change.when <= now]
    return sorted(found, key=lambda c: (c.when, c.session_id, c.key), reverse=True)


def changes_of_session(session):
    """Return the changes of a public session's timetable, the newest first."""
    moments = (session.first_published_at, session.edition.first_published_at)
    if not session.sequence or None in moments:  # a preview of what is still to come
        return []
    since = {session.pk: max(moments)}
    versions = Session.history.filter(id=session.pk)
    steps = [step for _pk, step in _timetable_steps(versions, since)]
    return with_details(_folded(session.pk, steps)[::-1], [session])


def last_changed(edition):
    """
    Return when the programme of a public edition last changed, or None; one query.

    Near enough for a link: it does not tell what one editor undid at once, nor
    what joined within minutes of the publication.
    """
    start = edition.first_published_at
    if start is None:  # a preview of what is still to come
        return None
    after = start + MINUTES
    (found,) = _last_changes(edition=edition.pk, after=after)
    first, last, *others = found
    if last and last > max(after, first + MINUTES):
        others.append(last)
    return max(filter(None, others), default=None)


@prepared
def _last_changes(edition, after):
    """Return one row: the first and last session to appear, and each other change."""
    public = Session.objects.published().for_edition(edition).order_by()
    people = Contribution.history.filter(
        _open(),
        session__in=public.values("pk"),
        history_type__in="+-",
        history_date__gt=F("session__first_published_at"),
    ).filter(history_date__gt=after)
    gone = Session.objects.withdrawn().for_edition(edition)
    # Not by a group of sessions: there is one row also where no session is public.
    return (
        public.annotate(all=Value(1))
        .values("all")
        .annotate(
            first=Min("first_published_at"),
            last=Max("first_published_at"),
            revised=Max("revised_at"),
            told=_latest(people, "history_date"),
            gone=_latest(gone, "withdrawn_at"),
        )
        .values_list("first", "last", "revised", "told", "gone")
    )


def _latest(rows, name):
    rows = rows.filter(**{f"{name}__isnull": False}).order_by(f"-{name}")
    return Subquery(rows.values(name)[:1])


def by_release(changes, releases):
    """
    Group changes into [(release, changes)], the newest first.

    A release holds what changed up to its close and after the one before; what
    came after the last one stands under None.
    """
    releases = sorted(releases, key=attrgetter("closed_at"))
    closes = [release.closed_at for release in releases]
    places = [*releases, None]
    return [
        (places[place], list(ones))
        for place, ones in groupby(
            changes, key=lambda change: bisect_left(closes, change.when)
        )
    ]


def with_details(changes, sessions=None):
    """
    Set on each change its session, rooms and days, and who joined or left.

    Five queries at most; rooms and days that are gone since cost one more each.
    `sessions` may be given if they are loaded.
    """
    if sessions is None:
        pks = {change.session_id for change in changes}
        sessions = Session.objects.filter(pk__in=pks).select_related("edition")
    sessions = {session.pk: session for session in sessions}
    named = {}
    for kind, model in NAMED.items():
        pks = {one[1] for c in changes for one in c.people if one[0] == kind}
        for record in model.objects.published().filter(pk__in=pks) if pks else ():
            named[kind, record.pk] = record
    places = {"room": Room, "day": EditionDay}
    places = {name: _named(model, changes, name) for name, model in places.items()}
    for change in changes:
        change.session = sessions[change.session_id]
        for name, known in places.items():
            if pair := change.fields.get(name):
                change.places[name] = tuple(known.get(pk) for pk in pair)
        change.who = [
            (named[kind, pk], role, sign)
            for (kind, pk, role), sign in change.people.items()
            if (kind, pk) in named
        ]
    return changes


def _named(model, changes, name):
    """Return {key: room or day}; of what is gone since, its last version."""
    pks = {pk for c in changes for pk in c.fields.get(name, ()) if pk}
    found = model.objects.in_bulk(pks) if pks else {}
    if gone := pks - found.keys():
        rows = model.history.filter(id__in=gone).order_by("history_date", "history_id")
        found |= {row.id: row for row in rows}
    return found


# When the public saw what


def _since(edition):
    """Return {key: since when the public sees the session} of what it sees now."""
    start = edition.first_published_at
    if start is None:  # a preview of what is still to come
        return {}
    rows = Session.objects.published().for_edition(edition)
    rows = rows.exclude(first_published_at=None).order_by()
    pairs = rows.values_list("pk", "first_published_at")
    return {pk: max(moment, start) for pk, moment in pairs}


def _revised(edition):
    """Return the keys of public sessions whose timetable changed in public."""
    rows = Session.objects.published().for_edition(edition).order_by()
    return rows.filter(sequence__gt=0).values("pk")


def _publishers(edition):
    """Return {key: editor who published the session}; who is unknown is left out."""
    rows = Session.history.filter(
        edition=edition,
        state=State.PUBLISHED,
        history_user__isnull=False,
        history_date__lte=F("first_published_at") + MINUTES,
    )
    return dict(rows.order_by("-history_id").values_list("id", "history_user"))


def _added(since, publishers):
    """Return a change for each session that came after the first publication."""
    if not since:
        return []
    first = min(since, key=lambda pk: (since[pk], pk))
    return [
        Change(pk, "added", when, "added", publishers.get(pk))
        for pk, when in since.items()
        if when - since[first] > MINUTES or publishers.get(pk) != publishers.get(first)
    ]


# What versions tell

VERSION = (
    "id",
    "history_id",
    "history_date",
    "history_user_id",
    "publish_at",
    "starts_at",
    "ends_at",
    "day_id",
    "room_id",
    "title_en",
    "title_zh_hans",
    "event_status",
)


def _timetable_steps(versions, since):
    """Yield (key of session, Step) from versions of sessions; one query."""
    rows = (
        versions.filter(state=State.PUBLISHED)
        .exclude(history_type="-")
        .order_by("id", "history_date", "history_id")
        .values_list(*VERSION)
    )
    # Tuples, not objects: a programme may have ten thousand versions.
    for pk, of_one in groupby(rows.iterator(), key=itemgetter(0)):
        if pk not in since:
            continue
        before = None
        for row in of_one:
            _pk, history_id, when, editor, publish_at, *after = row
            if after == before:
                continue
            if publish_at and publish_at > when:
                when = publish_at
            # What was written before the public saw it is how it began.
            if before and when > since[pk]:
                old, new = _timetable(before), _timetable(after)
                fields = {
                    name: (old[name], new[name])
                    for name in old
                    if old[name] != new[name]
                }
                if fields:
                    yield pk, Step(when, editor, f"s{history_id}", fields, {})
            before = after


def _timetable(row):
    starts_at, ends_at, day, room, title_en, title_zh_hans, status = row
    return {
        "time": (starts_at, ends_at),
        "day": day,
        "room": room,
        "title": (title_en or "", title_zh_hans or ""),
        "status": status,
    }


def _merged():
    """Return {("person", old key): new key} of records that became part of others."""
    rows = Merged.objects.filter(content_type__model__in=NAMED).values_list(
        "content_type__model", "former_id", "object_id"
    )
    return {(kind, old): new for kind, old, new in rows}


def _open(merged=()):
    """Return what holds for versions of contributions by whom the public may see."""
    people = [key for kind, key in merged if kind == "person"]
    bodies = [key for kind, key in merged if kind == "organization"]
    return Q(
        Q(person__isnull=True)
        | in_public("person", Person.objects.published())
        | Q(person_id__in=people),
        Q(organization__isnull=True)
        | in_public("organization", Organization.objects.published())
        | Q(organization_id__in=bodies),
        name_removed=False,
    )


PART = (
    "id",
    "history_id",
    "history_date",
    "history_user_id",
    "history_type",
    "session_id",
    "person_id",
    "organization_id",
    "role",
    "is_open",
    "person__first_published_at",
    "organization__first_published_at",
)


def _people_steps(edition, since, publishers):
    """Yield (key of session, Step) of who joined and left; two queries."""
    versions = Contribution.history.filter(
        session__in=Session.objects.published().for_edition(edition).values("pk")
    ).order_by()
    start = F("session__first_published_at")
    at_once = Q(history_user__isnull=True, history_date__lte=start + MINUTES)
    touched = versions.filter(
        Q(history_date__gt=start) & ~at_once
        | Q(person__first_published_at__gt=start)
        | Q(organization__first_published_at__gt=start)
    )
    merged = _merged()
    is_open = ExpressionWrapper(_open(merged), output_field=BooleanField())
    rows = (
        Contribution.history.filter(id__in=touched.values("id"))
        .annotate(is_open=is_open)
        .order_by("id", "history_date", "history_id")
        .values_list(*PART, named=True)
    )
    for _id, of_one in groupby(rows.iterator(), key=itemgetter(0)):
        before, seen = None, None
        for row in of_one:
            after = _part(row, merged)
            if after == before:
                continue
            when, editor = row.history_date, row.history_user_id
            key = f"c{row.history_id}"
            if before and seen < when:
                session, *one = before
                if _is_told(session, when, editor, since, publishers):
                    yield session, Step(when, editor, key, {}, {tuple(one): -1})
            if after:
                moments = (
                    when,
                    row.person__first_published_at,
                    row.organization__first_published_at,
                )
                seen = max(filter(None, moments))
                session, *one = after
                if _is_told(session, seen, editor, since, publishers):
                    yield session, Step(seen, editor, key, {}, {tuple(one): 1})
            before = after


def _part(version, merged):
    """Return (session, kind, key, role) of who takes part, None if hidden or gone."""
    if version.history_type == "-" or not version.is_open:
        return None
    kind = "person" if version.person_id else "organization"
    key = getattr(version, f"{kind}_id")
    return version.session_id, kind, merged.get((kind, key), key), version.role


def _is_told(session, when, editor, since, publishers):
    """Tell a change from what belongs to the publication of the session itself."""
    if session not in since or when <= since[session]:
        return False
    return not (editor == publishers.get(session) and when - since[session] <= MINUTES)


def _folded(session_id, steps, closes=()):
    """Return the changes of one session, the oldest first."""
    folded = []
    for step in sorted(steps, key=lambda step: (step.when, step.key)):
        last = folded[-1] if folded else None
        if (
            last
            and last.editor == step.editor
            and step.when - last.when <= MINUTES
            and bisect_left(closes, last.when) == bisect_left(closes, step.when)
        ):
            last.take(step)
        else:
            folded.append(
                Change(
                    session_id,
                    "changed",
                    step.when,
                    step.key,
                    step.editor,
                    dict(step.fields),
                    dict(step.people),
                )
            )
    return [change for change in folded if change.prune()]
