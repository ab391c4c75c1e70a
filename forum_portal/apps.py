from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ForumPortalConfig(AppConfig):
    name = "forum_portal"
    verbose_name = _("the forum")

    def ready(self):
        from forum_portal import rights, roles

        post_migrate.connect(roles.install_after_migrate, sender=self)
        rights.listen()
        if settings.SENTRY_DSN:
            from forum_portal.watching.faults import tell_of_faults

            tell_of_faults(settings.SENTRY_DSN)
