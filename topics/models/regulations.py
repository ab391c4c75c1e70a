import datetime
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from organizations.models import Organization
from records.changes import ReportingQuerySet
from records.models import Record, RecordQuerySet, in_public
from records.prepared import today
from topics.models.subjects import LifecycleStage, Mineral, Topic

VERIFIED_FOR = datetime.timedelta(days=183)  # then a record wants another look
OWN_JURISDICTIONS = {"EU": _("European Union"), "INT": _("International")}


def jurisdiction_name(code):
    """Return the name of an ISO 3166 code, `EU` or `INT`; "" if there is none."""
    return str(OWN_JURISDICTIONS.get(code) or countries.name(code) or "")


def validate_jurisdiction(code):
    if not jurisdiction_name(code):
        raise ValidationError(_("Give a country code such as CN, or EU, or INT."))


class Status(models.TextChoices):
    """
    Where an instrument stands on a date; derived from its milestones.

    Without any that tells, nothing is known; before the first one it was not yet
    proposed.
    """

    UNKNOWN = "unknown", _("Status not on record")
    NONE = "none", _("Not yet proposed")
    PROPOSED = "proposed", _("Proposed")
    ADOPTED = "adopted", _("Adopted")
    IN_FORCE = "in-force", _("In force")
    IN_USE = "in-use", _("In use")
    EXPIRED = "expired", _("Expired")
    REPEALED = "repealed", _("Repealed")


@lru_cache(maxsize=64)
def status_at(on, regulation=OuterRef("pk")):  # noqa: B008 — a constant expression
    """
    Return the expression of a regulation's status on a date.

    Kept for the few dates that pages ask about: to build it costs as much as to
    run it.
    """
    deciding = (
        Milestone.objects.filter(
            Milestone.DECIDING, regulation=regulation, date__lte=on
        )
        .order_by(Milestone.WEIGHT.desc(), "-date", Milestone.STEP.desc(), "-pk")
        .annotate(gives=Milestone.GIVES)
    )
    any_day = Milestone.objects.filter(Milestone.DECIDING, regulation=regulation)
    before_all = any_day.order_by().annotate(gives=Value(Status.NONE))
    return Coalesce(
        Subquery(deciding.values("gives")[:1]),
        Subquery(before_all.values("gives")[:1]),
        Value(Status.UNKNOWN),
        output_field=models.CharField(),
    )


class RegulationQuerySet(RecordQuerySet):
    def with_status(self, on=None, name="status"):
        """
        Annotate the status on a date (today, if none is given) as `name`.

        The latest deciding milestone up to the date wins; on one day, the later
        step of an instrument's life. An adoption decides only where nothing was in
        force yet, a proposal only where nothing was adopted. A month or a year
        counts from its first day. No query more.
        """
        return self.annotate(**{name: status_at(on or timezone.localdate())})

    def with_next_date(self, after=None):
        """Annotate `next_date`, the first milestone still ahead. No query more."""
        after = after or timezone.localdate()
        ahead = Milestone.objects.filter(
            regulation=OuterRef("pk"), date__gt=after
        ).order_by("date")
        return self.annotate(next_date=Subquery(ahead.values("date")[:1]))

    def with_row_details(self):
        """Fetch what regulation rows show, in two queries for any number of rows."""
        day = today()
        ahead = Milestone.objects.filter(date__gt=day).order_by("date", "id")
        return (
            self.with_status(day)
            .with_next_date(day)
            .with_published("stages")
            .prefetch_related(
                models.Prefetch("milestones", queryset=ahead, to_attr="dates_ahead")
            )
        )


