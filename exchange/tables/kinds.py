"""What a file tells of each of the nine kinds of record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateField, Prefetch, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.tables import columns as c
from exchange.tables.columns import Column
from organizations.filters import OrganizationFilter, PersonFilter
from organizations.models import Affiliation, Organization, Person
from organizations.participation import with_session_count
from records.languages import text_of
from records.templatetags.records import colon, language_name
from sessions.filters import EditionFilter, FollowUp, OutcomeFilter, SessionFilter
from sessions.models import Contribution, Edition, EditionRole, Outcome, Session
from sessions.models.sessions import NAMED
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


@dataclass(frozen=True)
class Table:
    """
    One kind of record as rows of a file.

    `name` is the last part of its address and begins the names of its files.
    `load(queryset, filterset)` fetches what the columns tell, in the same number of
    queries for any number of rows, and public records only. `prose` is the field
    that tells what a record is about.
    """

    name: str
    model: Any
    filterset_class: Any
    own: list
    load: Callable
    prose: str = ""

    @property
    def title(self):
        return c.heading(self.model._meta.verbose_name_plural)

    @property
    def columns(self):
        return [*c.FIRST, *self.own, *c.LAST]

    def fetched(self, keys, filterset, untold=c.UNTOLD):
        """Return the records of these keys that are still public, by their keys."""
        records = self.model.objects.published().filter(pk__in=keys).order_by()
        records = records.defer(*untold).prefetch_related(c.CITATIONS)
        return {record.pk: record for record in self.load(records, filterset)}


def counted(name, label):
    return [Column(name, label, lambda record: getattr(record, name))]


# Editions


def organizers(edition):
    return [role.person or role.organization for role in edition.public_organizers]


def load_editions(editions, filterset):
    roles = EditionRole.objects.published().filter(role=EditionRole.Role.ORGANIZER)
    roles = roles.select_related("organization", "person")
    return editions.with_published_count("sessions", "outcomes").prefetch_related(
        Prefetch("roles", roles, to_attr="public_organizers")
    )


EDITIONS = Table(
    "editions",
    Edition,
    EditionFilter,
    [
        *c.plain(Edition, "year"),
        *c.plain(Edition, "starts_on"),
        *c.plain(Edition, "ends_on"),
        *c.text(Edition, "city"),
        *c.country(Edition),
        *c.text(Edition, "venue"),
        *c.plain(Edition, "time_zone"),
        *c.text(Edition, "theme"),
        *c.many("organizers", "organizer_ids", _("Organizers"), organizers),
        *counted("sessions_count", _("Sessions")),
        *counted("outcomes_count", _("Outcomes")),
        *c.text(Edition, "summary"),
    ],
    load_editions,
    prose="summary",
)

# Sessions


def told(session):
    """
    Return (person, organization, contribution) of each public contribution.

    Somebody who asked for it is shown by name only, without the organization.
    """
    found = []
    for part in session.public_contributions:
        alone = part.person and not part.person.listed
        found.append((part.person, None if alone else part.organization, part))
    return found


def people_in(session):
    return dict.fromkeys(one[0] for one in told(session) if one[0])


def organizations_in(session):
    return dict.fromkeys(one[1] for one in told(session) if one[1])


def roles_in(session):
    """Return ("Host: GIZ", "host:organizations/giz") of each contribution."""
    found = []
    for person, organization, part in told(session):
        who = person or organization
        folder = "people" if person else "organizations"
        label = f"{part.get_role_display()}{colon()}{who}"
        found.append((label, f"{part.role}:{folder}/{who.slug}"))
    return found


def languages_of(session):
    spoken = session.spoken_languages.all()
    return [(language_name(one.language), one.language) for one in spoken]


def date_of(session):
    """Return the day it was on: of its day, else of its start on the venue's clock."""
    if session.day and session.day.date:
        return session.day.date
    start = session.starts_at
    return start and start.astimezone(session.edition.zone).date()


def load_sessions(sessions, filterset):
    parts = (
        Contribution.objects.published()
        .select_related("organization", "person")
        .only("session", "role", *NAMED, *(f"person__{n}" for n in c.AUTHOR))
    )
    tied = c.public(Session, "topics", "minerals", "stages", "regulations")
    return sessions.select_related("edition", "day", "room").prefetch_related(
        *tied,
        "spoken_languages",
        Prefetch("contributions", parts, to_attr="public_contributions"),
    )


def clock(name):
    label = c.verbose(Session, name)
    return [
        Column(name, label, lambda s: c.moment(getattr(s, name), s.edition.zone)),
    ]


SESSIONS = Table(
    "sessions",
    Session,
    SessionFilter,
    [
        *c.plain(Session, "code"),
        *c.text(Session, "subtitle"),
        *c.plain(Session, "track"),
        *c.choice(Session, "format"),
        *c.one(Session, "edition"),
        Column("day", _("Day"), lambda s: s.day and s.day.number),
        Column("date", _("Date"), date_of),
        *clock("starts_at"),
        *clock("ends_at"),
        Column("time_zone", _("Time zone"), lambda s: s.edition.time_zone),
        Column("room", _("Room"), lambda s: s.room and text_of(s.room, "name").text),
        Column("room_id", c.by_id(_("Room")), lambda s: s.room and s.room.slug),
        *c.choice(Session, "event_status"),
        *c.choice(Session, "basis"),
        *c.pairs("languages", "language_ids", _("Languages"), languages_of),
        *c.many("topics", "topic_ids", _("Topics"), lambda s: s.topics.all()),
        *c.many("minerals", "mineral_ids", _("Minerals"), lambda s: s.minerals.all()),
        *c.many(
            "stages", "stage_ids", _("Life-cycle stages"), lambda s: s.stages.all()
        ),
        *c.many(
            "regulations",
            "regulation_ids",
            _("Regulations"),
            lambda s: s.regulations.all(),
        ),
        *c.many(
            "organizations", "organization_ids", _("Organizations"), organizations_in
        ),
        *c.many("people", "person_ids", _("People"), people_in),
        *c.pairs("roles", "role_ids", _("Roles"), roles_in),
        *c.plain(Session, "stream_url"),
        *c.text(Session, "abstract"),
    ],
    load_sessions,
    prose="abstract",
)

