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
from django.db.models import Max, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organizations.models import Organization, Person
from records.languages import TAGS, page_language, text_of
from records.templatetags.records import colon, list_comma
from sessions.content_lines import ContentLines
from sessions.models import Contribution, Edition, EditionDay, Room, Session
from topics.models import Topic

PRODUCT = "-//Forum Portal//Calendar//EN"
REFRESH = "PT1H"
DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
# Texts that no event tells: they stay in the database
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
    dated = [session for session in facts.sessions if not session.is_undated]
    stamps = [facts.stamp(session) for session in dated]
    days = edition if edition and edition.starts_on else None
    lines = ContentLines()
    lines.add("BEGIN", "VCALENDAR")
    write_head(lines, about, facts, left_out=len(facts.sessions) - len(dated))
    if latest := max([*stamps, *([days.updated_at] if days else [])], default=None):
        lines.add_moment("LAST-MODIFIED", latest)
    for zone in zones(dated, edition, empty=not (dated or days)):
        lines.add_lines(zone)
    if days:
        write_edition(lines, days, site)
    for session, stamp in zip(dated, stamps, strict=True):
        write_session(lines, session, facts, stamp, site)
    lines.add("END", "VCALENDAR")
    return lines.to_bytes()


def write_head(lines, about, facts, left_out):
    """Write the properties of the calendar itself (RFC 7986, section 5)."""
    told = _("From the public record of the forum.")
    if left_out:
        told += "\n" + ngettext(
            "%(count)d session is left out: its date is not on record.",
            "%(count)d sessions are left out: their dates are not on record.",
            left_out,
        ) % {"count": left_out}
    language = TAGS[page_language()]
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"{about.key} {language}")
    lines.add("VERSION", "2.0")
    lines.add("PRODID", PRODUCT)
    lines.add("CALSCALE", "GREGORIAN")
    lines.add("UID", key)
    lines.add_text("NAME", about.name, LANGUAGE=language)
    lines.add_text("DESCRIPTION", told, LANGUAGE=language)
    lines.add_uri("URL", about.page)
    lines.add_uri("SOURCE", about.source, VALUE="URI")
    lines.add("REFRESH-INTERVAL", REFRESH, VALUE="DURATION")
    write_categories(lines, facts.labels)
    # The same for programs that are older than RFC 7986
    lines.add_text("X-WR-CALNAME", about.name)
    lines.add_text("X-WR-CALDESC", told)
    lines.add("X-PUBLISHED-TTL", REFRESH)


def write_categories(lines, labels):
    """Write labels, each under the language it is in."""
    by_language = {}
    for label in labels:
        by_language.setdefault(label.lang, []).append(label.text)
    for language, texts in by_language.items():
        lines.add_text("CATEGORIES", *texts, LANGUAGE=language)


def write_session(lines, session, facts, stamp, site):
    """Write the VEVENT of a session; its UID outlives every change of address."""
    title, told = text_of(session, "title"), text_of(session, "abstract")
    page = f"{site}{facts.folder}{session.slug}/"
    lines.add("BEGIN", "VEVENT")
    write_identity(lines, session, stamp)
    lines.add("SEQUENCE", session.sequence)
    if session.starts_at:
        name, zone = session.edition.time_zone, session.edition.zone
        lines.add_moment("DTSTART", session.starts_at.astimezone(zone), name)
        if session.ends_at:
            lines.add_moment("DTEND", session.ends_at.astimezone(zone), name)
    else:
        write_days(lines, session.day.date, session.day.date)
    lines.add_text("SUMMARY", title.text, LANGUAGE=title.lang)
    if place := facts.location(session):
        lines.add_text("LOCATION", place, LANGUAGE=facts.language)
    parts = [reason(session), told.text.strip(), "\n".join(facts.who(session)), page]
    text = "\n\n".join(part for part in parts if part)
    lines.add_text("DESCRIPTION", text, LANGUAGE=told.lang)
    lines.add_uri("URL", page)
    write_categories(lines, facts.topics(session))
    if session.stream_url:
        said = {"FEATURE": "VIDEO", "LABEL": _("Watch the stream")}
        lines.add_uri("CONFERENCE", session.stream_url, VALUE="URI", **said)
    cancelled = session.event_status == Session.EventStatus.CANCELLED
    lines.add("STATUS", "CANCELLED" if cancelled else "CONFIRMED")
    lines.add("END", "VEVENT")


