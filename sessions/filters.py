from django.db.models import Q
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

    def choices(self):
        days = EditionDay.objects.filter(edition__in=Edition.objects.published())
        numbers = days.order_by("number").values_list("number", flat=True).distinct()
        return [(str(n), _("Day %(number)d") % {"number": n}) for n in numbers]

    def filter(self, queryset, value):
        return queryset.filter(day__number__in=value) if value else queryset


class InRoom(Values):
    """A filter by the room, which is part of an edition."""

    def choices(self):
        rooms = Room.objects.filter(edition__in=Edition.objects.published())
        return [(room.slug, str(room)) for room in rooms]

    def filter(self, queryset, value):
        return queryset.filter(room__slug__in=value) if value else queryset


class Language(Values):
    """A filter by a language heard in a session, also by interpretation."""

    def choices(self):
        heard = SpokenLanguage.objects.filter(session__in=Session.objects.published())
        codes = heard.order_by("language").values_list("language", flat=True).distinct()
        return [(code, language_name(code)) for code in codes]

    def filter(self, queryset, value):
        if not value:
            return queryset
        heard = SpokenLanguage.objects.filter(language__in=value)
        return queryset.filter(pk__in=heard.values("session"))


class FollowUp(Choices):
    """A filter by what became of an outcome; facts have no follow-up at all."""

    NONE = ("no-follow-up", _("No follow-up on record"))

    def __init__(self, **kwargs):
        choices = [*Outcome.Status.choices, self.NONE]
        super().__init__("status", choices, **kwargs)

    def filter(self, queryset, value):
        if not value:
            return queryset
        wanted = Q(status__in=[status for status in value if status != self.NONE[0]])
        if self.NONE[0] in value:
            wanted |= Q(status="") & ~Q(kind=Outcome.Kind.FACT)
        return queryset.filter(wanted)


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

    shown = ("edition", "format", "topic", "stage")
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

    shown = ("kind", "status", "edition", "topic")
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
