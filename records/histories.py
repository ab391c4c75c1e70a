"""The rows of a history as they are read: what each write left of a row."""

from datetime import datetime
from typing import NamedTuple

from records.models import State

NEVER_TOLD = {"editor_note"}


class Version(NamedTuple):
    """What a write left of a row; `thing` is None once the row was deleted."""

    when: datetime
    number: int
    editor: int | None
    thing: object


def versions_of(history):
    """Return {key: versions, the oldest first} of rows of a history; one query."""
    found, model = {}, history.model.instance_type
    names = [field.attname for field in history.model.tracked_fields]
    names = [name for name in names if name not in NEVER_TOLD]
    for row in history.order_by("history_date", "history_id"):
        thing = None
        if row.history_type != "-":
            values = [getattr(row, name) for name in names]
            # Not `row.instance`: it asks for what the row is today besides.
            thing = model.from_db(history.db, names, values)
            thing.html = {}
        version = Version(row.history_date, row.history_id, row.history_user_id, thing)
        found.setdefault(row.id, []).append(version)
    return found


def public_at(state, publish_at, moment):
    """Tell whether a row with this state and embargo is public at a moment."""
    return state == State.PUBLISHED and (publish_at is None or publish_at <= moment)


def is_listed(record):
    """Tell whether a record may show more than its name, as only people may ask."""
    return getattr(record, "listed", True)


def latest(versions, moment):
    """Return the last of some versions up to a moment, or None."""
    return next((v for v in reversed(versions) if v.when <= moment), None)
