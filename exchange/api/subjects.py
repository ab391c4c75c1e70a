"""What the API tells of topics, minerals, life-cycle stages and regulations."""

from django.utils.translation import gettext_lazy as _

from exchange.api.asked import in_both
from exchange.api.directory import newest_outcomes
from exchange.api.fields import (
    FULL,
    TEXT,
    Code,
    Count,
    Label,
    Plain,
    Spoken,
    Told,
    Value,
    Words,
)
from exchange.api.relations import Joined, Many, One, Parts, Set
from exchange.api.telling import PartSerializer, RecordSerializer
from exchange.tables.columns import by_id
from exchange.tables.subjects import (
    MINERALS,
    REGULATIONS,
    STAGES,
    TAGGED_REGULATIONS,
    TAGGED_SESSIONS,
    TOPICS,
)
from sessions.models import Outcome, Session
from topics.models import (
    Identifier,
    IssuingBody,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
)
from topics.models.regulations import Status, jurisdiction_name


def newest_sessions(sessions):
    return sessions.order_by("-edition__year", "-edition__starts_on", "position", "pk")


def by_name(records):
    return records.order_by("sort_key", "pk")


def counted(relation, label):
    def count(records):
        return records.with_published_count(relation)

    return Count(count, label=label)


# Topics, minerals, stages


class TopicSerializer(RecordSerializer):
    """A question that the forum discusses."""

    table = TOPICS

    parent = One()
    definition = Words(width=FULL)
    oecd_annex_ii = Plain()
    sessions_count = counted("sessions", TAGGED_SESSIONS)
    sessions = Set(Session, "topic", newest_sessions)
    regulations_count = counted("regulations", TAGGED_REGULATIONS)
    regulations = Set(Regulation, "topic", by_name)
    outcomes = Set(Outcome, "topic", newest_outcomes)


def lists_of(asked, mineral):
    return [
        {"id": code, "name": asked.words(in_both(name_of_list, code))}
        for code in mineral.lists
    ]


def name_of_list(code):
    return dict(Mineral.List.choices).get(code, code)


LISTS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "name"],
        "properties": {"id": {"type": "string"}, "name": TEXT},
    },
}


class MineralSerializer(RecordSerializer):
    """A mineral, metal or group of them whose supply chain is discussed."""

    table = MINERALS

    symbol = Plain()
    kind = Label()
    kind_id = Code(label=by_id(_("kind")))
    parent = One()
    lists = Spoken(lists_of, LISTS, ("lists",), label=_("lists of critical minerals"))
    sessions_count = counted("sessions", TAGGED_SESSIONS)
    sessions = Set(Session, "mineral", newest_sessions)
    regulations_count = counted("regulations", TAGGED_REGULATIONS)
    regulations = Set(Regulation, "mineral", by_name)


class StageSerializer(RecordSerializer):
    """A step in the life of a mineral, from the deposit to recycling."""

    table = STAGES

    order = Plain()
    core_place = Plain()
    definition = Words(width=FULL)
    sessions_count = counted("sessions", TAGGED_SESSIONS)
    sessions = Set(Session, "stage", newest_sessions)
    regulations_count = counted("regulations", TAGGED_REGULATIONS)
    regulations = Set(Regulation, "stage", by_name)


# Regulations


class IdentifierSerializer(PartSerializer):
    """A number that an instrument is known by: CELEX, ELI, gazette, document."""

    model = Identifier

    scheme = Plain()
    value = Plain()

    def parts(self):
        return self.model.objects.all()


class IssuerSerializer(PartSerializer):
    """Who made an instrument: an organization on record, or a name."""

    model = IssuingBody

    name = Words()
    organization = Joined()


class MilestoneSerializer(PartSerializer):
    """One date in the life of an instrument, as exactly as it is known."""

    model = Milestone

    date = Value(
        lambda one: one.iso_date(),
        {"type": "string", "pattern": r"^\d{4}(-\d{2}){0,2}$"},
        ("date", "precision"),
        label=_("date"),
    )
    kind = Label()
    kind_id = Code(label=by_id(_("what happens")))
    note = Words()

    def parts(self):
        return self.model.objects.all()


class RelationSerializer(PartSerializer):
    """What one instrument does to another."""

    model = RegulationRelation

    kind = Label()
    kind_id = Code(label=by_id(_("kind")))
    target = Joined()

    def expands(self, name):
        return False  # the status of the target would cost a query more


class StatusOnDay(Told):
    """Where an instrument stands on the day asked about, in words."""

    besides = ("status",)

    def annotated(self, queryset):
        return queryset.with_status(self.asked.day)

    def to_representation(self, regulation):
        return self.asked.words(in_both(label_of_status, regulation.status))

    def openapi(self, auto_schema):
        return TEXT


def label_of_status(status):
    return Status(status).label


class StatusCode(StatusOnDay):
    """The same as a code."""

    besides = ()

    def to_representation(self, regulation):
        return regulation.status

    def openapi(self, auto_schema):
        return {"type": "string", "enum": list(Status.values)}


class StatusDay(Told):
    """Which day that is."""

    def to_representation(self, regulation):
        return self.asked.day

    def openapi(self, auto_schema):
        return {"type": "string", "format": "date"}


class NextDate(Told):
    """The first date that is still to come."""

    width = FULL

    def annotated(self, queryset):
        return queryset.with_next_date()

    def to_representation(self, regulation):
        return regulation.next_date

    def openapi(self, auto_schema):
        return {"type": ["string", "null"], "format": "date"}


JURISDICTION_CODE = {"type": "string", "pattern": "^[A-Z]{2,3}$"}


class RegulationSerializer(RecordSerializer):
    """A law, treaty, standard or initiative that bears on mineral supply chains."""

    table = REGULATIONS

    official_title = Words()
    acronym = Plain()
    kind = Label()
    kind_id = Code(label=by_id(_("kind")))
    binding = Plain()
    jurisdiction = Spoken(
        lambda asked, r: asked.words(in_both(jurisdiction_name, r.jurisdiction)),
        columns=("jurisdiction",),
        label=_("jurisdiction"),
    )
    jurisdiction_id = Value(
        lambda r: r.jurisdiction,
        JURISDICTION_CODE,
        ("jurisdiction",),
        label=by_id(_("jurisdiction")),
    )
    status = StatusOnDay(label=_("Status"))
    status_id = StatusCode(label=by_id(_("Status")))
    status_day = StatusDay(label=_("Status on the day"))
    next_date = NextDate(label=_("Next date"))
    identifiers = Parts(IdentifierSerializer, label=_("Identifiers"))
    official_url = Plain()
    issuing_bodies = Parts(IssuerSerializer, label=_("Issuing bodies"))
    milestones = Parts(MilestoneSerializer, label=_("Milestones"))
    relations = Parts(RelationSerializer, label=_("Relations"))
    topics = Many()
    minerals = Many()
    stages = Many()
    sessions_count = counted("sessions", _("Sessions"))
    sessions = Set(Session, "regulation", newest_sessions)
    last_verified_on = Plain()
    summary = Words(width=FULL)
