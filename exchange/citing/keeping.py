"""
Has the citations of a record formatted when it is written.

That follows the commit, so that a save takes no longer and an import is heard of once;
if it fails, the record is written all the same, and its citation is formatted when
somebody reads it.
"""

from django.db import transaction
from django.db.models.signals import post_save
from django.utils.translation import override

from exchange.citing.items import item_of
from exchange.citing.shapes import digest, made, stored
from exchange.citing.styles import NAMES, cut
from exchange.citing.works import load
from exchange.models import CitationShape
from records.changes import changed
from records.languages import TAGS
from records.models import record_kinds

AT_ONCE = 250  # records read at once, and shapes looked up
# Of more records than these in one transaction citations are formatted when somebody
# reads them, or by `manage.py format_citations`.
MOST = 5000


def listen():
    """Connect everything; called once, when the apps are ready."""
    for kind in record_kinds():
        post_save.connect(_written, sender=kind)
        changed.connect(_changed, sender=kind)


def _written(sender, instance, using, raw=False, **kwargs):
    if not raw:
        _changed(sender, [instance.pk], using)


def _changed(sender, pks, using, **kwargs):
    waiting = next(
        (
            one
            for _savepoints, one, _robust in transaction.get_connection(
                using
            ).run_on_commit
            if isinstance(one, Waiting)
        ),
        None,
    )
    if waiting is None:
        waiting = Waiting(using)
        transaction.on_commit(waiting, using=using, robust=True)
    waiting.pks.setdefault(sender, set()).update(pks)


class Waiting:
    """The records of one transaction whose citations are formatted after it."""

    def __init__(self, using):
        self.using, self.pks = using, {}
        self.__qualname__ = type(self).__qualname__  # for the log, should it fail

    def __call__(self):
        if sum(map(len, self.pks.values())) > MOST:
            return
        for kind, pks in self.pks.items():
            keep(shapes_of(kind.objects.using(self.using).filter(pk__in=pks)))


def keep(needed):
    """Format and keep those of these shapes that are not kept yet."""
    for start in range(0, len(needed), AT_ONCE):
        part = needed[start : start + AT_ONCE]
        found = stored(part)
        rows = [
            CitationShape(digest=digest(shape), html=made(shape))
            for shape in part
            if shape not in found
        ]
        CitationShape.objects.bulk_create(rows, ignore_conflicts=True)


def shapes_of(records):
    """Return the shapes of the public ones of these records, in both languages."""
    shapes = {}
    keys = list(records.published().order_by().values_list("pk", flat=True))
    for start in range(0, len(keys), AT_ONCE):
        part = records.published().filter(pk__in=keys[start : start + AT_ONCE])
        for record in load(part.order_by()):
            for language in TAGS:
                with override(language):
                    item = item_of(record, "site")  # any name has the same shape
                shapes |= dict.fromkeys(cut(item, style).shape for style in NAMES)
    return list(shapes)