class Regulation(Record):
    """A law, treaty, standard or initiative that bears on mineral supply chains."""

    class Kind(models.TextChoices):
        REGULATION = "regulation", pgettext_lazy("kind of instrument", "Regulation")
        DIRECTIVE = "directive", _("Directive")
        STATUTE = "statute", _("Statute")
        TREATY = "treaty", _("Treaty")
        GUIDANCE = "guidance", _("Guidance")
        VOLUNTARY_STANDARD = "voluntary-standard", _("Voluntary standard")
        INITIATIVE = "initiative", _("Initiative")

    page, index = "topics:regulation", "topics:regulations"
    title_field = "short_name"
    markdown_fields = ("note", "summary")
    reserved_slugs = ("compare",)
    public_fields = (
        "short_name",
        "official_title",
        "acronym",
        "kind",
        "jurisdiction",
        "binding",
        "issuing_bodies",
        "identifiers",
        "official_url",
        "milestones",
        "relations",
        "summary",
        "duties",
        "topics",
        "minerals",
        "stages",
        "last_verified_on",
        "note",
        "alt_names",
        "citations",
    )

    official_title = models.TextField(_("official title"), blank=True)
    short_name = models.CharField(_("short name"), max_length=300, blank=True)
    acronym = models.CharField(_("acronym"), max_length=50, blank=True)
    kind = models.CharField(_("kind"), max_length=30, choices=Kind, db_index=True)
    binding = models.BooleanField(
        _("binding"), help_text=_("Law for those in its scope.")
    )
    jurisdiction = models.CharField(
        _("jurisdiction"),
        max_length=3,
        db_index=True,
        validators=[validate_jurisdiction],
        help_text=_("ISO 3166 code such as CN, or EU, or INT for international."),
    )
    official_url = models.URLField(_("official text"), max_length=500, blank=True)
    topics = models.ManyToManyField(
        Topic, related_name="regulations", blank=True, verbose_name=_("topics")
    )
    minerals = models.ManyToManyField(
        Mineral, related_name="regulations", blank=True, verbose_name=_("minerals")
    )
    stages = models.ManyToManyField(
        LifecycleStage, related_name="regulations", blank=True, verbose_name=_("stages")
    )
    summary = models.TextField(_("summary"), blank=True)
    last_verified_on = models.DateField(_("last verified on"), null=True, blank=True)

    objects = RegulationQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("regulation")
        verbose_name_plural = _("regulations")
        constraints = [
            # Pages name it, however the row was written.
            models.CheckConstraint(condition=~Q(kind=""), name="regulation_has_a_kind")
        ]

    @property
    def own_name_fields(self):
        return ("official_title",)

    @property
    def jurisdiction_name(self):
        return jurisdiction_name(self.jurisdiction)

    @property
    def is_stale(self):
        """Whether it was last verified too long ago; False if no date is on record."""
        verified = self.last_verified_on
        return bool(verified and timezone.localdate() - verified > VERIFIED_FOR)

    def status_on(self, date):
        """Return the `Status` on that date, by one query."""
        row = type(self).objects.with_status(date, name="_status").get(pk=self.pk)
        return Status(row._status)


class IssuingBodyQuerySet(ReportingQuerySet):
    def published(self, at=None):
        """Keep those given by a plain name or by a public organization."""
        return self.filter(
            Q(organization__isnull=True)
            | in_public("organization", Organization.objects.published(at)),
            in_public("regulation", Regulation.objects.published(at)),
        )


class IssuingBody(models.Model):
    """Who made an instrument: an organization on record, or a name."""

    public_fields = ("organization", "name")

    regulation = models.ForeignKey(
        Regulation, on_delete=models.CASCADE, related_name="issuing_bodies"
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="issued",
        null=True,
        blank=True,
        verbose_name=_("organization"),
    )
    name = models.CharField(_("or its name"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = IssuingBodyQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("issuing body")
        verbose_name_plural = _("issuing bodies")
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=False) | ~Q(name=""),
                name="issuing_body_is_named",
                violation_error_message=_("Choose an organization or give a name."),
            )
        ]

    def __str__(self):
        return str(self.organization or self.name)


