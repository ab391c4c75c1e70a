from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigningInConfig(AppConfig):
    """
    An app of its own, so that its writes are none of the content.

    A failed sign-in must not make finished pages stale.
    """

    name = "forum_portal.signing_in"
    label = "signing_in"
    verbose_name = _("signing in")

    def ready(self):
        from forum_portal.signing_in import listening

        listening.listen()