def reason(session):
    """Return why a session is cancelled or moved, "" if it is not or none is given."""
    if session.event_status == Session.EventStatus.SCHEDULED:
        return ""
    said = text_of(session, "status_reason").text
    state = session.get_event_status_display()
    return f"{state}{colon()}{said}" if said else ""


def write_edition(lines, edition, site):
    """Write the VEVENT of the days of a forum."""
    name = text_of(edition, "name")
    page = site + edition.get_absolute_url()
    lines.add("BEGIN", "VEVENT")
    write_identity(lines, edition, edition.updated_at)
    write_days(lines, edition.starts_on, edition.ends_on or edition.starts_on)
    lines.add_text("SUMMARY", name.text or str(edition), LANGUAGE=name.lang)
    if place := places(edition):
        place = list_comma().join(place)
        lines.add_text("LOCATION", place, LANGUAGE=TAGS[page_language()])
    lines.add_text("DESCRIPTION", page)
    lines.add_uri("URL", page)
    lines.add("STATUS", "CONFIRMED")
    lines.add("END", "VEVENT")


def write_identity(lines, record, stamp):
    lines.add("UID", record.uid)
    lines.add_moment("DTSTAMP", stamp)
    lines.add_moment("LAST-MODIFIED", stamp)


def write_days(lines, first, last):
    """Give an event whole days, during which nobody counts as busy."""
    lines.add_date("DTSTART", first)
    # The end is exclusive.
    lines.add_date("DTEND", last + datetime.timedelta(days=1))
    lines.add("TRANSP", "TRANSPARENT")


def places(edition):
    found = (text_of(edition, field).text for field in ("venue", "city"))
    return [place for place in found if place]


class Facts:
    """Sessions with all that their events tell, read in eight queries."""

    def __init__(self, sessions):
        self.language = TAGS[page_language()]
        self.folder = reverse(Session.index)
        self._colon, self._comma = colon(), list_comma()
        self._roles = dict(Contribution.Role.choices)
        self._locations = {}
        which = sessions.order_by().values("pk")
        self.sessions = list(
            sessions.in_programme_order()
            .select_related("edition", "day", "room")
            .defer(*UNTOLD, *(f"edition__{name}" for name in UNTOLD))
        )
        self._read_topics(which)
        self._read_contributions(which)
        days = {session.day_id for session in self.sessions} - {None}
        rooms = {session.room_id for session in self.sessions} - {None}
        self._changed = last_changes(which, days, rooms)
        self._places = places_since({s.edition_id for s in self.sessions})

    def _read_topics(self, which):
        tagged = Session.topics.through.objects.filter(session__in=which)
        tagged = list(tagged.values_list("session_id", "topic_id"))
        topics = Topic.objects.published().defer("html", "editor_note")
        topics = topics.in_bulk({topic for _session, topic in tagged})
        self._labels = {pk: text_of(topic, "label") for pk, topic in topics.items()}
        self._topic_changed = {pk: topic.updated_at for pk, topic in topics.items()}
        # Every database sorts a little apart.
        order = sorted(topics, key=lambda pk: (topics[pk].sort_key, pk))
        order = {pk: place for place, pk in enumerate(order)}
        self._topics = {}
        for session, topic in tagged:
            if topic in order:
                self._topics.setdefault(session, []).append(topic)
        for tags in self._topics.values():
            tags.sort(key=order.get)
        self.labels = [self._labels[pk] for pk in order]

    def _read_contributions(self, which):
        rows = Contribution.objects.published().filter(session__in=which)
        rows = rows.values_list("session_id", "person_id", "organization_id", "role")
        self._contributions = {}
        people, bodies = set(), set()
        for session, person, body, role in rows:
            found = self._contributions.setdefault(session, [])
            found.append((person, body, role))
            people.add(person)
            bodies.add(body)
        people = Person.objects.defer("html").in_bulk(people - {None})
        bodies = Organization.objects.defer("html").in_bulk(bodies - {None})
        self._people = {pk: (str(one), one) for pk, one in people.items()}
        self._bodies = {pk: (str(one), one) for pk, one in bodies.items()}

    def topics(self, session):
        """Return the labels of the topics of a session as texts."""
        return [self._labels[topic] for topic in self._topics.get(session.pk, ())]

    def location(self, session):
        """Return room, venue and city in one line."""
        where = session.edition_id, session.room_id
        if where not in self._locations:
            room = text_of(session.room, "name").text if session.room else ""
            said = [room, *places(session.edition)]
            self._locations[where] = self._comma.join(filter(None, said))
        return self._locations[where]

    def who(self, session):
        """Return a line for each role in a session: "Speaker: A (B), C"."""
        roles = {}
        for person, body, role in self._contributions.get(session.pk, ()):
            named = roles.setdefault(role, [])
            if not person:
                named.append(self._bodies[body][0])
            elif body and self._people[person][1].listed:
                said = {"person": self._people[person][0]}
                said["organization"] = self._bodies[body][0]
                named.append(_("%(person)s (%(organization)s)") % said)
            else:
                named.append(self._people[person][0])
        return [
            f"{self._roles[role]}{self._colon}{self._comma.join(named)}"
            for role, named in roles.items()
        ]

    def stamp(self, session):
        """Return when anything that the event of this session tells was changed."""
        times = [
            session.updated_at,
            self._changed.get(("Session", session.pk)),
            self._changed.get(("Contribution", session.pk)),
            self._changed.get(("EditionDay", session.day_id)),
            self._changed.get(("Room", session.room_id)),
            self._places.get(session.edition_id),
        ]
        times += [self._topic_changed[pk] for pk in self._topics.get(session.pk, ())]
        for person, body, _role in self._contributions.get(session.pk, ()):
            times += [self._people[person][1].updated_at] if person else []
            times += [self._bodies[body][1].updated_at] if body else []
        return max(filter(None, times))


