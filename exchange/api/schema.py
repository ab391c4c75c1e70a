"""The API in words that programs read: OpenAPI 3.1."""

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from exchange.api.asked import LANGUAGES, LARGEST_PAGE, PAGE_SIZE
from exchange.api.fields import REFERENCE, RELATED
from exchange.api.problems import MEDIA_TYPE
from exchange.api.telling import serializer_of
from records.filters import MOST_LETTERS, Choices, Date, Records, Values, Words, Year
from records.models import NO_VALUE
from topics.filters import Jurisdiction

SLUG = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 100}
TEXT_SCHEMA = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"en": {"type": "string"}, "zh-Hans": {"type": "string"}},
            "additionalProperties": {"type": "string"},
            "minProperties": 1,
        },
    ]
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["parameter", "value", "detail"],
                "properties": {
                    name: {"type": "string"}
                    for name in ("parameter", "value", "detail")
                },
            },
        },
        "id": {"type": "string"},
        "name": {"$ref": "#/components/schemas/Text"},
        "withdrawn_with": {"type": "string", "format": "uri"},
        "withdrawn_on": {"type": "string", "format": "date"},
        "reason": {"oneOf": [{"$ref": "#/components/schemas/Text"}, {"type": "null"}]},
    },
    "examples": [
        {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "Not understood: jurisdiction",
            "errors": [
                {
                    "parameter": "jurisdiction",
                    "value": "Europe",
                    "detail": "Not understood.",
                }
            ],
        }
    ],
}


def query(name, schema, description, *, several=False, commas=False, example=None):
    """Return a parameter of the query; `several` if it may be repeated."""
    if several:
        schema = {"type": "array", "items": schema}
    if example is not None:
        schema = {**schema, "examples": [example]}
    return OpenApiParameter(
        name,
        schema,
        OpenApiParameter.QUERY,
        description=str(description),
        style="form" if several else None,
        explode=not commas if several else None,
    )


def language():
    return query(
        "lang",
        {"type": "string", "enum": list(LANGUAGES)},
        _(
            "The language of texts, each then a string: in the other language where "
            "it is missing. Without it each text is an object of both."
        ),
    )


def filters(filterset_class):
    """Return the parameters of a filter set: the same as those of the page."""
    for name, filter_ in filterset_class.base_filters.items():
        label = capfirst(str(filter_.label))
        if isinstance(filter_, Values):
            schema, example = values_of(filter_)
            if filter_.has_none:
                label += " " + _("“none”: those without any.")
            example = [example] if example else None
            yield query(name, schema, label, several=True, example=example)
        elif isinstance(filter_, Date):
            schema = {"type": "string", "format": "date"}
            yield query(name, schema, label, example="2023-09-22")
        elif isinstance(filter_, Year):
            schema = {"type": "integer", "minimum": 1000, "maximum": 9999}
            yield query(name, schema, label)
        elif isinstance(filter_, Words):
            schema = {"type": "string", "maxLength": MOST_LETTERS}
            yield query(name, schema, label)
    yield query(
        "sort",
        {"type": "string", "enum": list(filterset_class.sorts)},
        _("The order. The first of these is the usual one."),
    )


def values_of(filter_):
    """Return (the schema of one value, an example or None)."""
    if isinstance(filter_, Records):
        return SLUG, None
    if type(filter_).choices is Choices.choices:
        values = [str(value) for value, _label in filter_.choices()]
        values += [NO_VALUE] * (filter_.has_none and NO_VALUE not in values)
        return {"type": "string", "enum": values}, None
    example = "EU" if isinstance(filter_, Jurisdiction) else None
    return {"type": "string", "maxLength": 100}, example


def headers(statuses):
    """Return what is said of the headers of the answers with these statuses."""
    text = {"type": "string"}
    told = [
        (
            "ETag",
            _("Send it as If-None-Match to be told only of a change."),
            (200, 304),
        ),
        ("RateLimit-Policy", _("How many requests are allowed: q in w seconds."), None),
        ("RateLimit", _("How many are left: r, for t seconds more."), None),
        ("Retry-After", _("Seconds to wait."), (429,)),
        ("Link", _("The pages of the list (RFC 8288)."), (200,)),
    ]
    for name, description, only in told:
        answers = [status for status in statuses if only is None or status in only]
        if answers:
            yield OpenApiParameter(
                name,
                text,
                OpenApiParameter.HEADER,
                description=description,
                response=answers,
            )


def problems(*statuses):
    """Return what is said of the answers for what went wrong."""
    said = {
        400: _("A value of a parameter means nothing; `errors` names each."),
        404: _("There is no such record, or none that is public."),
        410: _("The record was withdrawn: its name, the date and the reason."),
        429: _("Too many requests."),
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        (status, MEDIA_TYPE): OpenApiResponse(schema, description=said[status])
        for status in statuses
    }


def unchanged():
    return OpenApiResponse(description=_("Not changed since the ETag that was sent."))


class DocumentSchema(AutoSchema):
    """How a document of the API itself is described."""

    statuses = (200, 304, 400, 429)

    def get_tags(self):
        return ["api"]

    def get_operation_id(self):
        return type(self.view).__name__.lower()

    def get_auth(self):
        return []

    def get_summary(self):
        return str(self.view.summary)

    def get_description(self):
        return ""

    def get_request_serializer(self):
        return None

    def get_override_parameters(self):
        return [language(), *headers(self.statuses)]

    def get_response_serializers(self):
        return {
            200: OpenApiResponse({"type": "object"}, description=self.get_summary()),
            304: unchanged(),
            **problems(400, 429),
        }


