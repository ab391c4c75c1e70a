"""Which tables there are for a kind of record: its own, and those of its parts."""

from functools import cache

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.deletion import CASCADE
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exchange.sheets.columns import column_of
from records.filters import in_both
from records.models import AltName, Citation, ExternalId, Record, Source

ABOUT_IT = {field.name for field in Record._meta.get_fields() if not field.is_relation}
TO_READ = ("state", "publish_at")  # decided by the buttons of the admin
NOT_THERE = {"withdrawn_reason"}
OF_ANY = (AltName, Citation, ExternalId)
URL = "url"  # which tells sources apart
NUMBER, DELETE = "id", "delete"  # columns of a table of parts besides its fields
WHAT_THEY_HOLD = {
    "uid": _("The identifier that the portal gives. Empty for what is new."),
    NUMBER: _("The number that the portal gives. Empty for what is new."),
    URL: _("The address (URL) of the source."),
    DELETE: _("“yes” deletes the row from the record."),
}


class Table:
    """
    The rows of a model as a table.

    `owner` is the name of the field that says which record a part belongs to: ""
    for records and sources, and "record" for parts that any record may have. `keys`
    are the columns that tell rows apart: what the portal calls them, and what people
    do, then others.
    """

    def __init__(self, model, kind, owner=""):
        self.model, self.kind, self.owner = model, kind, owner
        self.name = model._meta.model_name
        self.keys = (NUMBER, owner, DELETE) if owner else ("uid", "slug")
        if model is Source:
            self.keys = (NUMBER, URL)
        fields = [f for f in self._fields() if f.name not in self.keys]
        columns = [column for f in fields if (column := column_of(f))]
        self.columns = sorted(
            columns,
            key=lambda c: (_bare(c.field) in ABOUT_IT, c.name in TO_READ),
        )

    @property
    def label(self):
        return capfirst(self.model._meta.verbose_name_plural)

    @property
    def without_address(self):
        """Say of a row that nothing tells what it is about."""
        if self.model is Source:
            return gettext("The address (URL) of the source is missing.")
        return gettext("The address (slug) of the record is missing.")

    @property
    def header(self):
        """The names of the columns, which never change, in their order."""
        return [*self.keys, *(column.name for column in self.columns)]

    def _fields(self):
        fields = [*self.model._meta.concrete_fields, *self.model._meta.many_to_many]
        names = {field.name for field in fields}
        hidden = {"content_type", "object_id"} if self.owner == "record" else set()
        # The column without a language says what one of the others says.
        hidden |= {name for name in names if in_both(name)[0] in names}
        for field in fields:
            given = field.editable and not field.primary_key
            if given and field.name not in hidden and _bare(field) not in NOT_THERE:
                yield field

    def rows(self):
        """Return the rows with all that their cells need; queries do not multiply."""
        links = [c.name for c in self.columns if c.field.many_to_one]
        tags = [c.name for c in self.columns if c.field.many_to_many]
        if self.owner and self.owner != "record":
            links.append(self.owner)
        rows = self.model._base_manager.select_related(*links)
        return rows.prefetch_related(*tags)

    def parts_of(self, pks):
        """Return the parts of these records."""
        if self.owner == "record":
            kind = ContentType.objects.get_for_model(self.kind)
            rows = self.rows().filter(content_type=kind, object_id__in=pks)
        else:
            rows = self.rows().filter(**{f"{self.owner}__in": pks})
        return rows.order_by("pk")

    def cited_by(self, records):
        """Return the sources that records of the kind cite."""
        kind = ContentType.objects.get_for_model(self.kind)
        pks = [record.pk for record in records]
        cited = Citation.objects.filter(content_type=kind, object_id__in=pks)
        rows = self.rows().filter(pk__in=cited.order_by().values("source"))
        return rows.order_by("pk")

    def owner_pk(self, part):
        """Return the key of the record that a part belongs to."""
        return (
            part.object_id
            if self.owner == "record"
            else getattr(part, f"{self.owner}_id")
        )

    def give_to(self, part, record):
        """Let a part belong to a record."""
        if self.owner == "record":
            part.content_type = ContentType.objects.get_for_model(self.kind)
            part.object_id = record.pk
        else:
            setattr(part, self.owner, record)

    def cells(self, thing, slug=""):
        """Return the cells of a row; `slug` is that of the record a part is of."""
        first = [str(thing.pk), slug, ""]
        if not self.owner:
            first = [str(getattr(thing, key)) for key in self.keys]
        return [*first, *(column.text(thing) for column in self.columns)]

    def explained(self):
        """Yield (column, label, whether it is needed, what it holds)."""
        for name in self.keys:
            words = WHAT_THEY_HOLD.get(name)
            if words is None:
                words = _("The last part of the address (slug) of the record.")
            label = self.kind._meta.verbose_name if name == self.owner else name
            yield name, capfirst(label), name == self.keys[1], words
        for column in self.columns:
            to_read = column.name in TO_READ and not self.owner
            words = _("Only to read: the buttons of the list change it.")
            yield (
                column.name,
                column.label,
                column.is_needed,
                words if to_read else column.help,
            )


def _bare(field):
    return getattr(field, "translated_field", field).name


@cache
def tables_of(kind):
    """Return the tables of a kind of record, its own first."""
    found = [Table(kind, kind)]
    if kind is Source:
        return found
    for relation in kind._meta.related_objects:
        model = relation.related_model
        is_part = isinstance(relation, models.ManyToOneRel) and (
            relation.on_delete is CASCADE and hasattr(model, "public_fields")
        )
        if is_part and not issubclass(model, Record):
            found.append(Table(model, kind, relation.field.name))
    of_any = [Table(model, kind, "record") for model in OF_ANY]
    # Sources before the citations that name them
    return [*found, Table(Source, kind), *of_any]
