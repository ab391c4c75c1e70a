"""How bulk writes, which Django sends no signal for, are followed up and heard of."""

from django.db import models, router, transaction
from django.dispatch import Signal

from records.versions import keep_versions

# Sent with a model as sender, pks and using, in the transaction of the write.
changed = Signal()


class ReportingQuerySet(models.QuerySet):
    """
    A queryset whose `update()` and bulk methods do what a save does besides writing.

    They bring what follows from the changed fields into step, keep a version of
    each row in its history, and report which rows they changed, all in the
    transaction of the write.
    """

    _follows_up = True

    def _clone(self):
        clone = super()._clone()
        clone._follows_up = self._follows_up
        return clone

    def update(self, **values):
        if self.query.is_sliced or not self._follows_up:
            return super().update(**values)
        with transaction.atomic(using=self._writer(), savepoint=False):
            pks = list(self.order_by().values_list("pk", flat=True))
            before = self._look_at(pks, values)
            rows = super().update(**values)
            self._bring_into_step(pks, values, before)
            self._report(pks)
        return rows

    update.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        with transaction.atomic(using=self._writer(), savepoint=False):
            made = super().bulk_create(objs, *args, **kwargs)
            created = not kwargs.get("update_conflicts")
            self._report([thing.pk for thing in made], created=created)
        return made

    def bulk_update(self, objs, fields, *args, **kwargs):
        objs = list(objs)
        # Django's own way is many an update(): followed up together, at the end.
        plain = self._chain()
        plain._follows_up = False
        with transaction.atomic(using=self._writer(), savepoint=False):
            pks = [thing.pk for thing in objs]
            before = self._look_at(pks, fields)
            rows = models.QuerySet.bulk_update(plain, objs, fields, *args, **kwargs)
            self._bring_into_step(pks, fields, before)
            self._report(pks)
        return rows

    bulk_update.alters_data = True

    def _look_at(self, pks, fields):
        """Return what a kind must know of rows before these fields of them change."""

    def _bring_into_step(self, pks, fields, before):
        """Write what follows from the changed fields; `before` as `_look_at()`."""

    def _writer(self):
        return self._db or router.db_for_write(self.model, **self._hints)

    def _report(self, pks, created=False):
        if pks := [pk for pk in pks if pk is not None]:
            keep_versions(self.model, pks, self._writer(), created=created)
            changed.send(self.model, pks=pks, using=self._writer())
