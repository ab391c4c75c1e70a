"""Serializers whose fields know what they have to fetch."""

from collections import defaultdict
from copy import copy
from functools import cache, cached_property

from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from exchange.api.asked import Asked
from exchange.api.fields import (
    FULL,
    REFERENCE,
    RELATED,
    TEXT,
    Moment,
    Told,
    Value,
    Words,
)
from exchange.tables import columns as c
from records.filters import in_both as columns_of
from records.languages import TAGS
from records.models import Citation

SERIALIZERS = {}  # by model; filled as they are declared


def serializer_of(model):
    """Return the serializer of a kind of record."""
    return SERIALIZERS[model]


@cache
def path_of(model):
    """Return the path of the list of a kind in this API."""
    return reverse(f"api:{serializer_of(model).table.name}")


def address_of(site, model):
    """Return the address of the list of a kind in this API."""
    return site + path_of(model)


class Shared:
    """
    Makes related records from rows, each once however many rows have it.

    Rows have the columns `names`, after a prefix; the first is the primary key. The
    serializer must read columns of the record itself only.
    """

    def __init__(self, telling):
        self.model, paths = telling.model, telling.paths()
        self.fields = [
            field.attname
            for field in self.model._meta.concrete_fields
            if field.primary_key or field.name in paths
        ]
        self.besides = [name for _name, field in telling.told for name in field.besides]
        self.names = [*self.fields, *self.besides]
        self.made = {}

    def make(self, values, using):
        """Return the record of these values, or None if there is none."""
        pk = values[0]
        if pk is not None and pk not in self.made:
            own = len(self.fields)
            record = self.model.from_db(using, self.fields, values[:own])
            for name, value in zip(self.besides, values[own:], strict=True):
                setattr(record, name, value)
            self.made[pk] = record
        return self.made.get(pk)


class Teller(serializers.Serializer):
    """
    Tells of one model, as widely as it is asked to.

    `to_representation(record)` needs a record of a queryset that `prepared()`
    returned: it has been fetched with all that the fields read.
    """

    model = None

    def __init__(self, asked=None, width=FULL):
        super().__init__()
        self.asked, self.wide = asked or Asked(), width
        self.memo = {}

    def expands(self, name):
        """Tell whether a relation is to be told of at length."""
        return False

    def wants(self, name, field):
        """Tell whether a field is told at this width."""
        return field.width <= self.wide

    def get_fields(self):
        # Their like is made for each answer, and only of what is asked for: a deep
        # copy of all of them would cost more than the answer.
        return {
            name: copy(field)
            for name, field in self._declared_fields.items()
            if self.wants(name, field)
        }

    @cached_property
    def told(self):
        """The (name, field) pairs that are told."""
        return list(self.fields.items())

    def to_representation(self, record):
        return {name: field.to_representation(record) for name, field in self.told}

    def tell(self, record):
        """Return what is told of a related record, made once for an answer."""
        if record.pk not in self.memo:
            self.memo[record.pk] = self.to_representation(record)
        return self.memo[record.pk]

    def paths(self):
        """Return the columns that the fields read, as paths from the model."""
        return {path for _name, field in self.told for path in field.columns}

    def read(self, queryset):
        """Return the records with all that the fields read, as a list."""
        records = list(self.prepared(queryset))
        for _name, field in self.told:
            field.fetch(records)
        return records

    def annotated(self, queryset):
        """Return the queryset with what the fields read besides columns."""
        for _name, field in self.told:
            queryset = field.annotated(queryset)
        return queryset

    def prepared(self, queryset, *besides):
        """Return a queryset with all that the fields read, and no other columns."""
        paths, fetched = self.paths() | {"pk", *besides}, {}
        queryset = self.annotated(queryset)
        for _name, field in self.told:
            fetched |= field.prefetches()
        joins = {path.rpartition("__")[0] for path in paths if "__" in path}
        if joins:
            queryset = queryset.select_related(*joins)
        return queryset.only(*paths).prefetch_related(*fetched.values())


class PartSerializer(Teller):
    """Tells of a part of a record; `parts()` are those that may be told."""

    def expands(self, name):
        return self.wide >= RELATED

    def wants(self, name, field):
        return True

    def parts(self):
        return self.model.objects.published()


