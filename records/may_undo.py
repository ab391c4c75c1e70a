"""Who may take an operation back."""

from collections import defaultdict

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.deletion import CASCADE

from records.models import OperationRow, Part, Record, Source, State
from records.undo import many, plain


def out_of_reach(user, operation):
    """
    Return the kinds of what an operation wrote that keep somebody from undoing it.

    Whoever takes it back may change every kind that it touched, and publish and
    withdraw the records among them; who did it needs not, while nothing but drafts
    was touched.
    """
    own = operation.user == user and _is_of_drafts(operation)
    refused = {kind for kind in _kinds(operation) if not _may(user, kind, own)}
    return sorted(refused, key=lambda kind: kind._meta.label)


def _may(user, kind, own):
    words = ["change"]
    if not own and issubclass(kind, Record | Source):
        words.append("publish")
    if not own and issubclass(kind, Record):
        words.append("withdraw")
    label, name = kind._meta.app_label, kind._meta.model_name
    return user.has_perms([f"{label}.{word}_{name}" for word in words])


def _models(operation):
    return [apps.get_model(label) for label in operation.counts]


def _kinds(operation):
    """Return the kinds that it touched: of parts, those of the records they are of."""
    kinds, models = set(), _models(operation)
    for model in models:
        if not _is_of_others(model):
            kinds.add(model)
        elif not _is_bookkeeping(model):
            kinds.update(kind for kind, _pks in _owners(operation, model))
    # What imports remember follows from what they wrote, if they wrote anything.
    return kinds or set(models)


def _is_bookkeeping(model):
    return getattr(model, "is_bookkeeping", False)


def _is_of_others(model):
    """Tell whether who may change a row is settled by what it belongs to."""
    if issubclass(model, Record | Source):
        return False
    is_part = issubclass(model, Part) or hasattr(model, "public_fields")
    return is_part or _is_bookkeeping(model)


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
        elif model is Source:
            if any(operation.counts[model._meta.label_lower][1:]):
                return False
        elif _is_of_others(model) and not _is_bookkeeping(model):
            for kind, pks in _owners(operation, model):
                for some in many(pks):
                    rows = plain(kind).filter(pk__in=some)
                    if rows.exclude(state=State.DRAFT).exists():
                        return False
    return True