class Identifier(models.Model):
    """A number that an instrument is known by: CELEX, ELI, gazette, document."""

    public_fields = ("scheme", "value")

    regulation = models.ForeignKey(
        Regulation, on_delete=models.CASCADE, related_name="identifiers"
    )
    scheme = models.CharField(
        _("scheme"), max_length=30, blank=True, help_text=_("CELEX, ELI, NOR …")
    )
    value = models.CharField(_("number"), max_length=200)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        constraints = [
            models.UniqueConstraint(
                fields=["regulation", "scheme", "value"],
                name="identifier_is_given_once",
                violation_error_message=_("This number is already given."),
            )
        ]

    def __str__(self):
        return f"{self.scheme}:{self.value}" if self.scheme else self.value


class RegulationRelationQuerySet(ReportingQuerySet):
    def published(self, at=None):
        """Keep those whose both ends are public."""
        public = Regulation.objects.published(at)
        return self.filter(in_public("regulation", public), in_public("target", public))


class RegulationRelation(models.Model):
    """What one instrument does to another; stored once, shown from both ends."""

    public_fields = ("kind", "target")

    class Kind(models.TextChoices):
        AMENDS = "amends", _("Amends")
        REPEALS = "repeals", _("Repeals")
        IMPLEMENTS = "implements", _("Implements")
        BASED_ON = "based-on", _("Based on")
        REFERS_TO = "refers-to", _("Refers to")

    INVERSE = {
        Kind.AMENDS: _("Amended by"),
        Kind.REPEALS: _("Repealed by"),
        Kind.IMPLEMENTS: _("Implemented by"),
        Kind.BASED_ON: _("Basis of"),
        Kind.REFERS_TO: _("Referred to by"),
    }

    regulation = models.ForeignKey(
        Regulation, on_delete=models.CASCADE, related_name="relations"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    target = models.ForeignKey(
        Regulation,
        on_delete=models.PROTECT,
        related_name="inverse_relations",
        verbose_name=_("other instrument"),
    )

    objects = RegulationRelationQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "id"]
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=""), name="regulation_relation_has_a_kind"
            ),
            models.UniqueConstraint(
                fields=["regulation", "kind", "target"],
                name="regulation_relation_is_given_once",
                violation_error_message=_("This relation is already given."),
            ),
            models.CheckConstraint(
                condition=~Q(regulation=F("target")),
                name="regulation_relation_joins_two",
                violation_error_message=_("An instrument has no relation to itself."),
            ),
        ]

    def __str__(self):
        return f"{self.regulation}: {self.get_kind_display()} {self.target}"

    def get_inverse_display(self):
        """Return the words for this relation as seen from the other end."""
        return self.INVERSE[self.kind]


class Precision(models.TextChoices):
    DAY = "day", pgettext_lazy("precision", "Day")
    MONTH = "month", _("Month")
    YEAR = "year", _("Year")


