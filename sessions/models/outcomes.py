from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, Person
from records.changes import ReportingQuerySet
from records.languages import TAGS, text_in
from records.models import Record, RecordQuerySet
from records.previewing import or_shown
from sessions.models.editions import Edition
from sessions.models.sessions import Session
from topics.models import Topic


class OutcomeQuerySet(RecordQuerySet):
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

    def with_row_details(self):
        """Fetch what outcome rows show, in two queries for any number of rows."""
        return self.select_related("edition").with_published("organizations")


class Outcome(Record):
    """What an edition led to, promised, or put on record."""

    class Kind(models.TextChoices):
        OUTCOME = "outcome", _("Outcome")
        COMMITMENT = "commitment", _("Commitment")
        FACT = "fact", _("Fact")

    class Status(models.TextChoices):
        ANNOUNCED = "announced", _("Announced")
        UNDER_WAY = "under-way", _("Under way")
        FULFILLED = "fulfilled", _("Fulfilled")
        LAPSED = "lapsed", _("Lapsed")

    page, index = "sessions:outcome", "sessions:outcomes"
    part_of = "edition"
    title_field = "title"
    name_fields = ("title", "statement")
    markdown_fields = ("note", "statement")
    public_fields = (
        "title",
        "kind",
        "status",
        "edition",
        "session",
        "statement",
        "organizations",
        "people",
        "topics",
        "due_on",
        "updates",
        "note",
        "alt_names",
        "citations",
    )

    edition = models.ForeignKey(
        Edition,
        on_delete=models.PROTECT,
        related_name="outcomes",
        verbose_name=_("edition"),
    )
    session = models.ForeignKey(
        Session,
        on_delete=models.PROTECT,
        related_name="outcomes",
        null=True,
        blank=True,
        verbose_name=_("session"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, db_index=True)
    title = models.CharField(
        _("title"),
        max_length=300,
        blank=True,
        help_text=_("If empty, the statement stands as the title."),
    )
    statement = models.TextField(_("statement"), blank=True)
    organizations = models.ManyToManyField(
        Organization,
        related_name="outcomes",
        blank=True,
        verbose_name=_("organizations"),
    )
    people = models.ManyToManyField(
        Person, related_name="outcomes", blank=True, verbose_name=_("people")
    )
    topics = models.ManyToManyField(
        Topic, related_name="outcomes", blank=True, verbose_name=_("topics")
    )
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=Status,
        blank=True,
        db_index=True,
        help_text=_("Empty for facts, and where no follow-up is on record."),
    )
    due_on = models.DateField(_("due on"), null=True, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = OutcomeQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["edition", "position", "id"]
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="fact") | Q(status=""),
                name="outcome_of_kind_fact_has_no_status",
                violation_error_message=_("A fact has no status."),
            )
        ]

    @property
    def heading_field(self):
        titled = any(text_in(self, "title", code) for code in TAGS)
        return "title" if titled else "statement"


class OutcomeUpdate(models.Model):
    """What became of an outcome, by a date."""

    public_fields = ("date", "status", "note")

    outcome = models.ForeignKey(
        Outcome, on_delete=models.CASCADE, related_name="updates"
    )
    date = models.DateField(_("date"))
    status = models.CharField(
        _("status"), max_length=20, choices=Outcome.Status, blank=True
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = ReportingQuerySet.as_manager()

    class Meta:
        ordering = ["-date", "-id"]
        verbose_name = _("update")
        verbose_name_plural = _("updates")

    def __str__(self):
        return f"{self.date}: {self.get_status_display() or self.note}"
