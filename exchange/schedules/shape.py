"""The one shape that every format is read into, and the refusal to read it."""

import datetime
from collections import Counter
from dataclasses import dataclass, field

from exchange.schedules.fields import UNFIT
from records.templatetags.records import colon


class RefusedError(Exception):
    """A file that cannot be imported: `place` in the file, and what is wrong."""

    def __init__(self, message, place=""):
        place = UNFIT.sub("", place)  # it may quote a key of the file
        super().__init__(message, place)
        self.message, self.place = message, place

    def __str__(self):
        place = f"{self.place}{colon()}" if self.place else ""
        return f"{place}{self.message}"


@dataclass
class Day:
    """A day by the file's own number; what begins between its ends belongs to it."""

    number: int
    date: datetime.date | None = None
    begins: datetime.datetime | None = None
    finishes: datetime.datetime | None = None


@dataclass
class Room:
    """A room; `name` and `notes` are texts by language, "" if it is not said."""

    key: str
    name: dict
    notes: dict = field(default_factory=dict)


@dataclass
class Person:
    """
    Who takes part.

    `ids` are what the source system calls this person, the best one first; without
    any, the name is all that joins two mentions in one file. `slug` is that of a
    record of ours, as our own table may say.
    """

    key: str
    name: dict
    ids: list = field(default_factory=list)
    bio: dict = field(default_factory=dict)
    sort_name: str = ""
    slug: str = ""


@dataclass
class Part:
    """Somebody's part in a session; `organization` is a name, as the file has it."""

    person: str
    role: str = "speaker"
    organization: str = ""
    stated: bool = True  # whether the file says the role


@dataclass
class Material:
    kind: str
    url: str
    title: str = ""
    licence: str = ""


@dataclass
class Session:
    """
    One session; times are aware, or naive by the clock of the edition's place.

    Without an end, it lasts as long as `lasts` says, whatever the clocks do meanwhile.
    """

    place: str
    ids: list  # what it is called in the source, the best first
    title: dict
    guid: str = ""
    code: str = ""
    subtitle: dict = field(default_factory=dict)
    abstract: dict = field(default_factory=dict)
    track: str = ""
    kind: str = ""
    language: str = ""
    slide_language: str = ""
    interpreted: str = ""
    day: int | None = None
    starts: datetime.datetime | None = None
    ends: datetime.datetime | None = None
    lasts: datetime.timedelta | None = None
    room: str = ""
    stream_url: str = ""
    status: str = "scheduled"
    recorded: bool = True
    parts: list = field(default_factory=list)
    materials: list = field(default_factory=list)


@dataclass
class Schedule:
    """
    What a file says of an edition.

    `system` names where the ids of its people come from. `lost` counts what has no
    place here, by its name in the file; `notes` are (place, sentence). `ours` tells
    a file that a portal of this kind has written: its texts are Markdown already.
    """

    format: str
    ours: bool = False
    system: str = ""
    name: dict = field(default_factory=dict)
    summary: dict = field(default_factory=dict)
    city: dict = field(default_factory=dict)
    venue: dict = field(default_factory=dict)
    starts: datetime.date | None = None
    ends: datetime.date | None = None
    zone: str = ""
    zone_place: str = ""
    days: list = field(default_factory=list)
    rooms: dict = field(default_factory=dict)
    rooms_called: dict = field(default_factory=dict)  # folded name: Room
    people: dict = field(default_factory=dict)
    sessions: list = field(default_factory=list)
    lost: Counter = field(default_factory=Counter)
    examples: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)

    def lose(self, name, example="", times=1):
        """Count something that cannot be kept, with one example of it."""
        name = UNFIT.sub("", name)
        self.lost[name] += times
        if example:
            self.examples.setdefault(name, UNFIT.sub("", str(example)[:80]))

    def note(self, place, sentence):
        self.notes.append((UNFIT.sub("", place), UNFIT.sub("", sentence)))
