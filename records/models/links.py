from django.db import models
from django.utils.translation import gettext_lazy as _


class LinkCheckQuerySet(models.QuerySet):
    def dead(self):
        return self.filter(dead_since__isnull=False)


class LinkCheck(models.Model):
    """What the last visit of an address found that the record leads to."""

    class Problem(models.TextChoices):
        NOT_FOUND = "not-found", _("There is no such page.")
        ERROR = "error", _("The host answers with an error.")
        NO_ADDRESS = "no-address", _("Not an address of the web.")
        PRIVATE = "private", _("It leads to a private network.")
        NO_HOST = "no-host", _("There is no such host.")
        NO_ANSWER = "no-answer", _("No answer.")
        BAD_CERTIFICATE = "certificate", _("Its certificate is not valid.")
        TOO_MANY = "redirects", _("Too many redirects.")

    read_in_pages = False  # see content_version
    url = models.URLField(_("address"), max_length=500, unique=True)
    status = models.PositiveSmallIntegerField(
        _("status"), null=True, blank=True, help_text=_("Of HTTP; empty: no answer.")
    )
    problem = models.CharField(_("problem"), max_length=20, choices=Problem, blank=True)
    checked_at = models.DateTimeField(_("checked"))
    dead_since = models.DateTimeField(_("dead since"), null=True, blank=True)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        ordering = ["url"]
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def __str__(self):
        return self.url
