from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("search")

    def ready(self):
        from organizations import rights
        from records.operations import work_inside
        from search import index, steps, triggers

        pre_migrate.connect(triggers.remove_before_migrate, sender=self)
        post_migrate.connect(triggers.install_after_migrate, sender=self)
        steps.listen()
        work_inside(index.together)
        rights.removed.connect(index.forget_names, dispatch_uid="search.forget")
