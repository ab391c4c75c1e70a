"""
What the API tells of a record, thing by thing, and what each of them has to fetch.

Each field is a read-only field of Django REST framework that is given the whole
record. It also says how it looks in OpenAPI 3.1.
"""

from django.db import models
from django_countries import countries
from rest_framework import serializers

from exchange.api.asked import in_both
from exchange.tables.columns import moment
from records.filters import in_both as columns_of

# How much is told: what a link needs; also what a record has by itself; all
REFERENCE, RELATED, FULL = 1, 2, 3

TEXT = {"$ref": "#/components/schemas/Text"}


def or_null(schema):
    """Return a schema that allows null as well."""
    if "type" in schema and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"]}
    return {"oneOf": [schema, {"type": "null"}]}


class Told(serializers.Field):
    """
    One thing told of a record or of a part of one.

    `width` is how much must be asked for before it is told, `columns` are the paths
    it reads. A name of a model's field lends its label.
    """

    width = RELATED
    columns = ()
    besides = ()  # names of annotations
    expandable = False

    def __init__(self, label=None, width=None, **kwargs):
        super().__init__(source="*", read_only=True, label=label, **kwargs)
        self.width = width or self.width

    def bind(self, field_name, parent):
        self.asked = parent.asked
        given = self.label
        super().bind(field_name, parent)
        self.label = given
        self.prepare()
        if self.label is None:
            self.label = self.model_field.verbose_name

    def prepare(self):
        """Look up what depends on the name of the field."""

    @property
    def model_field(self):
        return self.parent.model._meta.get_field(self.field_name)

    def annotated(self, queryset):
        """Return the queryset with what this reads besides columns."""
        return queryset

    def prefetches(self):
        """Return {relation: Prefetch} of what this reads from other tables."""
        return {}

    def fetch(self, records):
        """Read what this tells of all these records at once."""

    def to_representation(self, record):
        raise NotImplementedError

    def openapi(self, auto_schema):
        """Return the schema of the value."""
        raise NotImplementedError


class Plain(Told):
    """A field as it is stored; an empty text is null."""

    def prepare(self):
        self.columns = (self.field_name,)

    def to_representation(self, record):
        value = getattr(record, self.field_name)
        return None if value == "" else value

    def openapi(self, auto_schema):
        field = self.model_field
        kinds = {
            models.BooleanField: {"type": "boolean"},
            models.IntegerField: {"type": "integer"},
            models.DateField: {"type": "string", "format": "date"},
            models.UUIDField: {"type": "string", "format": "uuid"},
            models.URLField: {"type": "string", "format": "uri"},
        }
        schema = next(
            (schema for kind, schema in kinds.items() if isinstance(field, kind)),
            {"type": "string"},
        )
        return or_null(schema) if field.null or field.blank else schema


class Words(Told):
    """A translated text; long ones are Markdown."""

    def __init__(self, name=None, **kwargs):
        super().__init__(**kwargs)
        self.name = name

    def prepare(self):
        self.name = self.name or self.field_name
        self.columns = tuple(columns_of(self.name))
        if self.label is None:
            self.label = self.parent.model._meta.get_field(self.name).verbose_name

    def to_representation(self, record):
        return self.asked.text(record, self.name)

    def openapi(self, auto_schema):
        return or_null(TEXT)


class Value(Told):
    """What a function tells of the record: `(record) → value`."""

    def __init__(self, tell, schema, columns=(), **kwargs):
        super().__init__(**kwargs)
        self.tell, self.schema, self.columns = tell, schema, columns

    def to_representation(self, record):
        return self.tell(record)

    def openapi(self, auto_schema):
        return self.schema


class Spoken(Value):
    """What a function says of the record in words, depending on the language."""

    def __init__(self, tell, schema=TEXT, columns=(), **kwargs):
        super().__init__(tell, schema, columns, **kwargs)

    def to_representation(self, record):
        return self.tell(self.asked, record)


class Label(Told):
    """A value of an enumeration, in words."""

    def prepare(self):
        self.columns = (self.field_name,)
        self.choices = self.model_field.choices

    def to_representation(self, record):
        value = getattr(record, self.field_name)
        if value in ("", None):
            return None
        field = self.parent.model._meta.get_field(self.field_name)
        return self.asked.words(in_both(words_of, field, value))

    def openapi(self, auto_schema):
        return or_null(TEXT) if self.model_field.blank else TEXT


def words_of(field, value):
    """Return the label of a value of a field with choices, in today's language."""
    return dict(field.flatchoices).get(value, value)


class Code(Told):
    """The same value as a code: of the field whose name this has without `_id`."""

    @property
    def model_field(self):
        return self.parent.model._meta.get_field(self.name)

    def prepare(self):
        self.name = self.field_name.removesuffix("_id")
        self.columns = (self.name,)

    def to_representation(self, record):
        return getattr(record, self.name) or None

    def openapi(self, auto_schema):
        field = self.model_field
        codes = [value for value, _label in field.flatchoices if value]
        schema = {"type": "string", "enum": codes}
        if field.blank:
            schema = {"type": ["string", "null"], "enum": [*codes, None]}
        return schema


class Moment(Told):
    """A moment, to the second, on the clock of `zone(record)`."""

    def __init__(self, zone=None, columns=(), **kwargs):
        super().__init__(**kwargs)
        self.zone, self.further = zone, columns

    def prepare(self):
        self.columns = (self.field_name, *self.further)

    def to_representation(self, record):
        when = getattr(record, self.field_name)
        if when is None:
            return None
        when = moment(when, self.zone(record)) if self.zone else moment(when)
        return when.isoformat()

    def openapi(self, auto_schema):
        return or_null({"type": "string", "format": "date-time"})


class Count(Told):
    """How many there are: annotated by `count(queryset)` under the field's name."""

    width = FULL

    def __init__(self, count, **kwargs):
        super().__init__(**kwargs)
        self.count = count

    def annotated(self, queryset):
        return self.count(queryset)

    def to_representation(self, record):
        return getattr(record, self.field_name)

    def openapi(self, auto_schema):
        return {"type": "integer", "minimum": 0}


def country_name(code):
    """Return the name of a country in today's language."""
    return countries.name(code)


def country(asked, record):
    code = record.country.code
    return asked.words(in_both(country_name, code)) if code else None


def country_code(record):
    return record.country.code or None
