"""One session as a row of cells: how it is shown, read, checked and set."""

import json
from dataclasses import dataclass, field

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from records.admin import both, field_label
from sessions.desk.clock import read, written
from sessions.models import Session
from sessions.models.timetable import lacks_reason

CELLS = (
    "title_en",
    "title_zh_hans",
    "code",
    "format",
    "day",
    "room",
    "starts_at",
    "ends_at",
    "event_status",
)
PLACE = ("day", "room", "starts_at", "ends_at")
TIMES = ("starts_at", "ends_at")
LONGEST = 500  # letters that are read of any cell


class Choices:
    """What the cells of an edition offer: its formats, states, days and rooms."""

    def __init__(self, edition):
        self.zone = edition.zone
        self.days = {str(day.pk): day for day in edition.days.all()}
        self.rooms = {str(room.pk): room for room in edition.rooms.all()}
        for part in (*self.days.values(), *self.rooms.values()):
            part.edition = edition
        none = ("", "—")
        self.of = {
            "format": [none, *Session.Format.choices],
            "event_status": Session.EventStatus.choices,
            "day": [none, *((pk, self._day(day)) for pk, day in self.days.items())],
            "room": [none, *((pk, str(room)) for pk, room in self.rooms.items())],
        }
        self.texts = {name: dict(choices) for name, choices in self.of.items()}

    def _day(self, day):
        date = f" ({day.date:%m-%d})" if day.date else ""
        return f"{day.number}{date}"


class RowForm(forms.Form):
    """Reads the cells of a row."""

    title_en = forms.CharField(max_length=300, required=False)
    title_zh_hans = forms.CharField(max_length=300, required=False)
    code = forms.CharField(
        max_length=32, validators=Session._meta.get_field("code").validators
    )
    format = forms.ChoiceField()
    day = forms.ChoiceField(required=False)
    room = forms.ChoiceField(required=False)
    starts_at = forms.CharField(required=False)
    ends_at = forms.CharField(required=False)
    event_status = forms.ChoiceField()

    def __init__(self, data, choices):
        super().__init__(data)
        self.choices = choices
        for name, of_cell in choices.of.items():
            self.fields[name].choices = of_cell

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("title_en") and not cleaned.get("title_zh_hans"):
            self._refuse("title_en", _("Give a name in at least one language."))
        cleaned["day"] = self.choices.days.get(cleaned.get("day"))
        cleaned["room"] = self.choices.rooms.get(cleaned.get("room"))
        date = cleaned["day"].date if cleaned["day"] else None
        for name in TIMES:
            try:
                cleaned[name] = read(cleaned.get(name, ""), date, self.choices.zone)
            except forms.ValidationError as refused:
                self._refuse(name, refused)
        starts, ends = (cleaned.get(name) for name in TIMES)
        if ends and not starts and not self.errors:
            self._refuse("starts_at", _("Say when it starts as well."))
        if starts and ends and ends <= starts:
            words = _("It ends before it starts. Past midnight is written 01:00+1.")
            self._refuse("ends_at", words)
        return cleaned

    def _refuse(self, name, error):
        if name not in self.errors:
            self.add_error(name, error)


@dataclass
class Cell:
    """What stands in a cell; `theirs`: what somebody else has saved there since."""

    name: str
    key: str
    value: str
    choices: list | None
    errors: list = field(default_factory=list)
    theirs: str | None = None

    @property
    def label(self):
        return label_of(self.name)


class Row:
    """
    A session in the table.

    `was` are its cells when the organizer was shown them, `sent` what came back:
    what differs is `mine`. What differs between `was` and what is stored now was
    saved by somebody else.
    """

    def __init__(self, session, choices, *, key=None, may_change=True):
        self.session, self.choices, self.may_change = session, choices, may_change
        self.key = key or str(session.pk)
        self.now = values_of(session, choices)
        self.was, self.sent, self.mine = self.now, dict(self.now), []
        self.errors, self.clashes, self.is_stale = {}, [], False

    def take(self, sent, was):
        """Take what the organizer sent of some cells, and what was in them before."""
        self.was = {name: was.get(name, self.now[name]) for name in CELLS}
        self.mine = [
            name for name in CELLS if name in sent and sent[name] != self.was[name]
        ]
        self.sent |= {name: sent[name] for name in self.mine}
        self.is_stale = bool(self.mine) and self.was != self.now

    def check(self):
        """Check what was sent, and set it on the session; nothing is saved."""
        if not self.mine:
            return
        form = RowForm(self.sent, self.choices)
        if not self.may_change:
            words = _("What the public sees is changed by a publisher.")
            self.errors = {self.mine[0]: [words]}
        elif self.is_stale:
            self.errors = {
                name: [_("Somebody else has saved another value since.")]
                for name in CELLS
                if self.now[name] not in {self.was[name], self.sent[name]}
            } or {self.mine[0]: [_("Somebody else has saved this row since.")]}
        elif form.is_valid() and self._lacks_reason():
            words = _("“Cancel” at the end of the row asks for the reason.")
            self.errors = {"event_status": [words]}
        elif form.is_valid():
            if self.sent["event_status"] == Session.EventStatus.SCHEDULED:
                for name in both("status_reason"):
                    setattr(self.session, name, "")
            for name, value in form.cleaned_data.items():
                if name not in TIMES or name in self.mine or "day" in self.mine:
                    setattr(self.session, name, value)
        else:
            self.errors = {
                name: list(messages) for name, messages in form.errors.items()
            }

    def _lacks_reason(self):
        # Whoever reads that it is cancelled reads why, as on the page for that.
        given = {name: getattr(self.session, name) for name in both("status_reason")}
        changed = "event_status" in self.mine
        return changed and lacks_reason(self.sent | given)

    def refuse(self, name, words):
        self.errors.setdefault(name, []).append(words)

    @property
    def was_now(self):
        """What is on record now, for the page to send back."""
        return json.dumps(self.now, ensure_ascii=False)

    @property
    def places(self):
        """The cells that say when and where."""
        return [cell for cell in self.cells if cell.name in PLACE]

    @property
    def cells(self):
        return [
            Cell(
                name=name,
                key=f"{self.key}-{name}",
                value=self.sent[name],
                choices=self.choices.of.get(name),
                errors=self.errors.get(name, []),
                theirs=self._theirs(name),
            )
            for name in CELLS
        ]

    @property
    def texts(self):
        """The cells as they are read by who may not change them."""
        shown = self.choices.texts
        return [(n, shown.get(n, {}).get(self.now[n], self.now[n])) for n in CELLS]

    def _theirs(self, name):
        if not self.is_stale or self.now[name] in {self.was[name], self.sent[name]}:
            return None
        return self.choices.texts.get(name, {}).get(self.now[name], self.now[name])


def values_of(session, choices):
    """Return what stands in the cells of a session, as {name: text}."""
    date = session.day.date if session.day else None
    return {
        "title_en": session.title_en or "",
        "title_zh_hans": session.title_zh_hans or "",
        "code": session.code,
        "format": session.format,
        "day": str(session.day_id or ""),
        "room": str(session.room_id or ""),
        "starts_at": written(session.starts_at, date, choices.zone),
        "ends_at": written(session.ends_at, date, choices.zone),
        "event_status": session.event_status,
    }


def label_of(name):
    if name in {"starts_at", "ends_at"}:
        return capfirst(Session._meta.get_field(name).verbose_name)
    return field_label(Session._meta.get_field(name))
