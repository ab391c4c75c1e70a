from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _
from simple_history.signals import (
    post_create_historical_record,
    pre_create_historical_record,
)


class RecordsConfig(AppConfig):
    name = "records"
    verbose_name = _("records")

    def ready(self):
        from records import change_log, content_version, migrating, operations, prepared

        for module in (content_version, change_log):
            migrating.keep(module)
        pre_migrate.connect(migrating.prepare, sender=self)
        post_migrate.connect(migrating.install_after_migrate, sender=self)
        post_migrate.connect(prepared.forget, sender=self)
        pre_create_historical_record.connect(operations.give_reason)
        post_create_historical_record.connect(operations.hear)
