"""The documentation of the API as a page, made of its own description."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from exchange.api.kinds import SERIALIZERS
from exchange.api.schema_view import description
from exchange.api.telling import path_of
from records.languages import page_language
from records.text import markdown_to_html

IN_EVERY_LIST = ("lang", "fields", "expand", "page", "page_size")
# What a try shows, by the name of the list
EXAMPLES = {
    "sessions": "expand=topics,contributions&page_size=5",
    "regulations": "jurisdiction=EU&as_of=2023-09-22",
    "organizations": "kind=ngo&fields=name,website&lang=en",
}


@require_safe
def docs(request):
    """Show what there is to ask for, in the language of the page."""
    said = description(page_language())
    intro, *paragraphs = said["info"]["description"].split("\n\n")
    context = {
        "page_title": said["info"]["title"],
        "page_description": intro,
        "trail": [(_("Home"), reverse("home")), (said["info"]["title"], "")],
        "paragraphs": as_html("\n\n".join(paragraphs)),
        "root": reverse("api:root"),
        "schema": reverse("api:schema"),
        "common": parameters_of(said, SERIALIZERS[1], IN_EVERY_LIST),
        "answers": answers_of(said, SERIALIZERS[1]),
        "kinds": [kind_of(said, serializer) for serializer in SERIALIZERS],
    }
    return render(request, "exchange/api_docs.html", context)


def as_html(text):
    """Return a text of the description, which is Markdown, as HTML."""
    return mark_safe(markdown_to_html(text))  # noqa: S308  (it is sanitized)


def kind_of(said, serializer):
    """Return what the page tells of one kind of record."""
    path, name = path_of(serializer.model), serializer.table.name
    query = EXAMPLES.get(name, "page_size=5")
    names = [one["name"] for one in operation(said, path)["parameters"]]
    schema = said["components"]["schemas"][serializer.model_name()]
    expandable = serializer.expandable()
    return {
        "id": name,
        "title": capfirst(serializer.model._meta.verbose_name_plural),
        "path": path,
        "example": f"{path}?{query}",
        "try": _("Try it: %(list)s") % {"list": serializer.table.title},
        "filters": parameters_of(
            said, serializer, [one for one in names if one not in IN_EVERY_LIST]
        ),
        "fields": [
            {
                "name": field,
                "description": as_html(shape["description"]),
                "type": type_of(shape),
                "values": values_of(shape),
                "expandable": field in expandable,
            }
            for field, shape in schema["properties"].items()
        ],
    }


def operation(said, path):
    return said["paths"][path]["get"]


def parameters_of(said, serializer, names):
    """Return what the page tells of these parameters of a list."""
    return [
        {
            "name": one["name"],
            "description": as_html(one["description"]),
            "type": type_of(one["schema"]),
            # The fields and the relations of each kind are listed there.
            "values": [] if one["name"] in ("fields", "expand") else values_of(one),
        }
        for one in operation(said, path_of(serializer.model))["parameters"]
        if one["in"] == "query" and one["name"] in names
    ]


def answers_of(said, serializer):
    """Return (status, what it means) of the answers of a record."""
    path = path_of(serializer.model) + "{slug}/"
    answers = operation(said, path)["responses"].items()
    return [(status, as_html(answer["description"])) for status, answer in answers]


def values_of(shape):
    """Return the values that are known beforehand."""
    schema = shape.get("schema", shape)
    schema = schema.get("items", schema)
    return [value for value in schema.get("enum", []) if value is not None]


def type_of(schema):
    """Return in words what a value looks like."""
    for one in schema.get("oneOf", []):
        if one.get("type") != "null":
            return type_of(one)
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        return (
            pgettext("kind of value", "text")
            if name == "Text"
            else pgettext("kind of value", "record")
        )
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    words = {
        "date": pgettext("kind of value", "date"),
        "date-time": pgettext("kind of value", "moment"),
        "uri": pgettext("kind of value", "address"),
        "integer": pgettext("kind of value", "number"),
        "boolean": pgettext("kind of value", "true or false"),
        "string": pgettext("kind of value", "text"),
        "object": pgettext("kind of value", "object"),
    }
    if kind == "array":
        return _("list of: %(what)s") % {"what": type_of(schema["items"])}
    return words.get(schema.get("format")) or words.get(kind, kind)
