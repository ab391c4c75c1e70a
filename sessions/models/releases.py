from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.changes import ReportingQuerySet
from sessions.models.editions import Edition


class ProgrammeReleaseQuerySet(ReportingQuerySet):
    def published(self, at=None):
        return self.filter(edition__in=Edition.objects.published(at))

    def close(self, edition, *, by=None, **note):
        """
        Close what changed in an edition's programme since the last release.

        `note` gives `note_en` and `note_zh_hans`. Return the release, which has the
        next number; of two organizers who close at once, each gets their own.
        """
        with transaction.atomic(using=self._writer()):
            Edition.objects.select_for_update().get(pk=edition.pk)
            last = self.filter(edition=edition).aggregate(n=models.Max("number"))["n"]
            return self.create(
                edition=edition, number=(last or 0) + 1, closed_by=by, **note
            )

    close.alters_data = True


class ProgrammeRelease(models.Model):
    """A numbered batch of changes in a programme, closed by an organizer."""

    edition = models.ForeignKey(
        Edition,
        on_delete=models.CASCADE,
        related_name="releases",
        verbose_name=_("edition"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    note = models.TextField(
        _("note"), blank=True, help_text=_("One or two sentences for readers.")
    )
    closed_at = models.DateTimeField(_("closed"), default=timezone.now)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("closed by"),
    )

    objects = ProgrammeReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["edition", "-number"]
        verbose_name = _("programme release")
        verbose_name_plural = _("programme releases")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number"],
                name="programme_release_is_numbered_once",
                violation_error_message=_("The edition has this release already."),
            )
        ]

    def __str__(self):
        return str(_("programme release %(number)d") % {"number": self.number})

    def save(self, *args, **kwargs):
        for column in ("note_en", "note_zh_hans"):
            setattr(self, column, getattr(self, column) or "")
        super().save(*args, **kwargs)
