import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from sessions.models import Edition


class ImportedRow(models.Model):
    """
    What a file said of one thing at the last import into an edition.

    `key` is what the file calls it. Where a record differs from `cells`, somebody
    has edited it since.
    """

    class Kind(models.TextChoices):
        EDITION = "edition", _("Edition")
        DAY = "day", _("Day")
        ROOM = "room", _("Room")
        PERSON = "person", _("Person")
        SESSION = "session", _("Session")

    edition = models.ForeignKey(
        Edition, on_delete=models.CASCADE, related_name="imported_rows"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=250)
    object_id = models.PositiveBigIntegerField()
    cells = models.JSONField(default=dict)

    class Meta:
        ordering = ["edition", "kind", "id"]
        verbose_name = _("imported row")
        verbose_name_plural = _("imported rows")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "kind", "key"], name="imported_row_has_its_own_key"
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.key}"


class UploadedSchedule(models.Model):
    """A file that an organizer looks at before it is imported; it does not stay."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(_("name"), max_length=200)
    content = models.BinaryField()
    choices = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("uploaded schedule")
        verbose_name_plural = _("uploaded schedules")

    def __str__(self):
        return self.name


class NetworkPlace(models.Model):
    """Where an organization stands in the network of those who met in sessions."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, related_name="network_place"
    )
    x = models.FloatField()
    y = models.FloatField()

    class Meta:
        ordering = ["organization"]
        verbose_name = _("place in the network")
        verbose_name_plural = _("places in the network")

    def __str__(self):
        return str(self.organization)
