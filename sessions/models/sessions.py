import uuid

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, router, transaction
from django.db.models import F, Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, Person
from records.changes import ReportingQuerySet
from records.files.fields import DocumentField
from records.filters import in_both
from records.languages import check_language
from records.models import Record, RecordQuerySet, display, in_public
from records.previewing import or_shown
from sessions.models.editions import Edition, EditionDay, Room
from sessions.models.timetable import (
    NAMES,
    PLACED_BY,
    REVISION,
    TIMETABLE,
    as_stored,
    place,
    revise,
)
from topics.models import LifecycleStage, Mineral, Regulation, Topic

PROGRAMME_ORDER = (
    F("day__number").asc(nulls_first=True),
    F("starts_at").asc(nulls_first=True),
    "position",
    "pk",
)
# What a link to who hosts a session needs
NAME = ("slug", "name_language", *in_both("name"))
NAMED = [f"{who}__{field}" for who in ("organization", "person") for field in NAME]
# What no row shows, and what makes reading many of them slow
PROSE = ("html", "note", "editor_note", *in_both("note"), *in_both("abstract"))
# What a row shows of a session
ROW = (
    *("slug", "code", "format", "event_status", "starts_at", "ends_at", "position"),
    *("edition", "day", "room", "name_language", *in_both("title")),
)
# and of what is around it
AROUND_ROW = (
    *("edition__slug", "edition__year", "edition__time_zone"),
    *("day__number", "day__date", *in_both("day__title"), *in_both("room__name")),
)
# What the core of a row shows of a stage
STAGE = ("slug", "core_place", "name_language", *in_both("label"))
NAME_REMOVED = _("Name removed at the person’s request")
UNPLACED = Q(starts_at__isnull=False, day__isnull=True)
PLACED_FROM = ("edition_id", "starts_at", "day_id")
UNDATED = Q(starts_at__isnull=True) & (Q(day__isnull=True) | Q(day__date__isnull=True))


class SessionQuerySet(RecordQuerySet):
    def published(self, at=None):
        in_public_edition = Q(edition__in=Edition.objects.published(at))
        return super().published(at).filter(or_shown(in_public_edition, self.model))

    def withdrawn(self, at=None):
        """Keep those withdrawn when their edition was public, which it still is."""
        return (
            super()
            .withdrawn(at)
            .filter(
                edition__in=Edition.objects.published(at),
                edition__first_published_at__lte=F("withdrawn_at"),
            )
        )

    def for_edition(self, edition):
        return self.filter(edition=edition)

    def in_programme_order(self):
        """Order by day, clock and position; what has no day comes by position."""
        return self.order_by(*PROGRAMME_ORDER)

    def undated(self):
        """Keep those with neither a clock time nor a day whose date is on record."""
        return self.filter(UNDATED)

    def with_row_details(self):
        """Fetch what session rows show, in three queries for any number of rows."""
        stages = LifecycleStage.objects.published().only(*STAGE)
        return (
            self.only(*ROW, *AROUND_ROW)
            .select_related("edition", "day", "room")
            .prefetch_related(
                Prefetch("stages", queryset=stages, to_attr="covered"),
                Prefetch(
                    "contributions",
                    queryset=Contribution.objects.hosting(),
                    to_attr="hosts",
                ),
            )
        )

    def place(self):
        """Write the day of those that start on one and were given none."""
        self.bulk_update(place(self.filter(UNPLACED)), ["day"])

    place.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        objs = list(objs)
        place(objs, self._writer())
        return super().bulk_create(objs, *args, **kwargs)

    def _look_at(self, pks, fields):
        if NAMES.intersection(fields):
            return as_stored(self.model, pks, self._writer())
        return None

    def _bring_into_step(self, pks, fields, before):
        super()._bring_into_step(pks, fields, before)
        rows = models.QuerySet(self.model, using=self._writer())
        if PLACED_BY.intersection(fields):
            lost = rows.filter(UNPLACED, pk__in=pks).only(*PLACED_FROM)
            rows.bulk_update(place(lost, self._writer()), ["day"], batch_size=500)
        if not before:
            return
        revised = []
        for pk, row in as_stored(self.model, pks, self._writer()).items():
            revision = revise(before[pk], row)
            if revision["sequence"] != before[pk]["sequence"]:
                revised.append(self.model(pk=pk, **revision))
        rows.bulk_update(revised, REVISION, batch_size=500)


