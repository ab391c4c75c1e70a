"""
Sessions as an iCalendar file: RFC 5545, with the properties of RFC 7986.

The same content gives the same bytes: nothing is taken from the clock or from
chance. What an event says of its own age (DTSTAMP, LAST-MODIFIED) is when what it
tells was last changed.
"""

import datetime
import uuid
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from icalendar import Calendar, Event, Timezone, vCategory, vText, vUri

from organizations.models import Organization, Person
from records.languages import TAGS, page_language, text_of
from records.templatetags.records import colon, list_comma
from sessions.models import Contribution, Edition, Room, Session
from topics.models import Topic

# Control characters but the end of a line: no text may hold them (section 3.1)
NO_CONTROLS = dict.fromkeys((*range(10), *range(11, 32), 127))
PRODUCT = "-//Forum Portal//Calendar//EN"
REFRESH = datetime.timedelta(hours=1)
# Texts that no event tells; to leave them unread saves a third of the time.
UNTOLD = (
    "html",
    "note_en",
    "note_zh_hans",
    "editor_note",
    "withdrawn_reason_en",
    "withdrawn_reason_zh_hans",
)


class About(NamedTuple):
    """What a calendar says of itself; addresses are absolute."""

    name: str
    page: str
    source: str
    key: str  # what its UID is made of: the same for ever, whatever the host


def write_calendar(sessions, about, site, edition=None):
    """
    Return the bytes of a calendar of published sessions, in eight queries.

    `sessions` is a queryset, `site` what absolute addresses start with. An
    `edition` adds the days of the forum as an event. A session without a clock
    time takes the whole of its day; if that has no date, it is left out and the
    description of the calendar counts it.
    """
    facts = Facts(sessions)
    dated = [s for s in facts.sessions if not s.is_undated]
    events = [session_event(session, facts, site) for session in dated]
    if edition and edition.starts_on:
        events.insert(0, edition_event(edition, site))
    calendar = Calendar()
    head(calendar, about, facts, left_out=len(facts.sessions) - len(dated))
    if stamps := [event["LAST-MODIFIED"].dt for event in events]:
        calendar.add("LAST-MODIFIED", max(stamps))
    for zone in zones(dated, edition, empty=not events):
        calendar.add_component(zone)
    calendar.subcomponents += events
    return calendar.to_ical(sorted=False)


def head(calendar, about, facts, left_out):
    """Write the properties of the calendar itself (RFC 7986, section 5)."""
    told = _("From the public record of the forum.")
    if left_out:
        told += "\n" + ngettext(
            "%(count)d session is left out: its date is not on record.",
            "%(count)d sessions are left out: their dates are not on record.",
            left_out,
        ) % {"count": left_out}
    calendar.add("VERSION", "2.0")
    calendar.add("PRODID", PRODUCT)
    calendar.add("CALSCALE", "GREGORIAN")
    key = f"{about.key} {page_language()}"
    calendar.add("UID", str(uuid.uuid5(uuid.NAMESPACE_OID, key)))
    add_text(calendar, "NAME", about.name)
    add_text(calendar, "DESCRIPTION", told)
    calendar.add("URL", vUri(about.page))
    calendar.add("SOURCE", vUri(about.source), parameters={"VALUE": "URI"})
    calendar.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    categories(calendar, facts.labels)
    # The same for programs that are older than RFC 7986
    add_text(calendar, "X-WR-CALNAME", about.name, language="")
    add_text(calendar, "X-WR-CALDESC", told, language="")
    calendar.add("X-PUBLISHED-TTL", "PT1H")


def add_text(component, name, text, language=None):
    """Write a text with its language: that of the page if none is given."""
    language = TAGS[page_language()] if language is None else language
    parameters = {"LANGUAGE": language} if language else None
    component.add(name, vText(text.translate(NO_CONTROLS)), parameters=parameters)