class Name(Told):
    """What a record is called, as its page is headed."""

    width = REFERENCE

    def prepare(self):
        model = self.parent.model
        names = {model._meta.get_field(model.title_field).name, *self.parent.headings}
        self.columns = ("name_language", *(c for n in names for c in columns_of(n)))

    def to_representation(self, record):
        return self.asked.text(record, record.heading_field) or record.slug

    def openapi(self, auto_schema):
        return TEXT


class Url(Told):
    """The permanent address of a record's page, or that of the record in this API."""

    width = REFERENCE
    columns = ("slug",)

    def __init__(self, api=False, **kwargs):
        super().__init__(**kwargs)
        self.api = api

    def prepare(self):
        site, model = self.asked.site, self.parent.model
        if self.api:
            self.before, self.after = address_of(site, model), "/"
        else:
            # The same for all of a kind but for the slug
            page = (site + model(slug="0").address).rpartition("0")
            self.before, _slug, self.after = page

    def to_representation(self, record):
        return f"{self.before}{record.slug}{self.after}"

    def openapi(self, auto_schema):
        return {"type": "string", "format": "uri"}


class Sources(Told):
    """The sources of a record, each once."""

    width = FULL

    def fetch(self, records):
        model = self.parent.model
        cited = Citation.objects.filter(
            source__isnull=False,
            content_type=ContentType.objects.get_for_model(model),
            object_id__in=[record.pk for record in records],
        )
        titles = (f"source__{name}" for name in columns_of("title"))
        rows = cited.values_list("object_id", "source", "source__url", *titles)
        self.said = defaultdict(dict)
        for key, source, url, *words in rows:
            name = self.asked.words(dict(zip(TAGS, words, strict=True)))
            self.said[key][source] = {"name": name, "url": url or None}

    def to_representation(self, record):
        if c.name_only(record):
            return []
        return list(self.said[record.pk].values())

    def openapi(self, auto_schema):
        url = {"type": ["string", "null"], "format": "uri"}
        name = {"oneOf": [TEXT, {"type": "null"}]}
        return {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "url"],
                "properties": {"name": name, "url": url},
            },
        }


class RecordSerializer(Teller):
    """Tells of a record: first what each kind has, then its own, then the rest."""

    table = None
    headings = ()  # further fields that may stand as the heading
    # Told last: what each kind has
    last = ("note", "sources", "first_published_at", "updated_at", "uid")

    id = Value(
        lambda record: record.slug,
        {"type": "string"},
        ("slug",),
        width=REFERENCE,
        label=_("Identifier in the address"),
    )
    name = Name(label=_("Name"))
    url = Url(label=_("Permanent address of the page"))
    api_url = Url(api=True, label=_("Address in this API"))
    note = Words(label=_("Public note"), width=FULL)
    sources = Sources(label=_("Sources"))
    first_published_at = Moment(label=_("First published (UTC)"), width=FULL)
    updated_at = Moment(label=_("Last changed (UTC)"), width=FULL)
    uid = Value(
        lambda record: str(record.uid),
        {"type": "string", "format": "uuid"},
        ("uid",),
        width=FULL,
        label=_("Identifier for machines"),
    )

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.table:
            cls.model = cls.table.model
            SERIALIZERS[cls.model] = cls
            for name in cls.last:
                cls._declared_fields[name] = cls._declared_fields.pop(name)

    @classmethod
    def model_name(cls):
        """Return the name of the schema of a record of this kind."""
        return cls.__name__.removesuffix("Serializer")

    @classmethod
    def related_name(cls):
        """Return the name of the schema of a record that another one is tied to."""
        return f"Related{cls.model_name()}"

    @classmethod
    def names(cls):
        """Return the names of all fields, in order."""
        return list(cls._declared_fields)

    @classmethod
    def expandable(cls):
        """Return the names of the relations that can be told of at length."""
        fields = cls._declared_fields.items()
        return [name for name, field in fields if field.expandable]

    def expands(self, name):
        return self.wide == FULL and name in self.asked.expand

    def wants(self, name, field):
        wanted = self.asked.fields if self.wide == FULL else None
        return super().wants(name, field) and (
            wanted is None or name == "id" or name in wanted
        )