class Session(Record):
    """A panel, talk or workshop held at one edition."""

    class Format(models.TextChoices):
        OPENING = "opening", _("Opening")
        KEYNOTE = "keynote", _("Keynote")
        PLENARY = "plenary", _("Plenary")
        ROUNDTABLE = "roundtable", _("Roundtable")
        WORKSHOP = "workshop", _("Workshop")
        LAUNCH = "launch", _("Launch")
        BREAK = "break", _("Break")
        SIDE_EVENT = "side-event", _("Side event")

    class Basis(models.TextChoices):
        STATED = "stated", _("The source describes the session")
        IMPLIED = "implied", _("The source names the theme; the session is inferred")

    class EventStatus(models.TextChoices):
        SCHEDULED = "scheduled", _("As planned")
        MOVED = "moved", _("Moved")
        CANCELLED = "cancelled", _("Cancelled")

    page, index = "sessions:detail", "sessions:list"
    part_of = "edition"
    title_field = "title"
    markdown_fields = ("note", "abstract")
    public_fields = (
        "title",
        "subtitle",
        "event_status",
        "status_reason",
        "format",
        "track",
        "edition",
        "day",
        "starts_at",
        "ends_at",
        "room",
        "contributions",
        "spoken_languages",
        "slide_language",
        "stream_url",
        "abstract",
        "regulations",
        "topics",
        "minerals",
        "stages",
        "materials",
        "basis",
        "note",
        "alt_names",
        "citations",
    )

    edition = models.ForeignKey(
        Edition,
        on_delete=models.PROTECT,
        related_name="sessions",
        verbose_name=_("edition"),
    )
    code = models.CharField(
        _("code"),
        max_length=32,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9_-]{1,32}\Z", _("Letters, digits, “_” and “-” only.")
            )
        ],
        help_text=_("Short and unique in the edition, such as S01."),
    )
    guid = models.UUIDField(_("GUID"), default=uuid.uuid4, editable=False)
    title = models.CharField(_("title"), max_length=300, blank=True)
    subtitle = models.CharField(_("subtitle"), max_length=300, blank=True)
    track = models.CharField(_("track"), max_length=100, blank=True)
    format = models.CharField(_("format"), max_length=20, choices=Format, db_index=True)
    day = models.ForeignKey(
        EditionDay,
        on_delete=models.PROTECT,
        related_name="sessions",
        null=True,
        blank=True,
        verbose_name=_("day"),
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    room = models.ForeignKey(
        Room,
        on_delete=models.PROTECT,
        related_name="sessions",
        null=True,
        blank=True,
        verbose_name=_("room"),
    )
    slide_language = models.CharField(
        _("language of the slides"),
        max_length=20,
        blank=True,
        validators=[check_language],
    )
    stream_url = models.URLField(_("stream"), max_length=500, blank=True)
    abstract = models.TextField(_("abstract"), blank=True)
    basis = models.CharField(
        _("basis"), max_length=10, choices=Basis, default=Basis.STATED
    )
    event_status = models.CharField(
        _("event status"),
        max_length=10,
        choices=EventStatus,
        default=EventStatus.SCHEDULED,
    )
    status_reason = models.CharField(
        _("reason for the event status"),
        max_length=300,
        blank=True,
        help_text=_("Why it was cancelled or moved. Shown to everybody."),
    )
    # What calendars need of the past (RFC 5545, 3.8.7.4; schema.org Event)
    sequence = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    previous_starts_at = models.DateTimeField(null=True, blank=True, editable=False)
    revised_at = models.DateTimeField(null=True, blank=True, editable=False)
    topics = models.ManyToManyField(
        Topic, related_name="sessions", blank=True, verbose_name=_("topics")
    )
    regulations = models.ManyToManyField(
        Regulation, related_name="sessions", blank=True, verbose_name=_("regulations")
    )
    minerals = models.ManyToManyField(
        Mineral, related_name="sessions", blank=True, verbose_name=_("minerals")
    )
    stages = models.ManyToManyField(
        LifecycleStage, related_name="sessions", blank=True, verbose_name=_("stages")
    )
    position = models.PositiveIntegerField(
        _("position"),
        default=0,
        help_text=_("The order of sessions whose clock time is not on record."),
    )

    objects = SessionQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["edition", "position", "id"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["edition", "starts_at", "ends_at"]),
            # To the end in the order of a day: the next one is found, none is sorted.
            models.Index(fields=["edition", "day", "starts_at", "position", "id"]),
        ]
        constraints = [
            # Pages name it, however the row was written.
            models.CheckConstraint(
                condition=~Q(format=""), name="session_has_a_format"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="session_ends_after_it_starts",
                violation_error_message=_("A session ends after it starts."),
            ),
            models.UniqueConstraint(
                fields=["edition", "code"],
                name="session_code_is_unique_in_its_edition",
                violation_error_message=_("The edition has a session of this code."),
            ),
            models.UniqueConstraint(
                fields=["edition", "guid"],
                name="session_guid_is_unique_in_its_edition",
                violation_error_message=_("The edition has a session of this GUID."),
            ),
        ]

    @property
    def held_on(self):
        """Its date at the venue, or None if neither clock nor day tells it."""
        if self.starts_at:
            return timezone.localdate(self.starts_at, self.edition.zone)
        return self.day.date if self.day else None

    @property
    def is_undated(self):
        """Whether neither a clock time nor the date of its day is on record."""
        return not (self.starts_at or (self.day and self.day.date))

    def save(self, *args, **kwargs):
        """Find its day, and count a revision of what the public has seen."""
        using = kwargs.get("using") or router.db_for_write(type(self))
        with transaction.atomic(using=using, savepoint=False):
            fields = kwargs.get("update_fields")
            if fields is None:
                place([self], using)
            elif PLACED_BY.intersection(fields) and place([self], using):
                kwargs["update_fields"] = fields = {*fields, "day"}
            if self.pk and (fields is None or NAMES.intersection(fields)):
                self._count_revision(using, fields)
                if fields is not None:
                    kwargs["update_fields"] = {*fields, *REVISION}
            super().save(*args, **kwargs)

    def _count_revision(self, using, fields):
        stored = as_stored(type(self), [self.pk], using).get(self.pk)
        if stored:
            written = {"title_en", "title_zh_hans"} if "title" in (fields or ()) else ()
            planned = {name: stored[name] for name in TIMETABLE}
            for name in TIMETABLE:
                field = self._meta.get_field(name)
                names = {name, field.name}
                if fields is None or names.intersection({*fields, *written}):
                    planned[name] = field.to_python(getattr(self, name))
            for name, value in revise(stored, planned).items():
                setattr(self, name, value)

    def clean(self):
        super().clean()
        for name in ("day", "room"):
            part = getattr(self, name)
            if part and self.edition_id and part.edition_id != self.edition_id:
                raise ValidationError({name: _("It belongs to another edition.")})


