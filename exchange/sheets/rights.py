"""What somebody may change by an import: no more than on the pages of the admin."""

from functools import cache, partial

from django.contrib.auth import get_permission_codename
from django.utils.translation import gettext as _

from exchange.sheets.tables import TO_READ
from records.permissions import may_change_now, may_publish


class Rights:
    """The rights of somebody over a kind of record; each is asked for once."""

    def __init__(self, user, kind):
        self.user, self.kind = user, kind
        self.publishes = cache(partial(may_publish, user))

    def check(self, table, row):
        """Note in a row what may not be done to it, or not by this user."""
        action = "add" if row.is_new else "delete" if row.is_deleted else "change"
        allowed = self._may(action, table.model)
        if table.owner and not self._may("change", table.kind):
            allowed = False
        if not allowed:
            row.wrong("", _("You may not do this."))
        record = row.owner if table.owner else row.thing
        if record and record.pk and not self._may_change(record):
            words = _("It is or was public: who may not publish cannot change it here.")
            row.wrong("", words)
        for name, _old, _new in row.changes:
            if not table.owner and name in TO_READ:
                row.wrong(name, _("The buttons of the list change this, no import."))

    def _may(self, action, model):
        name = get_permission_codename(action, model._meta)
        return self.user.has_perm(f"{model._meta.app_label}.{name}")

    def _may_change(self, record):
        return self.publishes(type(record)) or may_change_now(self.user, record)
