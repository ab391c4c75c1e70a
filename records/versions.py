"""
The versions of rows that were written in bulk.

django-simple-history keeps a version of every row that is saved by itself; Django
sends no signal for `update()`, `bulk_create()` and `bulk_update()`, so these are
kept here, with what the rows are tagged with, many at a time.
"""

from contextlib import contextmanager
from functools import cache
from threading import local

from django.db import models
from django.utils import timezone
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from records import operations

AT_ONCE = 1000  # rows read and written by one statement

_deleting = local()  # of each thread: the last versions that are still to be kept


def keep_versions(model, pks, using, created=False, tagged=None):
    """
    Keep what the rows of these keys are now, as their latest version.

    `created` tells new rows from changed ones; new ones are not tagged yet, unless
    `tagged` says so. A model without a history is passed over. Three statements for
    each thousand rows, two more for each relation whose tags are kept.
    """
    manager = getattr(model._meta, "simple_history_manager_attribute", None)
    if not manager or not pks:
        return
    history = getattr(model, manager).model
    stamp = {
        "history_date": timezone.now(),
        "history_type": "+" if created else "~",
        "history_user": history.get_default_history_user(model()),
        "history_change_reason": operations.reason(),
    }
    columns = [field.attname for field in history.tracked_fields]
    key = columns.index(model._meta.pk.attname)
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        # A plain queryset: translated columns are copied as they are.
        rows = models.QuerySet(model, using=using).filter(pk__in=some)
        rows = list(rows.order_by("pk").values_list(*columns))
        versions = [
            history(**stamp, **dict(zip(columns, row, strict=True))) for row in rows
        ]
        plain = models.QuerySet(history, using=using)
        made = plain.bulk_create(versions, batch_size=AT_ONCE)
        kept = zip(rows, made, strict=True)
        operations.note(model, [(row[key], version.pk) for row, version in kept])
        if tagged or (tagged is None and not created):
            of_row = {row[key]: v for row, v in zip(rows, made, strict=True)}
            for field in history._history_m2m_fields:
                _keep_tags(field, of_row, using)


class History(HistoryManager):
    """What `record.history` is, of a class made once, not anew for every version."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class, class_name=None):
        return super().from_queryset(queryset_class, class_name)


class KeptVersions(HistoricalRecords):
    """A history whose last versions can be kept many at a time as well."""

    def __init__(self, **options):
        super().__init__(history_manager=History, **options)

    def post_delete(self, instance, using=None, **kwargs):
        waiting = getattr(_deleting, "versions", None)
        if waiting is None:
            super().post_delete(instance, using=using, **kwargs)
            return
        history = getattr(instance, self.manager_name).model
        names = [field.attname for field in history.tracked_fields]
        values = {name: getattr(instance, name) for name in names}
        user = history.get_default_history_user(instance)
        version = history(history_type="-", history_user=user, **values)
        waiting.setdefault(type(instance), []).append(version)

    def create_historical_record_m2ms(self, history_instance, instance):
        """Keep the tags of a row with its version, in one query a relation."""
        using = history_instance._state.db
        for field in history_instance._history_m2m_fields:
            _keep_tags(field, {instance.pk: history_instance}, using)


@contextmanager
def deleting_many():
    """Keep the last versions of all rows that are deleted inside, at the end."""
    _deleting.versions = {}
    try:
        yield
        for model, versions in _deleting.versions.items():
            history = model.history.model
            for version in versions:
                version.history_date = timezone.now()
                version.history_change_reason = operations.reason()
            made = models.QuerySet(history).bulk_create(versions, batch_size=AT_ONCE)
            pk = model._meta.pk.attname
            operations.note(model, [(getattr(v, pk), v.pk) for v in made])
    finally:
        _deleting.versions = None


def _keep_tags(field, versions, using):
    """Keep what rows, given as {key: version}, are tagged with."""
    through = field.remote_field.through
    kept = HistoricalRecords.m2m_models[field]
    columns = [f.attname for f in through._meta.concrete_fields]
    owner = through._meta.get_field(field.m2m_field_name()).attname
    tags = models.QuerySet(through, using=using)
    tags = tags.filter(**{f"{owner}__in": list(versions)}).values_list(*columns)
    place = columns.index(owner)
    models.QuerySet(kept, using=using).bulk_create(
        [
            kept(history=versions[tag[place]], **dict(zip(columns, tag, strict=True)))
            for tag in tags
        ],
        batch_size=AT_ONCE,
    )