# People and organizations


def unless_name_only(column):
    """Return the column empty for who asked to be shown by name only."""

    def value(person):
        return column.value(person) if person.listed else None

    return column._replace(value=value)


def places(person):
    found = [one.organization for one in person.affiliations.all()]
    return dict.fromkeys(found) if person.listed else []


def load_people(people, filterset):
    affiliations = Affiliation.objects.published().select_related("organization")
    return with_session_count(people).prefetch_related(
        Prefetch("affiliations", affiliations)
    )


PEOPLE = Table(
    "people",
    Person,
    PersonFilter,
    [
        *map(
            unless_name_only,
            [
                *c.plain(Person, "sort_name"),
                *c.plain(Person, "orcid"),
                *c.text(Person, "role"),
                *c.text(Person, "bio"),
            ],
        ),
        *c.many("organizations", "organization_ids", _("Organizations"), places),
        *counted("session_count", _("Sessions")),
    ],
    load_people,
    prose="bio",
)


def load_organizations(organizations, filterset):
    related = c.public(Organization, "parent")
    return with_session_count(organizations).prefetch_related(*related)


ORGANIZATIONS = Table(
    "organizations",
    Organization,
    OrganizationFilter,
    [
        *c.plain(Organization, "acronym"),
        *c.choice(Organization, "kind"),
        *c.country(Organization),
        *c.one(Organization, "parent"),
        *c.plain(Organization, "website"),
        *c.plain(Organization, "ror"),
        *c.plain(Organization, "wikidata"),
        *counted("session_count", _("Sessions")),
        *c.text(Organization, "description"),
    ],
    load_organizations,
    prose="description",
)

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
    return [str(one) for one in regulation.identifiers.all()]


def milestones(regulation):
    return [
        (f"{one.iso_date()} {one.get_kind_display()}", f"{one.iso_date()}:{one.kind}")
        for one in regulation.milestones.all()
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
        *c.many("topics", "topic_ids", _("Topics"), lambda r: r.topics.all()),
        *c.many("minerals", "mineral_ids", _("Minerals"), lambda r: r.minerals.all()),
        *c.many(
            "stages", "stage_ids", _("Life-cycle stages"), lambda r: r.stages.all()
        ),
        *counted("sessions_count", _("Sessions")),
        *c.plain(Regulation, "last_verified_on"),
        *c.text(Regulation, "summary"),
    ],
    load_regulations,
    prose="summary",
)

# Outcomes


def follow_up(outcome):
    """Return (id, label) of what became of an outcome; of a fact, nothing can."""
    if outcome.status:
        return outcome.status, outcome.get_status_display()
    return ("", "") if outcome.kind == Outcome.Kind.FACT else FollowUp.NONE


def load_outcomes(outcomes, filterset):
    related = c.public(Outcome, "session", "organizations", "people", "topics")
    return outcomes.select_related("edition").prefetch_related(*related, "updates")


def updates(outcome):
    """Return ("2024-05-01 Under way", "2024-05-01:under-way") of each update."""
    found = []
    for one in outcome.updates.all():
        said = one.get_status_display() or text_of(one, "note").text
        date = one.date.isoformat()
        found.append((f"{date} {said}", f"{date}:{one.status}"))
    return found


OUTCOMES = Table(
    "outcomes",
    Outcome,
    OutcomeFilter,
    [
        *c.choice(Outcome, "kind"),
        *c.one(Outcome, "edition"),
        *c.one(Outcome, "session"),
        *c.text(Outcome, "statement"),
        *c.many(
            "organizations",
            "organization_ids",
            _("Organizations"),
            lambda o: o.organizations.all(),
        ),
        *c.many("people", "person_ids", _("People"), lambda o: o.people.all()),
        *c.many("topics", "topic_ids", _("Topics"), lambda o: o.topics.all()),
        Column("status", _("Status"), lambda o: follow_up(o)[1]),
        Column("status_id", c.by_id(_("Status")), lambda o: follow_up(o)[0]),
        *c.plain(Outcome, "due_on"),
        *c.pairs("updates", "update_ids", _("Updates"), updates),
    ],
    load_outcomes,
    prose="statement",
)

# Their lists, by the URL name of the page
TABLES = {
    "sessions:editions": EDITIONS,
    "sessions:list": SESSIONS,
    "organizations:people": PEOPLE,
    "organizations:list": ORGANIZATIONS,
    "topics:list": TOPICS,
    "topics:regulations": REGULATIONS,
    "topics:minerals": MINERALS,
    "topics:stages": STAGES,
    "sessions:outcomes": OUTCOMES,
}
