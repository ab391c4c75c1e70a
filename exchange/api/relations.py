"""How the API tells of what a record is tied to: public records and parts only."""

from collections import defaultdict
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from exchange.api.fields import FULL, REFERENCE, RELATED, Told, or_null
from exchange.api.telling import Shared, address_of, serializer_of

MOST_RESULTS = 25  # records told of in one expanded set


def reference_to(schema):
    """Return the schema of a record that is linked to, and told of if expanded."""
    return {"$ref": f"#/components/schemas/{schema}"}


class Tied(Told):
    """A related record or several; a link to each, and more if that is asked for."""

    width = FULL
    expandable = True

    @property
    def model(self):
        return self.model_field.related_model

    @property
    def wide(self):
        return RELATED if self.parent.expands(self.field_name) else REFERENCE

    @property
    def teller(self):
        return self.asked.teller(serializer_of(self.model), self.wide)

    def one(self):
        return reference_to(serializer_of(self.model).related_name())


class Joined(Tied):
    """One related record that is public whenever this one is; no query more."""

    def prepare(self):
        self.telling = self.teller
        self.columns = tuple(
            f"{self.field_name}__{path}" for path in self.telling.paths()
        )

    def to_representation(self, record):
        related = getattr(record, self.field_name)
        return related and self.telling.tell(related)

    def openapi(self, auto_schema):
        return or_null(self.one()) if self.model_field.null else self.one()


class One(Tied):
    """One related record, or null if it is not public."""

    def prepare(self):
        self.telling = self.teller
        self.columns = (self.field_name,)
        self.found = f"told_{self.field_name}"

    def prefetches(self):
        records = self.telling.prepared(self.model.objects.published())
        return {self.field_name: Prefetch(self.field_name, records, self.found)}

    def to_representation(self, record):
        related = getattr(record, self.found, None)
        return related and self.telling.tell(related)

    def openapi(self, auto_schema):
        return or_null(self.one())


class Many(Tied):
    """Related records, all of them; one query."""

    def prepare(self):
        self.telling = self.teller

    def fetch(self, records):
        field, shared = self.model_field, Shared(self.telling)
        back = field.remote_field.name
        owner = field.related_query_name() if field.many_to_many else back
        public = self.telling.annotated(self.model.objects.published())
        rows = public.filter(**{f"{owner}__in": [record.pk for record in records]})
        self.said, using = defaultdict(list), rows.db
        for key, *values in rows.values_list(owner, *shared.names):
            related = shared.make(values, using)
            self.said[key].append(self.telling.tell(related))

    def to_representation(self, record):
        return self.said.get(record.pk, [])

    def openapi(self, auto_schema):
        return {"type": "array", "items": self.one()}


class Parts(Told):
    """Parts of a record, all of them, each told by a serializer of its own."""

    width = FULL
    expandable = True

    def __init__(self, serializer, relation=None, **kwargs):
        super().__init__(**kwargs)
        self.serializer, self.relation = serializer, relation

    def prepare(self):
        self.relation = self.relation or self.field_name
        self.found = f"told_{self.field_name}"
        wide = RELATED if self.parent.expands(self.field_name) else REFERENCE
        self.telling = self.asked.teller(self.serializer, wide)

    def prefetches(self):
        field = self.parent.model._meta.get_field(self.relation)
        parts = self.telling.prepared(self.telling.parts(), field.remote_field.name)
        return {self.relation: Prefetch(self.relation, parts, self.found)}

    def to_representation(self, record):
        tell = self.telling.to_representation
        return [tell(part) for part in getattr(record, self.found)]

    def openapi(self, auto_schema):
        component = auto_schema.resolve_serializer(self.serializer, "response")
        return {"type": "array", "items": component.ref}


class Set(Told):
    """
    Records that name this one, by the address of their list.

    `filter` is the parameter of that list that this record's id is the value of.
    The first of them are told as well if that is asked for; `first(records)` puts
    them into their order, and only then can it be.
    """

    width = FULL

    def __init__(self, model, filter_name, first=None, **kwargs):
        kwargs.setdefault("label", model._meta.verbose_name_plural)
        super().__init__(**kwargs)
        self.model, self.filter_name, self.first = model, filter_name, first
        self.expandable = first is not None

    def prepare(self):
        self.list = address_of(self.asked.site, self.model)
        self.open = self.expandable and self.parent.expands(self.field_name)
        self.found = f"first_{self.field_name}"
        if self.open:
            self.telling = self.asked.teller(serializer_of(self.model), RELATED)

    def prefetches(self):
        if not self.open:
            return {}
        records = self.first(self.model.objects.published())
        related = self.model_field
        back = () if related.many_to_many else (related.remote_field.name,)
        records = self.telling.prepared(records, *back)[:MOST_RESULTS]
        return {self.field_name: Prefetch(self.field_name, records, self.found)}

    def records(self, record):
        """Return the first of them, of a record that was fetched with them."""
        return getattr(record, self.found)

    def to_representation(self, record):
        told = {"url": f"{self.list}?{urlencode({self.filter_name: record.slug})}"}
        if self.open:
            told["results"] = [self.telling.tell(one) for one in self.records(record)]
        return told

    def openapi(self, auto_schema):
        url = {
            "type": "string",
            "format": "uri",
            "description": str(_("The list of them all, in this API.")),
        }
        schema = {"type": "object", "required": ["url"], "properties": {"url": url}}
        if self.expandable:
            said = _("If expanded: the first %(most)d of them.") % {
                "most": MOST_RESULTS
            }
            schema["properties"]["results"] = {
                "type": "array",
                "maxItems": MOST_RESULTS,
                "items": reference_to(serializer_of(self.model).related_name()),
                "description": str(said),
            }
        return schema


class SetByWay(Set):
    """Such a set that a part stands between: `(parts) → their public ones, sorted`."""

    def __init__(self, model, filter_name, way, name, parts, **kwargs):
        super().__init__(model, filter_name, first=parts, **kwargs)
        self.way, self.name = way, name

    def prefetches(self):
        if not self.open:
            return {}
        field = self.parent.model._meta.get_field(self.way)
        paths = [f"{self.name}__{path}" for path in self.telling.paths()]
        joins = {path.rpartition("__")[0] for path in paths}
        parts = (
            self.first(field.related_model.objects.published())
            .select_related(*joins)
            .only(field.remote_field.name, *paths)
        )
        # One record may stand in two parts.
        return {self.way: Prefetch(self.way, parts[: 2 * MOST_RESULTS], self.found)}

    def records(self, record):
        parts = getattr(record, self.found)
        records = {getattr(part, f"{self.name}_id"): part for part in parts}
        return [getattr(part, self.name) for part in records.values()][:MOST_RESULTS]
