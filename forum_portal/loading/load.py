"""
Loading a content folder: read all of it, compare, write, remember.

Each cell is merged from three sides: as it was loaded last (kept in `LoadedRow`),
as the file has it, and as the database has it. What was edited in the admin since
is kept and reported. Nothing is written unless everything can be.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db.models.signals import post_save
from django.utils.translation import override

from exchange.cells import CellError
from forum_portal.loading.columns import REASON
from forum_portal.loading.directory import Directory
from forum_portal.loading.folder import Folder
from forum_portal.loading.problems import nearest
from forum_portal.models import Forum, LoadedRow
from organizations.models import Person
from records.models import Record, Removed, State, record_kinds
from records.operations import recording
from sessions.models import Edition


@dataclass(frozen=True)
class Kept:
    """A cell that the database keeps, since somebody edited it there."""

    file: str
    line: int
    slug: str
    column: str
    in_file: str
    in_database: str


@dataclass
class Report:
    """What a load did: (file, slug) of each row, and the cells that it kept."""

    created: list = field(default_factory=list)
    updated: list = field(default_factory=list)
    unchanged: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    removed: list = field(default_factory=list)
    kept: list = field(default_factory=list)


class _DryRunOverError(Exception):
    """Takes everything back."""


def load_folder(path: Path, *, overwrite=False, dry_run=False, tell=print) -> Report:
    """
    Load a content folder as one operation and return what was done.

    `overwrite` lets the files win over edits made in the admin; `dry_run` undoes
    everything at the end; `tell` hears one line per file. Raise `LoadError`, with
    nothing written, when anything is wrong.
    """
    with suppress(_DryRunOverError), override("en"), recording("import", path.name):
        load = Load(Folder(path), overwrite)
        load.check()
        load.write()
        for table in load.files:
            tell(load.remember(table))
        if dry_run:
            raise _DryRunOverError
    return load.report


def is_empty():
    """Tell whether the database holds neither a forum nor any record."""
    return not any(kind.objects.exists() for kind in [Forum, *record_kinds()])


class Load:
    """One run over the rows of a folder."""

    def __init__(self, folder, overwrite):
        self.folder = folder
        self.files = folder.files
        self.problems = folder.problems
        self.directory = Directory(folder)
        self.overwrite = overwrite
        self.claims = set()  # what rows of shared columns state
        self.report = Report()

    # Checking what a cell needs of others

    def check(self):
        """Check each cell against the rest of its row, and the records it names."""
        if self.folder.broken:
            # What hangs on rows that could not be read would only be noise.
            self.problems.stop_if_any()
        for table, (columns, rows) in self.files.items():
            for row in rows:
                for column in columns:
                    if column.name in row.values:
                        self._check_cell(table, row, column)
            self._place_parents_first(table)
        self.problems.stop_if_any()

    def _check_cell(self, table, row, column):
        value = row.values[column.name]
        try:
            for model, slug in column.references(value):
                known = self.directory.known(model)
                if slug not in known:
                    kind = model._meta.verbose_name_plural
                    expected = f"one of the {kind} in the files or on record"
                    raise CellError(expected + nearest(slug, known), slug)
            if all(name in row.values for name in column.beside):
                column.check(value, row, self.directory)
        except CellError as wrong:
            self.problems.wrong(table, row, column, wrong)
        if column.shared:
            self.claims |= column.claims(row.key, value)

    def _place_parents_first(self, table):
        columns, rows = self.files[table]
        parents = {row.key: row.values.get("parent") for row in rows if row.key}
        if not any(parents.values()):
            return

        def depth(row):
            trail, key = [], row.key
            while key in parents and key not in trail:
                trail.append(key)
                key = parents[key]
            if key in trail:
                wrong = CellError("a parent above the row, not a circle")
                self.problems.wrong(table, row, table.column_named("parent"), wrong)
            return len(trail)

        self.files[table] = columns, sorted(rows, key=depth)

    # Writing

    def write(self):
        """Write what is new: records first, then what may name any of them."""
        for table in self.files:
            for row in self.files[table][1]:
                self._merge(table, row)
                self._save(table, row)
            self.problems.stop_if_any()
        # An edition names its organizers in order, before others add roles to it.
        for table in sorted(self.files, key=lambda table: table.model is not Edition):
            for row in self.files[table][1]:
                self._save_parts(table, row)
        self.problems.stop_if_any()

    def _merge(self, table, row):
        """Find the cells of a row to write; those edited in the admin are kept."""
        loaded = self.directory.loaded.get((table.file, row.key))
        if row.record is None and loaded and not self.overwrite:
            row.deleted = True
            return
        if row.record is None and self._was_removed(table, row):
            row.deleted = True
            return
        row.created = row.record is None
        if row.created:
            row.record = begin(table.model, row.key, restore=loaded)
        for column in self.files[table][0]:
            cell = row.cells[column.name] = self._canonical(row, column)
            if column.shared:
                continue
            if row.created:
                # A new record has no parts yet that an empty cell could remove.
                if cell or not column.late:
                    row.write.append(column)
                continue
            ours = column.dump(row.record, self.directory)
            # What no load has written counts as empty before: blanks are filled.
            base = loaded.cells.get(column.name, "") if loaded else ""
            if column.same(ours, cell):
                continue
            if self.overwrite or column.same(ours, base):
                row.write.append(column)
            else:
                self._keep(table, row, column, ours)

    def _was_removed(self, table, row):
        """Tell of a person whose data were removed: no file brings the person back."""
        return table.model is Person and Removed.objects.of(Person, row.key) is not None

    def _canonical(self, row, column):
        return column.cell.write(row.values[column.name])

    def _keep(self, table, row, column, ours):
        row.kept.add(column.name)
        cell = row.cells[column.name]
        kept = Kept(table.file, row.line, row.key, column.name, cell, ours)
        self.report.kept.append(kept)

    def _save(self, table, row):
        if row.deleted:
            return
        record = row.record
        # One entry in the history, made when the parts are there as well
        record.skip_history_when_saving = True
        early = [column for column in row.write if not column.late]
        try:
            for column in early:
                self._write(table, row, column)
            if early:
                record.full_clean()
                record.save()
                self.directory.enter(row)
        except ValidationError as error:
            self.problems.invalid(table, row, error)

    def _write(self, table, row, column, value=None):
        value = row.values[column.name] if value is None else value
        try:
            column.write(row.record, value, self.directory)
        except CellError as wrong:
            self.problems.wrong(table, row, column, wrong)
        except ValidationError as error:
            self.problems.invalid(table, row, error, column)

    def _save_parts(self, table, row):
        if row.deleted:
            return
        record = row.record
        record._prefetched_objects_cache = {}
        for column in self.files[table][0]:
            if column.shared:
                self._share(table, row, column)
            elif column.late and column in row.write:
                self._write(table, row, column)
        if row.write:
            del record.skip_history_when_saving
            record._change_reason = REASON
            if row.created:
                # The record was saved before; this is what its history hears.
                post_save.send(
                    type(record),
                    instance=record,
                    created=True,
                    update_fields=None,
                    raw=False,
                    using=record._state.db,
                )
            else:
                record.save()

    def _share(self, table, row, column):
        """
        Merge, item by item, a list that other files fill as well.

        An item goes when this file drops it and no other row states it.
        """
        directory, value = self.directory, row.values[column.name]
        parts = column.existing(row.record, directory)
        ours = [column.item(part, directory) for part in parts]
        loaded = directory.loaded.get((table.file, row.key))
        base = column.cell.read(loaded.cells.get(column.name, "")) if loaded else []
        stated = {i for i in ours if column.claims(row.key, [i]) <= self.claims}
        if self.overwrite:
            base = ours
        stay = [i for i in ours if i in value or i in stated or i not in base]
        come = [i for i in value if i not in ours and (self.overwrite or i not in base)]
        if stay + come != ours:
            self._write(table, row, column, stay + come)
            row.write.append(column)
        if set(value) - {*stay, *come}:
            self._keep(table, row, column, column.cell.write(ours))

    # Remembering

    def remember(self, table):
        """Keep the cells loaded as the base of the next load; sum up the file."""
        columns, rows = self.files[table]
        loaded = {
            slug: row
            for (file, slug), row in self.directory.loaded.items()
            if file == table.file
        }
        new, changed, done = [], [], Counter()
        for row in rows:
            done[self._report(table, row)] += 1
            if row.deleted:
                continue
            cells = self._base(table, columns, row, loaded.get(row.key))
            if row.key not in loaded:
                new.append(LoadedRow(file=table.file, slug=row.key, cells=cells))
            elif loaded[row.key].cells != cells:
                loaded[row.key].cells = cells
                changed.append(loaded[row.key])
        LoadedRow.objects.bulk_create(new)
        LoadedRow.objects.bulk_update(changed, ["cells"])
        for slug in sorted(loaded.keys() - {row.key for row in rows}):
            if self.directory.holds(table.model, slug):
                self.report.removed.append((table.file, slug))
        said = ", ".join(f"{count} {word}" for word, count in sorted(done.items()))
        return f"{table.file}: {said}"

    def _base(self, table, columns, row, loaded):
        cells = dict(loaded.cells) if loaded else {}
        for column in columns:
            if column.name not in row.kept:
                cells[column.name] = row.cells[column.name]
        if row.created:
            for column in table.columns:
                if column not in columns:
                    cells[column.name] = column.dump(row.record, self.directory)
        return cells

    def _report(self, table, row):
        if row.deleted:
            done = "deleted"
        elif row.created:
            done = "created"
        else:
            done = "updated" if row.write else "unchanged"
        getattr(self.report, done).append((table.file, row.key))
        return done


def begin(model, key, restore):
    """
    Return a new record to fill, published.

    One to restore comes back as it was when it was deleted in the admin: its
    address is its own for good.
    """
    if not issubclass(model, Record):
        return model()
    past = model.history.filter(slug=key).first() if restore else None
    return past.instance if past else model(slug=key, state=State.PUBLISHED)
