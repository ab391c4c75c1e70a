"""
The session files of COSCUP and its neighbours.

{"sessions", "speakers", "session_types", "rooms", "tags"}: what has a text has it
by language, {"zh": {"title": …}, "en": {"title": …}}, and often one text in both.
"""

import re

from django.utils.translation import gettext as _

from exchange.schedules.fields import Fields, one_line
from exchange.schedules.mentions import (
    add_recording,
    enter_person,
    enter_room,
    is_url,
    system_of,
)
from exchange.schedules.shape import Material, Part, RefusedError, Schedule, Session
from exchange.schedules.times import read_moment

LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?\Z")


def fits(data):
    return isinstance(data, dict) and isinstance(data.get("sessions"), list)


def read(data, name):
    """Return the `Schedule` of such a file; it says nothing of the edition itself."""
    schedule = Schedule(name)
    top = Fields(data, schedule, "file", "$")
    rooms, tracks = {}, {}
    for room in top.many("rooms", name="room"):
        room.take("order")
        key = room.text("id")
        names = by_language(room, "name") or {"": key}
        rooms[key] = enter_room(schedule, names, key, by_language(room, "description"))
        room.close()
    for kind in top.many("session_types", name="session type"):
        tracks[kind.text("id")] = by_language(kind, "name")
        by_language(kind, "description", lost=True)
        kind.close()
    tags = {}
    for tag in top.many("tags", name="tag"):
        names = by_language(tag, "name")
        by_language(tag, "description", lost=True)
        tags[tag.text("id")] = next(iter(names.values()), "")
        tag.close()
    people = {}
    for speaker in top.many("speakers", name="speaker"):
        number = speaker.text("id")
        people[number] = enter_person(
            schedule,
            ids=[number],
            name=by_language(speaker, "name"),
            bio=by_language(speaker, "bio"),
            place=speaker.place,
        )
        speaker.close()
    for fields in top.many("sessions", name="session"):
        session = _session(schedule, fields, rooms, tracks, people)
        for tag in _plain_list(fields, "tags"):
            schedule.lose("session/tags", tags.get(tag, tag))
        fields.close()
        schedule.sessions.append(session)
    top.close()
    return schedule


def _session(schedule, fields, rooms, tracks, people):
    title = by_language(fields, "title")
    if not title:
        raise RefusedError(_("A session has no title."), fields.place)
    number = fields.text("id")
    session = Session(fields.place, [number] if number else [], title)
    session.code = number
    session.subtitle = by_language(fields, "subtitle")
    session.abstract = by_language(fields, "description")
    kind = fields.text("type")
    names = tracks.get(kind, {"": kind} if kind else {})
    session.track = session.kind = _one_of(names)
    for code, name in names.items():
        if name != session.track:
            schedule.lose(_("track in %(code)s") % {"code": code}, name)
    session.language = fields.line("language")
    room = fields.text("room")
    session.room = rooms.get(room) or enter_room(schedule, {"": room})
    session.starts = read_moment(fields.text("start"))
    session.ends = read_moment(fields.text("end"))
    for key in _plain_list(fields, "speakers"):
        if person := people.get(key):
            session.parts.append(Part(person))
        else:
            words = _("There is no speaker “%(id)s” in the file.")
            schedule.note(fields.place, words % {"id": key})
    _add_addresses(schedule, fields, session)
    uri = fields.text("uri", "url")
    if uri:
        schedule.system = schedule.system or system_of([uri], "")
        schedule.lose("session/uri", uri)
    return session


def _add_addresses(schedule, fields, session):
    slides = fields.text("slide", "slides")
    if is_url(slides):
        session.materials.append(Material("slides", slides))
    elif slides:
        schedule.lose("session/slide", slides)
    add_recording(schedule, session, fields.text("record"), "session/record")
    live = fields.text("live", "stream")
    if is_url(live):
        session.stream_url = live
    elif live:
        schedule.lose("session/live", live)


def _one_of(names):
    english = (text for code, text in names.items() if code.startswith("en"))
    return one_line(next(english, "") or next(iter(names.values()), ""))


def by_language(fields, key, lost=False):
    """Return {language: text} of {"zh": {key: …}, "en": {key: …}}, or of one text."""
    words = {}
    for code in list(fields.data):
        value = fields.data[code]
        if LANGUAGE.match(code) and isinstance(value, dict) and code != "id":
            fields.taken.add(code)
            inner = fields.__dict__.setdefault("inner", {})
            if code not in inner:
                inner[code] = Fields(value, fields.schedule, fields.name, fields.place)
            if text := inner[code].text(key):
                words[code.lower()] = text
    words = words or fields.words(key)
    if lost and words:
        fields.schedule.lose(f"{fields.name}/{key}", next(iter(words.values())))
    return words


def _plain_list(fields, key):
    value = fields.take(key)
    value = value if isinstance(value, list) else [value] if value else []
    return [str(one) for one in value if isinstance(one, (str, int))]
