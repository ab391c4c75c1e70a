"""
The programme of an edition as schedule programs of others read it.

The document has the shape of the schedule JSON v1 of the C3VOC, from which the XML
is written too (https://c3voc.de/wiki/schedule). Only what has a clock time is in it,
and only what is public. What the format has no place for follows a rule here:

- a session without a room is in a room called “—”;
- a session without an end lasts “00:00”;
- a moved or cancelled session has a link to that state at schema.org, and the title
  of a cancelled one says so, since most apps show little else;
- several languages of the floor are joined by commas.
"""

import re
import uuid
from collections import defaultdict
from hashlib import sha256
from json import dumps

from django.utils.translation import gettext, pgettext

from organizations.models import Person
from records.filters import in_both
from records.languages import text_of
from sessions.models import Contribution, Material, Session, SpokenLanguage

SCHEMA = "https://c3voc.de/schedule/schema.json"
NO_ROOM = "—"
STATES = {
    Session.EventStatus.CANCELLED: "https://schema.org/EventCancelled",
    Session.EventStatus.MOVED: "https://schema.org/EventRescheduled",
}
KINDS = {
    Material.Kind.SLIDES: "slides",
    Material.Kind.PAPER: "paper",
    Material.Kind.RECORDING: "media",
    Material.Kind.TRANSCRIPT: "article",
    Material.Kind.PHOTO: "related",
}
# What is read of a session and of its room
WRITTEN = (
    *("guid", "slug", "name_language", "code", "track", "format", "edition"),
    *("starts_at", "ends_at", "position", "stream_url", "event_status"),
    *in_both("title"),
    *in_both("subtitle"),
    *in_both("abstract"),
)
ROOM = ("room__slug", "room__position", *in_both("room__name"))
# From the XSD and the JSON schema: the narrower of the two wherever they differ
ACRONYM = re.compile(r"[a-z0-9_]{4,}")
SLUG = re.compile(r"[a-z0-9_]{4,}-[a-z0-9-]{4,}")
CODE = re.compile(r"[A-Z0-9]+")
ZONE = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+|UTC\Z")


def timed_sessions(edition):
    """Return the public sessions of an edition that have a clock time."""
    public = Session.objects.published().for_edition(edition)
    return public.filter(starts_at__isnull=False)


def schedule(edition, base):
    """
    Return the schedule of an edition as a dict, or None if it has none.

    It has none without dates or without a session at a clock time. `base` is scheme
    and host of the portal. Texts are in the active language, else in the other.
    """
    sessions = list(
        timed_sessions(edition)
        .select_related("day", "room")
        .only(*WRITTEN, "day__number", "day__date", *ROOM)
        .order_by("starts_at", "position", "pk")
    )
    if not sessions or not edition.starts_on:
        return None
    days = days_of(edition, sessions)
    context = {
        "base": base,
        "zone": edition.zone,
        "numbers": numbered({session.guid for session in sessions}),
        "persons": persons_of(edition, base),
        "languages": languages_of(edition),
        "attachments": attachments_of(edition, base),
    }
    conference = {
        "acronym": acronym(edition),
        "title": text_of(edition, "name").text or str(edition.year),
        "start": edition.starts_on.isoformat(),
        "end": (edition.ends_on or edition.starts_on).isoformat(),
        "daysCount": len(days),
        "timeslot_duration": "00:05",
        "time_zone_name": edition.time_zone,
        "url": base + edition.get_absolute_url(),
        "rooms": [
            {"name": room_name(room), "guid": room_guid(edition, room)}
            for room in sorted({s.room for s in sessions}, key=place)
        ],
        "days": [day(*found, context) for found in days],
    }
    document = {"base_url": base, "conference": conference}
    return {"version": version(document), **document}


def days_of(edition, sessions):
    """
    Return the days with a session as (index, date, sessions), by date.

    A session is of the day it is filed under, which it may pass midnight of; without
    one, of the day of that date; without that, of a day of its own after the others.
    """
    numbers = {day.date: day.number for day in edition.days.all() if day.date}
    last = max((day.number for day in edition.days.all()), default=0)
    days = {}
    for session in sessions:
        date = session.starts_at.astimezone(edition.zone).date()
        if session.day:
            index, date = session.day.number, session.day.date or date
        elif date in numbers:
            index = numbers[date]
        else:
            last += 1
            index = numbers[date] = last
        days.setdefault(index, (date, []))[1].append(session)
    found = [(index, date, held) for index, (date, held) in days.items()]
    return sorted(found, key=lambda day: (day[1], day[0]))


def day(index, date, sessions, context):
    """Return one day: from its first session to the end of its last, by rooms."""
    starts = min(session.starts_at for session in sessions)
    ends = max(session.ends_at or session.starts_at for session in sessions)
    rooms = {}
    for session in sorted(sessions, key=lambda session: place(session.room)):
        events = rooms.setdefault(room_name(session.room), [])
        events.append(event(session, context))
    return {
        "index": index,
        "date": date.isoformat(),
        "day_start": starts.astimezone(context["zone"]).isoformat(),
        "day_end": ends.astimezone(context["zone"]).isoformat(),
        "rooms": rooms,
    }


