"""What a file tells of topics, minerals, life-cycle stages and regulations."""

from django.db.models import DateField, Prefetch, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.tables import columns as c
from exchange.tables.columns import Column
from exchange.tables.table import Table, counted
from records.languages import text_of
from records.prepared import rows_in
from records.templatetags.records import colon
from topics.filters import (
    MineralFilter,
    RegulationFilter,
    StageFilter,
    TopicFilter,
)
from topics.models import (
    IssuingBody,
    LifecycleStage,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)
from topics.models.regulations import Status

TAGGED_SESSIONS = _("Sessions tagged with it, narrower ones not counted")
TAGGED_REGULATIONS = _("Regulations tagged with it, narrower ones not counted")

# Topics, minerals, stages


def load_tree(records, filterset):
    related = c.public(records.model, "parent")
    return load_stages(records, filterset).prefetch_related(*related)


def load_stages(records, filterset):
    return records.with_published_count("sessions", "regulations")


TAGGED = [
    *counted("sessions_count", TAGGED_SESSIONS),
    *counted("regulations_count", TAGGED_REGULATIONS),
]
TOPICS = Table(
    "topics",
    Topic,
    TopicFilter,
    [
        *c.one(Topic, "parent"),
        *c.text(Topic, "definition"),
        *c.plain(Topic, "oecd_annex_ii"),
        *TAGGED,
    ],
    load_tree,
    prose="definition",
)
MINERALS = Table(
    "minerals",
    Mineral,
    MineralFilter,
    [
        *c.plain(Mineral, "symbol"),
        *c.choice(Mineral, "kind"),
        *c.one(Mineral, "parent"),
        *c.pairs(
            "lists",
            "list_ids",
            c.verbose(Mineral, "lists"),
            lambda mineral: zip(mineral.list_names(), mineral.lists, strict=True),
        ),
        *TAGGED,
    ],
    load_tree,
)
STAGES = Table(
    "stages",
    LifecycleStage,
    StageFilter,
    [
        *c.plain(LifecycleStage, "order"),
        *c.plain(LifecycleStage, "core_place"),
        *c.text(LifecycleStage, "definition"),
        *TAGGED,
    ],
    load_stages,
    prose="definition",
)

# Regulations


def issuers(regulation):
    found = []
    for body in regulation.public_bodies:
        said = body.organization or text_of(body, "name").text
        found.append((said, body.organization.slug if body.organization else ""))
    return found


def identifiers(regulation):
    return [str(one) for one in rows_in(regulation, "identifiers")]


def milestones(regulation):
    return [
        (f"{one.iso_date()} {one.get_kind_display()}", f"{one.iso_date()}:{one.kind}")
        for one in rows_in(regulation, "milestones")
    ]


def relations(regulation):
    return [
        (
            f"{one.get_kind_display()}{colon()}{one.target}",
            f"{one.kind}:{one.target.slug}",
        )
        for one in regulation.public_relations
    ]


def load_regulations(regulations, filterset):
    day = filterset.status_day or timezone.localdate()
    bodies = IssuingBody.objects.published().select_related("organization")
    related = RegulationRelation.objects.published().select_related("target")
    return (
        regulations.with_status(day)
        .with_next_date()
        .with_published_count("sessions")
        .annotate(status_day=Value(day, DateField()))
        .prefetch_related(
            *c.public(Regulation, "topics", "minerals", "stages"),
            "identifiers",
            "milestones",
            Prefetch("issuing_bodies", bodies, to_attr="public_bodies"),
            Prefetch("relations", related, to_attr="public_relations"),
        )
    )


REGULATIONS = Table(
    "regulations",
    Regulation,
    RegulationFilter,
    [
        *c.text(Regulation, "official_title"),
        *c.plain(Regulation, "acronym"),
        *c.choice(Regulation, "kind"),
        *c.plain(Regulation, "binding"),
        Column(
            "jurisdiction",
            c.verbose(Regulation, "jurisdiction"),
            lambda r: r.jurisdiction_name,
        ),
        Column(
            "jurisdiction_id",
            c.by_id(c.verbose(Regulation, "jurisdiction")),
            lambda r: r.jurisdiction,
        ),
        Column("status", _("Status"), lambda r: Status(r.status).label),
        Column("status_id", c.by_id(_("Status")), lambda r: r.status),
        Column("status_day", _("Status on the day"), lambda r: r.status_day),
        Column("next_date", _("Next date"), lambda r: r.next_date),
        Column("identifiers", _("Identifiers"), identifiers),
        *c.plain(Regulation, "official_url"),
        *c.pairs("issuing_bodies", "issuing_body_ids", _("Issuing bodies"), issuers),
        *c.pairs("milestones", "milestone_ids", _("Milestones"), milestones),
        *c.pairs("relations", "relation_ids", _("Relations"), relations),
        *c.many("topics", "topic_ids", _("Topics")),
        *c.many("minerals", "mineral_ids", _("Minerals")),
        *c.many("stages", "stage_ids", _("Life-cycle stages")),
        *counted("sessions_count", _("Sessions")),
        *c.plain(Regulation, "last_verified_on"),
        *c.text(Regulation, "summary"),
    ],
    load_regulations,
    prose="summary",
)
