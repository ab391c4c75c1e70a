from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("records")

    def ready(self):
        from records import content_version

        post_migrate.connect(content_version.install_after_migrate, sender=self)