def categories(component, labels):
    """Write labels, each under the language it is in."""
    by_language = {}
    for label in labels:
        by_language.setdefault(label.lang, []).append(label.text.translate(NO_CONTROLS))
    for language, texts in by_language.items():
        parameters = {"LANGUAGE": language}
        component.add("CATEGORIES", vCategory(texts), parameters=parameters)


def session_event(session, facts, site):
    """Return the VEVENT of a session; its UID outlives every change of address."""
    event = Event()
    title = text_of(session, "title")
    page = site + session.get_absolute_url()
    stamp = facts.stamp(session)
    event.add("UID", str(session.uid))
    event.add("DTSTAMP", stamp)
    event.add("LAST-MODIFIED", stamp)
    event.add("SEQUENCE", session.sequence)
    if session.starts_at:
        zone = session.edition.zone
        event.add("DTSTART", session.starts_at.astimezone(zone))
        if session.ends_at:
            event.add("DTEND", session.ends_at.astimezone(zone))
    else:
        whole_days(event, session.day.date, session.day.date)
    add_text(event, "SUMMARY", title.text, title.lang)
    if place := location(session):
        add_text(event, "LOCATION", place)
    told = text_of(session, "abstract")
    lines = [told.text.strip(), "\n".join(facts.who(session)), page]
    text = "\n\n".join(line for line in lines if line)
    add_text(event, "DESCRIPTION", text, told.lang)
    event.add("URL", vUri(page))
    categories(event, facts.topics(session))
    if session.stream_url:
        label = {"FEATURE": "VIDEO", "LABEL": _("Watch the stream"), "VALUE": "URI"}
        event.add("CONFERENCE", vUri(session.stream_url), parameters=label)
    cancelled = session.event_status == Session.EventStatus.CANCELLED
    event.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def edition_event(edition, site):
    """Return the VEVENT of the days of a forum."""
    event = Event()
    name = text_of(edition, "name")
    page = site + edition.get_absolute_url()
    event.add("UID", str(edition.uid))
    event.add("DTSTAMP", edition.updated_at)
    event.add("LAST-MODIFIED", edition.updated_at)
    whole_days(event, edition.starts_on, edition.ends_on or edition.starts_on)
    add_text(event, "SUMMARY", name.text, name.lang)
    if place := places(edition):
        add_text(event, "LOCATION", list_comma().join(place))
    add_text(event, "DESCRIPTION", page)
    event.add("URL", vUri(page))
    event.add("STATUS", "CONFIRMED")
    return event


def whole_days(event, first, last):
    """Give an event whole days, during which nobody counts as busy."""
    event.add("DTSTART", first)
    event.add("DTEND", last + datetime.timedelta(days=1))  # the end is exclusive
    event.add("TRANSP", "TRANSPARENT")


def location(session):
    room = [text_of(session.room, "name").text] if session.room else []
    return list_comma().join([*room, *places(session.edition)])


def places(edition):
    found = (text_of(edition, field).text for field in ("venue", "city"))
    return [place for place in found if place]


