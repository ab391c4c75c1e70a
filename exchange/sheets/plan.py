"""
What a file would change: each row compared with what is on record.

An empty cell empties the field, a column that is missing leaves it alone. Every
cell that cannot be taken is told of, not the first one only.
"""

import difflib
import hashlib
from dataclasses import dataclass, field

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db.models import Max
from django.utils.translation import gettext as _

from exchange.cells import CellError
from exchange.schedules.shape import RefusedError
from exchange.sheets.columns import Truth, said
from exchange.sheets.constraints import check_constraints
from exchange.sheets.names import Names
from exchange.sheets.rights import Rights
from exchange.sheets.tables import DELETE, NUMBER, TO_READ
from exchange.tables.xlsx import LONGEST_CELL
from records.filters import in_both
from records.models import FormerSlug, Record, Removed, State
from records.undo import many
from sessions.models import Session
from sessions.models.timetable import REASON_WANTED, STATUS, lacks_reason, place

NEW, CHANGED, SAME, DELETED = "new", "changed", "same", "deleted"


@dataclass
class Row:
    """
    A row of a file and what it means.

    `changes` are (column, old text, new text), `errors` (column, what is wrong with
    it). `owner` is the record that a part belongs to.
    """

    place: int
    cells: dict
    thing: object = None
    owner: object = None
    is_new: bool = False
    is_deleted: bool = False
    changes: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    @property
    def name(self):
        on_record = self.thing if self.thing and self.thing.pk else ""
        address = self.cells.get("slug") or self.cells.get("url")
        return str(self.owner or address or on_record)

    @property
    def fate(self):
        if self.is_deleted:
            return DELETED
        return NEW if self.is_new else CHANGED if self.changes else SAME

    def wrong(self, column, words):
        if (column, words) not in self.errors:
            self.errors.append((column, words))


@dataclass
class Part:
    """The rows of one table of the file, and the columns that it gives."""

    table: object
    columns: list
    rows: list

    def with_fate(self, fate):
        return [row for row in self.rows if row.fate == fate and not row.errors]

    @property
    def refused(self):
        return [row for row in self.rows if row.errors]


