"""
Indico's exports of an event and of its timetable.

`/export/event/ID.json?detail=contributions` (or sessions) lists contributions;
`/export/timetable/ID.json` has days that hold blocks, contributions and breaks.
"""

import datetime
import hashlib
import zoneinfo

from django.utils.translation import gettext as _

from exchange.schedules.fields import Fields, empty
from exchange.schedules.mentions import enter_person, enter_room, link_of, system_of
from exchange.schedules.shape import Part, RefusedError, Schedule, Session
from exchange.schedules.times import is_zone, read_duration, read_moment

# What Indico adds of itself, and what follows from other fields
OWN = ("_type", "_fossil", "friendly_id", "roomFullname", "fullLocation", "isPoster")
PLUMBING = (
    *("inheritLoc", "inheritRoom", "color", "textColor", "pdf", "conferenceId"),
    *("sessionSlotId", "sessionId", "sessionCode", "slotTitle", "scheduleEntryId"),
    *("uniqueId", "db_id", "contribDuration", "entryType", "attachments_count"),
)


def fits(data):
    """Tell whether this may be an export of Indico."""
    return isinstance(data, dict) and (
        data.get("_type") == "HTTPAPIResult" or "/export/" in str(data.get("url"))
    )


def read(data, name):
    """Return the `Schedule` of an export of one event."""
    return _Reader(data, name).schedule