class SpokenLanguage(models.Model):
    """A language heard in a session, from the floor or by interpretation."""

    public_fields = ("language", "interpreted")

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="spoken_languages"
    )
    language = models.CharField(
        _("language"),
        max_length=20,
        db_index=True,
        validators=[check_language],
        help_text=_("Its code: en, zh."),
    )
    interpreted = models.BooleanField(
        _("by interpretation"), default=False, db_default=False
    )

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["interpreted", "id"]
        verbose_name = _("spoken language")
        verbose_name_plural = _("spoken languages")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "language"],
                name="session_speaks_a_language_once",
                violation_error_message=_("This language is already given."),
            )
        ]

    def __str__(self):
        return self.language


class ContributionQuerySet(ReportingQuerySet):
    def published(self, at=None, sessions=None):
        """Keep those whose session, person and organization are all public."""
        named = Q(person__isnull=False) | Q(organization__isnull=False)
        return self.told(at, sessions).filter(named)

    def told(self, at=None, sessions=None):
        """
        Keep the public ones, and those of people who asked for no name besides.

        Of `sessions`, if given: public ones as a queryset or by their keys, so that
        the session of each contribution need not be judged again.
        """
        if sessions is None:
            of_public = in_public("session", Session.objects.published(at))
        else:
            of_public = Q(session__pk__in=sessions)
        return self.filter(
            Q(person__isnull=True) | in_public("person", Person.objects.published(at)),
            Q(organization__isnull=True)
            | in_public("organization", Organization.objects.published(at)),
            of_public,
        )

    def hosting(self, sessions=None):
        """Keep the public hosts of sessions, with what a link to each needs."""
        hosts = self.published(sessions=sessions).filter(role=Contribution.Role.HOST)
        return hosts.select_related("organization", "person").only("session", *NAMED)


