"""Many sessions moved at once: a day from some time on, or a day to another date."""

import datetime
from dataclasses import dataclass, field
from hashlib import sha256

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.operations import recording
from records.permissions import may_change_now
from sessions.clashes import clashes
from sessions.desk.clock import aware, read, written
from sessions.desk.rows import LONGEST, TIMES, Choices
from sessions.desk.table import sessions_of
from sessions.models import Edition, EditionDay, Session

NO_DAY = "none"
MOST_MINUTES = 1440


@dataclass
class Move:
    """One session that moves, with its times before and after."""

    session: Session
    before: tuple
    after: tuple


@dataclass
class Plan:
    """
    What would move, and what is wrong with it; nothing is written before `write()`.

    `key` stands for exactly these moves, so that what was shown is what is done.
    """

    edition: Edition
    summary: str
    sessions: list
    moved: list
    day: EditionDay | None = None
    moves: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    clashes: list = field(default_factory=list)

    @property
    def key(self):
        told = [(move.session.pk, move.before, move.after) for move in self.moves]
        day = self.day and (self.day.pk, self.day.date)
        return sha256(repr((told, day)).encode()).hexdigest()

    def write(self, user):
        """Write the moves as one operation."""
        with recording("bulk", self.summary, user):
            if self.day:
                self.day.save(update_fields=["date"])
            if self.moves:
                Session.objects.bulk_update(self.moved, TIMES)


class MoveForm(forms.Form):
    """A form that plans moves of an edition's sessions; a kind of it says how."""

    day = forms.ChoiceField(label=_("Day"))

    def __init__(self, data, *, edition, user, lock=False):
        super().__init__(data)
        self.edition, self.user = edition, user
        self.choices = Choices(edition)
        self.sessions = sessions_of(edition, self.choices, lock=lock)
        days = self.choices.of["day"][1:]
        if self.without_day and any(s.day_id is None for s in self.sessions):
            days = [*days, (NO_DAY, _("Day not on record"))]
        self.fields["day"].choices = days

    without_day = False

    def clean_day(self):
        return self.choices.days.get(self.cleaned_data["day"])

    def plan(self):
        """Return the `Plan` of a valid form."""
        plan = self._plan()
        zone = self.edition.zone
        for session in plan.moved:
            date = session.day.date if session.day else None
            before = [written(getattr(session, name), date, zone) for name in TIMES]
            try:
                for name in TIMES:
                    setattr(session, name, self.moved(getattr(session, name)))
            except forms.ValidationError as refused:
                words = {"session": session, "error": refused.messages[0]}
                plan.errors.append(gettext("“%(session)s”: %(error)s") % words)
            date = plan.day.date if plan.day else date
            after = [written(getattr(session, name), date, zone) for name in TIMES]
            plan.moves.append(Move(session, tuple(before), tuple(after)))
        plan.errors += self._refusals(plan)
        plan.clashes = clashes(self.edition, self.sessions)
        return plan

    def _refusals(self, plan):
        """Return a sentence for each thing that this organizer may not move."""
        refused = [
            gettext("“%(session)s” is public: a publisher moves it.") % {"session": one}
            for one in plan.moved
            if not may_change_now(self.user, one)
        ]
        if plan.day and not may_change_now(self.user, self.edition):
            words = gettext("The edition is public: a publisher moves its days.")
            refused.append(words)
        if not plan.moved and not plan.day:
            refused.append(gettext("No session of these has a clock time."))
        return refused


class ShiftForm(MoveForm):
    """All sessions of a day, perhaps of one room and from a time on, by minutes."""

    room = forms.ChoiceField(label=_("Room"), required=False)
    since = forms.CharField(
        label=_("From"),
        required=False,
        max_length=LONGEST,
        help_text=_("Such as 14:00. Empty: the whole day."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        min_value=-MOST_MINUTES,
        max_value=MOST_MINUTES,
        help_text=_("15 is a quarter of an hour later, -15 is earlier."),
    )
    without_day = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        every = ("", _("All rooms"))
        self.fields["room"].choices = [every, *self.choices.of["room"][1:]]

    def clean_minutes(self):
        if not self.cleaned_data["minutes"]:
            raise forms.ValidationError(_("Nothing moves by 0 minutes."))
        return self.cleaned_data["minutes"]

    def clean(self):
        cleaned = super().clean()
        day = cleaned.get("day")
        try:
            date = day.date if day else None
            cleaned["since"] = read(cleaned.get("since") or "", date, self.edition.zone)
        except forms.ValidationError as refused:
            self.add_error("since", refused)
        return cleaned

    def _plan(self):
        asked = self.cleaned_data
        day, room = asked["day"], self.choices.rooms.get(asked["room"])
        moved = [
            session
            for session in self.sessions
            if session.starts_at
            and session.day == day
            and (not room or session.room == room)
            and (not asked["since"] or session.starts_at >= asked["since"])
        ]
        words = gettext("%(edition)s: shift by %(minutes)d minutes")
        said = {"edition": self.edition, "minutes": asked["minutes"]}
        return Plan(self.edition, words % said, self.sessions, moved)

    def moved(self, moment):
        """Return a moment so many minutes later, in elapsed time."""
        step = datetime.timedelta(minutes=self.cleaned_data["minutes"])
        return moment and moment + step


class DayForm(MoveForm):
    """A day that moves to another date, with its sessions at the same clock times."""

    date = forms.DateField(
        label=_("New date"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self):
        cleaned = super().clean()
        day, date = cleaned.get("day"), cleaned.get("date")
        if day and date and day.date == date:
            self.add_error("date", _("That is its date already."))
        return cleaned

    def _plan(self):
        day, date = self.cleaned_data["day"], self.cleaned_data["date"]
        # Where its date was not on record, nobody knows how far its sessions move.
        self.by = date - day.date if day.date else None
        moved = [
            session
            for session in self.sessions
            if self.by and session.starts_at and session.day == day
        ]
        day.date = date
        words = gettext("%(edition)s: day %(number)d to %(date)s")
        said = {"edition": self.edition, "number": day.number, "date": date}
        return Plan(self.edition, words % said, self.sessions, moved, day)

    def moved(self, moment):
        """Return the same time by the clock of the place, on the new date."""
        if moment is None:
            return None
        zone = self.edition.zone
        return aware(moment.astimezone(zone).replace(tzinfo=None) + self.by, zone)


@transaction.atomic
def confirmed(form, edition, user, data):
    """
    Write what was shown before; return the plan, and whether it was written.

    It is not where the moves are not those that the organizer has seen, or where
    something is wrong with them.
    """
    edition = Edition.objects.select_for_update().get(pk=edition.pk)
    form = form(data, edition=edition, user=user, lock=True)
    if not form.is_valid():
        return None, False
    plan = form.plan()
    if plan.errors or plan.key != data.get("confirm"):
        return plan, False
    plan.write(user)
    return plan, True
