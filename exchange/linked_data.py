"""
Records in the words of schema.org, as JSON-LD 1.1.

The context stands in the document itself: reading it needs no other host. `site` is
scheme and host of the portal, without a slash.
"""

from html import unescape

from django.utils.html import strip_tags
from django.utils.text import Truncator

from records.languages import TAGS, other_language, page_language, text_in
from sessions.models import Contribution, Edition, EditionRole, Session

CONTEXT = {
    "@vocab": "https://schema.org/",
    "url": {"@type": "@id"},
    "eventStatus": {"@type": "@vocab"},
}
MOST_PARTS = 25  # sessions told of on the page of their edition
MOST_LETTERS = 300  # of a description
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


def document(record, site, **loaded):
    """
    Return a public record as a JSON-LD document, or None for a kind without one.

    What is `loaded` saves a query each: the public `contributions` of a session;
    the roles of an edition's `organizers` and the `sessions` to name, in order.
    """
    describe = {Session: session_in_full, Edition: edition_in_full}.get(type(record))
    return describe and {"@context": CONTEXT, **describe(record, site, **loaded)}


def session_in_full(session, site, contributions=None):
    if contributions is None:
        contributions = session.contributions.published().select_related(
            "person", "organization"
        )
    role = Contribution.Role
    hosts = [_who(c, site) for c in contributions if c.role == role.HOST]
    on_stage = {role.SPEAKER, role.PANELIST, role.MODERATOR}
    performers = [_who(c, site) for c in contributions if c.role in on_stage]
    spoken = session.spoken_languages.all()
    return _without_gaps(
        {
            **session_in_brief(session, site),
            "description": _description(session, "abstract"),
            "inLanguage": [one.language for one in spoken if not one.interpreted],
            "location": _room(session),
            "organizer": hosts,
            "performer": performers,
            "superEvent": _named(session.edition, "Event", site),
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
    return _without_gaps(
        {
            **_named(session, "Event", site),
            "startDate": starts,
            "endDate": ends,
            "eventStatus": _status(session),
            "previousStartDate": before,
        }
    )


def edition_in_full(edition, site, organizers=None, sessions=None):
    if organizers is None:
        organizers = (
            edition.roles.published()
            .filter(role=EditionRole.Role.ORGANIZER)
            .select_related("person", "organization")
        )
    if sessions is None:
        sessions = (
            Session.objects.published()
            .for_edition(edition)
            .exclude(format=Session.Format.BREAK)
            .select_related("day")
            .only(*BRIEF)
            .in_programme_order()
        )
    events = []
    for session in sessions[:MOST_PARTS]:
        session.edition = edition
        events.append(session_in_brief(session, site))
    return _without_gaps(
        {
            **_named(edition, "Event", site),
            "description": _description(edition, "summary"),
            "startDate": edition.starts_on and edition.starts_on.isoformat(),
            "endDate": edition.ends_on and edition.ends_on.isoformat(),
            "eventStatus": "https://schema.org/EventScheduled",
            "location": _venue(edition),
            "organizer": [_who(role, site) for role in organizers],
            "subEvent": events,
        }
    )


def _named(record, kind, site):
    return {
        "@type": kind,
        "@id": site + record.address,
        "identifier": record.uid.urn,
        "name": in_both_languages(record, record.heading_field),
        "url": site + record.get_absolute_url(),
    }


def in_both_languages(thing, field):
    """Return a translated field as JSON-LD values, one for each language it has."""
    third = getattr(thing, "name_language", "")
    third = third if field in getattr(thing, "own_name_fields", ()) else ""
    return [
        {"@value": words, "@language": (code == "en" and third) or tag}
        for code, tag in TAGS.items()
        if (words := text_in(thing, field, code))
    ]


def _who(part, site):
    """Return the person of a part, else the organization."""
    if part.person:
        person = _named(part.person, "Person", site)
        if part.organization and part.person.listed:
            person["affiliation"] = _named(part.organization, "Organization", site)
        return person
    return _named(part.organization, "Organization", site)


def _description(record, field):
    """Return the beginning of a Markdown text, as the words of its HTML."""
    for code in (page_language(), other_language()):
        words = " ".join(strip_tags(record.html.get(f"{field}_{code}", "")).split())
        if words:
            words = Truncator(unescape(words)).chars(MOST_LETTERS)
            return {"@value": words, "@language": TAGS[code]}
    return None


def _status(session):
    status = Session.EventStatus
    if session.event_status == status.CANCELLED:
        return "https://schema.org/EventCancelled"
    if session.event_status == status.MOVED or session.previous_starts_at:
        return "https://schema.org/EventRescheduled"
    return "https://schema.org/EventScheduled"


def _venue(edition):
    address = _without_gaps(
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
    return _without_gaps({"@type": "Place", "name": name, "address": address})


def _room(session):
    venue = _venue(session.edition)
    if not session.room:
        return venue
    room = {"@type": "Place", "name": in_both_languages(session.room, "name")}
    if venue:
        room |= {"address": venue.get("address"), "containedInPlace": venue}
    return _without_gaps(room)


def _without_gaps(values):
    """Leave out what is not on record."""
    gaps = (None, "", [])
    return {name: value for name, value in values.items() if value not in gaps}
