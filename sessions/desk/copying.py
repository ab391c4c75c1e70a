"""A new edition from the structure of another one; everything in it is a draft."""

import datetime

from django import forms
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.admin import field_label
from records.filters import in_both
from records.models import State
from records.operations import recording
from sessions.desk.clock import aware
from sessions.desk.table import next_free, slugs_taken
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Room,
    Session,
    SpokenLanguage,
)

PLACE = (
    "country",
    *in_both("city"),
    *in_both("venue"),
    *in_both("directions"),
)
SESSION = (
    *("code", "name_language", "track", "format", "position", "slide_language"),
    *in_both("title"),
    *in_both("subtitle"),
)
MOST_DAYS = 31


class CopyForm(forms.ModelForm):
    """The new edition, and what to take from the old one."""

    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    place = forms.BooleanField(
        label=_("City, venue and how to get there"), required=False
    )
    days = forms.BooleanField(
        label=_("Days, on the new dates"), required=False, initial=True
    )
    rooms = forms.BooleanField(label=_("Rooms"), required=False, initial=True)
    roles = forms.MultipleChoiceField(
        label=_("Who has these roles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    sessions = forms.BooleanField(
        label=_("Sessions, as drafts"),
        required=False,
        help_text=_(
            "Title, code, format, track, day, room, clock times and languages. No "
            "abstract, topic or material: these are of the old ones."
        ),
    )
    contributions = forms.BooleanField(
        label=_("Who hosts and speaks in these sessions"), required=False
    )

    class Meta:
        model = Edition
        fields = ["slug", "year", *in_both("name"), "starts_on", "ends_on"]

    def __init__(self, data=None, *, source, may_add_sessions):
        super().__init__(data, initial={"year": source.year + 1})
        self.source = source
        for name in self._meta.fields:
            self.fields[name].label = field_label(Edition._meta.get_field(name))
        used = source.roles.order_by().values_list("role", flat=True).distinct()
        self.used = set(used)
        choices = [(r.value, r.label) for r in EditionRole.Role if r in self.used]
        self.fields["roles"].choices = choices
        if not choices:
            del self.fields["roles"]
        if not may_add_sessions:
            del self.fields["sessions"], self.fields["contributions"]

    def clean(self):
        cleaned = super().clean()
        starts, ends = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts and ends and (ends - starts).days >= MOST_DAYS:
            words = _("An edition lasts %(number)d days at most.")
            self.add_error("ends_on", words % {"number": MOST_DAYS})
        # Drafts of a language without a text, and a clock that is the old one.
        self.instance.time_zone = self.source.time_zone
        if cleaned.get("contributions") and not cleaned.get("sessions"):
            words = _("They speak in sessions: take the sessions as well.")
            self.add_error("contributions", words)
        return cleaned


@transaction.atomic
def copied(form, user):
    """
    Make the edition of a valid `CopyForm`, as one operation, and return it.

    Nothing of it is public, whatever the old one is.
    """
    source, edition, asked = form.source, form.instance, form.cleaned_data
    edition.state, edition.publish_at = State.DRAFT, None
    summary = gettext("%(new)s from %(old)s") % {"new": edition, "old": source}
    with recording("copy", summary, user):
        for name in PLACE if asked["place"] else ():
            setattr(edition, name, getattr(source, name))
        edition.save()
        days = _days(source, edition) if asked["days"] else {}
        rooms = _rooms(source, edition) if asked["rooms"] else {}
        _roles(source, edition, asked.get("roles", ()))
        if asked.get("sessions"):
            made = _sessions(source, edition, days, rooms)
            if asked["contributions"]:
                _contributions(made)
    return edition


def _days(source, edition):
    """
    Make a day for each date, numbered and called as the old ones.

    Return {old key: new day}, which is None if the new edition has ended by then.
    """
    olds = list(source.days.all())
    first = next((_first_number(source, day) for day in olds if day.date), 1)
    made = {}
    for after in range((edition.ends_on - edition.starts_on).days + 1):
        date = edition.starts_on + datetime.timedelta(days=after)
        new = EditionDay(edition=edition, number=first + after, date=date)
        new.title_en = new.title_zh_hans = ""
        made[new.number] = new
    taken = {old.pk: made.get(_number(source, old, first)) for old in olds}
    for old in reversed(olds):
        if new := taken[old.pk]:
            _with(new, old, in_both("title"))
    EditionDay.objects.bulk_create(made.values())
    return taken


def _first_number(source, day):
    """Return the number of an edition's first date, from a day with a date."""
    after = (day.date - source.starts_on).days if source.starts_on else 0
    return max(day.number - after, 0)


def _number(source, day, first):
    """Return the number that a day has by its date; by itself, if that is unknown."""
    if day.date and source.starts_on:
        return first + (day.date - source.starts_on).days
    return day.number


def _rooms(source, edition):
    fields = ("slug", "floor", "position", *in_both("name"), *in_both("notes"))
    rooms = source.rooms.all()
    made = {old.pk: _with(Room(edition=edition), old, fields) for old in rooms}
    Room.objects.bulk_create(made.values())
    return made


def _roles(source, edition, roles):
    fields = ("organization_id", "person_id", "role", "position", *in_both("note"))
    EditionRole.objects.bulk_create(
        _with(EditionRole(edition=edition), old, fields)
        for old in source.roles.filter(role__in=roles)
    )


def _sessions(source, edition, days, rooms):
    """Copy what takes place; return {old key: new session}."""
    olds = Session.objects.for_edition(source).exclude(state=State.WITHDRAWN)
    taken, made = slugs_taken(edition.slug), {}
    for old in olds.select_related("day").prefetch_related("spoken_languages"):
        old.edition = source
        new = _with(Session(edition=edition), old, SESSION)
        bare = old.slug.removeprefix(f"{source.slug}-")
        new.slug = next_free(f"{edition.slug}-{bare}", taken)
        new.day, new.room = days.get(old.day_id), rooms.get(old.room_id)
        if days and old.day_id and new.day is None:
            # The new edition is shorter: such a session waits for a day and a time.
            new.starts_at = new.ends_at = None
        else:
            new.starts_at, new.ends_at = _times(old, new)
        made[old] = new
    Session.objects.bulk_create(made.values())
    SpokenLanguage.objects.bulk_create(
        _with(SpokenLanguage(session=new), spoken, ("language", "interpreted"))
        for old, new in made.items()
        for spoken in old.spoken_languages.all()
    )
    return {old.pk: new for old, new in made.items()}


def _contributions(made):
    # Consent was given for the old recording.
    fields = ("person_id", "organization_id", "role", "position")
    olds = Contribution.objects.filter(session__in=made, name_removed=False)
    olds = olds.order_by("position", "pk")
    Contribution.objects.bulk_create(
        _with(Contribution(session=made[old.session_id]), old, fields) for old in olds
    )


def _times(old, new):
    """Return when the copy begins and ends: the same clock, as far into the forum."""
    source, edition = old.edition, new.edition
    if old.day and old.day.date and new.day:
        by = new.day.date - old.day.date
    elif new.day and old.starts_at:
        by = new.day.date - old.starts_at.astimezone(edition.zone).date()
    else:
        by = edition.starts_on - source.starts_on if source.starts_on else None
    if by is None or not old.starts_at:
        return None, None
    try:
        return tuple(_moved(moment, by, edition.zone) for moment in _span(old))
    except forms.ValidationError:
        # The clocks skip or repeat that hour: then it waits for a time.
        return None, None


def _span(session):
    return session.starts_at, session.ends_at


def _moved(moment, by: datetime.timedelta, zone):
    if moment is None:
        return None
    return aware(moment.astimezone(zone).replace(tzinfo=None) + by, zone)


def _with(new, old, fields):
    """Give a new row these values of an old one, and return it."""
    for name in fields:
        setattr(new, name, getattr(old, name))
    return new
