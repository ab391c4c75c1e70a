"""The room that uploaded files take, and those that nothing names any more."""

import json
import re
from datetime import timedelta

from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from records.files.pictures import MEDIA_TYPES, NAME, full_name, smaller_sizes

MINUTE = 60


def usage(now=False):
    """Return (bytes used, bytes allowed); counted anew once a minute, or `now`."""
    used = None if now else cache.get("media-used")
    if used is None:
        used = sum(size for _name, size, _changed in stored())
        cache.set("media-used", used, MINUTE)
    return used, settings.MEDIA_QUOTA_MB * 2**20


def count_anew():
    """Forget what was counted: a file has come or gone."""
    cache.delete("media-used")


def stored():
    """Yield (name, bytes, when it was written) of each stored file."""
    if hasattr(default_storage, "stored"):  # one that tells many at a time
        yield from default_storage.stored()
        return
    for name in names():
        changed = default_storage.get_modified_time(name)
        yield name, default_storage.size(name), changed


def names(folder="", storage=default_storage):
    """Yield the name of each stored file."""
    try:
        folders, files = storage.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in files:
        yield f"{folder}{name}"
    for name in folders:
        yield from names(f"{folder}{name}/", storage)


def file_fields():
    """Yield (model, field) of each field that keeps a file."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                yield model, field


def named():
    """
    Return the names that records give, and their histories, which keep all.

    What waits to become a version, such as a proposal, keeps them as JSON.
    """
    found = set()
    folders = "|".join({field.upload_to for _model, field in file_fields()})
    in_json = re.compile(rf'"((?:{folders})[^"\\]+)"')
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.JSONField) and field.name != "html":
                rows = model._base_manager.values_list(field.name, flat=True)
                for value in rows.order_by().iterator():
                    found.update(in_json.findall(json.dumps(value)))
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
    for name, _size, changed in stored():
        if changed < before and not {name, full_name(name)} & kept:
            yield name


def delete_unused(older_than=timedelta(days=1)):
    """Delete those files; return their names."""
    gone = list(unused(older_than))
    for name in gone:
        default_storage.delete(name)
    count_anew()
    return gone


def delete(given):
    """
    Delete the files of these names, and copies of theirs, once that is committed.

    One that something still names stays: the same picture may show somebody else.
    """
    if not given:
        return

    def now():
        kept = named()
        for name in {full_name(one) for one in given} - kept:
            for copy in (name, *copies_of(name)):
                default_storage.delete(copy)
        count_anew()

    transaction.on_commit(now)


def copies_of(name):
    """Return the names of the copies of a picture, whether they are there or not."""
    found = NAME.fullmatch(name)
    if not found:
        return []
    sizes = smaller_sizes(int(found["width"]), int(found["height"]))
    stems = [found["stem"], *(f"{found['stem']}.{size}" for size in sizes)]
    return [f"{stem}{suffix}" for stem in stems for suffix in MEDIA_TYPES]
