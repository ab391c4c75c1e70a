"""Writing what a plan says, as one operation that can be taken back."""

from django.db import IntegrityError
from django.utils.translation import gettext as _

from exchange.schedules.shape import RefusedError
from exchange.sheets.plan import CHANGED, DELETED, NEW
from records.changes import changed
from records.models import Operation, Record
from records.operations import recording
from records.tagging import set_tags
from records.versions import keep_versions
from sessions.models import EditionDay, Session

BATCH = 500


class _TrialOverError(Exception):
    """Takes everything back."""


def carry_out(plan, summary, user, trial=False):
    """
    Write a `Plan` that nothing is wrong with; return the `Operation`.

    A `trial` writes nothing in the end. Raise `RefusedError` if the database refuses.
    """
    operation = None
    try:
        with recording(Operation.Kind.IMPORT, summary, user) as operation:
            for part in plan.parts:
                _delete(part)
                _create(part)
                _change(part)
                _place(part)
            if trial:
                raise _TrialOverError
    except _TrialOverError:
        pass
    except IntegrityError as error:
        words = _("The database refuses: %(error)s") % {"error": error}
        raise RefusedError(words) from error
    return operation


def _delete(part):
    pks = [row.thing.pk for row in part.with_fate(DELETED) if row.thing.pk]
    for start in range(0, len(pks), BATCH):
        some = pks[start : start + BATCH]
        part.table.model._base_manager.filter(pk__in=some).delete()


def _create(part):
    rows = part.with_fate(NEW)
    for row in rows:
        if row.owner:
            part.table.give_to(row.thing, row.owner)  # which has a key by now
    if _saves_itself(part):
        for row in rows:
            row.thing.save()
    else:
        waiting = [row.thing for row in rows]
        while waiting:
            # What a row names must be there first.
            ready = [thing for thing in waiting if not _waits(thing)]
            part.table.model._default_manager.bulk_create(ready, batch_size=BATCH)
            waiting = [thing for thing in waiting if thing.pk is None]
            if waiting and not ready:
                raise RefusedError(_("Two new rows name each other."))
    _tag(part, [row.thing for row in rows])


def _place(part):
    """Give the days that were written to the sessions that wait for one."""
    if part.table.model is EditionDay:
        written = [*part.with_fate(NEW), *part.with_fate(CHANGED)]
        editions = {row.thing.edition_id for row in written}
        Session.objects.filter(edition__in=editions).place()


def _waits(thing):
    """Tell whether a row names another one that is not written yet."""
    for field in thing._meta.concrete_fields:
        if field.is_relation and field.is_cached(thing):
            other = field.get_cached_value(thing)
            if other is not None and other.pk is None:
                return True
    return False


def _change(part):
    rows = part.with_fate(CHANGED)
    tagged = _set_tags(part, [row.thing for row in rows])
    written, fields, things = set(), set(), []
    tags = {c.name for c in part.table.columns if c.field.many_to_many}
    for row in rows:
        names = {column for column, _old, _new in row.changes} - tags
        if "slug" in names and isinstance(row.thing, Record):
            row.thing.save()  # which keeps the address it had
            written.add(row.thing.pk)
        elif names and _saves_itself(part):
            row.thing.save()
            written.add(row.thing.pk)
        elif names:
            things.append(row.thing)
            fields |= names
            written.add(row.thing.pk)
    if things:
        manager = part.table.model._default_manager
        manager.bulk_update(things, sorted(fields), batch_size=BATCH)
    _report(part, tagged - written)


def _tag(part, things):
    _report(part, _set_tags(part, things))


def _set_tags(part, things):
    """Write the tags of rows; return the keys of those whose tags changed."""
    found = set()
    for field in part.table.model._meta.many_to_many:
        wanted = {
            thing.pk: {one.pk for one in thing.new_tags[field.name]}
            for thing in things
            if field.name in getattr(thing, "new_tags", {})
        }
        found |= set_tags(field, wanted) if wanted else set()
    return found


def _report(part, pks):
    """Keep versions of rows whose tags alone were written, and tell of them."""
    if pks:
        keep_versions(part.table.model, sorted(pks), "default")
        changed.send(part.table.model, pks=sorted(pks), using="default")


def _saves_itself(part):
    """Tell whether a part has a `save()` of its own that bulk writes would pass by."""
    model = part.table.model
    return not issubclass(model, Record) and "save" in vars(model)
