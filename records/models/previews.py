from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models.parts import Part

DAYS = (1, 3, 7, 14)  # for which a link may work


class SharedLinkQuerySet(models.QuerySet):
    def working(self, at=None):
        """Keep those that have neither ended nor been revoked."""
        return self.filter(revoked_at=None, expires_at__gt=at or timezone.now())


class SharedLink(Part):
    """
    A link about one record, for whoever has it, for some days.

    Its token is the row's key, signed: to keep it is no secret of the database, and
    nobody can guess it. `salt` keeps the tokens of one sort from opening another.
    """

    salt = ""

    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("works until"))
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    note = models.CharField(
        _("for whom"),
        max_length=200,
        blank=True,
        help_text=_("Only seen here, such as “Anna, checks the Chinese”."),
    )

    read_in_pages = False
    objects = SharedLinkQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-made_at", "-id"]

    def __str__(self):
        return self.note or f"{self.content_type} {self.object_id}"

    @classmethod
    def until(cls, days):
        """Return the moment at which a link made now for so many days ends."""
        return timezone.now() + timedelta(days=days)

    @classmethod
    def signer(cls):
        return signing.Signer(salt=cls.salt, sep=".")

    @classmethod
    def find(cls, token):
        """Return the link of a token, whether it still works or not, else None."""
        try:
            key = cls.signer().unsign(token)
        except signing.BadSignature:
            return None
        return cls.objects.filter(pk=key).first()

    @property
    def token(self):
        """What its address ends with."""
        return self.signer().sign(self.pk)

    @property
    def is_working(self):
        """Whether it still shows the record."""
        return self.revoked_at is None and self.expires_at > timezone.now()

    @property
    def is_later_than_withdrawal(self):
        """
        Whether it may show the record, if that was withdrawn.

        A withdrawal ends what was shared before it: its reason may be somebody's
        rights.
        """
        withdrawn_at = getattr(self.record, "withdrawn_at", None)
        return withdrawn_at is None or self.made_at > withdrawn_at

    def revoke(self):
        """End it for good."""
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class PreviewLink(SharedLink):
    """A link that shows one record, public or not."""

    salt = "records.preview"

    class Meta(SharedLink.Meta):
        verbose_name = _("link to a preview")
        verbose_name_plural = _("links to previews")
        indexes = [models.Index(fields=["content_type", "object_id"])]
