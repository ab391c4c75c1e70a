from operator import itemgetter
from urllib.parse import parse_qsl, urlencode

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
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
from records.lacking import Gap, Lacking, no_text
from records.languages import page_language, text_of
from records.models import in_public, related_model
from records.prepared import prepared
from records.templatetags.records import language_name
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    Outcome,
    Room,
    Session,
    SpokenLanguage,
)
from sessions.models.sessions import PROGRAMME_ORDER, UNDATED
from topics.models import Topic

BY_NAME = (_("Name"), ["sort_key", "pk"])
MOST_OFFERED = 100  # records in one menu: a page on a phone has its limits


class Day(Values):
    """A filter by the number of a day of the forum."""

    in_order = True

    def choices(self):
        numbers = sorted({day.number for day in self.parent.days()})
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
        rooms = self.parent.rooms()
        return [(room.slug, text_of(room, "name").text) for room in rooms]

    def having(self, values):
        return Q(room__isnull=False) if values is None else Q(room__slug__in=values)


class Language(Values):
    """A filter by a language heard in a session, also by interpretation."""

    def choices(self):
        codes = _codes_heard(self.parent.queryset)
        return [(code, language_name(code)) for code in codes]

    def having(self, values):
        heard = SpokenLanguage.objects.order_by()
        if values is None:
            return Q(Exists(heard.filter(session=OuterRef("pk"))))
        return Q(pk__in=heard.filter(language__in=values).values("session"))

    def rows(self, pks=None):
        heard = SpokenLanguage.objects.order_by()
        if pks is not None:
            heard = heard.filter(session__in=pks)
        return [(heard, "session", F("language"))]

    def tables(self):
        return {SpokenLanguage._meta.db_table}

    def name_of(self, value):
        return language_name(value)


def _codes_heard(sessions):
    heard = SpokenLanguage.objects.filter(session__in=sessions)
    return heard.order_by("language").values_list("language", flat=True).distinct()


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
    lacking = Lacking({"date": Gap(_("No date"), lambda _kind: Q(starts_on=None))})

    sorts = {
        "newest": (_("Newest first"), ["-year", "-starts_on", "-pk"]),
        "name": BY_NAME,
    }

    class Meta:
        model = Edition
        fields = []


def without_speakers(model):
    """Return the condition that no source names who spoke."""
    role = Contribution.Role
    spoke = Contribution.objects.published().filter(
        role__in=[role.SPEAKER, role.PANELIST, role.MODERATOR]
    )
    return ~Q(Exists(spoke.order_by().filter(session=OuterRef("pk"))))


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
    lacking = Lacking(
        {
            "speakers": Gap(_("No speaker"), without_speakers),
            "date": Gap(_("No date"), lambda _kind: UNDATED, ((EditionDay, "day"),)),
            "abstract": Gap(_("No abstract"), lambda _kind: no_text("abstract")),
        }
    )

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

    def days(self):
        """Return the days that can be asked for."""
        return EditionDay.objects.filter(edition__in=Edition.objects.published())

    def rooms(self):
        """Return the rooms that can be asked for."""
        return Room.objects.filter(edition__in=Edition.objects.published())


class Tied(Records):
    """
    A filter by other records which offers those that the sessions are tied to.

    `offered` asks for them: a prepared query for one edition, by `_most_used()`.
    """

    def __init__(self, field_name, offered, **kwargs):
        super().__init__(field_name, **kwargs)
        self.offered = offered

    def choices(self):
        found = self.offered(edition=self.parent.edition.pk)
        by_name = sorted(found, key=itemgetter(3))
        return [(slug, name or other) for slug, name, other, *_rest in by_name]


@prepared
def _topics_of(edition):
    sessions = Session.objects.published().for_edition(edition)
    return _most_used(
        sessions.filter(in_public("topics", Topic.objects.published())), "topics"
    )


@prepared
def _organizations_of(edition):
    sessions = Session.objects.published().for_edition(edition)
    ties = Contribution.objects.published(sessions=sessions)
    return _most_used(ties.exclude(organization=None), "organization")


