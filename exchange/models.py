import datetime
import uuid

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization
from records.changes import ReportingQuerySet
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

    is_bookkeeping = True  # who may undo an import may undo what it remembers

    edition = models.ForeignKey(
        Edition, on_delete=models.CASCADE, related_name="imported_rows"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=250)
    object_id = models.PositiveBigIntegerField()
    cells = models.JSONField(default=dict)

    objects = ReportingQuerySet.as_manager()

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


class DatasetRelease(models.Model):
    """
    A dated release of everything public, as files that can be downloaded.

    `changes` are {kind: {change: records}} since the release `former`, `counts`
    {table: rows}, `files` the name, size and SHA-256 of each, the ZIP file first.
    """

    name = models.CharField(_("name"), max_length=20, unique=True)
    former = models.CharField(_("release before"), max_length=20, blank=True)
    note = models.TextField(_("note"), blank=True)
    counts = models.JSONField(_("rows"), default=dict, editable=False)
    changes = models.JSONField(_("changes"), default=dict, editable=False)
    files = models.JSONField(_("files"), default=list, editable=False)
    made_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = _("data release")
        verbose_name_plural = _("data releases")

    def __str__(self):
        return self.name

    @property
    def archive(self):
        """The name of the ZIP file."""
        return self.files[0]["name"]

    @property
    def day(self):
        return datetime.date.fromisoformat(self.name[:10])

    def take_back(self):
        """Delete the release, and then its files: they must not be found again."""
        paths = [self.path_of(file["name"]) for file in self.files]
        self.delete()
        for path in paths:
            storages["releases"].delete(path)

    def path_of(self, file):
        """Return where a file of this release lies in the storage of releases."""
        return f"{self.name}/{file}"


class CitationShape(models.Model):
    """
    How a citation of some shape is written, as a CSL processor has formatted it.

    `html` has letters in place of the texts, which are put in when somebody reads.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    html = models.TextField()

    class Meta:
        ordering = ["digest"]

    def __str__(self):
        return self.digest


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
