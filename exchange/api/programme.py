"""What the API tells of editions, sessions and outcomes."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from exchange.api.asked import in_both
from exchange.api.directory import COUNTRY_CODE, newest_outcomes
from exchange.api.fields import (
    FULL,
    REFERENCE,
    RELATED,
    TEXT,
    Code,
    Count,
    Label,
    Moment,
    Plain,
    Spoken,
    Told,
    Value,
    Words,
    country,
    country_code,
    or_null,
)
from exchange.api.relations import Joined, Many, One, Parts, Set, reference_to
from exchange.api.telling import (
    PartSerializer,
    RecordSerializer,
    Shared,
    serializer_of,
)
from exchange.tables import columns as c
from exchange.tables.programme import (
    EDITIONS,
    OUTCOMES,
    SESSIONS,
    date_of,
    follow_up,
)
from organizations.models import Organization, Person
from records.templatetags.records import language_name
from sessions.filters import FollowUp
from sessions.models import (
    Contribution,
    EditionDay,
    EditionRole,
    Material,
    Outcome,
    OutcomeUpdate,
    Room,
    Session,
    SpokenLanguage,
)

NUMBER_OR_NULL = {"type": ["integer", "null"]}
DATE_OR_NULL = {"type": ["string", "null"], "format": "date"}
STRING = {"type": "string"}


def in_programme_order(sessions):
    return sessions.in_programme_order()


class DaySerializer(PartSerializer):
    """A numbered day of an edition; its date may not be on record."""

    model = EditionDay

    number = Plain()
    date = Plain()
    title = Words()

    def parts(self):
        return self.model.objects.all()


class RoomSerializer(PartSerializer):
    """A room of the venue of an edition."""

    model = Room

    id = Value(lambda room: room.slug, STRING, ("slug",), label=_("address"))
    name = Words()
    floor = Plain()

    def parts(self):
        return self.model.objects.all()


class OrganizerSerializer(PartSerializer):
    """Who organized an edition: an organization or a person."""

    model = EditionRole

    organization = Joined()
    person = Joined()

    def parts(self):
        organizer = EditionRole.Role.ORGANIZER
        return self.model.objects.published().filter(role=organizer)


class EditionSerializer(RecordSerializer):
    """One meeting of the forum, in one year."""

    table = EDITIONS

    year = Plain()
    starts_on = Plain()
    ends_on = Plain()
    city = Words()
    country = Spoken(country, or_null(TEXT), ("country",), label=_("country"))
    country_id = Value(
        country_code, COUNTRY_CODE, ("country",), label=c.by_id(_("country"))
    )
    venue = Words()
    time_zone = Plain()
    theme = Words()
    organizers = Parts(OrganizerSerializer, "roles", label=_("Organizers"))
    days = Parts(DaySerializer, label=_("Days"))
    rooms = Parts(RoomSerializer, label=_("Rooms"))
    sessions_count = Count(
        lambda editions: editions.with_published_count("sessions"), label=_("Sessions")
    )
    sessions = Set(Session, "edition", in_programme_order)
    outcomes_count = Count(
        lambda editions: editions.with_published_count("outcomes"), label=_("Outcomes")
    )
    outcomes = Set(Outcome, "edition", newest_outcomes)
    summary = Words(width=FULL)


# Sessions


class LanguageSerializer(PartSerializer):
    """A language heard in a session, from the floor or by interpretation."""

    model = SpokenLanguage

    id = Value(lambda one: one.language, STRING, ("language",), label=_("language"))
    name = Spoken(
        lambda asked, one: asked.words(in_both(language_name, one.language)),
        columns=("language",),
        label=_("Name"),
    )
    interpreted = Plain()

    def parts(self):
        return self.model.objects.all()


class ContributionSerializer(PartSerializer):
    """Who did what in a session; who is shown by name only stands alone."""

    model = Contribution

    role = Label()
    role_id = Code(label=c.by_id(_("role")))
    person = Joined()
    organization = Joined()

    def to_representation(self, part):
        said = super().to_representation(part)
        if stands_alone(part):
            said["organization"] = None
        return said


def stands_alone(part):
    """Tell whether a contribution is of somebody who is shown by name only."""
    return part.person is not None and not part.person.listed


class Part(NamedTuple):
    """A contribution as it was read."""

    role: str
    person: Person | None
    organization: Organization | None


class Contributions(Parts):
    """The public contributions to a session, from which others are told as well."""

    def __init__(self, **kwargs):
        super().__init__(ContributionSerializer, **kwargs)

    def prefetches(self):
        return {}

    def fetch(self, sessions):
        self.parts = contributions_to(sessions, self.parent)

    def to_representation(self, session):
        tell = self.telling.to_representation
        return [tell(part) for part in self.parts[session.pk]]


def contributions_to(sessions, telling):
    """Return {key: [Part]} of the sessions of an answer; read once, in one query."""
    if telling.contributions_read is None:
        names = ("contributions", "organizations", "people")
        wide = RELATED if any(map(telling.expands, names)) else REFERENCE
        people, organizations = (
            Shared(telling.asked.teller(serializer_of(model), wide))
            for model in (Person, Organization)
        )
        rows = (
            Contribution.objects.published()
            .filter(session__in=[session.pk for session in sessions])
            .values_list(
                "session",
                "role",
                *(f"person__{name}" for name in people.names),
                *(f"organization__{name}" for name in organizations.names),
            )
        )
        start, using = 2 + len(people.names), rows.db
        found = {session.pk: [] for session in sessions}
        for row in rows:
            person = people.make(row[2:start], using)
            organization = organizations.make(row[start:], using)
            found[row[0]].append(Part(row[1], person, organization))
        telling.contributions_read = found
    return telling.contributions_read


class Contributors(Told):
    """The people or the organizations of a session, each once."""

    width = FULL
    expandable = True

    def __init__(self, model, **kwargs):
        super().__init__(label=model._meta.verbose_name_plural, **kwargs)
        self.model, self.one = model, model._meta.model_name

    def prepare(self):
        wide = RELATED if self.parent.expands(self.field_name) else REFERENCE
        self.telling = self.asked.teller(serializer_of(self.model), wide)

    def fetch(self, sessions):
        self.parts = contributions_to(sessions, self.parent)

    def to_representation(self, session):
        found = {}
        for part in self.parts[session.pk]:
            who = getattr(part, self.one)
            if who and not (self.model is Organization and stands_alone(part)):
                found[who.pk] = who
        return [self.telling.tell(who) for who in found.values()]

    def openapi(self, auto_schema):
        related = serializer_of(self.model).related_name()
        return {"type": "array", "items": reference_to(related)}


class MaterialSerializer(PartSerializer):
    """Something to read, hear or watch from a session, here or still expected."""

    model = Material

    kind = Label()
    kind_id = Code(label=c.by_id(_("kind")))
    name = Words("title")
    url = Spoken(
        lambda asked, material: address_of_material(asked.site, material),
        {"type": ["string", "null"], "format": "uri"},
        ("file", "url"),
        label=_("address"),
    )
    language = Plain()
    licence = Plain()
    availability = Label()
    availability_id = Code(label=c.by_id(_("availability")))

    def parts(self):
        return self.model.objects.agreed()  # of a session that is public


def address_of_material(site, material):
    if not material.file:
        return material.url or None
    address = material.file.url
    return site + address if address.startswith("/") else address


def clock(**kwargs):
    return Moment(
        lambda session: session.edition.zone, ("edition__time_zone",), **kwargs
    )


def room_of(asked, session):
    if session.room is None:
        return None
    return {"id": session.room.slug, "name": asked.text(session.room, "name")}


ROOM = {
    "type": ["object", "null"],
    "required": ["id", "name"],
    "properties": {"id": STRING, "name": or_null(TEXT)},
}


class SessionSerializer(RecordSerializer):
    """A panel, talk or workshop held at one edition."""

    table = SESSIONS
    contributions_read = None

    code = Plain()
    subtitle = Words()
    track = Plain()
    format = Label()
    format_id = Code(label=c.by_id(_("format")))
    edition = Joined()
    day = Value(
        lambda session: session.day and session.day.number,
        NUMBER_OR_NULL,
        ("day__number",),
        label=_("Day"),
    )
    date = Value(
        date_of,
        DATE_OR_NULL,
        ("day__date", "starts_at", "edition__time_zone"),
        label=_("Date"),
    )
    starts_at = clock()
    ends_at = clock()
    time_zone = Value(
        lambda session: session.edition.time_zone,
        STRING,
        ("edition__time_zone",),
        label=_("Time zone"),
    )
    room = Spoken(
        room_of,
        ROOM,
        ("room__slug", "room__name_en", "room__name_zh_hans"),
        label=_("Room"),
    )
    event_status = Label()
    event_status_id = Code(label=c.by_id(_("event status")))
    status_reason = Words()
    basis = Label()
    basis_id = Code(label=c.by_id(_("basis")))
    languages = Parts(LanguageSerializer, "spoken_languages", label=_("Languages"))
    topics = Many()
    minerals = Many()
    stages = Many()
    regulations = Many()
    contributions = Contributions(label=_("contributions"))
    organizations = Contributors(Organization)
    people = Contributors(Person)
    outcomes = Many(label=_("Outcomes"))
    materials = Parts(MaterialSerializer, label=_("materials"))
    stream_url = Plain()
    abstract = Words(width=FULL)


# Outcomes


class UpdateSerializer(PartSerializer):
    """What became of an outcome, by a date."""

    model = OutcomeUpdate

    date = Plain()
    status = Label()
    status_id = Code(label=c.by_id(_("status")))
    note = Words()

    def parts(self):
        return self.model.objects.all()


def status_of(asked, outcome):
    """Return in words what became of an outcome; of a fact, nothing can."""
    code = follow_up(outcome)[0]
    return asked.words(in_both(label_of_status, code)) if code else None


def label_of_status(code):
    return dict([*Outcome.Status.choices, FollowUp.NONE])[code]


STATUSES = [*Outcome.Status.values, FollowUp.NONE[0]]


class OutcomeSerializer(RecordSerializer):
    """What an edition led to, promised, or put on record."""

    table = OUTCOMES
    headings = ("statement",)

    kind = Label()
    kind_id = Code(label=c.by_id(_("kind")))
    edition = Joined()
    session = One()
    statement = Words()
    organizations = Many()
    people = Many()
    topics = Many()
    status = Spoken(status_of, or_null(TEXT), ("status", "kind"), label=_("Status"))
    status_id = Value(
        lambda outcome: follow_up(outcome)[0] or None,
        {"type": ["string", "null"], "enum": [*STATUSES, None]},
        ("status", "kind"),
        label=c.by_id(_("Status")),
    )
    due_on = Plain()
    updates = Parts(UpdateSerializer, label=_("updates"))
