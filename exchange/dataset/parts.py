"""The tables of what belongs to a record, or ties two records to each other."""

from itertools import chain

from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef, Prefetch, Q, Subquery
from django.utils.translation import gettext_lazy as _

from exchange.dataset.kinds import KINDS, MODELS, part_id
from exchange.dataset.schema import (
    Column,
    Table,
    number,
    of,
    slug_of,
    unless_name_only,
)
from organizations.models import Affiliation, Person
from records.models import AltName, Citation, Source
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Material,
    Outcome,
    OutcomeUpdate,
    Room,
    Session,
    SpokenLanguage,
)
from topics.models import (
    Duty,
    Identifier,
    IssuingBody,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
)

ID = _("Identifier")
EDITION, SESSION = _("Edition"), _("Session")
REGULATION, OUTCOME = _("Regulation"), _("Outcome")
PERSON, ORGANIZATION = _("Person"), _("Organization")


def to(table, column="id"):
    return (table, (column,))


def within(part, field, owner):
    """Return what reads the parts of public records, in the order of the parts."""

    def rows(at):
        parts = part.objects.filter(**{f"{field}__in": owner.objects.published(at)})
        return in_turn(parts, field)

    return rows


def gated(part, field):
    """Return what reads the parts that their own gate lets through."""
    return lambda at: in_turn(part.objects.published(at), field)


def in_turn(parts, field):
    own = [o for o in parts.model._meta.ordering if o not in ("edition", field)]
    return parts.order_by(f"{field}__slug", *own, "pk")


