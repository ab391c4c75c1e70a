"""What each kind of record is found by."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from django.db.models import Prefetch
from django.utils import timezone, translation
from django_countries import countries

from organizations.models import Organization, Person
from records.languages import TAGS, text_in
from records.models import AltName, State
from search import extract
from search.analysis import (
    MOST_TERMS,
    clean,
    exact_term,
    joined_name,
    number_terms,
    pinyin_terms,
    terms_of,
)
from search.kinds import BY_MODEL
from search.models import Document
from sessions.models import (
    Contribution,
    Edition,
    EditionRole,
    Material,
    Outcome,
    Session,
)
from topics.models import (
    IssuingBody,
    LifecycleStage,
    Mineral,
    Regulation,
    Topic,
)
from topics.models.regulations import jurisdiction_name

_MARKDOWN = re.compile(r"^[#>\-*+\s]+|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^)]{0,500}\)")


@dataclass
class Content:
    """What a record says of itself, before it is cut into terms."""

    names: list = field(default_factory=list)
    people: list = field(default_factory=list)
    body: dict = field(default_factory=lambda: {code: [] for code in TAGS})
    files: str = ""
    answers_to: list = field(default_factory=list)  # names that are never shown
    stale_at: object = None

    def say(self, thing, *fields):
        """Take these translated fields into the body."""
        for code in TAGS:
            self.body[code] += [text_in(thing, name, code) for name in fields]

    def say_in_both(self, name):
        """Take what `name()` returns in each language into the body."""
        for code in TAGS:
            with translation.override(code):
                self.body[code].append(str(name()))

    def name(self, who, now):
        """Name a person or an organization, if it is public; else note until when."""
        if who is None or who.state != State.PUBLISHED:
            return
        if who.publish_at and who.publish_at > now:
            self.stale_at = min(self.stale_at or who.publish_at, who.publish_at)
            return
        self.people += names_of(who)


def names_of(record):
    """
    Return all that a record is called, its title first.

    Of a person who asks to be shown by name only, the name alone.
    """
    titles = [text_in(record, record.heading_field, code) for code in TAGS]
    if not getattr(record, "listed", True):
        return titles
    alt_names = [alt.text for alt in record.alt_names.all()]
    return [*titles, getattr(record, "acronym", ""), *alt_names]


@lru_cache(1000)
def _country(code):
    return tuple(_in_each(lambda: countries.name(code)))


@lru_cache(1000)
def _jurisdiction(code):
    return tuple(_in_each(lambda: jurisdiction_name(code)))


def _in_each(name):
    # No generator: left halfway, it would give its language to whatever runs then.
    said = []
    for code in TAGS:
        with translation.override(code):
            said.append(str(name()))
    return said


def load(kind, pks, using="default"):
    """Return the records with all that `describe()` reads; queries do not multiply."""
    records = kind.model._base_manager.using(using).filter(pk__in=pks)
    named = {
        Session: ("contributions", Contribution),
        Edition: ("roles", EditionRole),
        Regulation: ("issuing_bodies", IssuingBody),
    }
    records = records.prefetch_related(Prefetch("alt_names", AltName.objects.all()))
    if kind.model in named:
        relation, part = named[kind.model]
        who = ["organization"] + ["person"] * (part is not IssuingBody)
        parts = part._base_manager.select_related(*who).prefetch_related(
            *(f"{name}__alt_names" for name in who)
        )
        records = records.prefetch_related(Prefetch(relation, parts.order_by("id")))
    further = {
        Session: [Prefetch("materials", Material.objects.agreed())],
        Edition: ["days"],
        Regulation: ["identifiers", "milestones", "duties"],
        Outcome: ["updates", "organizations__alt_names", "people__alt_names"],
    }
    return records.prefetch_related(*further.get(kind.model, ())).order_by("pk")


def describe(record, using="default", now=None):
    """Return the `Document` of a published record, not yet saved."""
    now = now or timezone.now()
    content = Content(names=names_of(record)[2:])
    if getattr(record, "listed", True):
        _SAY[type(record)](record, content, now)
        content.say(record, "note")
    return _document(record, content)


def _organization(record, content, now):
    content.say(record, "description")
    for code, name in zip(TAGS, _country(str(record.country)), strict=True):
        content.body[code].append(name)


def _person(record, content, now):
    content.names += [record.sort_name, record.orcid]
    content.say(record, "role", "bio")


def _topic(record, content, now):
    content.say(record, "definition")
    content.body["en"].append(record.oecd_annex_ii)


def _mineral(record, content, now):
    content.names.append(record.symbol)
    content.say_in_both(record.get_kind_display)
    content.say_in_both(lambda: ", ".join(str(n) for n in record.list_names()))


def _stage(record, content, now):
    content.say(record, "definition")


def _regulation(record, content, now):
    content.names += [text_in(record, "official_title", code) for code in TAGS]
    content.names += [identifier.value for identifier in record.identifiers.all()]
    content.say(record, "summary")
    for code, name in zip(TAGS, _jurisdiction(record.jurisdiction), strict=True):
        content.body[code].append(name)
    for part in (*record.duties.all(), *record.milestones.all()):
        content.say(part, "note" if hasattr(part, "note") else "text")
    for body in record.issuing_bodies.all():
        # The page tells the name only of what is no organization on record.
        if body.organization:
            content.name(body.organization, now)
        else:
            content.people += [text_in(body, "name", code) for code in TAGS]


def _edition(record, content, now):
    content.names.append(str(record.year))
    for name in ("{} forum", "forum {}", "{}论坛", "{}年论坛"):
        content.answers_to.append(name.format(record.year))
    content.say(record, "city", "venue", "theme", "summary", "notice")
    for code, name in zip(TAGS, _country(str(record.country)), strict=True):
        content.body[code].append(name)
    for day in record.days.all():
        content.say(day, "title")
    for role in record.roles.all():
        content.name(role.organization or role.person, now)


def _session(record, content, now):
    content.names += [record.code]
    content.say(record, "subtitle", "abstract")
    content.say_in_both(record.get_format_display)
    content.body["en"].append(record.track)
    for contribution in record.contributions.all():
        if _is_public(contribution.person, now, content) and _is_public(
            contribution.organization, now, content
        ):
            content.name(contribution.person, now)
            content.name(contribution.organization, now)
    materials = list(record.materials.all())
    for material in materials:
        content.say(material, "title")
    content.files = "\n".join(extract.texts_of(materials))


def _outcome(record, content, now):
    if record.heading_field != "statement":
        content.say(record, "statement")
    for update in record.updates.all():
        content.say(update, "note")
    for who in (*record.organizations.all(), *record.people.all()):
        content.name(who, now)


def _is_public(who, now, content):
    """Tell whether a part that names this one may be shown now."""
    if who is None:
        return True
    if who.state != State.PUBLISHED:
        return False
    if who.publish_at and who.publish_at > now:
        content.name(who, now)
        return False
    return True


_SAY = {
    Organization: _organization,
    Person: _person,
    Mineral: _mineral,
    Topic: _topic,
    LifecycleStage: _stage,
    Regulation: _regulation,
    Edition: _edition,
    Session: _session,
    Outcome: _outcome,
}


def _document(record, content):
    titles = {code: clean(text_in(record, record.heading_field, code)) for code in TAGS}
    names = _lines(content.names, without=set(titles.values()))
    people = _lines(content.people)
    body = {
        code: "\n".join(filter(None, (plain(text) for text in texts)))
        for code, texts in content.body.items()
    }
    is_person = isinstance(record, Person)
    # A name that begins with a number is known by that one, not by those it cites.
    exact = {exact_term(n) for name in names for n in number_terms(name[:60])[:1]}
    exact.update(map(exact_term, content.answers_to))
    return Document(
        id=BY_MODEL[type(record)].document_id(record.pk),
        slug=record.slug,
        title_en=titles["en"],
        title_zh_hans=titles["zh-hans"],
        title_lang=record.name_language
        if record.heading_field in record.own_name_fields
        else "",
        names="\n".join(names),
        people="\n".join(people),
        body_en=body["en"],
        body_zh_hans=body["zh-hans"],
        files=content.files,
        title_terms=_joined(titles.values(), exact=True, single=is_person),
        name_terms=_joined(names, exact=True, single=is_person, besides=exact),
        people_terms=_joined(people, single=True, pinyin=True),
        body_terms=_joined([*body.values(), content.files]),
        visible_from=record.publish_at,
        edition_id=getattr(record, "edition_id", None),
        stale_at=content.stale_at,
    )


def plain(markdown):
    """Return a Markdown text without its marks, good enough to quote from."""
    return _MARKDOWN.sub("", _LINK.sub(r"\1", clean(markdown or ""))).strip()


def _lines(texts, without=()):
    lines = (" ".join(clean(text or "").split()) for text in texts)
    return [line for line in dict.fromkeys(lines) if line and line not in without]


def _joined(texts, *, exact=False, single=False, pinyin=False, besides=()):
    """Return the terms of some texts as one string, the further ones at its end."""
    segments, further = [], set(besides)
    for text in texts:
        inline, more = terms_of(text)
        segments.append(" ".join(inline))
        further |= more
        if single:
            further.add(joined_name(text))
        if exact or pinyin:
            spelled, sounds = pinyin_terms(text, single=single)
            further |= sounds
        if exact:
            further |= {exact_term(text), *map(exact_term, spelled)}
    inline = " | ".join(filter(None, segments))
    further.discard("")
    if further := sorted(further)[:MOST_TERMS]:
        inline = f"{inline} || {' '.join(further)}"
    return f" {inline.strip()} " if inline else ""
