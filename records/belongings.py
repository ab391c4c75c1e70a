"""What hangs on a record: rows that name it, records tagged with it, its parts."""

from typing import NamedTuple

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.utils.text import capfirst

from records.models import Record

OWN_PARTS = {"FormerSlug"}  # of its addresses: nobody chooses about them


class Belonging(NamedTuple):
    """
    One way in which things hang on the records of a kind.

    `name` is the field of `model` that names the record: a foreign key ("row"), a
    field of tags ("tag"), or a generic key ("part"). Only what keeps a history counts:
    the rest is derived from it, or says nothing of the record.
    """

    how: str
    model: type
    name: str

    @property
    def label(self):
        """The things in words: “Contributions”; of one's own kind, by the field."""
        label = capfirst(self.model._meta.verbose_name_plural)
        if self.how == "row" and self.field.related_model is self.model:
            return f"{label} ({self.field.verbose_name})"
        return label

    @property
    def field(self):
        return self.model._meta.get_field(self.name)

    @property
    def key(self):
        """A word for it in forms."""
        return f"{self.model._meta.label_lower.replace('.', '-')}-{self.name}"

    @property
    def are_records(self):
        """Whether the things are records themselves, and no part of one."""
        return issubclass(self.model, Record)

    def of(self, record):
        """Return the things that hang on a record, as a queryset in their order."""
        things = self.model._base_manager.order_by("pk")
        if self.how == "part":
            kind = ContentType.objects.get_for_model(record)
            field = self.field
            return things.filter(
                **{field.ct_field: kind, field.fk_field: record.pk},
            )
        return things.filter(**{self.name: record})

    def hang_on(self, thing, record):
        """Make a thing hang on that record; it is not saved, unless it is tagged."""
        setattr(thing, self.name, record)


def belongings(model):
    """Return every `Belonging` of a kind of record, found by `_meta`."""
    found = []
    for relation in model._meta.get_fields():
        if not (relation.auto_created and not relation.concrete):
            continue
        if relation.many_to_many:
            found.append(Belonging("tag", relation.related_model, relation.field.name))
        elif relation.one_to_many and _keeps_history(relation.related_model):
            found.append(Belonging("row", relation.related_model, relation.field.name))
    for other in apps.get_models():
        for field in other._meta.private_fields:
            if isinstance(field, GenericForeignKey) and _keeps_history(other):
                found.append(Belonging("part", other, field.name))
    return found


def _keeps_history(model):
    return hasattr(model._meta, "simple_history_manager_attribute")