class _Reader:
    def __init__(self, data, name):
        self.schedule = Schedule(name)
        self.zones = set()
        top = Fields(data, self.schedule, "file", "$")
        self.address = top.text("url")
        self.schedule.system = system_of([self.address], "indico")
        top.take("count", "ts", "_type", "complete")
        results = top.take("results")
        if isinstance(results, dict):
            self._timetable(results)
        elif isinstance(results, list):
            for number, event in enumerate(results):
                self._event(
                    Fields(event, self.schedule, "event", f"$.results[{number}]")
                )
        elif results is not None:
            raise RefusedError(_("“results” is no list of events."), "$.results")
        top.close()
        if not self.schedule.zone and len(self.zones) == 1:
            self.schedule.zone = self.zones.pop()

    def _event(self, event):
        schedule = self.schedule
        event.take(*OWN, "occurrences", "id", "type", "creationDate")
        schedule.name = schedule.name or event.words("title")
        schedule.summary = schedule.summary or event.words("description")
        schedule.venue = schedule.venue or event.words("location", "room")
        schedule.zone = schedule.zone or event.text("timezone")
        schedule.zone_place = f"{event.place}.timezone"
        zone = zoneinfo.ZoneInfo(schedule.zone) if is_zone(schedule.zone) else None
        for field, key in (("starts", "startDate"), ("ends", "endDate")):
            if moment := self._moment(event, key):
                local = moment.astimezone(zone) if zone and moment.tzinfo else moment
                setattr(schedule, field, getattr(schedule, field) or local.date())
        event.lose("address", "room")
        for contribution in event.many("contributions", name="contribution"):
            self._session(contribution, contribution.line("session"))
        for block in event.many("sessions", name="session block"):
            self._block(block)
        self._drop_contacts(event, "creator", "chairs")
        event.close()

    def _timetable(self, results):
        for number, days in results.items():
            days = days if isinstance(days, dict) else {}
            for date, entries in days.items():
                path = f"$.results.{number}.{date}"
                self._entries(entries if isinstance(entries, dict) else {}, path)
        self.schedule.name = {}

    def _entries(self, entries, path, track="", room=None):
        for key, entry in entries.items():
            fields = Fields(entry, self.schedule, "entry", f"{path}.{key}")
            kind = fields.text("entryType").casefold()
            if kind == "session":
                self._block(fields)
            elif fields.data:
                self._session(fields, track, kind, room)

    def _block(self, block):
        """A block with contributions is their track; without any, a session."""
        title = block.line("title", "sessionTitle")
        inner = block.data.get("entries") or block.data.get("contributions")
        if empty(inner):
            block.take("entries", "contributions")
            nested = block.data.get("session")
            if isinstance(nested, dict):
                about = block.one("session", "session block")
                title = title or about.line("title")
                about.close()
            self._session(block, "")
            return
        block.take("entries", "contributions", "duration", "id", *OWN, *PLUMBING)
        block.take("startDate", "endDate", "slotTitle", "title")
        self.schedule.lose("session block, kept as the track of what is in it", title)
        room = self._room(block)
        if isinstance(inner, dict):
            self._entries(inner, f"{block.place}.entries", title, room)
        else:
            for contribution in block.many("contributions", name="contribution"):
                self._session(contribution, title, "", room)
        self._drop_contacts(block, "conveners")
        block.close()

    def _session(self, fields, track, kind="", room=None):
        title = fields.words("title", "slotTitle", "sessionTitle")
        if not title:
            raise RefusedError(_("A session has no title."), fields.place)
        number = fields.text("contributionId", "id", "db_id", "uniqueId")
        fields.take(*OWN, *PLUMBING, "session", "url")
        session = Session(
            fields.place, [f"{kind[:1]}{number}"] if number else [], title
        )
        session.code = number
        session.abstract = fields.words("description")
        own_track = fields.line("track")
        session.track = own_track or track
        if own_track and track and own_track != track:
            self.schedule.lose("session block, where a track is given", track)
        session.kind = kind if kind == "break" else fields.text("type")
        session.language = fields.line("language")
        session.room = self._room(fields) or room or ""
        session.starts = self._moment(fields, "startDate")
        session.ends = self._moment(fields, "endDate")
        session.lasts = read_duration(fields.text("duration"))
        self._parts(fields, session)
        self._files(fields, session)
        fields.close()
        self.schedule.sessions.append(session)

    def _room(self, fields):
        location = fields.words("location")
        room = fields.words("room")
        if room and location and room != location:
            self.schedule.lose(f"{fields.name}/location", next(iter(location.values())))
        return enter_room(self.schedule, room or location)

    def _moment(self, fields, key):
        if not isinstance(fields.data.get(key), dict):
            return read_moment(fields.text(key))
        said = fields.one(key)
        moment = read_moment(f"{said.text('date')}T{said.text('time') or '00:00'}")
        zone = said.text("tz")
        said.close()
        if moment and is_zone(zone):
            self.zones.add(zone)
            return moment.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(
                datetime.UTC
            )
        if moment and zone:
            self.schedule.zone = self.schedule.zone or zone
            self.schedule.zone_place = f"{fields.place}.{key}.tz"
        return moment

    def _parts(self, fields, session):
        """Speak of the speakers; only if none is named, of the authors."""
        speakers = fields.many("speakers", "presenters", name="person")
        authors = [
            author
            for key in ("primaryauthors", "primaryAuthors", "coauthors", "coAuthors")
            for author in fields.many(key, name="author")
        ]
        fields.take("presenters")
        if not speakers and authors:
            words = _("The file names no speakers here: its authors stand for them.")
            self.schedule.note(fields.place, words)
        for person in speakers or authors:
            self._part(person, session)
        if speakers:
            names = {self._name(person) for person in speakers}
            for author in authors:
                if self._name(author) not in names:
                    self.schedule.lose("author who does not speak", self._name(author))
        for number, convener in enumerate(fields.many("conveners", name="person")):
            self._part(convener, session, "moderator", number)

    def _name(self, person):
        first = person.line("first_name", "firstName")
        last = person.line("last_name", "familyName")
        full = person.line("fullName", "name", "display_full_name")
        if not (first and last) and full.count(",") == 1:
            last, first = (part.strip() for part in full.split(","))
        return f"{first} {last}".strip(" ,") or full

    def _part(self, person, session, role="speaker", _number=0):
        name = self._name(person)
        last = person.line("last_name", "familyName").strip(" ,")
        person.take(*OWN, "fullName", "id", "db_id", "displayOrderKey")
        # The hash of an address tells a person across events; hashed once more,
        # it tells nobody the address.
        mail = person.text("emailHash", "email")
        system = self.schedule.system
        told = hashlib.sha256(f"{system} {mail}".encode()).hexdigest()[:32]
        number = person.text("person_id", "personId")
        key = enter_person(
            self.schedule,
            ids=[told if mail else "", number and f"person-{number}"],
            name={"": name} if name else {},
            place=person.place,
            sort_name=f"{last}, {name.removesuffix(last).strip()}"
            if last and name.endswith(last) and name != last
            else "",
        )
        organization = person.line("affiliation")
        person.close()
        if key and (key, role) not in [(p.person, p.role) for p in session.parts]:
            session.parts.append(Part(key, role, organization))

    def _files(self, fields, session):
        holders = fields.many("folders", "material", "attachments", name="folder")
        for holder in holders:
            lists = [
                holder.many(key, name="attachment")
                for key in ("attachments", "files", "links", "resources")
            ]
            holder.take(
                "_type", "_fossil", "id", "title", "default_folder", "is_protected"
            )
            holder.take("description")
            for attachment in (one for some in lists for one in some):
                attachment.take("_type", "id", "modified_dt", "size", "checksum")
                attachment.take("content_type", "is_protected")
                material = link_of(self.schedule, attachment, self.address)
                if material:
                    session.materials.append(material)
            holder.close()

    def _drop_contacts(self, fields, *keys):
        """Count people who have no part here; what the file says of them stays out."""
        for key in keys:
            for person in fields.many(key):
                self.schedule.lose(f"{fields.name}/{key}", self._name(person))
