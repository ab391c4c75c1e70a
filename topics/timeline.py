"""The life of a regulation, with the editions of the forum that named it."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, field

from topics.models import Milestone
from topics.models.regulations import Precision

NAMED = 3  # sessions of an edition


@dataclass
class Entry:
    """A milestone, or an edition and its sessions, at a date as exact as known."""

    date: datetime.date
    precision: str
    milestone: Milestone | None = None
    edition: object = None
    sessions: list = field(default_factory=list)
    further: int = 0  # sessions that are not named


def timeline(milestones: Iterable, sessions: Iterable, today: datetime.date) -> dict:
    """
    Return {"ahead": [...], "past": [...]}, entries with the latest first.

    `sessions` are the first of each edition that named the regulation, each with its
    edition and the number `of_edition`. An edition whose days are not on record stands
    at its year.
    """
    entries = [Entry(m.date, m.precision, milestone=m) for m in milestones]
    held = {}
    for session in sessions:
        edition = session.edition
        if edition.pk not in held:
            held[edition.pk] = Entry(
                *_when(edition), edition=edition, further=session.of_edition
            )
        entry = held[edition.pk]
        if len(entry.sessions) < NAMED:
            entry.sessions.append(session)
            entry.further -= 1
    entries += held.values()
    entries.sort(key=lambda entry: entry.date, reverse=True)
    return {
        "ahead": [entry for entry in entries if entry.date > today],
        "past": [entry for entry in entries if entry.date <= today],
    }


def _when(edition):
    if edition.starts_on:
        return edition.starts_on, Precision.DAY
    return datetime.date(edition.year, 1, 1), Precision.YEAR


def latest_edition(editions: Iterable, today: datetime.date):
    """
    Return the edition to compare today with, or None.

    The latest one that has begun; else one without days on record, since an
    edition still ahead has no "then".
    """
    editions = list(editions)
    begun = [e for e in editions if e.starts_on and e.starts_on <= today]
    if begun:
        return max(begun, key=lambda edition: edition.starts_on)
    undated = [e for e in editions if not e.starts_on and e.year <= today.year]
    return max(undated, key=lambda edition: edition.year, default=None)
