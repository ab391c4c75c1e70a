"""
Who and what would be in two places at once, and what lies outside its days.

Reality allows all of it: these are warnings for organizers, never errors.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import ClassVar

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from organizations.models import Person
from records.languages import text_of
from records.models import State
from sessions.models import Contribution, Edition, EditionDay, Room, Session
from sessions.models.timetable import NIGHT_ENDS, ONE_DAY


@dataclass(frozen=True)
class Clash:
    """
    What is wrong with the time of one session, or of two that overlap.

    `kind` is one of `WORDS`; `about` is the room, the person, the edition or the day.
    """

    kind: str
    sessions: tuple[Session, ...]
    about: Room | Person | Edition | EditionDay

    WORDS: ClassVar = {
        "room": _("%(room)s: “%(first)s” and “%(second)s” overlap."),
        "person": _("%(person)s is in “%(first)s” and “%(second)s” at once."),
        "edition": _("“%(first)s” is on %(date)s, outside the edition’s dates."),
        "day": _("“%(first)s” is on %(date)s, not on the date of its day."),
        "days": _("“%(first)s” is on %(date)s, outside the edition’s days."),
    }

    def __str__(self):
        first, second = self.sessions[0], self.sessions[-1]
        said = {"first": str(first), "second": str(second)}
        if self.kind in {"room", "person"}:
            said[self.kind] = text_of(self.about, "name").text
        else:
            said["date"] = date_format(first.held_on, "DATE_FORMAT")
        return self.WORDS[self.kind] % said


def clashes(edition, sessions=None):
    """
    Return the clashes of an edition as a list of `Clash`, in three queries at most.

    `sessions` are what to look at instead of what is stored: with their `day` and
    `room`, as an organizer is about to save them. Withdrawn and cancelled sessions
    and breaks clash with nothing, and nothing overlaps that has no known end.
    """
    if sessions is None:
        stored = Session.objects.for_edition(edition).select_related("day", "room")
        sessions = stored.defer("html").in_programme_order()
    held = [session for session in sessions if _takes_place(session)]
    for session in held:
        session.edition = edition
    rooms, people = defaultdict(list), defaultdict(list)
    timed = [s for s in held if s.starts_at and s.ends_at and _is_attended(s)]
    for session in timed:
        if session.room_id:
            rooms[session.room].append(session)
    by_key = {session.pk: session for session in timed if session.pk}
    for person, key in _people_in(edition):
        if key in by_key and by_key[key] not in people[person]:
            people[person].append(by_key[key])
    found = [
        Clash(kind, pair, about)
        for kind, groups in (("room", rooms), ("person", people))
        for about, group in groups.items()
        for pair in overlaps(group)
    ]
    lost = any(session.starts_at and not session.day for session in held)
    dated = lost and edition.days.filter(date__isnull=False).exists()
    return found + [
        clash for session in held for clash in out_of_its_dates(session, dated)
    ]


def overlaps(sessions):
    """
    Yield each session that begins before the one that lasts longest has ended.

    As a pair (that one, it): whatever overlaps is named, in as many pairs at most
    as there are sessions.
    """
    longest = None
    for session in sorted(sessions, key=lambda s: (s.starts_at, s.ends_at)):
        if longest and session.starts_at < longest.ends_at:
            yield longest, session
        if longest is None or session.ends_at > longest.ends_at:
            longest = session


def _takes_place(session):
    cancelled = session.event_status == Session.EventStatus.CANCELLED
    return not cancelled and session.state != State.WITHDRAWN


def _is_attended(session):
    return session.format != Session.Format.BREAK


def _people_in(edition):
    """Return [(person, key of a session)] of an edition; one query."""
    rows = Contribution.objects.filter(session__edition=edition, person__isnull=False)
    rows = rows.select_related("person").defer("person__html").order_by("person", "pk")
    return [(row.person, row.session_id) for row in rows]


def out_of_its_dates(session, dated=False):
    """
    Yield the `Clash`es of a session with the dates of its edition and its day.

    `dated`: its edition has days with dates, one of which would be its day.
    """
    edition, day, held_on = session.edition, session.day, session.held_on
    if not held_on:
        return
    first, last = edition.starts_on, edition.ends_on or edition.starts_on
    if (
        first
        and (held_on < first or held_on > last)
        and not _is_night_of(session, last)
    ):
        yield Clash("edition", (session,), edition)
    elif dated and session.starts_at and not day:
        yield Clash("days", (session,), edition)
    if not day or not day.date or held_on == day.date:
        return
    if not _is_night_of(session, day.date):
        yield Clash("day", (session,), day)


def _is_night_of(session, date):
    """Tell whether a session begins in the small hours that follow a date."""
    if not session.starts_at:
        return False
    starts = session.starts_at.astimezone(session.edition.zone)
    return starts.date() == date + ONE_DAY and starts.time() < NIGHT_ENDS
