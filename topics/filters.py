from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from records.filters import (
    Choices,
    Date,
    RecordFilterSet,
    Records,
    Values,
    Words,
    Year,
    in_both,
    read_day,
)
from records.lacking import Gap, Lacking, no_text
from records.models import related_model
from records.prepared import today
from records.text import sort_key
from topics.models import IssuingBody, LifecycleStage, Milestone, Mineral, Topic
from topics.models.regulations import (
    OWN_JURISDICTIONS,
    VERIFIED_FOR,
    Regulation,
    Status,
    jurisdiction_name,
)

BY_NAME = (_("Name"), ["sort_key", "pk"])
UNDEFINED = {"definition": Gap(_("No definition"), lambda _kind: no_text("definition"))}


def read_as_of(query):
    """Return the day that `as_of` asks for or None, and pairs of what is no day."""
    asked = query.get("as_of", "").strip()
    try:
        return (read_day(asked) if asked else None), []
    except ValueError:
        return None, [("as_of", asked)]


class Jurisdiction(Values):
    """A filter by the country of an instrument, `EU` or `INT`."""

    has_none = False

    def known(self, values):
        return {
            code: jurisdiction_name(code)
            for code in values
            if code in OWN_JURISDICTIONS or code in countries.countries
        }

    def choices(self):
        regulations = Regulation.objects.published().order_by()
        codes = regulations.values_list("jurisdiction", flat=True).distinct()
        names = [(code, jurisdiction_name(code)) for code in codes]
        own = OWN_JURISDICTIONS
        return sorted(names, key=lambda pair: (pair[0] not in own, sort_key(pair[1])))

    def having(self, values):
        return Q(jurisdiction__in=values)

    def name_of(self, value):
        return jurisdiction_name(value)


class Binding(Choices):
    """A filter by whether an instrument is law for those in its scope."""

    BINDING = [("yes", _("Binding")), ("no", _("Not binding"))]
    has_none = False

    def __init__(self, **kwargs):
        super().__init__("binding", self.BINDING, **kwargs)

    def having(self, values):
        return Q(binding__in=[answer == "yes" for answer in values])

    def rows(self, pks=None):
        said = Case(When(binding=True, then=Value("yes")), default=Value("no"))
        return [(self.records(pks), "pk", said)]


class StatusOnDate(Choices):
    """A filter by the status that `as_of` asks for: today's, if it is not given."""

    has_none = False  # its `none` is a status: not yet proposed

    def __init__(self, **kwargs):
        super().__init__("status", Status.choices, **kwargs)

    def filter(self, queryset, value):
        if not value:
            return queryset
        dated = queryset.with_status(self.variant(), name="status_asked")
        return dated.filter(status_asked__in=value)

    def variant(self):
        return self.parent.status_day or timezone.localdate()

    def rows(self, pks=None):
        dated = self.records(pks).with_status(self.variant(), name="status_asked")
        return [(dated, "pk", F("status_asked"))]

    def tables(self):
        return {Regulation._meta.db_table, Milestone._meta.db_table}


class InvolvedOrganization(Records):
    """A filter by who issued an instrument, or took part where it was named."""

    def having(self, values):
        among = self.among(values)
        issued = IssuingBody.objects.published().filter(organization__in=among)
        named = Regulation.objects.order_by().filter(
            sessions__contributions__in=self.contributions().filter(
                organization__in=among
            )
        )
        return Q(pk__in=issued.values("regulation")) | Q(pk__in=named.values("pk"))

    def contributions(self):
        return related_model(Regulation, "sessions__contributions").objects.published()

    def rows(self, pks=None):
        issued = IssuingBody.objects.published().order_by()
        part = self.contributions().order_by()
        if pks is not None:
            issued = issued.filter(regulation__in=pks)
            part = part.filter(session__regulations__in=pks)
        return [
            (issued, "regulation", F("organization")),
            (part, "session__regulations", F("organization")),
        ]

    gated = True

    def tables(self):
        named = Regulation._meta.get_field("sessions").remote_field.remote_field
        return {IssuingBody._meta.db_table, named.through._meta.db_table}

    def depends_on(self):
        contributions = "sessions__contributions"
        organization, person = (
            related_model(Regulation, f"{contributions}__{name}")
            for name in ("organization", "person")
        )
        return [
            (organization, "issuing_bodies__organization", True),
            (related_model(Regulation, "sessions"), "sessions", False),
            (organization, f"{contributions}__organization", True),
            (person, f"{contributions}__person", True),
        ]


