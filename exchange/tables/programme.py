"""What a file tells of editions, sessions and outcomes."""

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from exchange.tables import columns as c
from exchange.tables.columns import Column
from exchange.tables.table import Table, counted
from records.languages import text_of
from records.prepared import rows_in
from records.templatetags.records import colon, language_name
from sessions.filters import EditionFilter, FollowUp, OutcomeFilter, SessionFilter
from sessions.models import Contribution, Edition, EditionRole, Outcome, Session
from sessions.models.sessions import NAMED

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

ROLES = c.in_words(Contribution.Role.choices)


@c.once
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
    found, roles, after = [], ROLES(), colon()
    for person, organization, part in told(session):
        who = person or organization
        folder = "people" if person else "organizations"
        label = f"{roles[part.role]}{after}{who}"
        found.append((label, f"{part.role}:{folder}/{who.slug}"))
    return found


def languages_of(session):
    spoken = rows_in(session, "spoken_languages")
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
        *c.text(Session, "status_reason"),
        *c.choice(Session, "basis"),
        *c.pairs("languages", "language_ids", _("Languages"), languages_of),
        *c.many("topics", "topic_ids", _("Topics")),
        *c.many("minerals", "mineral_ids", _("Minerals")),
        *c.many("stages", "stage_ids", _("Life-cycle stages")),
        *c.many("regulations", "regulation_ids", _("Regulations")),
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
    for one in rows_in(outcome, "updates"):
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
        *c.many("organizations", "organization_ids", _("Organizations")),
        *c.many("people", "person_ids", _("People")),
        *c.many("topics", "topic_ids", _("Topics")),
        Column("status", _("Status"), lambda o: follow_up(o)[1]),
        Column("status_id", c.by_id(_("Status")), lambda o: follow_up(o)[0]),
        *c.plain(Outcome, "due_on"),
        *c.pairs("updates", "update_ids", _("Updates"), updates),
    ],
    load_outcomes,
    prose="statement",
)