DAYS = Table(
    "days",
    _("Days of editions"),
    _("Numbered days; a date may not be on record."),
    [
        Column("id", "string", ID, part_id("edition", "number"), required=True),
        slug_of("edition_id", "edition", EDITION),
        *of(EditionDay, "number", "date", "title"),
    ],
    within(EditionDay, "edition", Edition),
    ("id",),
    {("edition_id",): to("editions")},
    owner="edition_id",
)
ROOMS = Table(
    "rooms",
    _("Rooms of editions"),
    _("The rooms of the venue of an edition."),
    [
        Column("id", "string", ID, part_id("edition", "slug"), required=True),
        slug_of("edition_id", "edition", EDITION),
        *of(Room, "name", "floor", "notes"),
    ],
    within(Room, "edition", Edition),
    ("id",),
    {("edition_id",): to("editions")},
    owner="edition_id",
)
EDITION_ROLES = Table(
    "edition_roles",
    _("Roles in editions"),
    _("The part that a person or an organization had in a whole edition."),
    [
        slug_of("edition_id", "edition", EDITION),
        number(),
        slug_of("person_id", "person", PERSON, required=False),
        slug_of("organization_id", "organization", ORGANIZATION, required=False),
        *of(EditionRole, "role"),
        *unless_name_only(of(EditionRole, "note"), "person__listed"),
    ],
    gated(EditionRole, "edition"),
    ("edition_id", "number"),
    {
        ("edition_id",): to("editions"),
        ("person_id",): to("people"),
        ("organization_id",): to("organizations"),
    },
    owner="edition_id",
)
CONTRIBUTIONS = Table(
    "contributions",
    _("Contributions to sessions"),
    _("Who did what in a session: a person, an organization, or one for the other."),
    [
        slug_of("session_id", "session", SESSION),
        number(),
        slug_of("person_id", "person", PERSON, required=False),
        *unless_name_only(
            [slug_of("organization_id", "organization", ORGANIZATION, required=False)],
            "person__listed",
        ),
        *of(Contribution, "role"),
    ],
    gated(Contribution, "session"),
    ("session_id", "number"),
    {
        ("session_id",): to("sessions"),
        ("person_id",): to("people"),
        ("organization_id",): to("organizations"),
    },
    owner="session_id",
)
SPOKEN_LANGUAGES = Table(
    "spoken_languages",
    _("Languages of sessions"),
    _("Languages heard in a session, from the floor or by interpretation."),
    [
        slug_of("session_id", "session", SESSION),
        *of(SpokenLanguage, "language", "interpreted"),
    ],
    within(SpokenLanguage, "session", Session),
    ("session_id", "language"),
    {("session_id",): to("sessions")},
    owner="session_id",
)
MATERIALS = Table(
    "materials",
    _("Materials of sessions"),
    _("Slides, papers and recordings, here or still expected."),
    [
        slug_of("session_id", "session", SESSION),
        number(),
        *of(Material, "kind", "title"),
        Column(
            "file",
            "string",
            _("File on this site"),
            "file",
            _("Goes behind the address of the site."),
            clean=lambda name: f"/media/{name}" if name else None,
        ),
        *of(Material, "url", "language", "licence", "availability"),
    ],
    gated(Material, "session"),
    ("session_id", "number"),
    {("session_id",): to("sessions")},
    owner="session_id",
)
OUTCOME_UPDATES = Table(
    "outcome_updates",
    _("Updates of outcomes"),
    _("What became of an outcome, by a date; the newest first."),
    [
        slug_of("outcome_id", "outcome", OUTCOME),
        number(),
        *of(OutcomeUpdate, "date", "status", "note"),
    ],
    within(OutcomeUpdate, "outcome", Outcome),
    ("outcome_id", "number"),
    {("outcome_id",): to("outcomes")},
    owner="outcome_id",
)
AFFILIATIONS = Table(
    "affiliations",
    _("Affiliations"),
    _("A person’s place in an organization, for a time."),
    [
        slug_of("person_id", "person", PERSON),
        number(),
        slug_of("organization_id", "organization", ORGANIZATION),
        *of(Affiliation, "title", "note", "starts", "ends"),
    ],
    gated(Affiliation, "person"),
    ("person_id", "number"),
    {("person_id",): to("people"), ("organization_id",): to("organizations")},
    owner="person_id",
)
IDENTIFIERS = Table(
    "identifiers",
    _("Identifiers of regulations"),
    _("Numbers that an instrument is known by: CELEX, ELI, gazette, document."),
    [
        slug_of("regulation_id", "regulation", REGULATION),
        number(),
        *of(Identifier, "scheme", "value"),
    ],
    within(Identifier, "regulation", Regulation),
    ("regulation_id", "number"),
    {("regulation_id",): to("regulations")},
    owner="regulation_id",
)
ISSUING_BODIES = Table(
    "issuing_bodies",
    _("Issuing bodies"),
    _("Who made an instrument: an organization on record, or a name."),
    [
        slug_of("regulation_id", "regulation", REGULATION),
        number(),
        slug_of("organization_id", "organization", ORGANIZATION, required=False),
        *of(IssuingBody, "name"),
    ],
    gated(IssuingBody, "regulation"),
    ("regulation_id", "number"),
    {("regulation_id",): to("regulations"), ("organization_id",): to("organizations")},
    owner="regulation_id",
)
MILESTONES = Table(
    "milestones",
    _("Milestones of regulations"),
    _("Dates in the life of an instrument; the newest first."),
    [
        slug_of("regulation_id", "regulation", REGULATION),
        number(),
        *of(Milestone, "date", "precision", "kind", "note"),
    ],
    within(Milestone, "regulation", Regulation),
    ("regulation_id", "number"),
    {("regulation_id",): to("regulations")},
    owner="regulation_id",
)
RELATIONS = Table(
    "regulation_relations",
    _("Relations of regulations"),
    _("What one instrument does to another; stored once."),
    [
        slug_of("regulation_id", "regulation", REGULATION),
        *of(RegulationRelation, "kind"),
        slug_of("target_id", "target", _("Other instrument")),
    ],
    lambda at: RegulationRelation.objects.published(at).order_by(
        "regulation__slug", "kind", "target__slug"
    ),
    ("regulation_id", "kind", "target_id"),
    {("regulation_id",): to("regulations"), ("target_id",): to("regulations")},
    owner="regulation_id",
)
DUTIES = Table(
    "duties",
    _("Duties"),
    _("What an instrument asks of those who work in a stage of the life cycle."),
    [
        slug_of("regulation_id", "regulation", REGULATION),
        number(),
        *of(Duty, "article", "text", "applies_from"),
    ],
    gated(Duty, "regulation"),
    ("regulation_id", "number"),
    {("regulation_id",): to("regulations")},
    owner="regulation_id",
)


def tags_of_duties(field):
    """Return what reads (regulation, number of the duty, tag) of public tags."""

    def rows(at):
        tags = Duty._meta.get_field(field).related_model.objects.published(at)
        duties = in_turn(Duty.objects.published(at), "regulation")
        duties = duties.select_related("regulation").prefetch_related(
            Prefetch(field, tags.order_by("slug"))
        )
        regulation, count = None, 0
        for duty in duties.iterator(chunk_size=1000):
            count = count + 1 if duty.regulation_id == regulation else 1
            regulation = duty.regulation_id
            for tag in getattr(duty, field).all():
                yield duty.regulation.slug, count, tag.slug

    return rows


def duty_tags(field, tag, title):
    """Return the table of what duties are tagged with."""
    theirs = f"{tag}_id"
    return Table(
        f"duty_{field}",
        title,
        _("Whom or what a duty concerns, as the editors assigned it."),
        [
            Column("regulation_id", "string", REGULATION, None, required=True),
            Column("number", "integer", _("Number"), None, required=True),
            Column(theirs, "string", title, None, required=True),
        ],
        tags_of_duties(field),
        ("regulation_id", "number", theirs),
        {
            ("regulation_id",): to("regulations"),
            ("regulation_id", "number"): ("duties", ("regulation_id", "number")),
            (theirs,): to(field),
        },
        owner="regulation_id",
    )


