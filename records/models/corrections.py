from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class CorrectionQuerySet(models.QuerySet):
    def open(self):
        """Keep those that nobody has answered for good yet."""
        return self.filter(state__in=Correction.OPEN)

    def of(self, record):
        kind = ContentType.objects.get_for_model(record)
        return self.filter(content_type=kind, object_id=record.pk)


class Correction(models.Model):
    """An error that a reader reported, and what became of the report."""

    class State(models.TextChoices):
        NEW = "new", _("New")
        IN_HAND = "in-hand", _("In hand")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    OPEN = (State.NEW, State.IN_HAND)

    content_type = models.ForeignKey(
        ContentType, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    object_id = models.PositiveBigIntegerField(null=True, blank=True)
    record = GenericForeignKey()
    page = models.CharField(
        _("page"),
        max_length=300,
        blank=True,
        help_text=_("Its address without language, such as /sessions/x/."),
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES
    )
    wrong = models.TextField(_("what is wrong"), max_length=2000)
    correct = models.TextField(_("what would be right"), max_length=2000, blank=True)
    evidence = models.URLField(_("where it says so"), max_length=500, blank=True)
    name = models.CharField(
        _("name to thank"),
        max_length=100,
        blank=True,
        help_text=_("Shown to the public if the report is accepted."),
    )
    email = models.EmailField(
        _("e-mail"),
        blank=True,
        help_text=_("Deleted when the report is accepted or declined."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.NEW, db_index=True
    )
    answer = models.TextField(
        _("answer"),
        max_length=2000,
        blank=True,
        help_text=_("Sent to the reader who left an e-mail address."),
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(email="") | Q(state__in=["new", "in-hand"]),
                name="closed_correction_keeps_no_address",
            )
        ]

    def __str__(self):
        words = " ".join(self.wrong.split())
        return words if len(words) <= 60 else f"{words[:59]}…"

    def save(self, *args, **kwargs):
        """Forget who wrote when the report is closed, and note when that was."""
        if self.is_open:
            self.closed_at = None
        else:
            self.closed_at = self.closed_at or timezone.now()
            self.email = ""
        super().save(*args, **kwargs)

    @property
    def is_open(self):
        return self.state in self.OPEN