class Milestone(models.Model):
    """One date in the life of an instrument."""

    public_fields = ("date", "kind", "note")

    class Kind(models.TextChoices):
        PROPOSED = "proposed", pgettext_lazy("milestone", "Proposed")
        ADOPTED = "adopted", pgettext_lazy("milestone", "Adopted")
        SIGNED = "signed", _("Signed")
        PUBLISHED = "published", pgettext_lazy("milestone", "Published")
        IN_FORCE = "in-force", _("Enters into force")
        APPLIES = "applies", _("Applies")
        AMENDED = "amended", _("Amended")
        REVISED = "revised", _("Revised")
        LAUNCHED = "launched", _("Launched")
        DEADLINE = "deadline", _("Deadline")
        EXPIRES = "expires", _("Expires")
        REPEALED = "repealed", pgettext_lazy("milestone", "Repealed")

    # Which milestones decide the status of their instrument, which status each
    # gives, and which of them comes first.
    DECIDING = Q(
        kind__in=[
            Kind.PROPOSED,
            Kind.ADOPTED,
            Kind.SIGNED,
            Kind.PUBLISHED,
            Kind.IN_FORCE,
            Kind.APPLIES,
            Kind.EXPIRES,
            Kind.REPEALED,
        ]
    ) | Q(kind__in=[Kind.LAUNCHED, Kind.REVISED], regulation__binding=False)
    GIVES = Case(
        When(kind=Kind.PROPOSED, then=Value(Status.PROPOSED)),
        When(kind=Kind.EXPIRES, then=Value(Status.EXPIRED)),
        When(kind=Kind.REPEALED, then=Value(Status.REPEALED)),
        When(
            regulation__binding=False,
            kind__in=[
                Kind.ADOPTED,
                Kind.PUBLISHED,
                Kind.LAUNCHED,
                Kind.APPLIES,
                Kind.REVISED,
            ],
            then=Value(Status.IN_USE),
        ),
        When(kind__in=[Kind.IN_FORCE, Kind.APPLIES], then=Value(Status.IN_FORCE)),
        default=Value(Status.ADOPTED),
        output_field=models.CharField(),
    )
    # What has been in force is lowered by an end only, not by a later proposal or
    # a later adoption of something about it.
    WEIGHT = Case(
        When(kind=Kind.PROPOSED, then=0),
        When(kind=Kind.SIGNED, then=1),
        When(kind__in=[Kind.ADOPTED, Kind.PUBLISHED], regulation__binding=True, then=1),
        default=2,
        output_field=models.SmallIntegerField(),
    )
    STEP = Case(
        When(kind__in=[Kind.EXPIRES, Kind.REPEALED], then=3),
        When(kind__in=[Kind.IN_FORCE, Kind.APPLIES], then=2),
        default=1,
        output_field=models.SmallIntegerField(),
    )

    regulation = models.ForeignKey(
        Regulation, on_delete=models.CASCADE, related_name="milestones"
    )
    date = models.DateField(
        _("date"), help_text=_("For a month or a year, its first day.")
    )
    precision = models.CharField(
        _("known to the"), max_length=5, choices=Precision, default=Precision.DAY
    )
    kind = models.CharField(_("what happens"), max_length=10, choices=Kind)
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        indexes = [models.Index(fields=["regulation", "date"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(precision=""), name="milestone_has_a_precision"
            )
        ]

    def __str__(self):
        return f"{self.iso_date()}: {self.get_kind_display()}"

    def save(self, *args, **kwargs):
        if self.precision == Precision.YEAR:
            self.date = self.date.replace(month=1, day=1)
        elif self.precision == Precision.MONTH:
            self.date = self.date.replace(day=1)
        super().save(*args, **kwargs)

    def iso_date(self):
        """Return the date as exactly as it is known: 2023-07-12, 2023-07 or 2023."""
        length = {Precision.YEAR: 4, Precision.MONTH: 7}.get(self.precision, 10)
        return self.date.isoformat()[:length]

    def is_ahead(self, today: datetime.date | None = None) -> bool:
        """Tell whether the date is still to come."""
        return self.date > (today or timezone.localdate())


class DutyQuerySet(ReportingQuerySet):
    def published(self, at=None):
        return self.filter(in_public("regulation", Regulation.objects.published(at)))


class Duty(models.Model):
    """What an instrument asks of those who work in a stage of the life cycle."""

    public_fields = ("applies_from", "article", "text")

    regulation = models.ForeignKey(
        Regulation, on_delete=models.CASCADE, related_name="duties"
    )
    stages = models.ManyToManyField(
        LifecycleStage, related_name="duties", blank=True, verbose_name=_("stages")
    )
    minerals = models.ManyToManyField(
        Mineral, related_name="duties", blank=True, verbose_name=_("minerals")
    )
    article = models.CharField(_("article"), max_length=100, blank=True)
    text = models.CharField(_("duty"), max_length=500, blank=True)
    applies_from = models.DateField(_("applies from"), null=True, blank=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        ordering = ["applies_from", "id"]
        verbose_name = _("duty")
        verbose_name_plural = _("duties")

    def __str__(self):
        return self.text
