"""Topics, minerals and editions, as far as the facets of a search need them."""

from typing import NamedTuple

from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Cast
from django.urls import reverse
from modeltranslation.utils import build_localized_fieldname

from records.languages import TAGS, Text, other_language, page_language
from search.unions import columns, key, text, union
from sessions.models import Edition
from topics.models import Mineral, Topic

# Their names, and what is broader.
MODELS = {
    "topic": (Topic, F("parent_id")),
    "mineral": (Mineral, F("parent_id")),
    "edition": (Edition, Value(None)),
}


class Subject(NamedTuple):
    """Something that results are filed under."""

    pk: int
    slug: str
    parent_id: int | None
    name: Text
    url: str


def subjects():
    """Return {parameter: {key: `Subject`}} of all that are public, in one query."""
    sort_key = build_localized_fieldname("sort_key", page_language())
    arms = [
        columns(
            model.objects.published().order_by(),
            Value(name),
            key("pk"),
            text("slug"),
            Cast(above, BigIntegerField()),
            text("year" if model is Edition else sort_key),
            text("name_language"),
            *(text(build_localized_fieldname(model.title_field, c)) for c in TAGS),
        )
        for name, (model, above) in MODELS.items()
    ]
    found = {name: [] for name in MODELS}
    for name, pk, slug, above, order, third, *titles in union(arms):
        url = reverse(MODELS[name][0].page, args=[slug])
        subject = Subject(pk, slug, above, _name(slug, titles, third), url)
        found[name].append((order or "", pk, subject))
    return {
        name: {pk: s for _, pk, s in sorted(those, reverse=name == "edition")}
        for name, those in found.items()
    }


def _name(slug, titles, third):
    """Return what a subject is called, as a `Text`."""
    known = dict(zip(TAGS, titles, strict=True))
    for code in (page_language(), other_language()):
        if known[code]:
            tag = third if third and code == "en" else TAGS[code]
            return Text(known[code], tag, tag != TAGS[page_language()])
    return Text(slug, TAGS["en"], False)
