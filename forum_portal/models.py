from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.changes import ReportingQuerySet
from records.languages import text_of
from records.prepared import prepared


class Forum(models.Model):
    """The forum whose record this portal keeps: what it is called, whom to write to."""

    name = models.CharField(_("name"), max_length=200)
    short_name = models.CharField(_("short name"), max_length=60)
    tagline = models.CharField(
        _("tagline"), max_length=300, blank=True, help_text=_("One sentence.")
    )
    contact = models.CharField(
        _("contact"),
        max_length=200,
        blank=True,
        help_text=_("An e-mail address or a web address for corrections."),
    )

    class Meta:
        verbose_name = _("forum")
        verbose_name_plural = _("forum")
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1),
                name="forum_is_one",
                violation_error_message=_("The portal keeps the record of one forum."),
            )
        ]

    def __str__(self):
        return text_of(self, "name").text

    @classmethod
    def get(cls):
        """Return the forum, by one query; an empty one if there is none."""
        found = _forum()
        return found[0] if found else cls()

    def save(self, *args, **kwargs):
        self.pk = 1
        super().save(*args, **kwargs)

    def clean(self):
        contact = self.contact
        if contact and "@" not in contact and not contact.startswith("https://"):
            raise ValidationError(
                {"contact": _("Give an e-mail address, or an address with https://.")}
            )

    @property
    def contact_url(self):
        """The contact as the target of a link; "" if there is none."""
        if not self.contact or self.contact.startswith("https://"):
            return self.contact
        return f"mailto:{self.contact}"


@prepared
def _forum():
    return Forum.objects.order_by("pk")[:1]


class LoadedRow(models.Model):
    """
    A row of a content folder as it was last loaded.

    It tells a cell that somebody has edited in the admin since from one that
    the file has changed.
    """

    is_bookkeeping = True  # who may undo an import may undo what it remembers

    file = models.CharField(max_length=50)
    slug = models.CharField(max_length=100)
    cells = models.JSONField()

    objects = ReportingQuerySet.as_manager()

    class Meta:
        verbose_name = _("loaded row")
        verbose_name_plural = _("loaded rows")
        constraints = [
            models.UniqueConstraint(
                fields=["file", "slug"], name="loaded_row_is_kept_once"
            )
        ]

    def __str__(self):
        return f"{self.file}: {self.slug}"
