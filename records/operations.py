"""
Many writes as one operation, which can be taken back as a whole.

Whatever is written inside of `recording()` is heard of by the versions that are
kept of it, row by row or in bulk: a row without a history is no part of it.
"""

from contextlib import ExitStack, contextmanager
from threading import local

from django.db import transaction
from django.utils.translation import gettext

_open = local()  # of each thread: what the operation under way has written
_around = []  # context managers to work inside of
REASON = 100  # letters that a version has room for


def work_inside(manager):
    """Let every operation run inside of a context manager of a higher floor."""
    _around.append(manager)


@contextmanager
def recording(kind, summary="", user=None):
    """
    Run the writes inside as one operation, in one transaction.

    `kind` is a word of `Operation.Kind`, `summary` what it was about in a few words,
    `user` who did it. Yields the `Operation`, which is saved at the end if a row was
    written. Inside of another operation there is only that one.
    """
    from records.models import Operation

    if under_way := getattr(_open, "operation", None):
        yield under_way
        return
    user = user if user is not None and user.is_authenticated else None
    operation = Operation(kind=kind, summary=summary[:300], user=user)
    _open.rows = {}
    with ExitStack() as stack:
        stack.callback(_close)
        stack.enter_context(transaction.atomic())
        for manager in _around:
            stack.enter_context(manager())
        _open.operation = operation
        yield operation
        operation.keep(_open.rows)


def _close():
    _open.operation = _open.rows = None


def is_undo():
    """Tell whether the operation under way takes another one back."""
    operation = getattr(_open, "operation", None)
    return operation is not None and operation.kind == operation.Kind.UNDO


def reason():
    """Return what the versions written now have for a reason, or None."""
    operation = getattr(_open, "operation", None)
    return operation.summary[:REASON] if operation else None


def note(model, versions):
    """Hear of versions that were kept, as (key of the row, number) of each."""
    if getattr(_open, "operation", None) is None:
        return
    rows = _open.rows.setdefault(model, {})
    for pk, number in versions:
        rows.setdefault(pk, []).append(number)


def give_reason(sender, history_instance, **kwargs):
    """Before a version is kept: say which operation it is of."""
    history_instance.history_change_reason = (
        history_instance.history_change_reason or reason()
    )


def hear(sender, instance, history_instance, **kwargs):
    """After a version was kept: note it."""
    note(history_instance.instance_type, [(instance.pk, history_instance.pk)])


def tell_of_failure(file, error, url=""):
    """Tell those who asked for it that the import of a file has failed, and why."""
    from records.notices import tell

    def subject():
        return gettext("An import failed: %(file)s") % {"file": file}

    tell("import", subject, str(error), url)
