"""
The schedules of frab, pentabarf, pretalx and c3voc: one family, many dialects.

Version 1 hangs sessions on days and rooms (https://c3voc.de/schedule/schema.xsd and
schema.json); version 2 lists them beside days, rooms and people (schema2.json).
"""

import datetime

from django.utils.translation import gettext as _

from exchange.schedules import ours
from exchange.schedules.fields import Fields, empty
from exchange.schedules.mentions import (
    add_recording,
    enter_person,
    enter_room,
    is_url,
    link_of,
    role_of,
    system_of,
)
from exchange.schedules.shape import Day, Part, RefusedError, Schedule, Session
from exchange.schedules.times import (
    read_clock,
    read_date,
    read_duration,
    read_moment,
)

LEFT_OUT = {"draft", "submitted", "rejected", "withdrawn", "deleted", "pending"}
CANCELLED = {"canceled", "cancelled"}


def read(data, name):
    """Return the `Schedule` of {"schedule": …}; `name` says which format it is."""
    return _Reader(data, name).schedule


class _Reader:
    def __init__(self, data, name):
        self.schedule = schedule = Schedule(name)
        top = Fields(data, schedule, "file", "$")
        top.take("$schema")
        self.top = top.one("schedule", "schedule")
        if not isinstance(top.data.get("schedule"), dict):
            raise RefusedError(_("There is no “schedule” in this file."), "$")
        self.conference = self.top.one("conference", "conference")
        self.generator = [top.one("generator"), self.top.one("generator", "generator")]
        made_by = {one.text("name") for one in self.generator}
        schedule.ours = "Forum Portal" in made_by
        self.base = self.top.text("base_url") or self.conference.text("base_url")
        self.day_change = None
        self._read_conference()
        self._read_rooms_and_tracks()
        self._read_people()
        for day in self._days():
            self._read_day(day)
        for event in self.top.many("events", name="event"):
            self._read_event(event, None, "")
        if schedule.ours:
            ours.without_no_room(schedule)
        for fields in (*self.generator, self.conference, self.top, top):
            fields.close()

    def _read_conference(self):
        schedule, conference = self.schedule, self.conference
        schedule.name = conference.words("title", "name")
        schedule.city = conference.words("city")
        schedule.venue = conference.words("venue")
        schedule.summary = conference.words("description")
        schedule.starts = read_date(conference.text("start"))
        schedule.ends = read_date(conference.text("end"))
        schedule.zone = conference.text("time_zone_name", "timezone", "time_zone")
        schedule.zone_place = f"{conference.place}.time_zone_name"
        self.day_change = read_clock(conference.text("day_change"))
        # What follows from the sessions themselves
        conference.take("daysCount", "timeslot_duration")
        self.top.take("version")
        for generator in self.generator:
            generator.take("name", "version", "#text")
        system = [generator.text("system", "url") for generator in self.generator]
        addresses = [
            *system,
            self.base,
            conference.text("url"),
            self.top.text("url"),
        ]
        acronym = conference.text("acronym")
        title = next(iter(schedule.name.values()), "") or acronym
        schedule.system = system_of(addresses, title)
        self.years_name = title
        for address in addresses[2:]:
            if address:
                schedule.lose("conference/url", address)
        if acronym:
            schedule.lose("conference/acronym", acronym)

    def _read_rooms_and_tracks(self):
        for room in self.conference.many("rooms", name="room"):
            room.take("slug")
            enter_room(
                self.schedule,
                room.words("name"),
                room.text("guid"),
                room.words("description"),
            )
            room.close()
        self.tracks = {}
        for track in self.conference.many("tracks", name="track"):
            name = track.line("name", "#text", "title")
            for key in (track.text("slug"), track.text("guid"), track.text("id")):
                if key and name:
                    self.tracks[key] = name
            track.close()

    def _read_people(self):
        for person in self.top.many("persons", "people", name="person"):
            self._person(person)

    def _days(self):
        days = self.conference.many("days", name="day") or self.top.many(
            "days", name="day"
        )
        taken = set()
        for place, day in enumerate(days, start=1):
            number, date = day.text("index"), read_date(day.text("date"))
            number = int(number) if number.isdecimal() and len(number) < 5 else place
            if number in taken or not 0 < number < 1000:
                number = max(taken | {0}) + 1
            taken.add(number)
            if date is None:
                self.schedule.note(day.place, _("This day has no date."))
            begins = read_moment(day.text("day_start", "start"))
            finishes = read_moment(day.text("day_end", "end"))
            self.schedule.days.append(Day(number, date, begins, finishes))
            yield number, date, day

    def _read_day(self, numbered):
        number, date, day = numbered
        rooms = day.take("rooms")
        if isinstance(rooms, dict):
            rooms = [{"name": name, "events": them} for name, them in rooms.items()]
            quote = '{}.rooms["{}"]'
        else:
            quote = "{}.room {}"
        for room in rooms if isinstance(rooms, list) else []:
            name = room.get("name", "") if isinstance(room, dict) else ""
            place = quote.format(day.place, name)
            fields = Fields(room, self.schedule, "room", place)
            fields.take("slug")
            key = enter_room(self.schedule, fields.words("name"), fields.text("guid"))
            events = fields.take("events")
            if not isinstance(events, list):
                events = [] if empty(events) else [events]
            for place_in, event in enumerate(events):
                at = f"{place}[{place_in}]"
                event = Fields(event, self.schedule, "event", at)
                self._read_event(event, (number, date), key)
            fields.close()
        day.close()

    def _read_event(self, event, day, room):
        title = event.words("title", "name")
        if not title:
            raise RefusedError(_("A session has no title."), event.place)
        state = event.text("state", "status").casefold()
        if state in LEFT_OUT:
            self.schedule.note(
                event.place,
                _("“%(title)s” is %(state)s in the file and was left out.")
                % {"title": next(iter(title.values())), "state": state},
            )
            return
        session = Session(event.place, [], title)
        if state in CANCELLED:
            session.status = "cancelled"
        elif state in {"delayed", "moved"}:
            session.status = "moved"
        ids = [event.text(key) for key in ("guid", "id", "code", "slug")]
        if self.schedule.ours:
            # Numbers that we make up for programs which know no UUIDs
            ids[1] = ids[3] = ""
        session.guid, session.ids = ids[0], [one for one in ids if one]
        session.code = ids[2] or ids[1] or ids[3]
        if ids[3] and session.code != ids[3]:
            self.schedule.lose("event/slug", ids[3])
        session.subtitle = event.words("subtitle")
        session.abstract = joined(event.words("abstract"), event.words("description"))
        session.track = self._track(event)
        session.kind = event.text("type")
        session.language = event.line("language", "languages")
        session.room = self._room(event) or room
        self._read_times(event, session, day)
        self._read_materials(event, session)
        if self.schedule.ours:
            session.title = ours.without_state(session)
        for person in event.many("persons", "participants", "speakers", name="person"):
            self._read_part(person, session)
        event.close()
        self.schedule.sessions.append(session)

    def _track(self, event):
        value = event.data.get("track")
        if not isinstance(value, dict):
            name = event.line("track")
            return self.tracks.get(name, name)
        track = event.one("track", "track")
        name = track.line("name", "#text")
        slug = track.text("slug", "guid", "id")
        track.take("color", "colors")
        track.close()
        return name or self.tracks.get(slug, slug)

    def _room(self, event):
        if not isinstance(event.data.get("room"), dict):
            return enter_room(self.schedule, event.words("room"))
        room = event.one("room", "room")
        key = room.text("guid")
        name = room.words("name") or room.words("#text") or room.words("slug")
        room.take("slug")
        room.close()
        if key in self.schedule.rooms and not name:
            return key
        return enter_room(self.schedule, name, key)

    def _read_times(self, event, session, day):
        start, date = event.text("start"), event.text("date")
        moment = read_moment(date) or read_moment(start)
        session.day = day and day[0]
        on = (day and day[1]) or read_date(date)
        clock = read_clock(start)
        if moment is None and on and clock:
            moment = datetime.datetime.combine(on, clock)
            if day and self.day_change and clock < self.day_change:
                moment += datetime.timedelta(days=1)
        elif moment is None and (start or date):
            words = _("“%(text)s” is no time; the session has none.")
            self.schedule.note(event.place, words % {"text": start or date})
        elif moment and clock and clock != moment.time().replace(microsecond=0):
            words = _("“start” says %(start)s, “date” says %(date)s: the date is kept.")
            self.schedule.note(event.place, words % {"start": start, "date": date})
        session.starts = moment
        end, length = event.text("end"), event.text("duration")
        session.ends = read_moment(end)
        lasts = read_duration(length, self.schedule.ours) if length else None
        session.lasts = lasts
        if length and lasts is None and read_duration("1" + length) is None:
            words = _("“%(text)s” is no duration; the session has no end.")
            self.schedule.note(event.place, words % {"text": length})
        until = read_clock(end)
        if session.ends is None and moment and until and not lasts:
            session.ends = moment.replace(hour=until.hour, minute=until.minute)
            if session.ends <= moment:
                session.ends += datetime.timedelta(days=1)

    def _read_materials(self, event, session):
        schedule = self.schedule
        session.recorded = not event.flag("do_not_record")
        licence = event.line("recording_license", "license")
        url = event.text("video_download_url", "video", "recording_url")
        recording = event.data.get("recording")
        if isinstance(recording, dict):
            fields = event.one("recording", "recording")
            session.recorded &= not fields.flag("optout")
            licence = licence or fields.line("license")
            url = url or fields.text("url", "link")
            fields.close()
        add_recording(schedule, session, url, "event/recording", licence)
        if licence and not is_url(url):
            schedule.lose("event/recording license", licence)
        for name in ("links", "attachments"):
            for link in event.many(name, name=f"event/{name}"):
                if self.schedule.ours:
                    ours.read_link(session, link)
                material = link_of(schedule, link, self.base)
                if material and material.url not in [m.url for m in session.materials]:
                    session.materials.append(material)
        stream = event.text("stream_url", "stream")
        if is_url(stream):
            session.stream_url = stream
        elif stream:
            schedule.lose("event/stream", stream)
        if not self.schedule.system and (url := event.text("url")):
            self.schedule.system = system_of([url], self.years_name)

    def _person(self, person):
        if isinstance(person.data.get("#text"), list):
            person.lose("#text")
        ids = [person.text(key) for key in ("guid", "code", "id")]
        key = enter_person(
            self.schedule,
            ids=ids,
            name=person.words("public_name", "name", "full_public_name", "#text"),
            bio=person.words("biography", "bio", "description"),
            place=person.place,
        )
        person.take("full_public_name")
        return key

    def _read_part(self, person, session):
        key = self._person(person)
        said = person.text("role")
        role = role_of(self.schedule, said, "person")
        organization = person.line("organization", "affiliation", "company")
        person.close()
        if key and (key, role) not in [(p.person, p.role) for p in session.parts]:
            session.parts.append(Part(key, role, organization, bool(said)))


def joined(abstract, description):
    """Return an abstract with the description below it, unless one says both."""
    texts = dict(abstract)
    for code, text in description.items():
        first = texts.get(code, "")
        if text.startswith(first):
            texts[code] = text
        elif text not in first:
            texts[code] = f"{first}\n\n{text}"
    return texts
