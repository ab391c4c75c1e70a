"""What an import did, or would do, for people to read."""

from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.templatetags.records import colon, gap, list_comma

KINDS = ("edition", "day", "room", "person", "session")


@dataclass
class Change:
    """A record that differs: its name and (field, before, after) of each field."""

    kind: str
    name: str
    fields: list


@dataclass
class Report:
    created: dict = field(default_factory=lambda: {kind: [] for kind in KINDS})
    updated: list = field(default_factory=list)
    unchanged: Counter = field(default_factory=Counter)
    published: Counter = field(default_factory=Counter)
    gone: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    matched: list = field(default_factory=list)
    duplicates: list = field(default_factory=list)
    clashes: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    lost: list = field(default_factory=list)

    def count(self, kind):
        """Return (created, updated, unchanged) of a kind."""
        updated = sum(change.kind == kind for change in self.updated)
        return len(self.created[kind]), updated, self.unchanged[kind]

    @property
    def changes_anything(self):
        return bool(self.updated or any(self.created.values()))

    def counts(self):
        """Return rows of (what, created, updated, unchanged), for a table."""
        names = {
            "edition": _("Editions"),
            "day": _("Days"),
            "room": _("Rooms"),
            "person": _("People"),
            "session": _("Sessions"),
        }
        return [(names[kind], *self.count(kind)) for kind in KINDS]

    def sections(self):
        """Return [(heading, [line, …])] of all that is to be told, in this order."""
        told = [
            (_("New sessions"), self.created["session"]),
            (_("New people"), self.created["person"]),
            (_("People matched with those on record"), self.matched),
            (_("New rooms"), self.created["room"]),
            (_("Changed"), [line for c in self.updated for line in change_lines(c)]),
            (
                _("Kept as on record: edited since the last import"),
                [
                    _("%(name)s, %(field)s: “%(ours)s” stays, the file has “%(file)s”")
                    % {"name": name, "field": label, "file": theirs, "ours": ours}
                    for name, label, theirs, ours in self.kept
                ],
            ),
            (_("Gone from the file, still on record"), self.gone),
            (_("Deleted since the last import, not made again"), self.deleted),
            (_("Possible duplicates of people, not merged"), self.duplicates),
            (_("Clashes"), self.clashes),
            (_("Problems"), gathered(self.notes)),
            (_("What the file says and cannot be kept"), self.lost),
        ]
        return [(heading, lines) for heading, lines in told if lines]


def change_lines(change):
    yield change.name
    for label, before, after in change.fields:
        yield _("    %(field)s: “%(before)s” becomes “%(after)s”") % {
            "field": label,
            "before": before,
            "after": after,
        }


def gathered(notes):
    """Return a line for each sentence, with the places it was said of."""
    places = {}
    for place, sentence in notes:
        places.setdefault(str(sentence), []).append(str(place))
    lines = []
    for sentence, where in places.items():
        named = list_comma().join(place for place in where[:3] if place)
        more = len(where) - 3
        if more > 0:
            words = ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
            named = f"{named}{gap()}{words}"
        lines.append(f"{named}{colon()}{sentence}" if named else sentence)
    return lines


def lost_lines(schedule):
    """Return a line for each thing that cannot be kept: its name, count, an example."""
    lines = []
    for name, times in schedule.lost.most_common():
        example = " ".join(schedule.examples.get(name, "").split())
        words = ngettext("%(name)s: %(n)d time", "%(name)s: %(n)d times", times)
        line = words % {"name": name, "n": times}
        if example:
            line = _("%(line)s, such as “%(example)s”") % {
                "line": line,
                "example": example,
            }
        lines.append(line)
    return lines
