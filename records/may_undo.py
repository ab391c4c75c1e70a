"""Who may take an operation back."""

from collections import defaultdict

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.deletion import CASCADE

from records.models import OperationRow, Part, Record, Source, State
from records.undo import many, plain


def may_undo(user, operation):
    """
    Tell whether somebody may take an operation back.

    Who may publish and withdraw every kind it touched may; and who did it, while
    nothing but drafts was touched.
    """
    kinds = _kinds(operation)
    if not kinds:
        return False
    if operation.user == user and _is_of_drafts(operation):
        return _has(user, "change", kinds)
    records = {kind for kind in kinds if issubclass(kind, Record)}
    return (
        _has(user, "publish", kinds)
        and _has(user, "withdraw", records)
        and _has(user, "change", kinds)
    )


def _has(user, word, kinds):
    names = [(kind._meta.app_label, kind._meta.model_name) for kind in kinds]
    return user.has_perms([f"{label}.{word}_{name}" for label, name in names])


def _models(operation):
    return [apps.get_model(label) for label in operation.counts]


def _kinds(operation):
    """Return the kinds that it touched, themselves or by their parts."""
    kinds = set()
    for model in _models(operation):
        if issubclass(model, Record | Source):
            kinds.add(model)
        else:
            kinds.update(kind for kind, _pks in _owners(operation, model))
    return kinds


def _versions_of(operation, model):
    """Return the versions of a model's rows before and after an operation."""
    kind = ContentType.objects.get_for_model(model)
    rows = OperationRow.objects.filter(operation=operation, content_type=kind)
    rows = rows.order_by()
    history = model.history.model.objects.order_by()
    return history.filter(
        models.Q(history_id__in=rows.filter(before__isnull=False).values("before"))
        | models.Q(history_id__in=rows.values("after"))
    )


def _owners(operation, model):
    """Yield (kind, keys) of the records that the touched parts belong to."""
    versions = _versions_of(operation, model)
    if not hasattr(model, "public_fields"):
        return  # what we keep for ourselves
    if issubclass(model, Part):
        found = versions.values_list("content_type_id", "object_id").distinct()
        by_kind = defaultdict(set)
        for kind, pk in found:
            by_kind[ContentType.objects.get_for_id(kind).model_class()].add(pk)
        yield from by_kind.items()
        return
    for field in model._meta.concrete_fields:
        if field.is_relation and field.remote_field.on_delete is CASCADE:
            found = versions.values_list(field.attname, flat=True).distinct()
            yield field.related_model, set(found)


def _is_of_drafts(operation):
    for model in _models(operation):
        if issubclass(model, Record):
            versions = _versions_of(operation, model)
            if versions.exclude(state=State.DRAFT).exists():
                return False
        for kind, pks in [] if issubclass(model, Record) else _owners(operation, model):
            for some in many(pks):
                rows = plain(kind).filter(pk__in=some)
                if rows.exclude(state=State.DRAFT).exists():
                    return False
        if model is Source and any(operation.counts[model._meta.label_lower][1:]):
            return False
    return True