def last_changes(sessions, days, rooms):
    """Return {(model, key): when it last changed}, in one query."""
    first, *others = (
        model.history.filter(**{f"{key}__in": among})
        .order_by()
        .values_list(Value(model.__name__), key)
        .annotate(Max("history_date"))
        for model, key, among in (
            (Session, "id", sessions),
            (Contribution, "session_id", sessions),
            (EditionDay, "id", days),
            (Room, "id", rooms),
        )
    )
    rows = first.union(*others, all=True)
    return {(model, key): date for model, key, date in rows}


def places_since(editions):
    """Return {edition: since when it has been at its place}, in one query."""
    fields = ["venue_en", "venue_zh_hans", "city_en", "city_zh_hans"]
    past = Edition.history.filter(id__in=editions)
    past = past.order_by("history_date", "history_id")
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
    if empty:
        name = edition.time_zone if edition else settings.TIME_ZONE
        spans[name] = {edition.year if edition else 2000}
    return [zone(name, min(years), max(years)) for name, years in sorted(spans.items())]


@lru_cache(maxsize=64)
def zone(name, first, last):
    """
    Return the VTIMEZONE of an IANA zone for whole years, from first to last.

    An onset is told by the clock as it stood before (RFC 5545, section 3.6.5):
    where it goes from 02:00 to 03:00, the onset is at 02:00.
    """
    # 6 MB that pages without a calendar file do not need
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

    clock = ZoneInfo(name)
    made = Timezone()
    made.add("TZID", name)
    for moment, before in onsets(clock, first, last):
        local = moment.astimezone(clock)
        summer = local.dst() > datetime.timedelta()
        part = TimezoneDaylight() if summer else TimezoneStandard()
        part.add("DTSTART", moment.replace(tzinfo=None) + before)
        part.add("TZOFFSETFROM", before)
        part.add("TZOFFSETTO", local.utcoffset())
        part.add("TZNAME", local.tzname())
        made.add_component(part)
    return made.to_ical()


def onsets(clock, first, last):
    """
    Yield (moment in UTC, offset before) of each offset that a clock has in some years.

    Every day is looked at, for two changes may be but four weeks apart: Morocco goes
    back an hour for Ramadan.
    """

    def offset(moment):
        return moment.astimezone(clock).utcoffset()

    moment, end = (
        datetime.datetime(year, 1, 1, tzinfo=clock).astimezone(datetime.UTC)
        for year in (first, last + 1)
    )
    yield moment, offset(moment)
    while moment < end:
        before = offset(moment)
        if offset(moment + DAY) != before:
            minutes = (moment + n * MINUTE for n in range(1, 24 * 60 + 1))
            yield next(later for later in minutes if offset(later) != before), before
        moment += DAY
