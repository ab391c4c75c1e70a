"""The room that uploaded files take, and those that nothing names any more."""

from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import models
from django.utils import timezone

from records.files.pictures import full_name

MINUTE = 60


def usage(now=False):
    """Return (bytes used, bytes allowed); counted anew once a minute, or `now`."""
    used = None if now else cache.get("media-used")
    if used is None:
        used = sum(default_storage.size(name) for name in names())
        cache.set("media-used", used, MINUTE)
    return used, settings.MEDIA_QUOTA_MB * 2**20


def names(folder=""):
    """Yield the name of each stored file."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}{name}"
    for name in folders:
        yield from names(f"{folder}{name}/")


def file_fields():
    """Yield (model, field) of each field that keeps a file."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                yield model, field


def named():
    """Return the names that records and their histories give; histories keep all."""
    found = set()
    for model, field in file_fields():
        kept = [model]
        if hasattr(model, "history"):
            kept.append(model.history.model)
        for one in kept:
            rows = one._base_manager.exclude(**{field.name: ""})
            found.update(rows.values_list(field.name, flat=True).distinct())
    return found


def unused(older_than=timedelta(days=1)):
    """
    Yield the stored files that no record and no version of one names.

    Younger ones are left out: somebody may be about to save what names them.
    """
    kept = named()
    before = timezone.now() - older_than
    for name in names():
        if {name, full_name(name)} & kept:
            continue
        if default_storage.get_modified_time(name) < before:
            yield name


def delete_unused(older_than=timedelta(days=1)):
    """Delete those files; return their names."""
    gone = list(unused(older_than))
    for name in gone:
        default_storage.delete(name)
    cache.delete("media-used")
    return gone
