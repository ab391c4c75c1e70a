from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.changes import ReportingQuerySet
from records.languages import TAGS, check_language, date_in_words, text_of


class Part(models.Model):
    """What belongs to any kind of record and has no page of its own."""

    content_type = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+"
    )
    object_id = models.PositiveBigIntegerField()
    record = GenericForeignKey()

    class Meta:
        abstract = True


class AltName(Part):
    """Another name of a record, as a source or its own people write it."""

    public_fields = ("text", "language", "in_source")
    text = models.CharField(_("name"), max_length=300)
    language = models.CharField(
        _("language"),
        max_length=20,
        blank=True,
        validators=[check_language],
        help_text=_("Its code: en, zh-Hans."),
    )
    in_source = models.BooleanField(
        _("called so in the source"), default=False, db_default=False
    )

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["-in_source", "id"]
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "text"],
                name="alt_name_is_given_once",
                violation_error_message=_("This name is already given."),
            )
        ]

    def __str__(self):
        return self.text


class Source(models.Model):
    """Where facts come from: an article, a law, an official page."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        WEB_PAGE = "web-page", _("Web page")
        LEGAL_TEXT = "legal-text", _("Legal text")
        REPORT = "report", _("Report")
        DOCUMENT = "document", _("Document")

    public_fields = ("title", "publisher", "published_on", "url")
    title = models.CharField(_("title"), max_length=300, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    publisher = models.CharField(_("publisher"), max_length=200, blank=True)
    published_on = models.DateField(_("published on"), null=True, blank=True)
    accessed_on = models.DateField(_("read on"), null=True, blank=True)
    language = models.CharField(
        _("language"), max_length=20, blank=True, validators=[check_language]
    )
    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind, default=Kind.WEB_PAGE
    )

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        # "publish": to change a source that public records cite.
        default_permissions = ("add", "change", "delete", "view", "publish")
        constraints = [
            models.UniqueConstraint(
                fields=["url"],
                condition=~Q(url=""),
                name="source_has_an_address_of_its_own",
                violation_error_message=_("A source with this address exists."),
            ),
            models.CheckConstraint(
                condition=~(Q(url="") & Q(title="")),
                name="source_has_a_title_or_an_address",
                violation_error_message=_("Give a title or an address."),
            ),
        ]

    def __str__(self):
        return text_of(self, "title").text or self.url

    def save(self, *args, **kwargs):
        for code in TAGS:
            name = f"title_{code.replace('-', '_')}"
            setattr(self, name, getattr(self, name) or "")
        super().save(*args, **kwargs)

    @property
    def site(self):
        """The host that the address names, without "www."; for want of a title."""
        host = self.url.partition("//")[2].partition("/")[0]
        return host.removeprefix("www.")


class Citation(Part):
    """The source of a record, or of one fact of it, and how sure that is."""

    class Certainty(models.TextChoices):
        STATED = "stated", _("Stated by the source")
        OFFICIAL = "official", _("Official page")
        SECONDARY = "secondary", _("Secondary source")
        MEMORY = "memory", _("From memory, not confirmed")

    public_fields = ("source", "certainty", "about")
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        related_name="citations",
        null=True,
        blank=True,
        verbose_name=_("source"),
    )
    certainty = models.CharField(_("how sure"), max_length=10, choices=Certainty)
    about = models.CharField(
        _("about"),
        max_length=200,
        blank=True,
        help_text=_("A field, or a milestone as milestone@2023-07-12. Empty: all."),
    )

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(source__isnull=False) | Q(certainty="memory"),
                name="citation_names_a_source_unless_from_memory",
                violation_error_message=_("Name the source, or say “from memory”."),
            )
        ]

    def __str__(self):
        return f"{self.get_certainty_display()}: {self.source or self.about}"

    @property
    def about_name(self):
        """
        What it speaks of, in the page's language, without the remark.

        `about` is the name of a field, of a translated column, or a milestone,
        with a remark in brackets: "summary_en (duties)", "milestone@2016".
        """
        name = self.about.partition(" (")[0]
        part, _at, when = name.partition("@")
        if part == "milestone":
            return gettext("the milestone of %(date)s") % {"date": date_in_words(when)}
        if part == "identifier":
            return gettext("identifier")
        bare = part.removesuffix("_en").removesuffix("_zh_hans").removesuffix("_zh")
        try:
            return str(
                self.content_type.model_class()._meta.get_field(bare).verbose_name
            )
        except FieldDoesNotExist:
            return part.replace("_", " ")

    @property
    def about_remark(self):
        """The remark in brackets, as an editor wrote it; "" if there is none."""
        return self.about.partition(" (")[2].removesuffix(")")


class FormerSlug(Part):
    """An address that a public record had before; it redirects for good."""

    slug = models.CharField(_("address"), max_length=100)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "slug"], name="former_slug_leads_to_one_record"
            )
        ]

    def __str__(self):
        return self.slug


class ExternalId(Part):
    """What another system calls a record, so that an import finds it again."""

    system = models.CharField(_("system"), max_length=50)
    value = models.CharField(_("identifier"), max_length=200)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["system", "value"]
        verbose_name = _("identifier elsewhere")
        verbose_name_plural = _("identifiers elsewhere")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "system", "value"],
                name="external_id_names_one_record",
                violation_error_message=_("Another record has this identifier."),
            )
        ]

    def __str__(self):
        return f"{self.system}: {self.value}"
