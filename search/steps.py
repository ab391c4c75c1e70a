"""The listener that keeps documents in step: it hears of every write by the ORM."""

from contextlib import suppress

from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_save,
    pre_delete,
    pre_save,
)

from records.changes import changed
from records.models import AltName
from search.kinds import BY_MODEL, KINDS, PARTS, owner
from sessions.models import Outcome


def listen():
    """Connect everything; called once, when the apps are ready."""
    for kind in KINDS:
        post_save.connect(_record_written, sender=kind.model)
        post_delete.connect(_record_written, sender=kind.model)
        changed.connect(_records_changed, sender=kind.model)
    for part in (*PARTS, AltName):
        pre_save.connect(_part_moves, sender=part)
        post_save.connect(_part_written, sender=part)
        post_delete.connect(_part_deleted, sender=part)
        changed.connect(_parts_changed, sender=part)
    for relation in (Outcome.organizations, Outcome.people):
        m2m_changed.connect(_related, sender=relation.through)
        named = relation.field.related_model
        pre_delete.connect(_note_outcomes, sender=named)
        post_delete.connect(_refresh_outcomes, sender=named)


def _refresh(kind, pks, using):
    from search import index

    index.refresh(kind, pks, using=using)


def _record_written(sender, instance, using, raw=False, **kwargs):
    if not raw:
        _refresh(BY_MODEL[sender], [instance.pk], using)


def _records_changed(sender, pks, using, **kwargs):
    _refresh(BY_MODEL[sender], pks, using)


def _owner(part):
    """Return (kind, primary key) of the record that a part is searched with."""
    if isinstance(part, AltName):
        kind = BY_MODEL.get(part.content_type.model_class())
        return (kind, part.object_id) if kind else None
    return owner(type(part)), getattr(part, f"{PARTS[type(part)]}_id")


def _part_moves(sender, instance, using, raw=False, **kwargs):
    """Note whom a part belonged to before it is saved."""
    instance._was_searched_with = None
    if instance.pk and not instance._state.adding and not raw:
        with suppress(sender.DoesNotExist):
            stored = sender._base_manager.using(using).get(pk=instance.pk)
            instance._was_searched_with = _owner(stored)


def _part_written(sender, instance, using, raw=False, **kwargs):
    if raw:
        return
    for found in {_owner(instance), instance._was_searched_with} - {None}:
        _refresh(found[0], [found[1]], using)


def _part_deleted(sender, instance, using, origin=None, **kwargs):
    found = _owner(instance)
    gone_with = getattr(origin, "model", type(origin))
    if found and gone_with is not found[0].model:  # else it goes with its record
        _refresh(found[0], [found[1]], using)


def _parts_changed(sender, pks, using, **kwargs):
    if sender is AltName:
        parts = AltName._base_manager.using(using).filter(pk__in=pks)
        pairs = {_owner(part) for part in parts.select_related("content_type")}
    else:
        column = f"{PARTS[sender]}_id"
        rows = sender._base_manager.using(using).filter(pk__in=pks)
        owners = rows.order_by().values_list(column, flat=True).distinct()
        pairs = {(owner(sender), pk) for pk in owners}
    found = {}
    for kind, pk in pairs - {None}:
        found.setdefault(kind, []).append(pk)
    for kind, owners in found.items():
        _refresh(kind, owners, using)


def _related(sender, instance, action, reverse, pk_set, using, **kwargs):
    """Refresh the outcomes that a person or an organization was tied to or untied."""
    outcomes = BY_MODEL[Outcome]
    if not reverse:
        if action.startswith("post_"):
            _refresh(outcomes, [instance.pk], using)
    elif action == "pre_clear":
        _note_outcomes(type(instance), instance)
    elif action == "post_clear":
        _refresh_outcomes(type(instance), instance, using)
    elif action.startswith("post_"):
        _refresh(outcomes, pk_set or (), using)


def _note_outcomes(sender, instance, **kwargs):
    instance._outcomes_before = list(instance.outcomes.values_list("pk", flat=True))


def _refresh_outcomes(sender, instance, using, **kwargs):
    _refresh(BY_MODEL[Outcome], instance._outcomes_before, using)
