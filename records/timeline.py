"""
All that was ever written of one record and its parts, told as one timeline.

Everything is read from the histories: the rows themselves, what they were tagged
with, and the parts that stand on the page of the record. Rows that one person wrote
at once, as a form is saved, are one event. For organizers: nothing is left out here
that the public may not see. `records.past` tells the public's side.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from simple_history.models import HistoricalRecords

AT_ONCE = timedelta(seconds=2)  # between two rows of one save


class Version(NamedTuple):
    """What a write left of a row; of a deleted row, what it was at the end."""

    when: datetime
    number: int
    kind: str  # "+" made, "~" changed, "-" deleted
    editor: int | None
    reason: str
    thing: object
    tags: dict  # {name of a field to many: keys}


class Kind(NamedTuple):
    """A model whose rows belong to the record where their columns are `where`."""

    model: type
    where: dict

    def holds(self, version):
        """Tell whether a version is there, and belongs to the record."""
        if version is None or version.kind == "-":
            return False
        return all(getattr(version.thing, k) == v for k, v in self.where.items())


class Step(NamedTuple):
    """
    What one event did to one row: `before` and `after` are None if it was not.

    `number` is that of the last version that the event wrote of it.
    """

    kind: Kind
    pk: int
    before: Version | None
    after: Version | None
    number: int = 0


class Event(NamedTuple):
    """What one person wrote at once, since its first row until its last."""

    since: datetime
    when: datetime
    editor: int | None
    reason: str
    steps: list


class Timeline:
    """
    A record through time, with its parts; `kinds` name the models of the parts.

    One query for each kind, one more for each field to many whose tags are kept.
    """

    def __init__(self, model, pk, kinds=()):
        self.kinds = self.kinds_of(model, pk, kinds)
        self.own = self.kinds[0]
        self.rows = {kind.model: _versions(kind) for kind in self.kinds}

    @staticmethod
    def kinds_of(model, pk, kinds=()):
        """Return the `Kind` of a record itself, then those of its parts."""
        return [Kind(model, {"id": int(pk)}), *kinds]

    @property
    def versions(self):
        """The versions of the record itself, the oldest first."""
        return self.rows[self.own.model].get(self.own.where["id"], [])

    def at(self, moment):
        """Return {model: {key: version}} of what there was at a moment, inclusive."""
        found = {}
        for kind in self.kinds:
            latest = {
                pk: next((v for v in reversed(versions) if v.when <= moment), None)
                for pk, versions in self.rows[kind.model].items()
            }
            found[kind.model] = {
                pk: version for pk, version in latest.items() if kind.holds(version)
            }
        return found

    def events(self):
        """Return all events, the newest first."""
        written = [
            (version, kind, pk)
            for kind in self.kinds
            for pk, versions in self.rows[kind.model].items()
            for version in versions
        ]
        written.sort(key=lambda one: (one[0].when, one[0].number))
        groups = []
        for one in written:
            last = groups and groups[-1][-1][0]
            near = last and one[0].when - last.when <= AT_ONCE
            if near and (one[0].editor, one[0].reason) == (last.editor, last.reason):
                groups[-1].append(one)
            else:
                groups.append([one])
        parted = [part for group in groups for part in self._without_end(group)]
        events = [self._event(group) for group in parted]
        return [event for event in reversed(events) if event.steps]

    def _without_end(self, group):
        """Return a group in two where it ends with the record's own deletion."""
        if group[-1][1] is not self.own or group[-1][0].kind != "-":
            return [group]
        end = len(group)
        while end and group[end - 1][0].kind == "-":
            end -= 1
        return [part for part in (group[:end], group[end:]) if part]

    def _event(self, group):
        first, last = group[0][0], group[-1][0]
        written, steps = defaultdict(list), []
        for version, kind, pk in group:
            written[kind.model, pk].append((version, kind))
        for (model, pk), of_row in written.items():
            kind = of_row[0][1]
            chain = self.rows[model][pk]
            place = chain.index(of_row[0][0])
            before = chain[place - 1] if place else None
            before = before if kind.holds(before) else None
            after = of_row[-1][0] if kind.holds(of_row[-1][0]) else None
            if before or after:
                steps.append(Step(kind, pk, before, after, of_row[-1][0].number))
        # The record itself before its parts.
        steps.sort(key=lambda step: self.kinds.index(step.kind))
        return Event(first.when, last.when, last.editor, last.reason, steps)


def _versions(kind):
    """Return {key: versions, the oldest first} of rows that ever belonged here."""
    history = kind.model.history
    names = [field.attname for field in history.model.tracked_fields]
    rows = history.all()
    if set(kind.where) == {"id"}:
        rows = rows.filter(**kind.where)
    else:
        ever = history.filter(**kind.where).order_by()
        rows = rows.filter(id__in=ever.values("id"))
    rows = list(rows.order_by("history_date", "history_id"))
    tags = _tags(history.model, [row.history_id for row in rows])
    found = {}
    for row in rows:
        # Not `row.instance`: it asks for what the row is today besides.
        thing = kind.model.from_db(
            history.db, names, [getattr(row, name) for name in names]
        )
        version = Version(
            row.history_date,
            row.history_id,
            row.history_type,
            row.history_user_id,
            row.history_change_reason or "",
            thing,
            {name: of.get(row.history_id, frozenset()) for name, of in tags.items()},
        )
        found.setdefault(row.id, []).append(version)
    return found


def _tags(history, numbers):
    """Return {field: {number of a version: keys}}; a query for each field."""
    tags = {}
    for field in history._history_m2m_fields:
        kept = HistoricalRecords.m2m_models[field]
        tags[field.name] = of = defaultdict(frozenset)
        pairs = kept.objects.filter(history_id__in=numbers).values_list(
            "history_id", field.m2m_reverse_field_name()
        )
        for number, pk in pairs if numbers else ():
            of[number] |= {pk}
    return tags
