"""Editions, sessions and outcomes in the words of schema.org."""

from exchange.linked_data.values import (
    all_linked,
    in_both_languages,
    in_short,
    named,
    without_gaps,
)
from sessions.models import Contribution, Outcome, Session

MOST_PARTS = 25  # sessions told of on the page of their edition
Role = Contribution.Role
ON_STAGE = {Role.SPEAKER, Role.PANELIST, Role.MODERATOR}
# What a link to a session needs of it
BRIEF = (
    "slug",
    "uid",
    "name_language",
    "title_en",
    "title_zh_hans",
    "starts_at",
    "ends_at",
    "event_status",
    "previous_starts_at",
    "edition",
    "day__edition",
    "day__date",
)
ACTION = {
    Outcome.Status.ANNOUNCED: "https://schema.org/PotentialActionStatus",
    Outcome.Status.UNDER_WAY: "https://schema.org/ActiveActionStatus",
    Outcome.Status.FULFILLED: "https://schema.org/CompletedActionStatus",
    Outcome.Status.LAPSED: "https://schema.org/FailedActionStatus",
}


def session_in_full(session, site, contributions=(), subjects=()):
    """Describe a session; `subjects` are the records that it was about."""
    spoken = session.spoken_languages.all()
    return without_gaps(
        {
            **session_in_brief(session, site),
            "description": in_short(session, "abstract"),
            # schema.org has no property for why an event does not take place.
            "disambiguatingDescription": reason_of(session),
            "inLanguage": [one.language for one in spoken if not one.interpreted],
            "location": room_of(session),
            "organizer": [
                who(part, site) for part in contributions if part.role == Role.HOST
            ],
            "performer": [
                who(part, site) for part in contributions if part.role in ON_STAGE
            ],
            "about": all_linked(subjects, site),
            "superEvent": named(session.edition, site),
        }
    )


def session_in_brief(session, site):
    """Return what it is called, when it is, and whether it still is."""
    zone = session.edition.zone
    starts, ends, before = (
        moment and moment.astimezone(zone).isoformat(timespec="seconds")
        for moment in (session.starts_at, session.ends_at, session.previous_starts_at)
    )
    if not starts and session.day and session.day.date:
        starts = session.day.date.isoformat()
    return without_gaps(
        {
            **named(session, site),
            "startDate": starts,
            "endDate": ends,
            "eventStatus": status_of(session),
            "previousStartDate": before,
        }
    )


def edition_in_full(edition, site, organizers=(), sessions=()):
    events = []
    for session in sessions[:MOST_PARTS]:
        session.edition = edition
        events.append(session_in_brief(session, site))
    return without_gaps(
        {
            **named(edition, site),
            "description": in_short(edition, "summary"),
            "startDate": edition.starts_on and edition.starts_on.isoformat(),
            "endDate": edition.ends_on and edition.ends_on.isoformat(),
            "eventStatus": "https://schema.org/EventScheduled",
            "location": venue_of(edition),
            "organizer": [who(role, site) for role in organizers],
            "subEvent": events,
        }
    )


def outcome_in_full(outcome, site, agents=(), topics=()):
    """Describe an outcome; its `edition` and `session` are what it came of."""
    event = outcome.session or outcome.edition
    said = named(outcome, site) | {"subjectOf": named(event, site)}
    if outcome.heading_field != "statement":
        said["description"] = in_both_languages(outcome, "statement")
    agents, topics = all_linked(agents, site), all_linked(topics, site)
    if outcome.kind == Outcome.Kind.FACT:
        said |= {"about": [*agents, *topics]}
    else:
        said |= {"agent": agents, "actionStatus": ACTION.get(outcome.status)}
    return without_gaps(said)


def who(part, site):
    """Return the person of a part, else the organization."""
    if part.person:
        person = named(part.person, site)
        if part.organization and part.person.listed:
            person["affiliation"] = named(part.organization, site)
        return person
    return named(part.organization, site)


def status_of(session):
    status = Session.EventStatus
    if session.event_status == status.CANCELLED:
        return "https://schema.org/EventCancelled"
    if session.event_status == status.MOVED or session.previous_starts_at:
        return "https://schema.org/EventRescheduled"
    return "https://schema.org/EventScheduled"


def reason_of(session):
    if session.event_status == Session.EventStatus.SCHEDULED:
        return None
    return in_both_languages(session, "status_reason")


def venue_of(edition):
    address = without_gaps(
        {
            "addressLocality": in_both_languages(edition, "city"),
            "addressCountry": edition.country.code,
        }
    )
    name = in_both_languages(edition, "venue")
    if not address and not name:
        return None
    address = {"@type": "PostalAddress", **address} if address else None
    name = name or in_both_languages(edition, "city")
    return without_gaps({"@type": "Place", "name": name, "address": address})


def room_of(session):
    venue = venue_of(session.edition)
    if not session.room:
        return venue
    room = {"@type": "Place", "name": in_both_languages(session.room, "name")}
    if venue:
        room |= {"address": venue.get("address"), "containedInPlace": venue}
    return without_gaps(room)
