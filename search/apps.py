from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("search")

    def ready(self):
        from organizations import rights
        from records import migrating
        from records.operations import work_inside
        from search import index, steps, triggers

        migrating.keep(triggers)
        steps.listen()
        work_inside(index.together)
        rights.removed.connect(index.forget_names, dispatch_uid="search.forget")
