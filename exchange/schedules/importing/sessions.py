"""Sessions, with who takes part, what is spoken and what there is to see."""

import datetime
import uuid
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from exchange.schedules.fields import one_line
from exchange.schedules.importing.addresses import Codes, Slugs
from exchange.schedules.importing.editions import as_markdown, fitted, label_of
from exchange.schedules.importing.kinds import format_of
from exchange.schedules.importing.merge import merge, settle_columns
from exchange.schedules.importing.own import keep_other_language
from exchange.schedules.importing.parts import Parts
from exchange.schedules.importing.people import as_uuid
from exchange.schedules.importing.report import Change
from exchange.schedules.languages import columns, left_over, read_languages
from records.markup import plain
from records.models import State
from records.text import LONGEST
from sessions.models import Session

BATCH = 200
TIMES = {"starts_at", "ends_at"}
LISTS = {"contributions", "languages", "interpreted", "materials", "topics"}
TEXTS = (
    *("title_en", "title_zh_hans", "subtitle_en", "subtitle_zh_hans"),
    *("abstract_en", "abstract_zh_hans", "name_language", "track", "format"),
    *("slide_language", "stream_url", "event_status", "state"),
)


@dataclass
class Planned:
    """A session of the file beside its record, and what is written to it."""

    theirs: object
    cells: dict
    record: Session | None = None
    key: str = ""
    row: object = None
    fresh: bool = False


