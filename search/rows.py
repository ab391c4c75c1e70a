"""What a row of results says of a record besides its names and the excerpt."""

import html
import re
from typing import NamedTuple

from django.db.models import F, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_countries import countries
from modeltranslation.utils import build_localized_fieldname

from organizations.models import Organization
from records.languages import TAGS
from search.documents import plain
from search.kinds import BY_WORD
from search.results import Hit
from search.unions import columns, key, text, union
from sessions.models import Outcome, Session
from topics.models import Identifier, Mineral
from topics.models.regulations import Status

# The text that an excerpt is most often from, and two facts for the record line.
TEXTS = {
    "regulations": "summary",
    "topics": "definition",
    "stages": "definition",
    "organizations": "description",
    "people": "bio",
    "editions": "summary",
    "sessions": "abstract",
    "outcomes": "statement",
}
FACTS = {
    "regulations": ("identifier", "status_today"),
    "organizations": ("kind", "country"),
    "minerals": ("kind", "symbol"),
    "sessions": ("format", "event_status"),
    "outcomes": ("kind", "status"),
}
NOTHING = Value("")
_TAG = re.compile("<[^<>]++>")


class Row(NamedTuple):
    """A result with what stands around it."""

    hit: Hit
    kind: str  # what it is, in words
    year: int | None
    details: list
    identifier: str
    badge: tuple  # (code, words), or nothing
    where: str  # the name of what matched, if that is not the title
    matched_lang: str
    stages: list


def rows_of(hits, filed):
    """Return the `Row` of each hit, in one query for all of them."""
    kinds = {}
    for hit in hits:
        kinds.setdefault(hit.kind, []).append(hit.pk)
    arms = [_arm(kind, pks) for kind, pks in kinds.items()]
    facts = {(kind, pk): rest for kind, pk, *rest in union(arms)}
    return [
        _row(hit, facts.get((hit.kind, hit.pk), ["", "", None]), filed) for hit in hits
    ]


def _arm(kind, pks):
    """Return (kind, key, two facts, year, text and note in each language)."""
    model = BY_WORD[kind].model
    records = model.objects.filter(pk__in=pks).order_by()
    if kind == "regulations":
        numbers = Identifier.objects.filter(regulation=OuterRef("pk"))
        records = records.with_status(name="status_today").annotate(
            identifier=Subquery(numbers.values("value")[:1])
        )
    year = {"sessions": F("edition__year"), "outcomes": F("edition__year")}
    facts = [F(fact) for fact in FACTS.get(kind, ())]
    texts = [
        F(build_localized_fieldname(name, code)) if name else NOTHING
        for name in (TEXTS.get(kind), "note")
        for code in TAGS
    ]
    return columns(
        records,
        Value(kind),
        key("pk"),
        *(text(fact) for fact in [*facts, NOTHING, NOTHING][:2]),
        Cast(year.get(kind, Value(None)), IntegerField()),
        *map(text, texts),
    )


def _row(hit, facts, filed):
    first, second, year, *texts = facts
    details, identifier, badge = _said(hit.kind, first or "", second or "")
    return Row(
        hit=hit,
        kind=capfirst(BY_WORD[hit.kind].model._meta.verbose_name),
        year=year,
        details=details,
        identifier=identifier,
        badge=badge,
        where=_where(hit, texts),
        matched_lang=language_by_script(hit.matched),
        stages=filed.stages_of(hit.kind, hit.pk),
    )


def _said(kind, first, second):
    """Return (details, identifier, badge) out of the two facts of a kind."""
    details, identifier, badge = [], "", ()
    if kind == "regulations":
        identifier, badge = first, (second, Status(second).label) if second else ()
    elif kind == "organizations":
        details = [_label(Organization.Kind, first), countries.name(second)]
    elif kind == "minerals":
        details = [_label(Mineral.Kind, first), second]
    elif kind == "sessions":
        details = [_label(Session.Format, first)]
        if second != Session.EventStatus.SCHEDULED:
            badge = (second, _label(Session.EventStatus, second))
    elif kind == "outcomes":
        if first != Outcome.Kind.OUTCOME:
            details = [_label(Outcome.Kind, first)]
        if second:
            badge = (second, _label(Outcome.Status, second))
        elif first != Outcome.Kind.FACT:
            badge = ("no-follow-up", _("No follow-up on record"))
    return [str(detail) for detail in details if detail], identifier, badge


def _label(choices, value):
    return dict(choices.choices).get(value, "")


def _where(hit, texts):
    """Return the name of the field that an excerpt or another name is from."""
    if hit.field != "text":
        return "" if hit.field == "title" else hit.field_label
    excerpt = html.unescape(_TAG.sub("", hit.excerpt))
    excerpt = excerpt.removeprefix("… ").removesuffix(" …")
    meta = BY_WORD[hit.kind].model._meta
    for name, both in ((TEXTS.get(hit.kind), texts[:2]), ("note", texts[2:])):
        if any(excerpt in plain(words) for words in both):
            return capfirst(meta.get_field(name).verbose_name)
    return hit.field_label


def language_by_script(text):
    """Return the `lang` of a name whose language nobody noted, by its script."""
    return TAGS["zh-hans"] if re.search(r"[\u3400-\u9fff]", text) else TAGS["en"]
