import re
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum_portal.roles import NAMES
from records.clients import agent_of, ip_of

KEPT = timedelta(days=365)
FLAGS = ("is_active", "is_staff", "is_superuser")  # of an account


class SecurityEvent(models.Model):
    """What happened to an account: a sign-in, a refusal, a change of its rights."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed-in", _("Signed in")
        FAILED = "failed", _("Sign-in failed")
        LOCKED = "locked", _("Locked after failures")
        SIGNED_OUT = "signed-out", _("Signed out")
        EVERYWHERE = "everywhere", _("Signed out everywhere")
        ACCOUNT = "account", _("Account made")
        PASSWORD = "password", _("Password changed")
        RIGHTS = "rights", _("Rights changed")
        CODES_ON = "codes-on", _("One-time codes set up")
        CODES_OFF = "codes-off", _("One-time codes removed")
        RECOVERY = "recovery", _("New recovery codes made")

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    kind = models.CharField(_("what"), max_length=20, choices=Kind, db_index=True)
    username = models.CharField(_("account"), max_length=150, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("by whom"),
    )
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    ip = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = _("entry of the sign-in log")
        verbose_name_plural = _("sign-in log")
        default_permissions = ["view"]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.username}"

    @property
    def detail_in_words(self):
        """What it says, with flags and roles by the names that forms have."""
        words = {role: str(name) for role, name in NAMES.items()}
        words |= {"True": gettext("yes"), "False": gettext("no")}
        for name in FLAGS:
            words[name] = str(User._meta.get_field(name).verbose_name)
        found = "|".join(words)
        return re.sub(rf"\b({found})\b", lambda one: words[one[0]], self.detail)

    @classmethod
    def note(cls, kind, username, *, request=None, by=None, detail=""):
        """Write an entry; those older than a year go."""
        cls.objects.filter(at__lt=timezone.now() - KEPT).delete()
        return cls.objects.create(
            kind=kind,
            username=str(username or "")[:150].replace("\0", ""),
            by=by,
            detail=detail[:500],
            ip=ip_of(request),
            agent=agent_of(request),
        )