class Contribution(models.Model):
    """Who did what in a session: a person, an organization, or one for the other."""

    public_fields = ("role", "person", "organization")

    class Role(models.TextChoices):
        HOST = "host", _("Host")
        MODERATOR = "moderator", _("Moderator")
        SPEAKER = "speaker", _("Speaker")
        PANELIST = "panelist", _("Panelist")
        PARTICIPANT = "participant", _("Participant")
        RAPPORTEUR = "rapporteur", _("Rapporteur")

    class Consent(models.TextChoices):
        UNKNOWN = "", _("Not asked")
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")

    session = models.ForeignKey(
        Session,
        on_delete=models.CASCADE,
        related_name="contributions",
        verbose_name=_("session"),
    )
    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="contributions",
        null=True,
        blank=True,
        verbose_name=_("person"),
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="contributions",
        null=True,
        blank=True,
        verbose_name=_("organization"),
        help_text=_("As it stood then."),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    recording_consent = models.CharField(
        _("consent to recording"), max_length=10, choices=Consent, blank=True
    )
    name_removed = models.BooleanField(
        _("name removed at the person’s request"),
        default=False,
        db_default=False,
        editable=False,
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ContributionQuerySet.as_manager()
    _get_FIELD_display = display  # noqa: N815 — the name that Django gives

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        constraints = [
            models.CheckConstraint(
                condition=~Q(role=""), name="contribution_has_a_role"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False)
                | Q(organization__isnull=False)
                | Q(name_removed=True),
                name="contribution_names_somebody",
                violation_error_message=_("Name a person, an organization, or both."),
            ),
            models.UniqueConstraint(
                fields=["session", "person", "organization", "role"],
                name="contribution_is_given_once",
                violation_error_message=_("This contribution is already given."),
            ),
            models.UniqueConstraint(
                fields=["session", "person", "role"],
                condition=Q(organization__isnull=True),
                name="contribution_of_a_person_is_given_once",
                violation_error_message=_("This contribution is already given."),
            ),
            models.UniqueConstraint(
                fields=["session", "organization", "role"],
                condition=Q(person__isnull=True),
                name="contribution_of_an_organization_is_given_once",
                violation_error_message=_("This contribution is already given."),
            ),
        ]

    def __str__(self):
        who = self.person or self.organization or NAME_REMOVED
        return f"{who}: {self.get_role_display()}"

    def absorb(self, other):
        """Take over what another row of the same contribution says: a refusal wins."""
        if other.recording_consent == self.Consent.REFUSED:
            self.recording_consent = self.Consent.REFUSED


class MaterialQuerySet(ReportingQuerySet):
    def published(self, at=None):
        """Keep those of public sessions, as far as who took part agrees."""
        return self.agreed().filter(in_public("session", Session.objects.published(at)))

    def agreed(self):
        """Leave out recordings and transcripts where somebody refused consent."""
        refused = Contribution.objects.filter(
            session=models.OuterRef("session"),
            recording_consent=Contribution.Consent.REFUSED,
        )
        return self.filter(~Q(kind__in=Material.RECORDED) | ~models.Exists(refused))


class Material(models.Model):
    """Something to read, hear or watch from a session, here or still expected."""

    public_fields = ("kind", "title", "language", "licence", "availability")

    class Kind(models.TextChoices):
        SLIDES = "slides", _("Slides")
        PAPER = "paper", _("Paper")
        RECORDING = "recording", _("Recording")
        TRANSCRIPT = "transcript", _("Transcript")
        PHOTO = "photo", _("Photo")

    RECORDED = (Kind.RECORDING, Kind.TRANSCRIPT)

    class Availability(models.TextChoices):
        HERE = "here", _("Here")
        EXPECTED = "expected", _("Expected")

    session = models.ForeignKey(
        Session, on_delete=models.CASCADE, related_name="materials"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    title = models.CharField(_("title"), max_length=200, blank=True)
    file = DocumentField(_("file"), upload_to="materials/", blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    language = models.CharField(
        _("language"), max_length=20, blank=True, validators=[check_language]
    )
    licence = models.CharField(_("licence"), max_length=100, blank=True)
    availability = models.CharField(
        _("availability"),
        max_length=10,
        choices=Availability,
        default=Availability.HERE,
    )

    objects = MaterialQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "id"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [
            models.CheckConstraint(
                condition=~Q(file="") | ~Q(url="") | Q(availability="expected"),
                name="material_has_a_file_or_an_address",
                violation_error_message=_(
                    "Give a file or an address, or say that it is expected."
                ),
            )
        ]

    def __str__(self):
        return self.title or self.get_kind_display()