def place(room):
    """Return what rooms are sorted by: as the venue has them, no room last."""
    return (room is None, room.position if room else 0, room.pk if room else 0)


def event(session, context):
    """Return one session in the words of the format."""
    starts = session.starts_at.astimezone(context["zone"])
    ends = session.ends_at or session.starts_at
    found = {
        "guid": str(session.guid),
        "id": context["numbers"][session.guid],
        "date": starts.isoformat(),
        "start": f"{starts:%H:%M}",
        "duration": duration(ends - session.starts_at),
        "room": room_name(session.room),
        "slug": slug(session),
        "url": context["base"] + session.get_absolute_url(),
        "title": title(session),
        "subtitle": text_of(session, "subtitle").text,
        "track": session.track,
        "type": session.format,
        "language": context["languages"].get(session.pk, ""),
        "abstract": text_of(session, "abstract").text,
        "description": "",
        "persons": context["persons"].get(session.pk, []),
        "links": links(session),
        "attachments": context["attachments"].get(session.pk, []),
    }
    if CODE.fullmatch(session.code):
        found["code"] = session.code
    if session.ends_at:
        found["end"] = session.ends_at.astimezone(context["zone"]).isoformat()
    return found


def title(session):
    said = text_of(session, "title").text or session.slug
    if session.event_status == session.EventStatus.CANCELLED:
        return gettext("Cancelled: %(title)s") % {"title": said}
    return said


def spoken_parts(edition):
    """
    Return the contributions of an edition that schedule files tell of.

    Who only took part in a session is no speaker, and is left out.
    """
    return (
        Contribution.objects.published()
        .filter(session__edition=edition, person__isnull=False)
        .exclude(role=Contribution.Role.PARTICIPANT)
    )


def persons_of(edition, base):
    """
    Return {session: its persons}, each once, under the first of their roles.

    Two queries.
    """
    spoke = spoken_parts(edition)
    people = list(
        Person.objects.filter(pk__in=spoke.order_by().values("person")).only(
            "uid", "slug", "name_language", *in_both("name")
        )
    )
    numbers = numbered({person.uid for person in people})
    known = {
        person.pk: {
            "guid": str(person.uid),
            "id": numbers[person.uid],
            "name": text_of(person, "name").text,
            "url": base + person.get_absolute_url(),
        }
        for person in people
    }
    found = defaultdict(dict)
    for session, person, role in spoke.values_list("session", "person", "role"):
        found[session].setdefault(person, known[person] | {"role": role})
    return {session: list(ones.values()) for session, ones in found.items()}


def languages_of(edition):
    """Return {session: the languages of its floor, joined by commas}, in one query."""
    heard = SpokenLanguage.objects.filter(session__edition=edition, interpreted=False)
    found = defaultdict(list)
    for session, language in heard.values_list("session", "language"):
        found[session].append(language)
    return {session: ",".join(languages) for session, languages in found.items()}


def links(session):
    found = []
    if session.stream_url:
        name = pgettext("of a session", "Stream")
        found.append({"url": session.stream_url, "type": "media", "title": name})
    if state := STATES.get(session.event_status):
        name = session.get_event_status_display()
        found.append({"url": state, "type": "related", "title": name})
    return found


def attachments_of(edition, base):
    """Return {session: what can be read, heard or seen of it}, in one query."""
    here = Material.objects.published().filter(
        session__edition=edition, availability=Material.Availability.HERE
    )
    found = defaultdict(list)
    for material in here:
        address = material.url or base + material.file.url
        found[material.session_id].append(
            {
                "url": address,
                "type": KINDS[material.kind],
                "title": text_of(material, "title").text,
            }
        )
    return found


def room_name(room):
    return (text_of(room, "name").text or room.slug) if room else NO_ROOM


def room_guid(edition, room):
    return str(uuid.uuid5(edition.uid, room.slug if room else ""))


def acronym(edition):
    name = edition.slug.replace("-", "_")
    return name if ACRONYM.fullmatch(name) else f"forum_{name}"


def slug(session):
    # No slug of ours has an underscore, so none is like a slug that was made longer.
    own = session.slug
    return own if SLUG.fullmatch(own) else f"session-held_{own}"


def duration(length):
    """Return a length as hours and minutes: “01:30”, “30:00”."""
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{hours:02}:{minutes:02}"


def numbered(uids):
    """
    Return {uid: a number} for programs that know no UUIDs.

    It is the same in every file, unless two of one file would share it; it fits the
    32 bits of a signed integer.
    """
    taken = {}
    for uid in sorted(uids):
        number = uid.int >> 97 or 1
        while number in taken:
            number = number % 0x7FFFFFFF + 1
        taken[number] = uid
    return {uid: number for number, uid in taken.items()}


def version(document):
    """Return what differs whenever anything else in the document does."""
    return sha256(dumps(document, sort_keys=True).encode()).hexdigest()[:12]


def as_json(document):
    """Return a schedule as the bytes of its JSON file."""
    conference = dict(document["conference"])
    if not ZONE.match(conference["time_zone_name"]):
        del conference["time_zone_name"]
    file = {
        "$schema": SCHEMA,
        "generator": {"name": "Forum Portal"},
        "schedule": {**document, "conference": conference},
    }
    return dumps(file, ensure_ascii=False, indent=1).encode()
