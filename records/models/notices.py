from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.parts import Part


class Kind(models.TextChoices):
    """What staff may be told of by e-mail."""

    IMPORT = "import", _("An import failed")
    PUBLICATION = "publication", _("A scheduled publication failed")
    LINKS = "links", _("Links are dead, or the check of links failed")
    CORRECTION = "correction", _("A reader reported an error")
    PROPOSAL = "proposal", _("A change was proposed")


class SubscriptionQuerySet(models.QuerySet):
    def of(self, kind):
        """Return those of active staff with an address who asked for that kind."""
        staff = self.filter(user__is_active=True, user__is_staff=True)
        asked = staff.exclude(user__email="").select_related("user")
        return [one for one in asked.order_by("pk") if kind in one.kinds]


class Subscription(models.Model):
    """Which notices a member of staff asked for, and in which language."""

    read_in_pages = False  # see content_version
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices"
    )
    kinds = models.JSONField(_("notices"), default=list, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        ordering = ["user"]
        verbose_name = _("my notices")
        verbose_name_plural = _("my notices")

    def __str__(self):
        return str(self.user)


class MissedPublication(Part):
    """A record that was due to be public and was not; told once for that time."""

    read_in_pages = False
    due_at = models.DateTimeField(_("due"))

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "due_at"],
                name="missed_publication_is_told_once",
            )
        ]

    def __str__(self):
        return f"{self.content_type_id}/{self.object_id}: {self.due_at}"
