from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from records.filters import (
    Choices,
    RecordFilterSet,
    Records,
    Values,
    Words,
    Year,
    in_both,
)
from records.templatetags.records import language_name
from sessions.models import Edition, EditionDay, Outcome, Room, Session, SpokenLanguage
from sessions.models.sessions import PROGRAMME_ORDER

BY_NAME = (_("Name"), ["sort_key", "pk"])


class Day(Values):
    """A filter by the number of a day of the forum."""

    in_order = True

    def choices(self):
        days = EditionDay.objects.filter(edition__in=Edition.objects.published())
        numbers = days.order_by("number").values_list("number", flat=True).distinct()
        return [(str(n), _("Day %(number)d") % {"number": n}) for n in numbers]

    def having(self, values):
        return Q(day__isnull=False) if values is None else Q(day__number__in=values)

    def rows(self, pks=None):
        return [(self.records(pks), "pk", F("day__number"))]

    def depends_on(self):
        return [(EditionDay, "day", False)]

    def order(self):
        return [str(number) for number in range(1, 100)]

    def name_of(self, value):
        return _("Day %(number)d") % {"number": int(value)}


class InRoom(Values):
    """A filter by the room, which is part of an edition."""

    def choices(self):
        rooms = Room.objects.filter(edition__in=Edition.objects.published())
        return [(room.slug, str(room)) for room in rooms]

    def having(self, values):
        return Q(room__isnull=False) if values is None else Q(room__slug__in=values)


class Language(Values):
    """A filter by a language heard in a session, also by interpretation."""

    def choices(self):
        heard = SpokenLanguage.objects.filter(session__in=Session.objects.published())
        codes = heard.order_by("language").values_list("language", flat=True).distinct()
        return [(code, language_name(code)) for code in codes]

    def having(self, values):
        heard = SpokenLanguage.objects.order_by()
        if values is not None:
            heard = heard.filter(language__in=values)
        return Q(pk__in=heard.values("session"))

    def rows(self, pks=None):
        heard = SpokenLanguage.objects.order_by()
        if pks is not None:
            heard = heard.filter(session__in=pks)
        return [(heard, "session", F("language"))]

    def tables(self):
        return {SpokenLanguage._meta.db_table}

    def name_of(self, value):
        return language_name(value)


class FollowUp(Choices):
    """A filter by what became of an outcome; facts have no follow-up at all."""

    NONE = ("no-follow-up", _("No follow-up on record"))
    has_none = False

    def __init__(self, **kwargs):
        choices = [*Outcome.Status.choices, self.NONE]
        super().__init__("status", choices, **kwargs)

    def having(self, values):
        wanted = Q(status__in=[status for status in values if status != self.NONE[0]])
        if self.NONE[0] in values:
            wanted |= Q(status="") & ~Q(kind=Outcome.Kind.FACT)
        return wanted

    def rows(self, pks=None):
        said = Case(
            When(~Q(status=""), then=F("status")),
            When(kind=Outcome.Kind.FACT, then=Value("")),
            default=Value(self.NONE[0]),
        )
        return [(self.records(pks), "pk", said)]


class EditionFilter(RecordFilterSet):
    q = Words(*in_both("name"), *in_both("city"), *in_both("theme"))
    year_from = Year("year", lookup_expr="gte", label=_("From year"))
    year_to = Year("year", lookup_expr="lte", label=_("To year"))

    sorts = {
        "newest": (_("Newest first"), ["-year", "-starts_on", "-pk"]),
        "name": BY_NAME,
    }

    class Meta:
        model = Edition
        fields = []


class SessionFilter(RecordFilterSet):
    q = Words(*in_both("title"), *in_both("subtitle"))
    edition = Records("edition", label=_("Edition"))
    format = Choices("format", Session.Format, label=_("Format"))
    topic = Records("topics", label=_("Topic"))
    stage = Records("stages", label=_("Life-cycle stage"))
    mineral = Records("minerals", label=_("Mineral"))
    regulation = Records("regulations", label=_("Regulation"))
    organization = Records("organization", via="contributions", label=_("Organization"))
    person = Records("person", via="contributions", label=_("Person"))
    day = Day(label=_("Day"))
    room = InRoom(label=_("Room"))
    language = Language(label=_("Language"))
    year_from = Year("edition__year", lookup_expr="gte", label=_("From year"))
    year_to = Year("edition__year", lookup_expr="lte", label=_("To year"))

    shown = (
        "topic",
        "mineral",
        "stage",
        "regulation",
        "organization",
        "person",
        "edition",
        "day",
        "format",
        "language",
    )
    sorted_by = {"newest": "edition"}
    sorts = {
        "newest": (
            _("Newest first"),
            ["-edition__year", "edition", *PROGRAMME_ORDER],
        ),
        "name": BY_NAME,
    }

    class Meta:
        model = Session
        fields = []


class ProgrammeFilter(SessionFilter):
    """The filters of one edition’s programme, which has an order of its own."""

    shown = ("topic", "format")
    sorted_by = {}
    sorts = {"programme": (_("Programme"), PROGRAMME_ORDER)}

    class Meta(SessionFilter.Meta):
        pass


class OutcomeFilter(RecordFilterSet):
    q = Words(
        *in_both("title"), *in_both("statement"), label=_("Words in the statement")
    )
    kind = Choices("kind", Outcome.Kind, label=_("Kind"))
    status = FollowUp(label=_("Follow-up"))
    edition = Records("edition", label=_("Edition"))
    topic = Records("topics", label=_("Topic"))
    organization = Records("organizations", label=_("Organization"))
    person = Records("people", label=_("Person"))
    year_from = Year("edition__year", lookup_expr="gte", label=_("From year"))
    year_to = Year("edition__year", lookup_expr="lte", label=_("To year"))

    shown = ("kind", "status", "topic", "organization", "person", "edition")
    sorted_by = {"newest": "edition"}
    sorts = {
        "newest": (
            _("Newest first"),
            ["-edition__year", "edition", "position", "pk"],
        ),
        "name": BY_NAME,
    }

    class Meta:
        model = Outcome
        fields = []
