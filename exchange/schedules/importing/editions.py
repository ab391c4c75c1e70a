"""The edition itself, its time zone, days and rooms."""

import datetime
import re
import zoneinfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from exchange.schedules.fields import one_line
from exchange.schedules.importing.addresses import free_slug
from exchange.schedules.importing.merge import merge, settle_columns
from exchange.schedules.importing.own import keep_other_language
from exchange.schedules.importing.report import Change
from exchange.schedules.languages import columns
from exchange.schedules.mentions import fold
from exchange.schedules.shape import Day, RefusedError
from exchange.schedules.times import fits, is_zone, usual_offset, zone_of_offset
from records.admin import field_label
from records.markup import plain, to_markdown
from records.models import State
from records.text import LONGEST
from sessions.models import Edition, EditionDay, Room

DATES = {"starts_on", "ends_on", "date"}


def label_of(model, name):
    """Return what a cell is called: the label of its field."""
    return field_label(model._meta.get_field(name))


def fitted(text, most, note):
    """Return a text cut at a word to what its field holds; `note` hears of a cut."""
    if len(text) <= most:
        return text
    note(_("“%(text)s …” was longer than %(n)d characters and was cut.")
         % {"text": text[:30], "n": most})  # fmt: skip
    return text[: most - 1].rsplit(" ", 1)[0] + "…"


def as_markdown(texts, schedule, note):
    """Return texts by language as Markdown; `schedule` hears what is lost of them."""
    found = {}
    for code, text in texts.items():
        markdown, lost = to_markdown(text)
        for element, times in lost.items():
            schedule.lose(f"<{element}>", times=times)
        found[code] = fitted(markdown, LONGEST, note)
    return found


def written(record, cells):
    """Set cells, which are text, on the fields of a record."""
    for name, value in cells.items():
        if name in DATES:
            value = datetime.date.fromisoformat(value) if value else None
        setattr(record, name, value)


def stored(record, names):
    """Return the cells of a record as text."""
    values = ((name, getattr(record, name)) for name in names)
    return {
        n: "" if v is None else v.isoformat() if n in DATES else str(v)
        for n, v in values
    }


