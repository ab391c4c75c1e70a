"""One import from beginning to end, in one transaction."""

from django.utils.translation import gettext as _

from exchange.models import ImportedRow
from exchange.schedules.importing.clashes import clashes
from exchange.schedules.importing.editions import EditionStep
from exchange.schedules.importing.people import PeopleStep
from exchange.schedules.importing.report import Report, lost_lines
from exchange.schedules.importing.sessions import SessionStep
from exchange.schedules.shape import RefusedError
from records.models import SLUG
from records.operations import recording
from topics.models import Topic

BATCH = 500
KEY = ImportedRow._meta.get_field("key").max_length


class _DryRunOverError(Exception):
    """Takes everything back, the waiting work of the search included."""


def import_schedule(
    schedule,
    *,
    edition,
    publish=False,
    time_zone="",
    topics=None,
    source="",
    dry_run=False,
    user=None,
    file="",
    tell=lambda stage, done, total: None,
):
    """
    Write a `Schedule` into the edition of that slug and return the `Report`.

    A missing edition is made from the file's own data. New records are drafts
    unless `publish`; what is published stays so. `topics` maps tracks to slugs of
    topics, `source` names the system of the ids, `time_zone` overrules the file's.
    The import of `file` is an operation of `user`, and can be taken back.
    `dry_run` undoes everything at the end. `tell` hears how far it is. Raise
    `RefusedError`, with nothing written, if it cannot be imported.
    """
    try:
        with recording("import", f"{edition}: {file}", user):
            run = Run(schedule, edition, publish, time_zone, topics or {}, tell)
            run.system = (source or schedule.system)[:50]
            run.do()
            if dry_run:
                raise _DryRunOverError
    except _DryRunOverError:
        pass
    return run.report


class Run:
    """What the steps of one import share."""

    def __init__(self, schedule, slug, publish, time_zone, topics, tell):
        self.schedule, self.publish, self.time_zone = schedule, publish, time_zone
        self.slug = slug.strip().lower()
        self.tell, self.report = tell, Report()
        if not SLUG.regex.match(self.slug) or len(self.slug) > 60:
            words = _("“%(slug)s” is no address of an edition, such as “2025”.")
            raise RefusedError(words % {"slug": slug})
        self.topics = self._topics(topics)
        self.base = {}
        self.rows = []  # (kind, key, object, cells) of this file

    def _topics(self, mapping):
        known = dict(Topic.objects.values_list("slug", "pk"))
        found = {}
        for track, (slug, place) in mapping.items():
            if slug not in known:
                words = _("There is no topic “%(slug)s”.") % {"slug": slug}
                raise RefusedError(words, place)
            found.setdefault(track.casefold(), []).append(slug)
        self.topic_pks = known
        tracks = {session.track.casefold() for session in self.schedule.sessions}
        for track, (_slug, place) in mapping.items():
            if track.casefold() not in tracks:
                words = _("No session is in the track “%(track)s”.")
                self.schedule.note(place, words % {"track": track})
        return found

    def do(self):
        self.edition_step = EditionStep(self)
        self.edition = self.edition_step.do()
        self.people = PeopleStep(self)
        self.people.do()
        self.sessions = SessionStep(self)
        self.sessions.do()
        self.remember()
        self.report.clashes = clashes(self.sessions.planned, self.people.names)
        self.report.notes = self.schedule.notes
        self.report.lost = lost_lines(self.schedule)

    def load_base(self, edition):
        """Read what the last import said, by kind and key."""
        rows = ImportedRow.objects.filter(edition=edition) if edition.pk else ()
        self.base = {(row.kind, row.key): row for row in rows}

    def base_of(self, kind, key):
        return self.base.get((kind, key[:KEY]))

    def keep(self, kind, key, record, cells):
        """Remember what the file says, for the next import."""
        self.rows.append((kind, key[:KEY], record, cells))

    def remember(self):
        new, changed = [], []
        for kind, key, record, cells in self.rows:
            row = self.base.get((kind, key))
            if row is None:
                row = ImportedRow(edition=self.edition, kind=kind, key=key)
                new.append(row)
            elif row.cells == cells and row.object_id == record.pk:
                continue
            else:
                changed.append(row)
            row.object_id, row.cells = record.pk, cells
        ImportedRow.objects.bulk_create(new, batch_size=BATCH)
        if changed:
            ImportedRow.objects.bulk_update(
                changed, ["object_id", "cells"], batch_size=BATCH
            )