def _most_used(ties, to):
    """Return the (slug, name, other name, sort key, times) that there are ties to."""
    field = related_model(ties.model, to).title_field
    names = [f"{to}__{name}" for name in in_both(field)]
    if page_language() == "zh-hans":
        names.reverse()
    return (
        ties.order_by()
        .values_list(f"{to}__slug", *names, F(f"{to}__sort_key"))
        .annotate(times=Count("pk"))
        .order_by("-times", f"{to}__slug")[:MOST_OFFERED]
    )


class Heard(Language):
    """A filter by a language which offers those that are heard in the sessions."""

    def choices(self):
        if not self.parent.edition:
            return super().choices()
        codes = _languages_of(edition=self.parent.edition.pk)
        return [(code, language_name(code)) for code in codes]


@prepared
def _languages_of(edition):
    return _codes_heard(Session.objects.published().for_edition(edition))


class ProgrammeFilter(SessionFilter):
    """
    The filters of one edition’s programme, which has an order of its own.

    A page names its `edition`, to offer the days and rooms of that one alone.
    `view` is what its address asks to see it as: one of VIEWS.
    """

    VIEWS = ("list", "grid", "day", "full")

    topic = Tied("topics", _topics_of, label=_("Topic"))
    organization = Tied(
        "organization",
        _organizations_of,
        via="contributions",
        label=_("Organization"),
    )
    language = Heard(label=_("Language"))

    shown = ("topic", "room", "format", "language", "organization")
    sorted_by = {}
    sorts = {"programme": (_("Programme"), PROGRAMME_ORDER)}

    class Meta(SessionFilter.Meta):
        pass

    def __init__(self, data=None, queryset=None, *, edition=None, **kwargs):
        self.edition = edition
        super().__init__(data, queryset, **kwargs)
        asked = (data or {}).get("view", "") if edition else ""
        self.view = asked if asked in self.VIEWS else self.VIEWS[0]
        if asked and asked != self.view:
            self.ignored.append(("view", asked))

    def days(self):
        return self.edition.days.all() if self.edition else super().days()

    def rooms(self):
        return self.edition.rooms.all() if self.edition else super().rooms()

    def keys(self):
        """Return the keys of the sessions left by all but the day, None for all."""
        if not self.labels.keys() - {"day"}:
            return None
        queryset = self.queryset.order_by()
        self.form.is_valid()
        for name, value in self.form.cleaned_data.items():
            if name not in {"day", "sort"}:
                queryset = self.filters[name].filter(queryset, value)
        return tuple(queryset.values_list("pk", flat=True))

    def fields(self):
        """Return what a form of menus shows: {"name", "label", "chosen", "options"}."""
        return [
            {
                "name": name,
                "label": self.filters[name].label,
                "chosen": self.chosen(name),
                "options": self.options_of(name),
            }
            for name in self.shown
        ]

    def options_of(self, name):
        """Return the values of a menu; one that the address names is among them."""
        options = dict(self.filters[name].options)
        return list((options | self.labels.get(name, {})).items())

    def kept(self):
        """Return the (name, value) pairs that such a form has no menu for."""
        pairs = [*parse_qsl(self.query()), *self.as_seen()]
        return [
            (name, value)
            for name, value in pairs
            if name not in self.shown or value != self.chosen(name)
        ]

    def as_seen(self):
        """Return what an address says of the view: nothing of the default one."""
        return [("view", self.view)] if self.view != self.VIEWS[0] else []

    def active(self):
        chips = super().active()
        for chip in chips:
            left = parse_qsl(chip["remove_url"].removeprefix("?"))
            chip["remove_url"] = "?" + urlencode([*left, *self.as_seen()])
        return chips

    def chosen(self, name):
        """Return the value that a menu shows as chosen; "" for none."""
        return next(iter(self.data.getlist(name)), "")

    def address(self, *, day="", view=""):
        """Return the query string of another day, or of another view of this."""
        pairs = [(n, v) for n, v in parse_qsl(super().query()) if n != "day"]
        extra = [("day", day), ("view", view if view != self.VIEWS[0] else "")]
        return urlencode(pairs + [pair for pair in extra if pair[1]])


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
    lacking = Lacking()

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
