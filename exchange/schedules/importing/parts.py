"""What belongs to a session: contributions, languages, materials, topics."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from exchange.schedules.importing import own
from exchange.schedules.languages import script_language
from exchange.schedules.mentions import fold
from organizations.models import Organization
from records.models import AltName
from sessions.models import Contribution, Material, Session, SpokenLanguage

BATCH = 500


class Parts:
    """
    The lists of a session, as cells of plain values and as rows of the database.

    A contribution is [person, organization, role] by keys, 0 for none.
    """

    prefetched = ("contributions", "spoken_languages", "materials", "topics")

    def __init__(self, run):
        self.run, self.schedule = run, run.schedule
        self.people, self.bodies = run.people.found, run.people.organizations
        self.names = {person.pk: str(person) for person in self.people.values()}
        self.organizations = self._organizations()
        self.spoken = own.spoken_in(run.edition) if self.schedule.ours else set()

    def _organizations(self):
        """Return organizations by their names, where only one has the name."""
        wanted = {
            fold(part.organization)
            for session in self.schedule.sessions
            for part in session.parts
            if part.organization
        }
        found = {}
        if not wanted:
            return found
        rows = Organization.objects.values_list(
            "pk", "name_en", "name_zh_hans", "acronym"
        )
        for pk, *names in rows:
            for name in filter(None, names):
                found.setdefault(fold(name), set()).add(pk)
        alt_names = AltName.objects.filter(
            content_type__app_label="organizations", content_type__model="organization"
        )
        for pk, text in alt_names.values_list("object_id", "text"):
            found.setdefault(fold(text), set()).add(pk)
        return {
            name: next(iter(pks))
            for name, pks in found.items()
            if name in wanted and len(pks) == 1
        }

    # Cells

    def cells(self, theirs):
        """Return what the file says; names of organizations not on record are lost."""
        contributions = []
        for part in theirs.parts:
            person, body = self.people.get(part.person), self.bodies.get(part.person)
            if person is None and body is None:
                continue
            organization = body.pk if body else 0
            if part.organization and not body:
                organization = self.organizations.get(fold(part.organization), 0)
                if not organization:
                    name = _("organizations that are not on record by this name")
                    self.schedule.lose(name, part.organization)
            item = [person.pk if person else 0, organization, part.role]
            if item not in contributions:
                contributions.append(item)
        cells = {
            "contributions": contributions,
            "materials": [
                [m.kind, m.url, m.title, m.licence] for m in theirs.materials
            ],
        }
        if self.run.topics:
            cells["topics"] = sorted(self.run.topics.get(theirs.track.casefold(), []))
        return cells

    def settle(self, theirs, cells, session, ours):
        """
        Take our own word where the file says less: no organization, or no role.

        A part on record that fits what the file says of a person stands for it. What
        a file of our own leaves out stays.
        """
        stated = {(p.person, p.role) for p in theirs.parts if p.stated}
        keys = {person.pk: key for key, person in self.people.items()}
        settled = []
        for item in cells["contributions"]:
            person, organization, role = item
            if person and item not in ours:
                said = (keys.get(person), role) in stated
                item = next(
                    (
                        mine
                        for mine in ours
                        if mine[0] == person
                        and (mine[2] == role or not said)
                        and (not organization or mine[1] == organization)
                    ),
                    item,
                )
            if item not in settled:
                settled.append(item)
        cells["contributions"] = settled
        if self.schedule.ours:
            cells["contributions"] = own.keep_parts(
                session.pk, settled, ours, self.spoken
            )
            cells["materials"] = own.keep_materials(session, cells["materials"])

    def stored(self, session):
        """Return the same of the record."""
        languages = list(session.spoken_languages.all())
        return {
            "contributions": [
                [c.person_id or 0, c.organization_id or 0, c.role]
                for c in session.contributions.all()
            ],
            "languages": [one.language for one in languages if not one.interpreted],
            "interpreted": [one.language for one in languages if one.interpreted],
            "materials": [
                [m.kind, m.url, own.cell_title(m), m.licence]
                for m in sorted(session.materials.all(), key=lambda m: m.pk)
                if m.url
            ],
            "topics": sorted(topic.slug for topic in session.topics.all()),
        }

    def shown(self, cell, item):
        """Return an item in words."""
        if cell == "contributions":
            person, organization, role = item
            name = self.names.get(person) or self._name(person, organization)
            return f"{name} ({Contribution.Role(role).label})"
        return item[1] if cell == "materials" else str(item)

    def _name(self, person, organization):
        if person and person not in self.names:
            found = Contribution.objects.filter(person=person).first()
            self.names[person] = str(found.person) if found else str(person)
        if person:
            return self.names[person]
        return str(Organization.objects.filter(pk=organization).first() or organization)

    # Rows

    def write(self, planned, changed):
        """Write the lists of new sessions, and of those in which they have changed."""
        self.new = {model: [] for model in (Contribution, SpokenLanguage, Material)}
        self.tags = []
        for one in planned:
            if one.fresh:
                self._add(one.record, one.cells, recorded=one.theirs.recorded)
        recorded = {one.record.pk: one.theirs.recorded for one in planned}
        for session, cells in changed:
            self._change(session, cells, recorded[session.pk])
        with override("en"):
            for model, rows in self.new.items():
                if rows:
                    model.objects.bulk_create(rows, batch_size=BATCH)
        through = Session.topics.through
        through._default_manager.bulk_create(self.tags, batch_size=BATCH)

    def _add(self, session, cells, recorded=True, start=0):
        consent = "" if recorded else Contribution.Consent.REFUSED
        for number, (person, organization, role) in enumerate(
            cells.get("contributions", ()), start=start
        ):
            self.new[Contribution].append(
                Contribution(
                    session=session,
                    person_id=person or None,
                    organization_id=organization or None,
                    role=role,
                    position=number,
                    recording_consent=consent,
                )
            )
        for name, interpreted in (("languages", False), ("interpreted", True)):
            for code in cells.get(name, ()):
                row = SpokenLanguage(
                    session=session, language=code, interpreted=interpreted
                )
                self.new[SpokenLanguage].append(row)
        for kind, url, title, licence in cells.get("materials", ()):
            chinese = script_language(title) == "zh"
            row = Material(session=session, kind=kind, url=url, licence=licence)
            row.title_en, row.title_zh_hans = ("", title) if chinese else (title, "")
            self.new[Material].append(row)
        through = Session.topics.through
        for slug in cells.get("topics", ()):
            pk = self.run.topic_pks[slug]
            self.tags.append(through(session=session, topic_id=pk))

    def _change(self, session, cells, recorded):
        if "contributions" in cells:
            self._change_contributions(session, cells["contributions"], recorded)
        for name, interpreted in (("languages", False), ("interpreted", True)):
            if name in cells:
                rows = session.spoken_languages.all()
                have = {r.language: r for r in rows if r.interpreted == interpreted}
                self._drop(have[code] for code in have if code not in cells[name])
                # A language heard both ways is unique in its session.
                come = [code for code in cells[name] if code not in have]
                others = {r.language for r in rows if r.interpreted != interpreted}
                self._add(session, {name: [c for c in come if c not in others]})
        if "materials" in cells:
            have = {
                (m.kind, m.url, own.cell_title(m), m.licence): m
                for m in session.materials.all()
                if m.url
            }
            wanted = [tuple(item) for item in cells["materials"]]
            self._drop(have[item] for item in have if item not in wanted)
            self._add(session, {"materials": [i for i in wanted if i not in have]})
        if "topics" in cells:
            session.topics.set([self.run.topic_pks[slug] for slug in cells["topics"]])

    def _change_contributions(self, session, wanted, recorded):
        have = {
            (c.person_id or 0, c.organization_id or 0, c.role): c
            for c in session.contributions.all()
        }
        wanted = [tuple(item) for item in wanted]
        self._drop(have[item] for item in have if item not in wanted)
        moved = []
        for number, item in enumerate(wanted):
            if item not in have:
                cells = {"contributions": [item]}
                self._add(session, cells, recorded, start=number)
            elif have[item].position != number:
                have[item].position = number
                moved.append(have[item])
        if moved:
            Contribution.objects.bulk_update(moved, ["position"])

    def _drop(self, rows):
        for row in rows:
            row.delete()