class Facts:
    """Sessions with all that their events tell, read in eight queries."""

    def __init__(self, sessions):
        which = sessions.order_by().values("pk")
        self.sessions = list(
            sessions.in_programme_order()
            .select_related("edition", "day", "room")
            .defer(*UNTOLD, *(f"edition__{name}" for name in UNTOLD))
        )
        self._topics = Topic.objects.published().in_bulk()
        self._tagged = {}
        tagged = Session.topics.through.objects.filter(session__in=which)
        for session, topic in tagged.values_list("session_id", "topic_id"):
            if topic in self._topics:
                self._tagged.setdefault(session, []).append(self._topics[topic])
        self._contributions = {}
        rows = Contribution.objects.published().filter(session__in=which)
        rows = list(rows.only("session", "person", "organization", "role"))
        self._people = Person.objects.in_bulk({c.person_id for c in rows} - {None})
        bodies = {c.organization_id for c in rows} - {None}
        self._organizations = Organization.objects.in_bulk(bodies)
        for row in rows:
            self._contributions.setdefault(row.session_id, []).append(row)
        self._changed = last_changes(Contribution, "session_id", which)
        self._rooms = last_changes(
            Room, "id", {s.room_id for s in self.sessions} - {None}
        )
        self._places = places_since({s.edition_id for s in self.sessions})

    @property
    def labels(self):
        """The topics of all sessions, as texts in the order of the record."""
        used = {topic.pk for topics in self._tagged.values() for topic in topics}
        return in_order(topic for pk, topic in self._topics.items() if pk in used)

    def topics(self, session):
        """Return the topics of a session as texts."""
        return in_order(self._tagged.get(session.pk, ()))

    def who(self, session):
        """Return a line for each role in a session: "Speaker: A (B), C"."""
        roles = {}
        for row in self._contributions.get(session.pk, ()):
            person = self._people.get(row.person_id)
            body = self._organizations.get(row.organization_id)
            name = str(person or body)
            if person and body and person.listed:
                name = _("%(person)s (%(organization)s)") % {
                    "person": person,
                    "organization": body,
                }
            roles.setdefault(row.get_role_display(), []).append(name)
        return [f"{role}{colon()}{list_comma().join(n)}" for role, n in roles.items()]

    def stamp(self, session):
        """Return when anything that the event of this session tells was changed."""
        rows = self._contributions.get(session.pk, ())
        named = [
            session,
            *self._tagged.get(session.pk, ()),
            *(self._people[row.person_id] for row in rows if row.person_id),
            *(
                self._organizations[row.organization_id]
                for row in rows
                if row.organization_id
            ),
        ]
        known = [
            self._changed.get(session.pk),
            self._rooms.get(session.room_id),
            self._places.get(session.edition_id),
        ]
        return max(*(thing.updated_at for thing in named), *filter(None, known))


def in_order(topics):
    """Return the labels of topics as texts; every database sorts a little apart."""
    topics = sorted(topics, key=lambda topic: (topic.sort_key, topic.pk))
    return [text_of(topic, "label") for topic in topics]


def last_changes(model, key, among):
    """Return {key: when a row with that key last changed}, in one query."""
    past = model.history.filter(**{f"{key}__in": among}).order_by()
    return dict(past.values_list(key).annotate(Max("history_date")))


def places_since(editions):
    """Return {edition: since when it has been at its place}, in one query."""
    fields = ["venue_en", "venue_zh_hans", "city_en", "city_zh_hans"]
    past = Edition.history.filter(id__in=editions).order_by(
        "history_date", "history_id"
    )
    since, last = {}, {}
    for edition, date, *place in past.values_list("id", "history_date", *fields):
        if last.get(edition) != place:
            since[edition], last[edition] = date, place
    return since


def zones(sessions, edition, empty):
    """
    Return the VTIMEZONEs of the sessions with a clock time.

    A calendar without events has one all the same: it must not be without any
    component (RFC 5545, section 3.6).
    """
    spans = {}
    for session in sessions:
        for moment in filter(None, (session.starts_at, session.ends_at)):
            years = spans.setdefault(session.edition.time_zone, set())
            years.add(moment.astimezone(session.edition.zone).year)
    if empty and not spans:
        name = edition.time_zone if edition else settings.TIME_ZONE
        spans[name] = {edition.year if edition else 2000}
    return [zone(name, min(years), max(years)) for name, years in sorted(spans.items())]


@lru_cache(maxsize=64)
def zone(name, first, last):
    """Return the VTIMEZONE of an IANA zone for whole years, from first to last."""
    made = Timezone.from_tzinfo(
        ZoneInfo(name),
        name,
        first_date=datetime.date(first, 1, 1),
        last_date=datetime.date(last + 1, 1, 1),
    )
    made.pop("COMMENT", None)
    return made