class EditionStep:
    def __init__(self, run):
        self.run, self.schedule = run, run.schedule

    def do(self):
        edition = Edition.objects.filter(slug=self.run.slug).first()
        self.created = edition is None
        if self.created:
            edition = Edition(slug=self.run.slug, state=State.DRAFT)
            edition.time_zone = ""
        self.edition = edition
        self.run.load_base(edition)
        self.zone = zoneinfo.ZoneInfo(self._zone())
        self._place_in_time()
        self._write_edition()
        self._days()
        self._rooms()
        return edition

    # The clock

    def _zone(self):
        """
        Return the name of the zone that clock times are meant in.

        What the command says, else the file's own; else that of the edition, or
        of the file's single offset, or the portal's.
        """
        schedule, chosen = self.schedule, self.run.time_zone
        moments = [
            moment
            for session in schedule.sessions
            for moment in (session.starts, session.ends)
            if moment and moment.tzinfo
        ]
        # A time in UTC says nothing of the clock at the place.
        local = [moment for moment in moments if moment.tzinfo != datetime.UTC]
        if chosen and not is_zone(chosen):
            words = _("“%(zone)s” is no IANA time zone. One is “Asia/Shanghai”.")
            raise RefusedError(words % {"zone": chosen})
        if schedule.zone and not chosen and not is_zone(schedule.zone):
            words = _(
                "“%(zone)s” is no IANA time zone. Name one by the time zone of the "
                "import (--time-zone)."
            )
            raise RefusedError(words % {"zone": schedule.zone}, schedule.zone_place)
        if named := chosen or schedule.zone:
            if local and not fits(named, local):
                words = _("The file writes times at %(offset)s, the zone is %(zone)s.")
                said = {"offset": usual_offset(local), "zone": named}
                schedule.note("", words % said)
            return named
        ours = self.edition.time_zone
        if ours and moments and fits(ours, local):
            return ours
        if moments and not ours and (found := zone_of_offset(local or moments)):
            words = _(
                "The file names no time zone; its offset %(offset)s fits %(zone)s."
            )
            said = {"offset": usual_offset(local or moments), "zone": found}
            schedule.note("", words % said)
            return found
        if any(session.starts for session in schedule.sessions):
            words = _("The file names no time zone; its times are taken for %(zone)s.")
            schedule.note("", words % {"zone": ours or settings.TIME_ZONE})
        return ours or settings.TIME_ZONE

    def _place_in_time(self):
        """Make every time aware, drop impossible ends, find the day of each session."""
        for session in self.schedule.sessions:
            session.starts = self._aware(session, session.starts)
            session.ends = self._aware(session, session.ends)
            if session.starts and session.lasts and session.ends is None:
                session.ends = self._aware(session, session.starts + session.lasts)
            if session.ends and not session.starts:
                session.ends = None
                words = _("It ends but does not start: the end was dropped.")
                self.schedule.note(session.place, words)
            elif session.ends and session.ends <= session.starts:
                session.ends = None
                words = _("It ends before it starts: the end was dropped.")
                self.schedule.note(session.place, words)
        for day in self.schedule.days:
            day.begins = self._aware(None, day.begins)
            day.finishes = self._aware(None, day.finishes)
        for session in sorted(
            (s for s in self.schedule.sessions if s.day is None and s.starts),
            key=lambda session: session.starts,
        ):
            session.day = self._day_of(session.starts)

    def _aware(self, session, moment):
        if moment is None:
            return None
        try:
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=self.zone)
                if session and not timezone_exists(moment):
                    words = _(
                        "%(time)s did not exist there: the clock was changed then."
                    )
                    said = {"time": f"{moment:%Y-%m-%d %H:%M}"}
                    self.schedule.note(session.place, words % said)
            moment = moment.astimezone(datetime.UTC)
        except (OverflowError, ValueError):
            moment = None
        if moment is None or not 1900 <= moment.year <= 2200:
            if session:
                self.schedule.note(session.place, _("Its time is out of range."))
            return None
        return moment

    def _day_of(self, moment):
        days = self.schedule.days
        for day in days:
            if day.begins and day.finishes and day.begins <= moment < day.finishes:
                return day.number
        date = moment.astimezone(self.zone).date()
        for day in days:
            if day.date == date:
                return day.number
        number = max((day.number for day in days), default=0) + 1
        days.append(Day(number, date))
        return number

    # The edition

    def _theirs(self):
        schedule, note = self.schedule, lambda words: self.schedule.note("", words)
        cells = {}
        for name, most in (("name", 300), ("city", 100), ("venue", 200)):
            words = {c: plain(one_line(t)) for c, t in getattr(schedule, name).items()}
            english, chinese, third = columns(words)
            cells[f"{name}_en"] = fitted(english, most, note)
            cells[f"{name}_zh_hans"] = fitted(chinese, most, note)
            if name == "name":
                cells["name_language"] = third
        texts = as_markdown(schedule.summary, schedule, note)
        cells["summary_en"], cells["summary_zh_hans"], _third = columns(texts)
        cells |= {"starts_on": "", "ends_on": "", "time_zone": self.zone.key}
        dates = sorted(day.date for day in schedule.days if day.date)
        starts = schedule.starts or (dates[0] if dates else None)
        ends = schedule.ends or (dates[-1] if dates else None)
        if starts and ends and ends < starts:
            note(_("The edition ends before it starts: the last day was dropped."))
            ends = None
        cells["starts_on"] = starts.isoformat() if starts else ""
        cells["ends_on"] = ends.isoformat() if ends else ""
        # What is empty in the file says nothing about the record.
        cells = {name: value for name, value in cells.items() if value}
        if self.run.publish:
            cells["state"] = State.PUBLISHED
        return cells, starts

    def _write_edition(self):
        run, edition = self.run, self.edition
        cells, starts = self._theirs()
        if not schedule_names_zone(run) and not self.created:
            cells.pop("time_zone", None)
        row = run.base_of("edition", "edition")
        base = row.cells if row else None
        if self.created:
            edition.year = starts.year if starts else year_in(self.schedule, run.slug)
            if not {"name_en", "name_zh_hans"} & set(cells):
                edition.name_en = run.slug
                words = _(
                    "The file does not name the edition: it is called “%(slug)s”."
                )
                self.schedule.note("", words % {"slug": run.slug})
            written(edition, cells)
            run.report.created["edition"].append(run.slug)
        else:
            if self.schedule.ours:
                cells = settled_name(edition, cells)
            ours = stored(edition, cells)
            done = merge(ours, base, cells)
            written(edition, done.write)
            if edition.starts_on and edition.ends_on:
                edition.ends_on = max(edition.ends_on, edition.starts_on)
            for name, theirs, mine in done.kept:
                label = label_of(Edition, name)
                run.report.kept.append((str(edition), label, theirs, mine))
            if done.write:
                fields = [
                    (label_of(Edition, n), ours[n], v) for n, v in done.write.items()
                ]
                run.report.updated.append(Change("edition", str(edition), fields))
        if self.created or done.write:
            with override("en"):
                edition.save()
        else:
            run.report.unchanged["edition"] += 1
        remembered = {**(base or {}), **cells}
        if self.created:
            remembered.setdefault("state", edition.state)
        run.keep("edition", "edition", edition, remembered)

    # Days

    def _days(self):
        run, report = self.run, self.run.report
        known = list(self.edition.days.all()) if not self.created else []
        self.days, new, changed = {}, [], []
        for day in sorted(self.schedule.days, key=lambda day: day.number):
            found, row = self._find_day(day, known)
            date = day.date.isoformat() if day.date else ""
            if found is None:
                found = EditionDay(edition=self.edition, number=day.number)
                taken = {one.number for one in known}
                if found.number in taken:
                    found.number = max(taken) + 1
                found.date = day.date
                new.append(found)
                known.append(found)
                report.created["day"].append(f"{found.number}: {date}")
            else:
                ours = stored(found, ["date"])
                done = merge(ours, row.cells if row else None, {"date": date})
                if done.write:
                    written(found, done.write)
                    changed.append(found)
                    fields = [(label_of(EditionDay, "date"), ours["date"], date)]
                    report.updated.append(Change("day", str(found), fields))
                else:
                    report.unchanged["day"] += 1
                for _name, theirs, mine in done.kept:
                    label = label_of(EditionDay, "date")
                    report.kept.append((str(found), label, theirs, mine))
            self.days[day.number] = found
            run.keep("day", str(day.number), found, {"date": date})
        with override("en"):
            EditionDay.objects.bulk_create(new)
            if changed:
                EditionDay.objects.bulk_update(changed, ["date"])

    def _find_day(self, day, known):
        row = self.run.base_of("day", str(day.number))
        used = {found.pk for found in self.days.values() if found.pk}
        free = [one for one in known if one.pk not in used]
        same = lambda test: next((one for one in free if test(one)), None)  # noqa: E731
        found = row and same(lambda one: one.pk == row.object_id)
        found = found or (day.date and same(lambda one: one.date == day.date))
        found = found or same(
            lambda one: (
                one.number == day.number and (one.date is None or day.date is None)
            )
        )
        return found or None, row

    # Rooms

    def _rooms(self):
        run, report = self.run, self.run.report
        known = list(self.edition.rooms.all()) if not self.created else []
        slugs = {room.slug for room in known}
        self.rooms, new, changed = {}, [], []
        for room in self.schedule.rooms.values():
            cells = self._room_cells(room)
            row = run.base_of("room", room.key)
            found = self._find_room(room, row, known)
            if found is None:
                found = Room(edition=self.edition, position=len(known) + 1)
                text = cells["name_en"] or cells["name_zh_hans"]
                found.slug = free_slug(text, "room", slugs)
                written(found, cells)
                known.append(found)
                new.append(found)
                report.created["room"].append(text)
            else:
                self._merge_room(found, row, cells, changed)
            self.rooms[room.key] = found
            run.keep("room", room.key, found, cells)
        with override("en"):
            Room.objects.bulk_create(new)
            if changed:
                names = ["name_en", "name_zh_hans", "notes_en", "notes_zh_hans"]
                Room.objects.bulk_update(changed, names)

    def _room_cells(self, room):
        note = lambda words: self.schedule.note("", words)  # noqa: E731
        cells = {}
        for name, most in (("name", 100), ("notes", 300)):
            words = {c: plain(one_line(t)) for c, t in getattr(room, name).items()}
            english, chinese, _third = columns(words)
            cells[f"{name}_en"] = fitted(english, most, note)
            cells[f"{name}_zh_hans"] = fitted(chinese, most, note)
        return cells

    def _find_room(self, room, row, known):
        used = {found.pk for found in self.rooms.values() if found.pk}
        names = {fold(text) for text in room.name.values()}
        for one in known:
            if row and one.pk == row.object_id and one.pk not in used:
                return one
        for one in known:
            own = {fold(one.name_en or ""), fold(one.name_zh_hans or "")} - {""}
            if own & names and (one.pk is None or one.pk not in used):
                return one
        return None

    def _merge_room(self, found, row, cells, changed):
        report = self.run.report
        ours = stored(found, cells)
        if self.schedule.ours:
            settle_columns(ours, cells)
            keep_other_language(ours, cells)
        done = merge(ours, row.cells if row else None, cells)
        for name, theirs, mine in done.kept:
            report.kept.append((str(found), label_of(Room, name), theirs, mine))
        if done.write:
            written(found, done.write)
            changed.append(found)
            fields = [(label_of(Room, n), ours[n], v) for n, v in done.write.items()]
            report.updated.append(Change("room", str(found), fields))
        else:
            report.unchanged["room"] += 1


def settled_name(edition, cells):
    """Return the cells with the name in the column where the record has the same."""
    names = ("name_en", "name_zh_hans", "name_language")
    cells = {**dict.fromkeys(names, ""), **cells}
    settle_columns(stored(edition, names), cells)
    return {name: value for name, value in cells.items() if value}


def schedule_names_zone(run):
    """Tell whether somebody named the zone, the file or the organizer."""
    return bool(run.time_zone or run.schedule.zone)


def timezone_exists(moment):
    """Tell whether a clock time happened: it comes back from UTC as it went."""
    back = moment.astimezone(datetime.UTC).astimezone(moment.tzinfo)
    return back.replace(tzinfo=None) == moment.replace(tzinfo=None)


def year_in(schedule, slug):
    """Return the year that the address or the name holds, else the present one."""
    for text in (slug, *schedule.name.values()):
        if found := re.search(r"(?:19|20)\d\d", text):
            return int(found[0])
    return timezone.localdate().year
