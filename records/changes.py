"""How a floor above hears of the writes that Django sends no signal for."""

from django.db import models, router, transaction
from django.dispatch import Signal

# Sent with a model as sender, pks and using, in the transaction of the write.
changed = Signal()


class ReportingQuerySet(models.QuerySet):
    """A queryset whose `update()` and bulk methods report which rows they changed."""

    def update(self, **values):
        """Update, as `bulk_update()` does too, and report."""
        if self.query.is_sliced or not changed.has_listeners(self.model):
            return super().update(**values)
        with transaction.atomic(using=self._writer(), savepoint=False):
            pks = list(self.order_by().values_list("pk", flat=True))
            rows = super().update(**values)
            self._report(pks)
        return rows

    update.alters_data = True

    def bulk_create(self, objs, *args, **kwargs):
        with transaction.atomic(using=self._writer(), savepoint=False):
            made = super().bulk_create(objs, *args, **kwargs)
            self._report([thing.pk for thing in made])
        return made

    def _writer(self):
        return self._db or router.db_for_write(self.model, **self._hints)

    def _report(self, pks):
        if pks := [pk for pk in pks if pk is not None]:
            changed.send(self.model, pks=pks, using=self._writer())
