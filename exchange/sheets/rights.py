"""What somebody may change by an import: no more than on the pages of the admin."""

from django.contrib.auth import get_permission_codename
from django.utils.translation import gettext as _

from exchange.sheets.tables import LIFE
from records.models import State
from records.permissions import may_change_now, may_publish, may_withdraw


class Rights:
    """The rights of somebody over a kind of record; each is asked for once."""

    def __init__(self, user, kind):
        self.user, self.kind = user, kind
        self.publishes = may_publish(user, kind)
        self.withdraws = may_withdraw(user, kind)

    def _may(self, action, model):
        name = get_permission_codename(action, model._meta)
        return self.user.has_perm(f"{model._meta.app_label}.{name}")

    def check(self, table, row):
        """Note in a row what this user may not do."""
        if table.owner:
            self._check_part(table, row)
            return
        action = "add" if row.is_new else "change"
        if not self._may(action, table.model):
            row.wrong("", _("You may not do this."))
        elif not row.is_new and not self._may_change(row.thing, self._state(row)):
            row.wrong(
                "", _("It is or was public: who may not publish cannot change it.")
            )
        elif any(name in LIFE for name, _old, _new in row.changes):
            self._check_life(row)

    def _state(self, row):
        changed = {name: old for name, old, _new in row.changes}
        return changed.get("state", row.thing.state)

    def _may_change(self, record, state):
        if self.publishes:
            return True
        if state != State.DRAFT:
            return False
        now, record.state = record.state, state
        try:
            return may_change_now(self.user, record)
        finally:
            record.state = now

    def _check_life(self, row):
        before, after = self._state(row), row.thing.state
        if row.is_new:
            before = State.DRAFT
        away = before == State.PUBLISHED and after != State.PUBLISHED
        if State.WITHDRAWN in (before, after) and before != after:
            away = True
        if away and not self.withdraws:
            row.wrong("state", _("You may not withdraw records of this kind."))
        rest = [n for n, _old, _new in row.changes if n in LIFE]
        if not self.publishes and (after != State.WITHDRAWN or rest != ["state"]):
            row.wrong(rest[0], _("You may not publish records of this kind."))
        if after == State.DRAFT and not row.is_new and row.thing.was_public():
            row.wrong("state", _("What the public has seen is no draft again."))

    def _check_part(self, table, row):
        action = "add" if row.is_new else "delete" if row.is_deleted else "change"
        if not (self._may(action, table.model) and self._may("change", table.kind)):
            row.wrong("", _("You may not do this."))
        elif (
            row.owner
            and row.owner.pk
            and not self._may_change(row.owner, row.owner.state)
        ):
            row.wrong(
                "", _("It is or was public: who may not publish cannot change it.")
            )
