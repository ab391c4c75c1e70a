"""
What pretalx says beside c3voc's JSON: the lists of its API, and its widget's data.

The API (`/api/events/…/submissions/`, `…/slots/`) names everything in place, with
texts by language; the widget has one list each of talks, rooms, tracks, speakers.
"""

from dataclasses import replace

from django.utils.translation import gettext as _

from exchange.schedules.c3voc import LEFT_OUT, joined
from exchange.schedules.fields import Fields
from exchange.schedules.mentions import enter_person, enter_room, link_of, system_of
from exchange.schedules.shape import Part, RefusedError, Schedule, Session
from exchange.schedules.times import read_date, read_duration, read_moment


def fits(data):
    """Tell whether this is a list of the API, or the widget's data."""
    if isinstance(data, dict) and isinstance(data.get("talks"), list):
        return True
    results = data.get("results", data.get("slots")) if isinstance(data, dict) else data
    first = results[0] if isinstance(results, list) and results else None
    return isinstance(first, dict) and bool(
        {"code", "submission", "submission_type", "slot", "slots"} & set(first)
    )


def read(data, name):
    """Return the `Schedule` of such a list."""
    return _Reader({"results": data} if isinstance(data, list) else data, name).schedule


class _Reader:
    def __init__(self, data, name):
        self.schedule = schedule = Schedule(name)
        top = Fields(data, schedule, "file", "$")
        schedule.zone = top.text("timezone")
        schedule.zone_place = "$.timezone"
        schedule.starts = read_date(top.text("event_start"))
        schedule.ends = read_date(top.text("event_end"))
        next_page = top.text("next")
        schedule.system = system_of([next_page, top.text("previous")], "")
        if next_page:
            schedule.note("$.next", _("This is one page of several: %(url)s follows.")
                          % {"url": next_page})  # fmt: skip
        top.take("count", "version", "id", "published")
        self.rooms, self.tracks = {}, {}
        for room in top.many("rooms", name="room"):
            key = room.text("id")
            self.rooms[key] = enter_room(
                schedule, room.words("name"), key, room.words("description")
            )
            room.close()
        for track in top.many("tracks", name="track"):
            self.tracks[track.text("id")] = track.line("name")
            track.take("color")
            track.close()
        for person in top.many("speakers", name="person"):
            self._person(person)
        for talk in top.many("talks", "results", "slots", name="talk"):
            self._talk(talk)
        for pause in top.many("breaks", name="break"):
            self._talk(pause, kind="break")
        top.close()

    def _person(self, person):
        known = person.data.get("#text", "")
        if known in self.schedule.people:
            return known
        if known:
            words = _("There is no speaker “%(id)s” in the file.")
            self.schedule.note(person.place, words % {"id": known})
            return ""
        key = enter_person(
            self.schedule,
            ids=[person.text("code"), person.text("id")],
            name=person.words("name", "fullname", "#text"),
            bio=person.words("biography"),
            place=person.place,
        )
        if mail := person.take("email"):
            self.schedule.lose("person/email", "", times=bool(mail))
        person.close()
        return key

    def _talk(self, talk, kind=""):
        about, slots = self._slots(talk)
        title = about.words("title") or talk.words("description")
        if not title:
            raise RefusedError(_("A session has no title."), talk.place)
        state = about.text("state").casefold()
        if state in LEFT_OUT:
            words = _("“%(title)s” is %(state)s in the file and was left out.")
            said = {"title": next(iter(title.values())), "state": state}
            self.schedule.note(talk.place, words % said)
            return
        session = Session(talk.place, [], title)
        session.status = "cancelled" if state == "canceled" else "scheduled"
        session.code = about.text("code") or talk.text("code")
        number = about.text("id") or talk.text("id")
        session.ids = [one for one in (session.code, number) if one]
        session.abstract = joined(about.words("abstract"), about.words("description"))
        track = about.line("track")
        session.track = self.tracks.get(track, track)
        session.kind = kind or about.text("submission_type")
        session.language = about.line("content_locale", "language")
        session.recorded = not about.flag("do_not_record")
        for person in about.many("speakers", name="person"):
            key = self._person(person)
            if key and key not in [part.person for part in session.parts]:
                session.parts.append(Part(key))
        for resource in about.many("resources", name="resource"):
            if material := link_of(self.schedule, resource):
                session.materials.append(material)
        self._place(session, slots, about, talk)
        for fields in {id(f): f for f in (*slots, about, talk)}.values():
            fields.close()

    def _slots(self, talk):
        """Return the fields of the talk itself and of each slot that it is given."""
        if isinstance(talk.data.get("submission"), dict):
            return talk.one("submission", "talk"), [talk]
        slots = talk.many("slots", name="slot") or [talk.one("slot", "slot")]
        return talk, slots if any(slot.data for slot in slots) else [talk]

    def _place(self, session, slots, about, talk):
        """Write one session for each slot that a talk is given."""
        for number, slot in enumerate(slots):
            place = slot if slot.data else talk
            own = replace(session) if number else session
            if number:
                own.ids = [f"{one}-{number + 1}" for one in session.ids]
                own.code = f"{session.code}-{number + 1}"
            own.starts = read_moment(place.text("start"))
            own.ends = read_moment(place.text("end"))
            length = place.text("duration") or about.text("duration")
            own.lasts = read_duration(length)
            room = place.data.get("room")
            if isinstance(room, dict) and "name" in room:
                fields = place.one("room", "room")
                key = fields.text("guid", "id")
                own.room = enter_room(
                    self.schedule,
                    fields.words("name"),
                    key,
                    fields.words("description"),
                )
                fields.close()
            else:
                names = place.words("room")
                key = next(iter(names.values()), "")
                own.room = self.rooms.get(key) or enter_room(self.schedule, names)
            place.take("room_id", "is_visible")
            self.schedule.sessions.append(own)