def not_verified(model):
    """Return the condition that nobody has looked at the law for half a year."""
    since = timezone.localdate() - VERIFIED_FOR
    return Q(last_verified_on=None) | Q(last_verified_on__lt=since)


def undated(model):
    return ~Q(pk__in=Milestone.objects.order_by().values("regulation"))


class TopicFilter(RecordFilterSet):
    q = Words(*in_both("label"))
    regulation = Records("regulations", label=_("Regulation"))
    edition = Records("edition", via="sessions", label=_("Edition"))
    lacking = Lacking(UNDEFINED)

    class Meta:
        model = Topic
        fields = []


class RegulationFilter(RecordFilterSet):
    q = Words(*in_both("short_name"), *in_both("official_title"), "acronym")
    status = StatusOnDate(label=_("Status"))
    as_of = Date(label=_("Status on the day"), method="leave")
    jurisdiction = Jurisdiction("jurisdiction", label=_("Jurisdiction"))
    kind = Choices("kind", Regulation.Kind.choices, label=_("Kind"))
    binding = Binding(label=_("Binding"))
    topic = Records("topics", label=_("Topic"))
    mineral = Records("minerals", label=_("Mineral"))
    stage = Records("stages", label=_("Life-cycle stage"))
    organization = InvolvedOrganization(
        "issuing_bodies__organization", label=_("Organization")
    )
    edition = Records("edition", via="sessions", label=_("Edition"))
    year_from = Year(label=_("From year"), method="in_years")
    year_to = Year(label=_("To year"), method="in_years")
    lacking = Lacking(
        {
            "verification": Gap(_("Not verified for six months"), not_verified),
            "dates": Gap(_("No milestone"), undated),
            "official-text": Gap(
                _("No address of the official text"), lambda _kind: Q(official_url="")
            ),
        }
    )

    typed = ("q", "as_of")
    shown = (
        "status",
        "jurisdiction",
        "topic",
        "mineral",
        "stage",
        "kind",
        "binding",
        "organization",
        "edition",
    )
    sorts = {
        "next-date": (
            _("Next date"),
            [F("next_date").asc(nulls_last=True), "sort_key", "pk"],
        ),
        "name": BY_NAME,
        "newest": (
            _("Newest first"),
            [F("latest_date").desc(nulls_last=True), "sort_key", "pk"],
        ),
    }

    class Meta:
        model = Regulation
        fields = []

    @property
    def status_day(self):
        """The day whose status is asked for, or None for today."""
        return self.form.cleaned_data.get("as_of") if self.form.is_valid() else None

    def leave(self, queryset, name, value):
        """Leave the list as it is: `as_of` only says which day `status` is about."""
        return queryset

    def in_years(self, queryset, name, value):
        """Keep what has one milestone within the years asked for."""
        first = self.form.cleaned_data.get("year_from") or 1
        last = self.form.cleaned_data.get("year_to") or 9999
        within = Milestone.objects.filter(date__year__range=(first, last))
        return queryset.filter(pk__in=within.values("regulation"))

    def annotated(self, queryset):
        day = today()
        past = Milestone.objects.filter(regulation=OuterRef("pk"), date__lte=day)
        latest = Subquery(past.order_by("-date").values("date")[:1])
        return queryset.with_next_date(day).annotate(latest_date=latest)


class MineralFilter(RecordFilterSet):
    q = Words(*in_both("label"), "symbol")
    kind = Choices("kind", Mineral.Kind.choices, label=_("Kind"))
    regulation = Records("regulations", label=_("Regulation"))
    topic = Records("topics", via="sessions", label=_("Topic"))
    stage = Records("stages", via="sessions", label=_("Life-cycle stage"))
    edition = Records("edition", via="sessions", label=_("Edition"))
    lacking = Lacking()

    shown = ("kind", "stage", "topic", "regulation", "edition")

    class Meta:
        model = Mineral
        fields = []


class StageFilter(RecordFilterSet):
    q = Words(*in_both("label"))
    lacking = Lacking(UNDEFINED)

    sorts = {
        "order": (_("Order in the life cycle"), ["order", "pk"]),
        "name": BY_NAME,
    }

    class Meta:
        model = LifecycleStage
        fields = []
