"""
What the public will see, or miss, when records are published or withdrawn.

Told from the models alone: what belongs to a record (`part_of`), its parts (those that
its `public_fields` name), and the pages of other records that show it, because one
names the other.
"""

from typing import Any, NamedTuple

from django.db.models import Q

from records.models import Record, RecordQuerySet, record_kinds

NAMED = 10  # records named of each kind; of the rest the number is told


class Group(NamedTuple):
    """Records of one kind: the first of them, how many there are, all the others."""

    model: Any
    total: int
    first: list
    others: Any

    @property
    def name(self):
        return self.model._meta.verbose_name_plural

    @property
    def more(self):
        return self.total - len(self.first)


def belonging(model, pks):
    """Return groups of what is public only with records: sessions of an edition."""
    groups = []
    for kind in record_kinds():
        if kind.part_of and kind._meta.get_field(kind.part_of).related_model is model:
            own = kind.objects.filter(**{f"{kind.part_of}__in": pks})
            # Its own life only: the gate of the kind asks for the whole as well.
            groups.append(_group(RecordQuerySet.published(own)))
    return [group for group in groups if group.total]


def parts(model, pks):
    """Return (name of the parts, how many) of records, of each kind of part."""
    found = []
    for field in _part_fields(model):
        total = field.related_model.objects.filter(**_of(field, model, pks)).count()
        if total:
            found.append((field.related_model._meta.verbose_name_plural, total))
    return found


def pages(model, pks):
    """Return groups of the public records whose pages show these, or would."""
    groups = []
    for kind in record_kinds():
        named = _naming(model, kind, pks)
        if named:
            others = kind.objects.published().filter(named)
            if kind is model:
                others = others.exclude(pk__in=pks)
            groups.append(_group(others))
    return [group for group in groups if group.total]


def _group(records):
    first = list(records[: NAMED + 1])
    total = records.count() if len(first) > NAMED else len(first)
    others = records.defer("html")[NAMED:] if total > NAMED else []
    return Group(records.model, total, first[:NAMED], others)


def _naming(model, kind, pks):
    """Return the condition that a record of `kind` names one of these, or is named."""
    condition = Q()
    for mine, theirs, is_mine in ((model, kind, True), (kind, model, False)):
        for path in _paths(mine, theirs):
            if is_mine:
                named = model._base_manager.filter(pk__in=pks)
                named = named.filter(**{f"{path}__isnull": False}).values(path)
            elif kind.part_of == path:
                continue  # told of by `belonging()`
            else:
                named = kind._base_manager.filter(**{f"{path}__in": pks}).values("pk")
            condition |= Q(pk__in=named.order_by())
    return condition


def _paths(model, other):
    """Return the paths by which a kind names another: fields, and fields of parts."""
    names = [
        field.name
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
        if field.is_relation and field.related_model is other
    ]
    for part in _part_fields(model):
        if hasattr(part, "object_id_field_name"):
            continue
        of = part.related_model._meta
        names += [
            f"{part.name}__{field.name}"
            for field in (*of.concrete_fields, *of.many_to_many)
            if field.is_relation
            and field.related_model is other
            and field is not part.field
        ]
    return names


def _of(field, model, pks):
    """Return the condition that a part belongs to one of these records."""
    if hasattr(field, "object_id_field_name"):
        return {
            "content_type__app_label": model._meta.app_label,
            "content_type__model": model._meta.model_name,
            "object_id__in": pks,
        }
    return {f"{field.field.name}__in": pks}


def _part_fields(model):
    fields = [model._meta.get_field(name) for name in model.public_fields]
    return [
        f for f in fields if f.one_to_many and not issubclass(f.related_model, Record)
    ]
