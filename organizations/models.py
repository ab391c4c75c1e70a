from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from records.changes import ReportingQuerySet
from records.files.fields import PictureField
from records.languages import text_in
from records.models import Record, RecordQuerySet, SharedLink, in_public

SEEN = _("For those who cannot see it. Needed in both languages with a picture.")


class OrganizationQuerySet(RecordQuerySet):
    def for_person(self, person):
        return self.filter(affiliations__person=person).distinct()


class Organization(Record):
    """A body that took part in the forum, or that issues what was discussed there."""

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Government")
        INTERGOVERNMENTAL = "intergovernmental", _("Intergovernmental body")
        INDUSTRY_ASSOCIATION = "industry-association", _("Industry association")
        COMPANY = "company", _("Company")
        NGO = "ngo", _("NGO")
        ACADEMIA = "academia", _("Academia")
        INITIATIVE = "multi-stakeholder-initiative", _("Multi-stakeholder initiative")
        INVESTOR = "financial-investor", _("Financial investor")
        PROGRAMME = "programme", pgettext_lazy("kind of organization", "Programme")

    page, index = "organizations:detail", "organizations:list"
    markdown_fields = ("note", "description")
    public_fields = (
        "name",
        "acronym",
        "kind",
        "country",
        "parent",
        "website",
        "ror",
        "wikidata",
        "description",
        "note",
        "alt_names",
        "citations",
    )

    name = models.CharField(_("name"), max_length=300, blank=True)
    acronym = models.CharField(_("acronym"), max_length=50, blank=True)
    kind = models.CharField(_("kind"), max_length=40, choices=Kind, db_index=True)
    country = CountryField(_("country"), blank=True, db_index=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
        verbose_name=_("part of"),
    )
    website = models.URLField(_("website"), max_length=500, blank=True)
    ror = models.CharField(
        _("ROR id"),
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(
                r"^https://ror\.org/0[0-9a-hjkmnp-tv-z]{6}[0-9]{2}\Z",
                _("Give the whole address, such as https://ror.org/041kmwe10."),
            )
        ],
    )
    wikidata = models.CharField(
        _("Wikidata id"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^Q[1-9]\d*\Z", _("Such as Q54129."))],
    )
    description = models.TextField(_("description"), blank=True)
    logo = PictureField(
        _("logo"),
        upload_to="logos/",
        blank=True,
        help_text=_("Shown on white, in the dark theme too."),
    )
    logo_alt = models.CharField(
        _("what the logo shows"), max_length=200, blank=True, help_text=SEEN
    )

    objects = OrganizationQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="organization_is_not_its_own_parent",
                violation_error_message=_("An organization is not part of itself."),
            )
        ]

    @property
    def picture(self):
        return self.logo


class PersonQuerySet(RecordQuerySet):
    def for_organization(self, organization):
        return self.filter(affiliations__organization=organization).distinct()

    def with_row_details(self):
        """Fetch the affiliations that a row shows, in one query for any number."""
        places = Affiliation.objects.published().select_related("organization")
        return self.prefetch_related(models.Prefetch("affiliations", queryset=places))


class Person(Record):
    """Somebody whom a source names as having taken part."""

    page, index = "organizations:person", "organizations:people"
    markdown_fields = ("note", "bio")
    public_fields = (
        "name",
        "role",
        "affiliations",
        "orcid",
        "bio",
        "note",
        "alt_names",
        "citations",
    )

    name = models.CharField(
        _("name"),
        max_length=200,
        blank=True,
        help_text=_("As the person writes it; in Chinese the family name first."),
    )
    sort_name = models.CharField(
        _("name to sort by"),
        max_length=200,
        blank=True,
        help_text=_("Family name first, such as “Okafor, Ngozi”."),
    )
    orcid = models.CharField(
        _("ORCID iD"),
        max_length=40,
        blank=True,
        validators=[
            RegexValidator(
                r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]\Z", _("Such as 0000-0002-1825-0097.")
            )
        ],
    )
    role = models.CharField(_("role at the forum"), max_length=300, blank=True)
    bio = models.TextField(_("biography"), blank=True)
    photo = PictureField(_("photo"), upload_to="photos/", blank=True)
    photo_alt = models.CharField(
        _("what the photo shows"), max_length=200, blank=True, help_text=SEEN
    )
    photo_credit = models.CharField(
        _("photo by, licence"),
        max_length=200,
        blank=True,
        help_text=_("Shown under the photo."),
    )
    listed = models.BooleanField(
        _("show more than the name"),
        default=True,
        db_default=True,
        help_text=_("Off when the person asks to be shown by name only."),
    )

    objects = PersonQuerySet.as_manager()

    class Meta(Record.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")

    @property
    def picture(self):
        """The photo, unless the person asked to be shown by name only."""
        return self.photo if self.listed else None

    def name_to_sort_by(self, language):
        chinese = text_in(self, "name", "zh-hans") if language == "zh-hans" else ""
        return chinese or self.sort_name or super().name_to_sort_by(language)


class AffiliationQuerySet(ReportingQuerySet):
    def published(self, at=None):
        """Keep those of two public ends; a person shown by name only has none."""
        return self.filter(
            in_public("person", Person.objects.published(at).filter(listed=True)),
            in_public("organization", Organization.objects.published(at)),
        )


class Affiliation(models.Model):
    """A person's place in an organization, for a time."""

    public_fields = ("organization", "title", "starts", "ends", "note")
    person = models.ForeignKey(
        Person,
        on_delete=models.CASCADE,
        related_name="affiliations",
        verbose_name=_("person"),
    )
    organization = models.ForeignKey(
        Organization,
        on_delete=models.PROTECT,
        related_name="affiliations",
        verbose_name=_("organization"),
    )
    title = models.CharField(
        pgettext_lazy("of a person", "title"), max_length=200, blank=True
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    starts = models.DateField(_("from"), null=True, blank=True)
    ends = models.DateField(_("until"), null=True, blank=True)

    objects = AffiliationQuerySet.as_manager()

    class Meta:
        ordering = ["-ends", "-starts", "id"]
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")),
                name="affiliation_ends_after_it_starts",
                violation_error_message=_("An affiliation ends after it starts."),
            )
        ]

    def __str__(self):
        return f"{self.person}, {self.organization}"


class SpeakerLink(SharedLink):
    """A link by which a person checks what is held, and proposes changes."""

    salt = "organizations.speaker"

    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta(SharedLink.Meta):
        verbose_name = _("link for a speaker")
        verbose_name_plural = _("links for speakers")
        indexes = [models.Index(fields=["content_type", "object_id"])]
