from django.db import models
from django.utils.translation import gettext_lazy as _


class LinkCheckQuerySet(models.QuerySet):
    def dead(self):
        return self.filter(dead_since__isnull=False)


class LinkCheck(models.Model):
    """What the last visit of an address found that the record leads to."""

    read_in_pages = False  # see content_version
    url = models.URLField(_("address"), max_length=500, unique=True)
    status = models.PositiveSmallIntegerField(
        _("status"), null=True, blank=True, help_text=_("Of HTTP; empty: no answer.")
    )
    problem = models.CharField(_("problem"), max_length=200, blank=True)
    checked_at = models.DateTimeField(_("checked"))
    dead_since = models.DateTimeField(_("dead since"), null=True, blank=True)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        ordering = ["url"]
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self):
        return self.url