class Plan:
    """
    What the tables of a file would change for a kind of record, by somebody.

    Made of the headings; `compared()` looks at the rows. `ignored` are the names of
    sheets that are no table of the kind.
    """

    def __init__(self, tables, sheets, user):
        self.tables, self.names = tables, Names()
        self.rights = Rights(user, tables[0].kind)
        self.ignored = []
        self.parts = [part for sheet in sheets if (part := self._part(sheet))]
        # Records before their parts, whatever order the sheets are in
        self.parts.sort(key=lambda part: tables.index(part.table))
        if self.ignored and not self.parts:
            names = ", ".join(table.name for table in tables)
            words = _("There is no table of this name here. Its sheets are: %(names)s.")
            raise RefusedError(words % {"names": names}, self.ignored[0])
        if not any(part.rows for part in self.parts):
            raise RefusedError(_("There are no rows below the headings."))

    def compared(self):
        """Compare all rows with what is on record, and return the plan itself."""
        self._want_names()
        for part in self.parts:
            if not part.table.owner:
                self._find_records(part)
        self.names.look_up()
        for part in self.parts:
            if part.table.owner:
                self._find_parts(part)
            for row in part.rows:
                self._fill(part, row)
            if part.table.model is Session:
                self._place(part)
            self._check(part)
        return self

    @property
    def is_refused(self):
        return any(part.refused for part in self.parts)

    @property
    def changes_anything(self):
        return any(row.fate != SAME for part in self.parts for row in part.rows)

    @property
    def digest(self):
        """What tells this plan from another: whether something has changed since."""
        told = [
            (part.table.name, row.place, row.fate, row.changes, row.errors)
            for part in self.parts
            for row in part.rows
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    # The headings

    def _part(self, sheet):
        table = next((t for t in self.tables if t.name == sheet.name.lower()), None)
        if table is None:
            if sheet.header or sheet.rows:
                self.ignored.append(sheet.name)
            return None
        known = {column.name: column for column in table.columns}
        for name in sheet.header:
            self._check_heading(sheet, name, [*table.keys, *known])
        if sheet.rows and not {table.keys[0], table.keys[1]} & set(sheet.header):
            words = _("The column “%(name)s” is missing: it tells the rows apart.")
            raise RefusedError(words % {"name": table.keys[1]}, sheet.name)
        columns = [known[name] for name in sheet.header if name in known]
        # A time of day is by the clock of its edition, which must be known by then.
        columns.sort(key=lambda column: column.late)
        return Part(table, columns, [Row(*row) for row in sheet.rows])

    def _check_heading(self, sheet, name, names):
        if sheet.header.count(name) > 1:
            words = _("The column “%(name)s” stands twice.")
            raise RefusedError(words % {"name": name}, sheet.name)
        if name not in names:
            words = _("There is no column “%(name)s”.") % {"name": name}
            if near := difflib.get_close_matches(name, names, 1):
                words = _("There is no column “%(name)s”. Is “%(near)s” meant?") % {
                    "name": name,
                    "near": near[0],
                }
            raise RefusedError(words, sheet.name)

    # Which row is which

    def _want_names(self):
        kind = self.tables[0].kind
        for part in self.parts:
            owner = part.table.owner
            for row in part.rows:
                if slug := row.cells.get(owner):
                    self.names.want([(kind, slug)])
                for column in part.columns:
                    if text := row.cells.get(column.name):
                        self.names.want(column.wanted(text))

    def _find_records(self, part):
        table, by = part.table, {}
        number, address = table.keys
        for key in table.keys:
            words = {row.cells.get(key, "") for row in part.rows} - {""}
            by[key] = self._by(table, key, words)
        seen = {}
        for row in part.rows:
            uid, slug = row.cells.get(number, ""), row.cells.get(address, "")
            row.thing = by[number].get(uid.lower()) if uid else by[address].get(slug)
            if uid and row.thing is None:
                row.wrong(number, _("No record has this identifier."))
            if not uid and not slug:
                row.wrong(address, table.without_address)
            row.is_new = row.thing is None
            if row.is_new:
                row.thing = table.model(**{address: slug})
                if slug and not uid:
                    self.names.add(table.model, slug, row.thing)
            elif uid and slug and slug != (old := getattr(row.thing, address)):
                row.changes.append((address, old, slug))
                self.names.add(table.model, slug, row.thing)
            key = row.thing.pk or slug
            if key and key in seen:
                words = _("Row %(row)d is about the same record.")
                row.wrong(address, words % {"row": seen[key]})
            seen.setdefault(key, row.place)

    def _by(self, table, key, words):
        found = {}
        if key == "uid":
            words = {word.lower() for word in words if _is_uid(word)}
        elif key == NUMBER:
            words = {word for word in words if word.isdecimal() and len(word) < 19}
        for some in many(words):
            for thing in table.rows().filter(**{f"{key}__in": some}):
                found[str(getattr(thing, key))] = thing
        return found

    def _find_parts(self, part):
        """Tell which part each row is about, now that the records are known."""
        table = part.table
        for row in part.rows:
            slug = row.cells.get(table.owner, "")
            row.owner = self.names.find(table.kind, slug)
            if row.owner is None:
                self._no_owner(row, table, slug)
        pks = {row.owner.pk for row in part.rows if row.owner and row.owner.pk}
        there = {}
        for some in many(pks):
            there |= {one.pk: one for one in table.parts_of(some)}
        alike = {self._told(part, one): one for one in there.values()}
        for row in part.rows:
            self._find_part(part, row, there, alike)

    def _no_owner(self, row, table, slug):
        if slug:
            words = _("There is no %(kind)s with the address “%(slug)s”.")
            kind = table.kind._meta.verbose_name
            row.wrong(table.owner, words % {"kind": kind, "slug": slug})
        else:
            row.wrong(table.owner, _("Say which record the row belongs to."))

    def _told(self, part, one):
        """Return what tells a part without a number: all the cells that are given."""
        cells = tuple(column.text(one) for column in part.columns)
        return part.table.owner_pk(one), *cells

    def _told_by(self, part, row):
        """Yield the cells of a row as they would be on record: “no”, not ""."""
        blank = part.table.model()
        part.table.give_to(blank, row.owner)
        for column in part.columns:
            text = row.cells.get(column.name, "")
            try:
                column.put(blank, text, self.names)
            except CellError:
                yield text  # told of with all else that is wrong
            else:
                yield _as_it_will_be(column, blank)

    def _find_part(self, part, row, there, alike):
        number = row.cells.get(NUMBER, "")
        if number:
            row.thing = (
                there.get(int(number))
                if number.isdecimal() and len(number) < 20
                else None
            )
            if row.owner and (
                row.thing is None or part.table.owner_pk(row.thing) != row.owner.pk
            ):
                row.thing = None
                words = _(
                    "The record has no row of this number. Leave it empty if new."
                )
                row.wrong(NUMBER, words)
        elif row.owner and row.owner.pk:
            row.thing = alike.get((row.owner.pk, *self._told_by(part, row)))
        row.is_new = row.thing is None
        if row.is_new:
            row.thing = part.table.model()
            if row.owner:
                part.table.give_to(row.thing, row.owner)
        try:
            row.is_deleted = Truth().read(row.cells.get(DELETE, "")) is True
        except CellError as error:
            row.wrong(DELETE, said(row.cells[DELETE], error))

    # What the cells say

    def _fill(self, part, row):
        for column in [] if row.is_deleted else part.columns:
            if column.of_edition and _lacks_edition(row):
                continue
            text = row.cells.get(column.name, "")
            old = "" if row.is_new else column.text(row.thing)
            nothing = row.is_new and not text and not column.is_needed
            # A sheet may not have held all of it.
            cut = len(text) == LONGEST_CELL and old.startswith(text)
            if not (nothing or cut or (text == old and not row.is_new)):
                self._put(row, column, old, text)
        for column in part.table.columns if row.is_new else ():
            if column.is_needed and column not in part.columns:
                row.wrong(column.name, _("The column is needed for a new row."))
        for column, _old, new in row.changes:
            if not part.table.owner and column == part.table.keys[1]:
                setattr(row.thing, column, new)

    def _place(self, part):
        """Tell of the days that sessions get by when they start."""
        rows = {id(row.thing): row for row in part.rows if row.fate in (NEW, CHANGED)}
        day = next(c for c in part.table.columns if c.name == "day")
        for session in place(row.thing for row in rows.values()):
            row, new = rows[id(session)], day.text(session)
            was = [old for column, old, _new in row.changes if column == day.name]
            row.changes = [change for change in row.changes if change[0] != day.name]
            if new not in was:
                row.changes.append((day.name, was[0] if was else "", new))

    def _put(self, row, column, old, text):
        if column.name in TO_READ and not row.owner:
            if text and text != (old or State.DRAFT):
                row.changes.append((column.name, old, text))
            return
        try:
            column.put(row.thing, text, self.names)
        except CellError as error:
            row.wrong(column.name, said(text, error))
            return
        new = _as_it_will_be(column, row.thing)
        if new != old:
            row.changes.append((column.name, old, new))

    # Whether it may be

    def _check(self, part):
        changed = [row for row in part.rows if row.fate in (NEW, CHANGED)]
        are_records = issubclass(part.table.model, Record)
        if are_records:
            self._give_places(changed)
            taken = self._taken_slugs(part.table, changed)
        for row in part.rows:
            if row.fate != SAME:
                self.rights.check(part.table, row)
        for row in changed:
            if are_records:
                # Asked for all rows at once instead of three queries for each.
                row.thing._slug_was_public_elsewhere = lambda row=row: (
                    row.thing.slug in taken.get(row.thing.pk, taken[None])
                )
            self._validate(part, row)
            asked = STATUS.intersection(name for name, _old, _new in row.changes)
            if part.table.model is Session and asked and lacks_reason(vars(row.thing)):
                row.wrong("status_reason_en", REASON_WANTED)
        check_constraints(part.table.model, changed)

    def _taken_slugs(self, table, rows):
        """Return {key: slugs that other records have or had}; None is for new ones."""
        slugs = {row.thing.slug for row in rows}
        kind = table.model
        now, before = {}, {}
        for some in many(slugs):
            was = FormerSlug.objects.filter(
                content_type__app_label=kind._meta.app_label,
                content_type__model=kind._meta.model_name,
                slug__in=some,
            )
            for slug, pk in was.values_list("slug", "object_id"):
                before.setdefault(slug, set()).add(pk)
            seen = kind.history.filter(slug__in=some, first_published_at__isnull=False)
            for slug, pk in seen.order_by().values_list("slug", "id").distinct():
                before.setdefault(slug, set()).add(pk)
            now |= dict(
                kind._base_manager.filter(slug__in=some).values_list("slug", "pk")
            )
            for slug in Removed.objects.among(kind, some):
                before.setdefault(slug, set()).add(None)
        for slug, pk in now.items():
            before.setdefault(slug, set()).add(pk)
        taken = {None: set(before)}
        for row in rows:
            if row.thing.pk:
                others = {slug for slug, pks in before.items() if pks - {row.thing.pk}}
                taken[row.thing.pk] = others if row.thing.slug in others else set()
        return taken

    def _give_places(self, rows):
        """Let new rows come last in their edition, unless they say where."""
        last = {}
        for row in rows:
            thing = row.thing
            placed = row.is_new and hasattr(thing, "position") and not thing.position
            if placed and thing.edition_id and not row.cells.get("position"):
                if thing.edition_id not in last:
                    others = type(thing)._base_manager.filter(edition=thing.edition_id)
                    found = others.aggregate(last=Max("position"))["last"]
                    last[thing.edition_id] = found or 0
                last[thing.edition_id] += 1
                thing.position = last[thing.edition_id]

    def _validate(self, part, row):
        thing = row.thing
        fields = thing._meta.concrete_fields
        names = {one.name for one in fields}
        bare = {one.name for one in fields if in_both(one.name)[0] in names}
        links = {one.name for one in fields if one.is_relation} | {"object_id"}
        wrong = {column for column, _words in row.errors}
        try:
            thing.clean_fields(exclude=bare | links | wrong)
        except ValidationError as error:
            self._note(row, error)
        for one in fields:
            columns = in_both(one.name)
            if one.name not in bare or one.blank or not one.editable:
                continue
            if not any(getattr(thing, column) for column in columns):
                row.wrong(columns[0], _("Give a name in at least one language."))
        try:
            thing.clean()
        except ValidationError as error:
            self._note(row, error)
        except ObjectDoesNotExist:
            return  # what it belongs to, which is told of already

    def _note(self, row, error):
        told = (
            error.message_dict
            if hasattr(error, "error_dict")
            else {NON_FIELD_ERRORS: error.messages}
        )
        for name, messages in told.items():
            for words in messages:
                row.wrong("" if name == NON_FIELD_ERRORS else name, words)


def _is_uid(word):
    bare = word.replace("-", "")
    return len(bare) == 32 and all(c in "0123456789abcdefABCDEF" for c in bare)


def _lacks_edition(row):
    """Tell whether it is told of a row already that its edition is not known."""
    told = any(column == "edition" for column, _words in row.errors)
    return told or row.thing.edition_id is None


def _as_it_will_be(column, thing):
    """Return the cell as an export would write it after the import."""
    if column.field.many_to_many:
        return "; ".join(sorted(one.slug for one in thing.new_tags[column.name]))
    return column.text(thing)
