"""People: found by what their source system calls them, never by a guess."""

import uuid
from collections import defaultdict

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _
from django.utils.translation import override
from rapidfuzz import fuzz

from exchange.schedules.fields import one_line
from exchange.schedules.importing.addresses import Slugs
from exchange.schedules.importing.editions import (
    as_markdown,
    fitted,
    label_of,
    stored,
    written,
)
from exchange.schedules.importing.merge import merge, settle_columns
from exchange.schedules.importing.own import keep_other_language
from exchange.schedules.importing.report import Change
from exchange.schedules.languages import HAN, columns
from exchange.schedules.mentions import fold
from organizations.models import Organization, Person
from records.markup import plain
from records.models import AltName, ExternalId, Merged, Removed, State
from records.models.merged import digest

BATCH = 500


class PeopleStep:
    """After `do()`, `found` maps keys of the file to people, `names` to their names."""

    def __init__(self, run):
        self.run, self.schedule = run, run.schedule
        self.found, self.names, self.organizations = {}, {}, {}
        self.new, self.changed, self.ids = [], [], []

    def do(self):
        named = {p.person for s in self.schedule.sessions for p in s.parts}
        for key, person in self.schedule.people.items():
            if key not in named:
                said = next(iter(person.name.values()), "")
                self.schedule.lose(_("people who have no part in a session"), said)
        wanted = [p for key, p in self.schedule.people.items() if key in named]
        self._load(wanted)
        for number, person in enumerate(wanted):
            self._enter(person)
            self.run.tell(_("people"), number + 1, len(wanted))
        self._write()
        self._tell_duplicates(wanted)

    # Finding

    def _load(self, wanted):
        keys = {("person", person.key[:250]) for person in wanted}
        rows = [row for at, row in self.run.base.items() if at in keys]
        values = {one for person in wanted for one in person.ids}
        kind = ContentType.objects.get_for_model(Person)
        every = ExternalId.objects.filter(content_type=kind, system=self.run.system)
        outside = [(e.value, e.object_id) for e in every] if self.run.system else []
        self.by_id = {value: pk for value, pk in outside if value in values}
        uids = [uid for one in values if (uid := as_uuid(one))]
        slugs = [person.slug for person in wanted if person.slug]
        # Who was merged into somebody else since is that person now.
        former = Merged.objects.filter(
            content_type=kind, former_id__in=[row.object_id for row in rows]
        )
        self.merged = dict(former.values_list("former_id", "object_id"))
        removed = Removed.objects.filter(content_type=kind)
        self.removed = set(removed.values_list("digest", flat=True))
        pks = {self.merged.get(row.object_id, row.object_id) for row in rows}
        pks |= set(self.by_id.values())
        people = [
            *Person.objects.in_bulk(list(pks)).values(),
            *Person.objects.filter(uid__in=uids),
            *Person.objects.filter(slug__in=slugs),
        ]
        self.people = {person.pk: person for person in people}
        self.by_uid = {p.uid: p for p in self.people.values()}
        self.by_slug = {p.slug: p for p in self.people.values()}
        self.bodies = {o.uid: o for o in Organization.objects.filter(uid__in=uids)}
        self.slugs = Slugs(Person)

    def _enter(self, theirs):
        body = next((b for o in theirs.ids if (b := self.bodies.get(as_uuid(o)))), None)
        if body:
            self.organizations[theirs.key] = body
            self.names[theirs.key] = str(body)
            return
        cells = self._cells(theirs)
        row = self.run.base_of("person", theirs.key[:250])
        record, fresh = self._find(theirs, row, cells), False
        if record is None and (row or self._was_removed(theirs)):
            self.run.report.deleted.append(cells["name_en"] or cells["name_zh_hans"])
            return
        if record is None:
            record, fresh = self._make(theirs, cells), True
        else:
            self._merge(record, row, cells, theirs)
        self.found[theirs.key] = record
        self.names[theirs.key] = str(record)
        for value in theirs.ids:
            if self.run.system and value not in self.by_id:
                self.by_id[value] = record.pk
                self.ids.append((record, value))
        remembered = {**(row.cells if row else {}), **cells}
        if fresh:
            remembered.setdefault("state", record.state)
        self.run.keep("person", theirs.key, record, remembered)

    def _was_removed(self, theirs):
        """Tell of somebody whose data were removed: no file brings them back."""
        if not self.removed:
            return False
        words = [theirs.key[:250], theirs.slug, *(one[:200] for one in theirs.ids)]
        return any(digest(Person, word) in self.removed for word in words if word)

    def _find(self, theirs, row, cells):
        pk = row and self.merged.get(row.object_id, row.object_id)
        if pk in self.people:
            return self.people[pk]
        for value in theirs.ids:
            person = self.people.get(self.by_id.get(value))
            if person and self._is_sure(value, person, cells):
                self._tell_match(person)
                return person
            if person:
                words = _(
                    "%(name)s has the id of %(other)s, but not the name: two people."
                )
                names = {"name": next(iter(theirs.name.values())), "other": person}
                self.run.report.duplicates.append(words % names)
            if person := self.by_uid.get(as_uuid(value)):
                self._tell_match(person)
                return person
        if theirs.slug:
            if person := self.by_slug.get(theirs.slug):
                self._tell_match(person)
                return person
            words = _("There is no person “%(slug)s” on record.")
            self.schedule.note("", words % {"slug": theirs.slug})
        return None

    def _is_sure(self, value, person, cells):
        """
        Tell whether an id may be trusted.

        It may where the file names its source by an address of the internet, and the
        id is more than a number. Else another system may have come in since, which
        counts from one again: then the names must have something in common.
        """
        if "." in self.run.system and not value.isdecimal():
            return True
        ours = [fold(n) for n in (person.name_en, person.name_zh_hans) if n]
        theirs = [fold(n) for n in (cells["name_en"], cells["name_zh_hans"]) if n]
        for one in ours:
            for other in theirs:
                if bool(HAN.search(one)) != bool(HAN.search(other)):
                    return True
                common = set(one.split()) & set(other.split())
                if common or fuzz.ratio(one, other) >= 60:
                    return True
        return False

    def _tell_match(self, person):
        self.run.report.matched.append(str(person))

    # Writing

    def _cells(self, theirs):
        note = lambda words: self.schedule.note("", words)  # noqa: E731
        names = {code: plain(one_line(text)) for code, text in theirs.name.items()}
        english, chinese, third = columns(names)
        texts = as_markdown(theirs.bio, self.schedule, note)
        bio_english, bio_chinese, _third = columns(texts)
        cells = {
            "name_en": fitted(english, 200, note),
            "name_zh_hans": fitted(chinese, 200, note),
            "bio_en": bio_english,
            "bio_zh_hans": bio_chinese,
            "sort_name": theirs.sort_name[:200],
            "name_language": third,
        }
        if self.run.publish:
            cells["state"] = State.PUBLISHED
        return cells

    def _make(self, theirs, cells):
        slug = self.slugs.new(cells["name_en"] or cells["name_zh_hans"], "person")
        person = Person(slug=slug, state=State.DRAFT)
        written(person, cells)
        self.new.append(person)
        self.run.report.created["person"].append(str(person))
        return person

    def _merge(self, record, row, cells, theirs):
        report = self.run.report
        ours = stored(record, cells)
        settle_columns(ours, cells)
        if self.schedule.ours:
            keep_other_language(ours, cells)
        done = merge(ours, row.cells if row else None, cells)
        for name, said, mine in done.kept:
            report.kept.append((str(record), label_of(Person, name), said, mine))
        if done.write:
            written(record, done.write)
            self.changed.append((record, list(done.write)))
            fields = [(label_of(Person, n), ours[n], v) for n, v in done.write.items()]
            report.updated.append(Change("person", str(record), fields))
        else:
            report.unchanged["person"] += 1

    def _write(self):
        kind = ContentType.objects.get_for_model(Person)
        with override("en"):
            Person.objects.bulk_create(self.new, batch_size=BATCH)
            if self.changed:
                fields = {name for _record, names in self.changed for name in names}
                records = [record for record, _names in self.changed]
                Person.objects.bulk_update(records, sorted(fields), batch_size=BATCH)
        ExternalId.objects.bulk_create(
            [
                ExternalId(
                    content_type=kind,
                    object_id=record.pk,
                    system=self.run.system,
                    value=value[:200],
                )
                for record, value in self.ids
            ],
            batch_size=BATCH,
        )

    # Possible duplicates

    def _tell_duplicates(self, wanted):
        """Tell of new people who have the name of somebody else, here or on record."""
        fresh = {person.pk for person in self.new}
        if not fresh:
            return
        others = defaultdict(set)
        for pk, slug, *names in Person.objects.values_list(
            "pk", "slug", "name_en", "name_zh_hans"
        ):
            for name in filter(None, names):
                others[fold(name)].add((pk, slug))
        kind = ContentType.objects.get_for_model(Person)
        slugs = dict(Person.objects.values_list("pk", "slug"))
        for pk, text in AltName.objects.filter(content_type=kind).values_list(
            "object_id", "text"
        ):
            if pk in slugs:
                others[fold(text)].add((pk, slugs[pk]))
        told = set()
        for person in self.new:
            for name in filter(None, (person.name_en, person.name_zh_hans)):
                for pk, slug in sorted(others[fold(name)]):
                    pair = frozenset((pk, person.pk))
                    if pk != person.pk and pair not in told:
                        told.add(pair)
                        words = _(
                            "%(name)s (%(slug)s) may be %(other)s, who is on record"
                        )
                        said = {"name": person, "slug": person.slug, "other": slug}
                        self.run.report.duplicates.append(words % said)


def as_uuid(text):
    try:
        return uuid.UUID(str(text)) if len(str(text)) == 36 else None
    except ValueError:
        return None
