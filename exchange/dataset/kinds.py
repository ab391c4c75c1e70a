"""The tables of the nine kinds of record, and the one that lists all records."""

from itertools import chain

from django.db.models import Case, CharField, F, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from exchange.dataset.schema import (
    Column,
    Table,
    of,
    public_slug,
    slug_of,
    unless_name_only,
)
from exchange.tables import columns as c
from exchange.tables.kinds import TABLES
from exchange.tables.table import Table as List
from organizations.models import Organization, Person
from records.filters import in_both
from sessions.models import Edition, Outcome, Session
from topics.models import LifecycleStage, Mineral, Regulation, Topic
from topics.models.regulations import Status, status_at

MARKDOWN = _("Markdown.")
LIST_OF: dict[type, List] = {table.model: table for table in TABLES.values()}
ID = _("Identifier in the address")


def name_fields(model):
    """Return the columns that a record of this kind is called by, the best first."""
    fields = ["title", "statement"] if model is Outcome else [model.title_field]
    return [name for field in fields for name in in_both(field)]


def kind_table(model, description, own, texts, links=None):
    """Return the table of a kind: what all records have, around its `own` columns."""
    title = model._meta.get_field(model.title_field).name
    notes = of(model, "note", description=MARKDOWN)
    if model is Person:
        notes = unless_name_only(notes)
    first = [
        Column("id", "string", ID, "slug", required=True),
        Column("uid", "string", c.LAST[-1].label, "uid", required=True, unique=True),
        *of(model, title),
    ]
    last = [
        *of(
            model,
            "name_language",
            description=_("Empty: the English column is in English."),
        ),
        *notes,
        Column(
            "first_published_at",
            "datetime",
            _("First published (UTC)"),
            "first_published_at",
        ),
        Column("updated_at", "datetime", _("Last changed (UTC)"), "updated_at"),
    ]
    return Table(
        name=LIST_OF[model].name,
        title=capfirst(model._meta.verbose_name_plural),
        description=description,
        columns=[*first, *own, *last],
        rows=lambda at: model.objects.published(at).order_by("slug"),
        links={("uid",): ("records", ("uid",)), **(links or {})},
        label=f"{title}_en",
        texts=tuple(in_both(title)) + tuple(n for t in texts for n in in_both(t)),
    )


def part_id(edition, path):
    """Return what reads the id of a part of an edition: "2023/main-hall", or None."""

    def expression(at):
        parts = (f"{edition}__slug", Value("/"), Cast(path, CharField()))
        said = Concat(*parts, output_field=CharField())
        return Case(When(**{f"{path}__isnull": False}, then=said))

    return expression


def status_today(at):
    return NullIf(status_at(timezone.localdate(at)), Value(""))


