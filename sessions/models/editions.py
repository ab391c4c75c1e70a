import zoneinfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from organizations.models import Organization, Person
from records.addresses import path_of
from records.changes import ReportingQuerySet
from records.models import Record, RecordQuerySet, State, display, in_public
from records.prepared import prepared


def default_time_zone():
    return settings.TIME_ZONE


def validate_time_zone(name):
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is no IANA time zone. One is “Asia/Shanghai”."),
            params={"name": name},
        )


class EditionQuerySet(RecordQuerySet):
    def current(self, on=None):
        """
        Return the edition to show first, or None.

        It is the one that runs or comes next, else the latest past one.
        """
        found = _current(on=on or timezone.localdate())
        return found[0] if found else None


@prepared
def _current(on):
    coming = Q(ends_on__gte=on)
    return (
        Edition.objects.published()
        .annotate(
            order=Case(When(coming, then=0), default=1),
            soonest=Case(When(coming, then=F("starts_on"))),
        )
        .order_by("order", "soonest", "-year", "-starts_on", "-pk")[:1]
    )


class Edition(Record):
    """One meeting of the forum, in one year."""

    page, index = "sessions:edition", "sessions:editions"
    markdown_fields = ("note", "summary", "notice")
    public_fields = (
        "name",
        "year",
        "starts_on",
        "ends_on",
        "city",
        "country",
        "venue",
        "directions",
        "time_zone",
        "theme",
        "notice",
        "summary",
        "days",
        "rooms",
        "roles",
        "note",
        "alt_names",
        "citations",
    )

    name = models.CharField(_("name"), max_length=300, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), db_index=True)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = CountryField(_("country"), blank=True)
    venue = models.CharField(_("venue"), max_length=200, blank=True)
    directions = models.TextField(_("how to get there"), blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        default=default_time_zone,
        validators=[validate_time_zone],
        help_text=_("IANA name such as Asia/Shanghai."),
    )
    theme = models.CharField(_("theme"), max_length=300, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    notice = models.TextField(
        _("notice"), blank=True, help_text=_("A banner for as long as it matters.")
    )

    objects = EditionQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["-year", "-starts_on", "-id"]
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="edition_ends_after_it_starts",
                violation_error_message=_("An edition ends after it starts."),
            )
        ]

    def previewed_with(self):
        """Return its sessions and outcomes that were not withdrawn, in two queries."""
        parts = (self.sessions, self.outcomes)
        kept = [part.exclude(state=State.WITHDRAWN).only("slug") for part in parts]
        return [record for records in kept for record in records]

    def get_programme_url(self):
        return path_of("sessions:programme", self.slug)

    def get_changes_url(self):
        return path_of("sessions:changes", self.slug)

    @property
    def status_day(self):
        """The day that the status of an instrument "at the forum" means, or None."""
        return self.ends_on or self.starts_on

    @property
    def zone(self):
        """The venue's time zone, as a `zoneinfo.ZoneInfo`."""
        return zoneinfo.ZoneInfo(self.time_zone)


class EditionDay(models.Model):
    """A numbered day of an edition; its date may not be on record."""

    public_fields = ("number", "date", "title")

    edition = models.ForeignKey(
        Edition,
        on_delete=models.CASCADE,
        related_name="days",
        verbose_name=_("edition"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    date = models.DateField(_("date"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "number"]
        verbose_name = _("day")
        verbose_name_plural = _("days")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number"],
                name="edition_day_is_numbered_once",
                violation_error_message=_("The edition has this day already."),
            )
        ]

    def __str__(self):
        return f"{self.edition.year}, {_('day %(number)d') % {'number': self.number}}"


class Room(models.Model):
    """A room of the venue of an edition."""

    public_fields = ("name", "floor", "notes")

    edition = models.ForeignKey(
        Edition,
        on_delete=models.CASCADE,
        related_name="rooms",
        verbose_name=_("edition"),
    )
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address"), max_length=100)
    floor = models.CharField(_("floor"), max_length=50, blank=True)
    notes = models.CharField(_("notes"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "position", "name"]
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "slug"],
                name="room_is_given_once",
                violation_error_message=_("The edition has this room already."),
            )
        ]

    def __str__(self):
        return self.name


class EditionRoleQuerySet(ReportingQuerySet):
    def published(self, at=None):
        """Keep those whose edition, organization and person are all public."""
        return self.filter(
            Q(organization__isnull=True)
            | in_public("organization", Organization.objects.published(at)),
            Q(person__isnull=True) | in_public("person", Person.objects.published(at)),
            in_public("edition", Edition.objects.published(at)),
        )


class EditionRole(models.Model):
    """The part that an organization or a person had in a whole edition."""

    public_fields = ("role", "organization", "person", "note")

    class Role(models.TextChoices):
        ORGANIZER = "organizer", _("Organizer")
        SUPPORTER = "supporter", _("Supporter")
        CONVENOR = "convenor", _("Convenor")
        SESSION_HOST = "session-host", _("Session host")
        SPEAKER = "speaker", _("Speaker")
        PARTNER = "partner", _("Partner")
        ATTENDEE = "attendee", _("Attendee")
        PARTICIPANT = "participant", _("Participant")
        PHOTOGRAPHER = "photographer", _("Photographer")
        PUBLISHER = "publisher", _("Publisher of the source")

    edition = models.ForeignKey(
        Edition,
        on_delete=models.CASCADE,
        related_name="roles",
        verbose_name=_("edition"),
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="edition_roles",
        null=True,
        blank=True,
        verbose_name=_("organization"),
    )
    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        related_name="edition_roles",
        null=True,
        blank=True,
        verbose_name=_("person"),
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    note = models.CharField(_("note"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = EditionRoleQuerySet.as_manager()
    _get_FIELD_display = display  # noqa: N815 — the name that Django gives

    class Meta:
        ordering = ["edition", "position", "id"]
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.CheckConstraint(
                condition=Q(organization__isnull=False) ^ Q(person__isnull=False),
                name="edition_role_is_of_one",
                violation_error_message=_("Choose either an organization or a person."),
            ),
            models.UniqueConstraint(
                fields=["edition", "organization", "role"],
                name="organization_has_an_edition_role_once",
                violation_error_message=_("The organization has this role already."),
            ),
            models.UniqueConstraint(
                fields=["edition", "person", "role"],
                name="person_has_an_edition_role_once",
                violation_error_message=_("The person has this role already."),
            ),
        ]

    def __str__(self):
        return f"{self.organization or self.person}: {self.get_role_display()}"
