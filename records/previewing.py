"""
Records that a preview shows as if they were public already, and only there.

`published()` stays the one gate. Within `with showing(records):`, in that thread and
for as long as the block lasts, it lets these records pass too; what they name and
what names them is judged as ever. Only the view of previews opens such a block.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from django.db.models import Q

NOTHING = MappingProxyType({})
_shown = ContextVar("shown", default=NOTHING)


@contextmanager
def showing(records):
    """Show these records, of whatever kinds, as if they were public."""
    keys = {}
    for record in records:
        keys.setdefault(type(record), set()).add(record.pk)
    before = _shown.set(MappingProxyType(keys))
    try:
        yield
    finally:
        _shown.reset(before)


def anything_is_shown():
    """Tell whether a preview is under way in this thread."""
    return bool(_shown.get())


def or_shown(public, model):
    """Return the condition that is `public`, or that a preview shows the record."""
    keys = _shown.get().get(model)
    return public | Q(pk__in=keys) if keys else public