DUTY_STAGES = duty_tags("stages", "stage", _("Stages of duties"))
DUTY_MINERALS = duty_tags("minerals", "mineral", _("Minerals of duties"))


def on_lists(at):
    """Yield each public mineral with each published list that names it."""
    minerals = Mineral.objects.published(at).order_by("slug")
    for slug, lists in minerals.values_list("slug", "lists").iterator():
        for code in dict.fromkeys(lists):
            yield slug, code


MINERAL_LISTS = Table(
    "mineral_lists",
    _("Lists of critical minerals"),
    _("Which published lists name a mineral."),
    [
        Column("mineral_id", "string", _("Mineral"), None, required=True),
        Column(
            "list", "string", _("List"), None, required=True, codes=Mineral.List.choices
        ),
    ],
    on_lists,
    ("mineral_id", "list"),
    {("mineral_id",): to("minerals")},
    owner="mineral_id",
)

# What any record may have


def of_records(part, *paths):
    """Return what reads a kind of part of all public records."""

    def rows(at):
        return chain.from_iterable(
            of_kind(part, MODELS[kind.name], paths, at) for kind in KINDS
        )

    return rows


def of_kind(part, model, paths, at):
    """
    Yield (uid, number, *values) of the parts of a kind's public records.

    Somebody who asked to be shown by name only has no other names and no sources.
    """
    public = model.objects.published(at)
    if model is Person:
        public = public.filter(listed=True)
    kind = ContentType.objects.get_for_model(model)
    uid = Subquery(public.filter(pk=OuterRef("object_id")).order_by().values("uid")[:1])
    parts = part.objects.filter(content_type=kind).annotate(uid=uid)
    parts = parts.filter(uid__isnull=False).order_by("uid", *part._meta.ordering)
    owner, count = None, 0
    for own, *values in parts.values_list("uid", *paths).iterator(chunk_size=1000):
        count = count + 1 if own == owner else 1
        owner = own
        yield (own, count, *values)


UID = Column("uid", "string", _("Record"), None, required=True)
ALT_NAMES = Table(
    "alt_names",
    _("Other names"),
    _("Other names of records, as a source or its own people write them."),
    [
        UID,
        Column("number", "integer", _("Number"), None, required=True),
        *of(AltName, "text", "language", "in_source"),
    ],
    of_records(AltName, "text", "language", "in_source"),
    ("uid", "number"),
    {("uid",): to("records", "uid")},
    owner="uid",
)
CITATIONS = Table(
    "citations",
    _("Citations"),
    _("The sources of a record, or of one fact of it, and how sure that is."),
    [
        UID,
        Column("number", "integer", _("Number"), None, required=True),
        Column("source_id", "integer", _("Source"), None, _("Empty: from memory.")),
        *of(Citation, "certainty", "about"),
    ],
    of_records(Citation, "source", "certainty", "about"),
    ("uid", "number"),
    {("uid",): to("records", "uid"), ("source_id",): to("sources")},
    owner="uid",
)


def cited(at):
    """Return the sources that a public record cites."""
    used = Q()
    for kind in KINDS:
        model = MODELS[kind.name]
        public = model.objects.published(at)
        if model is Person:
            public = public.filter(listed=True)
        content_type = ContentType.objects.get_for_model(model)
        used |= Q(content_type=content_type, object_id__in=public.values("pk"))
    return Source.objects.filter(
        pk__in=Citation.objects.filter(used).values("source")
    ).order_by("pk")


SOURCES = Table(
    "sources",
    _("Sources"),
    _("Where facts come from: articles, laws, official pages."),
    [
        Column("id", "integer", ID, "pk", required=True),
        *of(Source, "title", "url", "publisher", "published_on", "accessed_on"),
        *of(Source, "language", "kind"),
    ],
    cited,
    label="title_en",
    texts=("title_en", "title_zh_hans", "publisher"),
)

PARTS = [
    *(DAYS, ROOMS, EDITION_ROLES, CONTRIBUTIONS, SPOKEN_LANGUAGES, MATERIALS),
    *(OUTCOME_UPDATES, AFFILIATIONS, IDENTIFIERS, ISSUING_BODIES, MILESTONES),
    *(
        RELATIONS,
        DUTIES,
        DUTY_STAGES,
        DUTY_MINERALS,
        MINERAL_LISTS,
        ALT_NAMES,
        CITATIONS,
    ),
]