class KindSchema(DocumentSchema):
    """How a list of records or one record is described."""

    @property
    def one(self):
        return "{" in self.path

    @property
    def statuses(self):
        return (200, 301, 304, 400, 404, 410, 429) if self.one else (200, 304, 400, 429)

    @property
    def serializer(self):
        return serializer_of(self.view.model)

    def get_tags(self):
        return [self.serializer.table.name]

    def get_operation_id(self):
        return f"{self.serializer.table.name}_{'one' if self.one else 'list'}"

    def get_summary(self):
        names = self.view.model._meta
        return capfirst(names.verbose_name if self.one else names.verbose_name_plural)

    def get_override_parameters(self):
        serializer, table = self.serializer, self.serializer.table
        expandable = serializer.expandable()
        common = [
            language(),
            query(
                "fields",
                {"type": "string", "enum": serializer.names()},
                _("Only these fields, and `id`; commas between them."),
                several=True,
                commas=True,
                example=["name", "url"],
            ),
            query(
                "expand",
                {"type": "string", "enum": expandable},
                _("Relations to tell of at length; commas between them."),
                several=True,
                commas=True,
                example=expandable[:1],
            ),
            *headers(self.statuses),
        ]
        if self.one:
            slug = OpenApiParameter(
                "slug",
                SLUG,
                OpenApiParameter.PATH,
                description=_("The `id` of the record: the last part of its address."),
            )
            of_day = [
                one for one in filters(table.filterset_class) if one.name == "as_of"
            ]
            return [slug, *of_day, *common]
        return [
            *filters(table.filterset_class),
            query(
                "page",
                {"type": "integer", "minimum": 1, "default": 1},
                _("The number of the page."),
            ),
            query(
                "page_size",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LARGEST_PAGE,
                    "default": PAGE_SIZE,
                },
                _("Records per page, at most %(most)d.") % {"most": LARGEST_PAGE},
            ),
            *common,
        ]

    def get_response_serializers(self):
        record = self.resolve_serializer(self.serializer, "response").ref
        if self.one:
            answers = {
                200: OpenApiResponse(record, description=_("The record.")),
                301: OpenApiResponse(description=_("The record has another `id` now.")),
            }
            wrong = problems(400, 404, 410, 429)
        else:
            answers = {
                200: OpenApiResponse(page_of(record), description=_("One page."))
            }
            wrong = problems(400, 429)
        return {**answers, 304: unchanged(), **wrong}


def page_of(record):
    """Return the schema of a page of records."""
    address = {"type": ["string", "null"], "format": "uri"}
    return {
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": {"type": "integer", "description": _("Records in all.")},
            "next": address,
            "previous": address,
            "results": {"type": "array", "items": record},
        },
    }


class TellerSchema(OpenApiSerializerExtension):
    """Lets each field say how it looks."""

    target_class = "exchange.api.telling.Teller"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        return schema_of(self.target, auto_schema)


def schema_of(teller, auto_schema=None):
    """Return the schema of what a serializer tells."""
    told = dict(teller.told)
    if hasattr(teller, "table"):
        # What `fields` may leave out; what only an expanded relation has
        always = [name for name in told if told[name].width == REFERENCE]
        always = always if teller.wide == RELATED else ["id"]
    else:
        always = list(told)
    properties = {
        name: {**field.openapi(auto_schema), "description": capfirst(str(field.label))}
        for name, field in told.items()
    }
    return {
        "type": "object",
        "description": (type(teller).__doc__ or "").strip(),
        "required": always,
        "properties": properties,
    }


def finish(result, generator, request, public):
    """Add to the description what no single operation tells of."""
    from exchange.api.kinds import SERIALIZERS

    schemas = result["components"].setdefault("schemas", {})
    said = _("A text: in the language of `lang`, else an object by language (BCP 47).")
    schemas["Text"] = {**TEXT_SCHEMA, "description": said}
    schemas["Problem"] = {**PROBLEM, "description": "RFC 9457"}
    for serializer in SERIALIZERS:
        related = schema_of(serializer(width=RELATED))
        said = _("A link to a record; the fields that are not required if expanded.")
        schemas[serializer.related_name()] = {**related, "description": said}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    result["info"]["title"] = _("Read API")
    result["info"]["description"] = described()
    result["tags"] = [
        {
            "name": one.table.name,
            "description": capfirst(str(one.model._meta.verbose_name_plural)),
        }
        for one in SERIALIZERS
    ]
    return result


def described():
    """Return what a program has to know before it asks."""
    number, period = settings.RATES["api"].split("/")
    each = {
        "s": _("%(number)s requests a second from one network address."),
        "m": _("%(number)s requests a minute from one network address."),
        "h": _("%(number)s requests an hour from one network address."),
        "d": _("%(number)s requests a day from one network address."),
    }[period[0]]
    return "\n\n".join(
        [
            _("Every public record as JSON, for reading by anybody and from any site."),
            _(
                "Filters have the same names as on the pages. A repeated name is OR, "
                "different names are AND. A parameter that is not listed here is "
                "ignored; a value that means nothing is answered with 400, which "
                "names it."
            ),
            _(
                "A related record is a link: `id`, `name`, `url`, `api_url`. With "
                "`expand` it has its other fields as well. A set of records is the "
                "address of its list; with `expand` it has the first of them too. "
                "Parts, such as milestones, are told in full."
            ),
            _("What is not on record is null."),
            each % {"number": number},
            _("A licence for the content is not on record."),
        ]
    )