class SessionStep:
    """After `do()`, `planned` are the sessions of the file with their records."""

    def __init__(self, run):
        self.run, self.schedule = run, run.schedule
        self.edition = run.edition
        self.planned, self.changed = [], []
        self.days = run.edition_step.days
        self.rooms = run.edition_step.rooms

    def do(self):
        self.parts = Parts(self.run)
        self._load()
        seen = set()
        total = len(self.schedule.sessions)
        for number, theirs in enumerate(self.schedule.sessions):
            planned = Planned(theirs, {}, key=self._key(theirs, seen))
            planned.row = self.run.base_of("session", planned.key)
            planned.record = self._find(planned)
            if planned.record is None and planned.row:
                title = next(iter(theirs.title.values()))
                self.run.report.deleted.append(title)
                self.deleted.add(planned.key)
            else:
                planned.cells = self._cells(theirs)
                self.planned.append(planned)
            self.run.tell(_("sessions"), number + 1, total)
        for planned in self.planned:
            if planned.record is None:
                self._make(planned)
            else:
                self._merge(planned)
        self._write()
        self._tell_gone(seen)

    # Finding

    def _load(self):
        known = self.edition.sessions.select_related("day", "room")
        known = list(known.prefetch_related(*self.parts.prefetched))
        self.by_pk = {session.pk: session for session in known}
        self.by_guid = {session.guid: session for session in known}
        self.by_code = {session.code: session for session in known}
        self.codes = Codes(self.by_code)
        self.slugs = Slugs(Session, f"{self.edition.slug}-")
        self.guids = set(self.by_guid)
        last = self.edition.sessions.aggregate(last=Max("position"))["last"]
        self.position = last or 0
        self.taken, self.deleted = set(), set()

    def _key(self, theirs, seen):
        """Return what the file calls this session, and no other in it."""
        first = next(iter(theirs.title.values()))
        title = f"title:{one_line(first)[:150].casefold()}"
        when = f"{title} {theirs.starts.isoformat() if theirs.starts else ''}"
        for wish in (*(f"id:{one}" for one in theirs.ids), title, when.strip()):
            if wish[:250] not in seen:
                break
        else:
            wish = f"{when} {len(seen)}"
        if theirs.guid and wish != f"id:{theirs.guid}" and theirs.guid in theirs.ids:
            words = _("Another session has the GUID %(guid)s: this one got its own.")
            self.schedule.note(theirs.place, words % {"guid": theirs.guid})
            theirs.guid = ""
        elif theirs.ids and wish != f"id:{theirs.ids[0]}"[:250]:
            words = _("Another session has the code %(code)s: this one got its own.")
            self.schedule.note(theirs.place, words % {"code": theirs.ids[0]})
        seen.add(wish[:250])
        return wish[:250]

    def _find(self, planned):
        found = None
        if planned.row:
            found = self.by_pk.get(planned.row.object_id)
        elif guid := as_uuid(planned.theirs.guid):
            found = self.by_guid.get(guid)
        if not found and not planned.row and self.schedule.format in {"csv", "xlsx"}:
            found = self.by_code.get(planned.theirs.code)
        if found and found.pk in self.taken:
            found = None
        if found:
            self.taken.add(found.pk)
        return found

    # What the file says

    def _cells(self, theirs):
        note = lambda words: self.schedule.note(theirs.place, words)  # noqa: E731
        spoken, unknown = read_languages(theirs.language)
        for name in unknown:
            self.schedule.lose(_("languages of an unknown name"), name)
        interpreted = read_languages(theirs.interpreted)[0]
        slides = read_languages(theirs.slide_language)[0]
        hint = spoken[0] if spoken else ""
        titles = {c: self._plain(text) for c, text in theirs.title.items()}
        title_en, title_zh, third = columns(titles, hint)
        # A subtitle stands in the language of its title where its script allows.
        subtitles = {c: self._plain(text) for c, text in theirs.subtitle.items()}
        subtitle_en, subtitle_zh, _third = columns(subtitles, hint)
        abstract_en, abstract_zh, other = self._abstract(theirs, hint, note)
        if other and not third:
            words = _("The abstract is in “%(code)s”, in the column of English texts.")
            note(words % {"code": other})
        for code in left_over(theirs.title):
            self.schedule.lose(_("texts in “%(code)s”") % {"code": code})
        kind = format_of(theirs.kind, title_en or title_zh)
        if theirs.kind and theirs.kind.casefold() != kind:
            self.schedule.lose(
                _("type “%(type)s”, kept as “%(format)s”")
                % {"type": theirs.kind[:60], "format": Session.Format(kind).label}
            )
        day, room = self.days.get(theirs.day), self.rooms.get(theirs.room)
        cells = {
            "title_en": fitted(title_en, 300, note),
            "title_zh_hans": fitted(title_zh, 300, note),
            "subtitle_en": fitted(subtitle_en, 300, note),
            "subtitle_zh_hans": fitted(subtitle_zh, 300, note),
            "abstract_en": abstract_en,
            "abstract_zh_hans": abstract_zh,
            "name_language": third,
            "track": fitted(self._plain(theirs.track), 100, note),
            "format": kind,
            "slide_language": slides[0] if slides else "",
            "stream_url": theirs.stream_url,
            "event_status": theirs.status,
            "day": str(day.number) if day else "",
            "starts_at": theirs.starts.isoformat() if theirs.starts else "",
            "ends_at": theirs.ends.isoformat() if theirs.ends else "",
            "room": room.slug if room else "",
            "languages": spoken,
            "interpreted": [code for code in interpreted if code not in spoken],
            **self.parts.cells(theirs),
        }
        if self.run.publish:
            cells["state"] = State.PUBLISHED
        return cells

    def _plain(self, text):
        return text if self.schedule.ours else plain(one_line(text))

    def _abstract(self, theirs, hint, note):
        texts = theirs.abstract
        if self.schedule.ours:
            texts = {code: fitted(text, LONGEST, note) for code, text in texts.items()}
        else:
            texts = as_markdown(texts, self.schedule, note)
        return columns(texts, hint)

    # Making and merging

    def _make(self, planned):
        theirs, cells = planned.theirs, planned.cells
        title = cells["title_en"] or cells["title_zh_hans"]
        code = self.codes.new(theirs.code, *theirs.ids[1:])
        start = f"{self.edition.slug}-"
        slug = self.slugs.new(f"{start}{title}", f"{start}{code.lower()}")
        if slug == self.edition.slug:
            slug = self.slugs.new("", f"{start}{code.lower().replace('_', '-')}")
        guid = as_uuid(theirs.guid)
        if theirs.guid and guid is None:
            words = _("“%(guid)s” is no GUID: the session got its own.")
            self.schedule.note(theirs.place, words % {"guid": theirs.guid})
        if guid is None or guid in self.guids:
            guid = uuid.uuid4()
        self.guids.add(guid)
        self.position += 1
        session = Session(
            edition=self.edition, code=code, slug=slug, guid=guid, state=State.DRAFT,
            position=self.position,
        )  # fmt: skip
        planned.record, planned.fresh = session, True
        self._set(session, cells)
        self.run.report.created["session"].append(f"{code} {title}")

    def _set(self, session, cells):
        for name, value in cells.items():
            if name in TIMES:
                value = datetime.datetime.fromisoformat(value) if value else None
                setattr(session, name, value)
            elif name == "day":
                session.day = self._day(value)
            elif name == "room":
                session.room = self._room(value)
            elif name not in LISTS:
                setattr(session, name, value)

    def _day(self, number):
        return next((d for d in self.days.values() if str(d.number) == number), None)

    def _room(self, slug):
        return next((r for r in self.rooms.values() if r.slug == slug), None)

    def _ours(self, session):
        ours = {name: getattr(session, name) or "" for name in TEXTS}
        for name in TIMES:
            moment = getattr(session, name)
            ours[name] = moment.astimezone(datetime.UTC).isoformat() if moment else ""
        ours["day"] = str(session.day.number) if session.day else ""
        ours["room"] = session.room.slug if session.room else ""
        return ours | self.parts.stored(session)

    def _merge(self, planned):
        report, record = self.run.report, planned.record
        ours = self._ours(record)
        settle_columns(ours, planned.cells)
        if self.schedule.ours:
            keep_other_language(ours, planned.cells)
        parts = ours["contributions"]
        self.parts.settle(planned.theirs, planned.cells, record, parts)
        base = planned.row.cells if planned.row else None
        done = merge(ours, base, planned.cells)
        if done.write.get("ends_at", ours["ends_at"]):
            self._keep_in_order(planned, ours, done)
        name = f"{record.code} {record}"
        for cell, theirs, mine in done.kept:
            shown = (self._shown(cell, theirs), self._shown(cell, mine))
            report.kept.append((name, self._label(cell), *shown))
        if done.write:
            self._set(record, done.write)
            self.changed.append((record, done.write))
            fields = [
                (self._label(cell), self._shown(cell, ours[cell]), self._shown(cell, v))
                for cell, v in done.write.items()
            ]
            report.updated.append(Change("session", name, fields))
        else:
            report.unchanged["session"] += 1

    def _keep_in_order(self, planned, ours, done):
        """Where one end of a session was edited, the other may not pass it."""
        both = {name: done.write.get(name, ours[name]) for name in TIMES}
        if not both["starts_at"] or both["ends_at"] <= both["starts_at"]:
            for name in TIMES & set(done.write):
                done.kept.append((name, done.write.pop(name), ours[name]))

    def _label(self, cell):
        lists = {
            "contributions": _("Contributions"),
            "languages": _("Spoken languages"),
            "interpreted": _("Interpretation"),
            "materials": _("Materials"),
        }
        return lists.get(cell) or label_of(Session, cell)

    def _shown(self, cell, value):
        if cell in TIMES and value:
            moment = datetime.datetime.fromisoformat(value)
            local = timezone.localtime(moment, self.run.edition_step.zone)
            return date_format(local, "SHORT_DATETIME_FORMAT")
        if cell in {"format", "event_status", "state"}:
            field = Session._meta.get_field(cell)
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, list):
            return "; ".join(self.parts.shown(cell, item) for item in value)
        return value

    # Writing

    def _write(self):
        new = [planned.record for planned in self.planned if planned.fresh]
        with override("en"):
            Session.objects.bulk_create(new, batch_size=BATCH)
            names = defaultdict(list)
            for record, cells in self.changed:
                if fields := frozenset(set(cells) - LISTS):
                    names[fields].append(record)
            for fields, records in names.items():
                for record in records:
                    record.updated_at = timezone.now()
                fields = sorted({*fields, "updated_at"})
                Session.objects.bulk_update(records, fields, batch_size=BATCH)
        self.parts.write(self.planned, self.changed)
        for planned in self.planned:
            base = planned.row.cells if planned.row else {}
            cells = {**base, **planned.cells}
            if planned.fresh:
                cells.setdefault("state", planned.record.state)
            self.run.keep("session", planned.key, planned.record, cells)

    def _tell_gone(self, seen):
        for (kind, key), row in self.run.base.items():
            session = self.by_pk.get(row.object_id)
            if kind == "session" and key not in seen and session:
                self.run.report.gone.append(f"{session.code} {session}")