EDITIONS = kind_table(
    Edition,
    _("Meetings of the forum, one a row."),
    [
        *of(Edition, "year", "starts_on", "ends_on", "city", "country", "venue"),
        *of(Edition, "directions", "time_zone", "theme"),
        *of(Edition, "summary", "notice", description=MARKDOWN),
    ],
    ["theme", "summary"],
)
SESSIONS = kind_table(
    Session,
    _("Panels, talks and workshops held at an edition."),
    [
        slug_of("edition_id", "edition", _("Edition")),
        *of(Session, "code", "subtitle", "track", "format"),
        Column("day_id", "string", _("Day"), part_id("edition", "day__number")),
        *of(Session, "starts_at", "ends_at", description=_("In UTC.")),
        Column("room_id", "string", _("Room"), part_id("edition", "room__slug")),
        *of(Session, "event_status", "status_reason", "basis"),
        *of(Session, "slide_language", "stream_url"),
        *of(Session, "abstract", description=MARKDOWN),
    ],
    ["subtitle", "abstract"],
    {
        ("edition_id",): ("editions", ("id",)),
        ("day_id",): ("days", ("id",)),
        ("room_id",): ("rooms", ("id",)),
    },
)
PEOPLE = kind_table(
    Person,
    _("People whom a source names as having taken part."),
    [
        Column(
            "by_name_only",
            "boolean",
            _("Shown by name only"),
            "listed",
            _("True: the person asked for it. Everything else about them is empty."),
            required=True,
            clean=lambda listed: not listed,
        ),
        *unless_name_only(of(Person, "sort_name", "orcid", "role")),
        *unless_name_only(of(Person, "bio", description=MARKDOWN)),
    ],
    ["role", "bio"],
)
ORGANIZATIONS = kind_table(
    Organization,
    _("Bodies that took part, or that issued what was discussed."),
    [
        *of(Organization, "acronym", "kind"),
        *of(Organization, "country", description=_("ISO 3166-1 alpha-2.")),
        public_slug("parent_id", "parent", Organization, _("Part of")),
        *of(Organization, "website", "ror", "wikidata"),
        *of(Organization, "description", description=MARKDOWN),
    ],
    ["description"],
    {("parent_id",): ("organizations", ("id",))},
)
TOPICS = kind_table(
    Topic,
    _("The questions that the forum discusses, narrower ones below wider ones."),
    [
        public_slug("parent_id", "parent", Topic, _("Broader topic")),
        *of(Topic, "definition", description=MARKDOWN),
        *of(Topic, "oecd_annex_ii"),
    ],
    ["definition"],
    {("parent_id",): ("topics", ("id",))},
)
MINERALS = kind_table(
    Mineral,
    _("Minerals, metals and groups of them."),
    [
        *of(Mineral, "symbol", "kind"),
        public_slug("parent_id", "parent", Mineral, _("Group")),
    ],
    [],
    {("parent_id",): ("minerals", ("id",))},
)
STAGES = kind_table(
    LifecycleStage,
    _("Steps in the life of a mineral, from the deposit to recycling."),
    [
        *of(LifecycleStage, "order"),
        *of(LifecycleStage, "core_place", description=_("Place 1 to 5, or none.")),
        *of(LifecycleStage, "definition", description=MARKDOWN),
    ],
    ["definition"],
)
REGULATIONS = kind_table(
    Regulation,
    _("Laws, treaties, standards and initiatives."),
    [
        *of(Regulation, "official_title", "acronym", "kind", "binding"),
        *of(
            Regulation,
            "jurisdiction",
            description=_("ISO 3166-1 alpha-2, or EU, or INT for international."),
        ),
        Column(
            "status",
            "string",
            _("Status"),
            status_today,
            _("On the day of the release; follows from the milestones."),
            required=True,
            codes=tuple(Status.choices),
        ),
        *of(Regulation, "official_url", "last_verified_on"),
        *of(Regulation, "summary", description=MARKDOWN),
    ],
    ["official_title", "summary"],
)
OUTCOMES = kind_table(
    Outcome,
    _("What an edition led to, promised, or put on record."),
    [
        slug_of("edition_id", "edition", _("Edition")),
        public_slug("session_id", "session", Session, _("Session")),
        *of(Outcome, "kind", "status", "due_on"),
        *of(Outcome, "statement", description=MARKDOWN),
    ],
    ["statement"],
    {
        ("edition_id",): ("editions", ("id",)),
        ("session_id",): ("sessions", ("id",)),
    },
)
KINDS = [
    *(EDITIONS, SESSIONS, PEOPLE, ORGANIZATIONS, TOPICS),
    *(MINERALS, STAGES, REGULATIONS, OUTCOMES),
]
MODELS = {table.name: model for model, table in LIST_OF.items()}


def all_records(at):
    """Yield a row for each public record of any kind."""

    def called(model, language):
        fields = [name for name in name_fields(model) if name.endswith(language)]
        said = [NullIf(F(name), Value("")) for name in fields]
        return Coalesce(*said, Value(None), output_field=TextField())

    def rows(kind):
        model = MODELS[kind.name]
        names = (called(model, "_en"), called(model, "_zh_hans"))
        found = model.objects.published(at).order_by("slug")
        for uid, slug, english, chinese in found.values_list(
            "uid", "slug", *names
        ).iterator(chunk_size=1000):
            name = english or chinese
            address = f"/{kind.name}/{slug}/"
            yield (uid, kind.name, slug, name, english, chinese, address)

    return chain.from_iterable(rows(kind) for kind in KINDS)


RECORDS = Table(
    name="records",
    title=_("Records"),
    description=_("Every record of every kind; other tables tell more of each."),
    columns=[
        Column("uid", "string", c.LAST[-1].label, None, required=True),
        Column(
            "kind",
            "string",
            _("Table of its kind"),
            None,
            required=True,
            codes=tuple((kind.name, kind.title) for kind in KINDS),
        ),
        Column("id", "string", ID, None, required=True),
        Column("name", "string", _("Name"), None, _("English, else Chinese.")),
        Column("name_en", "string", _("Name in English"), None),
        Column("name_zh_hans", "string", _("Name in Chinese"), None),
        Column(
            "address",
            "string",
            _("Permanent address"),
            None,
            _("Goes behind the address of the site."),
            required=True,
        ),
    ],
    rows=all_records,
    key=("uid",),
    label="name",
    texts=("name_en", "name_zh_hans"),
)
