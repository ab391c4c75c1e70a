"""The constraints of a table, checked for many rows of a file at once."""

from copy import copy

from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint, Q, UniqueConstraint
from django.utils.translation import gettext as _

from records.undo import many


def check_constraints(model, rows):
    """Note in rows what the constraints of their table do not allow."""
    for constraint in model._meta.constraints:
        unique = isinstance(constraint, UniqueConstraint)
        if unique and not constraint.condition and constraint.fields:
            _check_unique(model, constraint, rows)
        else:
            seen = {}
            for row in rows:
                if not row.errors and _concerns(constraint, row):
                    _check_alone(model, constraint, row, seen)


def _names(constraint):
    """Return the names of the fields that a constraint is about."""
    names = {*getattr(constraint, "fields", ())}
    if constraint.condition:
        names |= set(Q(constraint.condition).referenced_base_fields)
    return names


def _concerns(constraint, row):
    """Tell whether a row may have come into conflict with a constraint."""
    names = _names(constraint)
    return row.is_new or any(column in names for column, _old, _new in row.changes)


def _check_alone(model, constraint, row, seen):
    """Ask the constraint about a row, once for rows that it must find alike."""
    fields = [model._meta.get_field(name) for name in sorted(_names(constraint))]
    thing = _with_keys(row.thing, fields)
    values = tuple(getattr(thing, field.attname) for field in fields)
    asked = None
    if isinstance(constraint, CheckConstraint):
        asked = seen.get(values)
    if asked is None:
        try:
            constraint.validate(model, thing)
            asked = seen[values] = []
        except ValidationError as error:
            asked = seen[values] = error.messages
    for words in asked:
        row.wrong("", words)


def _with_keys(thing, fields):
    """Return a row as it is, or a copy where what is not written yet has a key."""
    for field in fields:
        if field.is_relation and field.is_cached(thing):
            other = field.get_cached_value(thing)
            if other is not None and other.pk is None:
                thing = copy(thing)
                thing.__dict__[field.attname] = 0  # of no row
    return thing


def _check_unique(model, constraint, rows):
    """Compare rows with each other and with all that is on record."""
    fields = [model._meta.get_field(name) for name in constraint.fields]
    wanted = {}
    for row in rows:
        if not _concerns(constraint, row):
            continue
        key = tuple(getattr(row.thing, field.attname) for field in fields)
        # What is not written yet has no key: its own object stands for it.
        key = tuple(
            id(row.owner) if value is None and row.owner and not row.owner.pk else value
            for value in key
        )
        if None in key:
            continue
        if key in wanted:
            words = _("Row %(row)d says the same.") % {"row": wanted[key].place}
            row.wrong(constraint.fields[-1], words)
        wanted.setdefault(key, row)
    ours = {row.thing.pk for row in rows if row.thing.pk}
    last = fields[-1].attname
    for some in many({key[-1] for key in wanted}):
        there = model._base_manager.filter(**{f"{last}__in": some})
        names = [field.attname for field in fields]
        for pk, *key in there.values_list("pk", *names):
            row = wanted.get(tuple(key))
            if row and row.thing.pk != pk and pk not in ours:
                words = constraint.get_violation_error_message()
                row.wrong(constraint.fields[-1], words)
