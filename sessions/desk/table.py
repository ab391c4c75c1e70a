"""All sessions of an edition in one table: read, checked and saved as a whole."""

import json
import re

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.models import FormerSlug
from records.operations import recording
from records.permissions import may_change_now
from sessions.clashes import clashes
from sessions.desk.rows import CELLS, LONGEST, Choices, Row, label_of
from sessions.models import Edition, Session

EMPTY = 3  # rows for new sessions, unless more are asked for
MOST_EMPTY = 50
UNKNOWN = {"format": "", "event_status": "scheduled"}


class Table:
    """
    The rows of an edition's sessions, and of new ones below them.

    A save is all or nothing: it takes place if no row that was changed is refused.
    A row is refused if a cell is wrong, if somebody else has saved it since it was
    shown, or if the organizer may not change that session.
    """

    def __init__(self, edition, user, empty=EMPTY, lock=False):
        self.edition, self.user = edition, user
        self.choices = Choices(edition)
        self.may_add = user.has_perm("forum_sessions.add_session")
        self.sessions = sessions_of(edition, self.choices, lock=lock)
        self.rows = [
            Row(session, self.choices, may_change=may_change_now(user, session))
            for session in self.sessions
        ]
        self.new = [self._new_row(n) for n in range(empty if self.may_add else 0)]
        self.clashes = []
        self.lost = []  # titles of rows that were changed here and deleted elsewhere

    def _new_row(self, number):
        session = Session(edition=self.edition, **UNKNOWN)
        return Row(session, self.choices, key=f"new{number}")

    @property
    def changed(self):
        return [row for row in self.rows if row.mine]

    @property
    def given(self):
        return [row for row in self.new if row.mine]

    @property
    def errors(self):
        """What is refused, as [(number of the row, row, label of the cell, words)]."""
        return [
            (number, row, f"{row.key}-{name}", label_of(name), words)
            for number, row in enumerate([*self.rows, *self.new], 1)
            for name in CELLS
            for words in row.errors.get(name, [])
        ]

    @property
    def is_refused(self):
        return bool(self.errors or self.lost)

    def take(self, data):
        """Take the cells that an organizer sent and check them; nothing is saved."""
        self.lost = self._lost(data)
        for row in (*self.rows, *self.new):
            sent = {
                name: data[key].strip()[:LONGEST]
                for name in CELLS
                if (key := f"{row.key}-{name}") in data
            }
            if sent:
                row.take(sent, was_of(data.get(f"{row.key}-was")))
        self._number_new()
        for row in (*self.changed, *self.given):
            row.check()
        self._check_codes()

    def look_for_clashes(self):
        """Look for clashes in the rows as they were sent; one query."""
        planned = self.sessions + [row.session for row in self.given]
        self.clashes = clashes(self.edition, planned)
        rows = {id(row.session): row for row in (*self.rows, *self.new)}
        for clash in self.clashes:
            for session in clash.sessions:
                rows[id(session)].clashes.append(str(clash))

    def save(self):
        """Save what was taken in one transaction, as one operation; return how many."""
        changed, given = self.changed, self.given
        summary = gettext("Programme desk: %(edition)s") % {"edition": self.edition}
        with recording("bulk", summary, self.user):
            fields = {name for row in changed for name in row.mine}
            if "day" in fields:
                fields |= {"starts_at", "ends_at"}
            if changed:
                sessions = [row.session for row in changed]
                Session.objects.bulk_update(sessions, sorted(fields))
            last = max((session.position for session in self.sessions), default=0)
            taken = slugs_taken(self.edition.slug) if given else set()
            for place, row in enumerate(given, 1):
                row.session.position = last + place
                row.session.slug = free_slug(self.edition, row.session, taken)
                row.session.save()
        return len(changed) + len(given)

    def _lost(self, data):
        here, lost = {row.key for row in self.rows}, []
        for name in data:
            key, _dash, cell = name.partition("-")
            if cell != "was" or key in here or not key.isdecimal():
                continue
            was = was_of(data[name])
            sent = {cell: data.get(f"{key}-{cell}", was.get(cell)) for cell in CELLS}
            if any(sent[cell] != was.get(cell) for cell in CELLS):
                lost.append(sent["title_en"] or sent["title_zh_hans"] or sent["code"])
        return lost

    def _number_new(self):
        """Give new rows without a code the next one that is free."""
        every = (*self.rows, *self.new)
        codes = {code for row in every for code in (row.now["code"], row.sent["code"])}
        numbers = [int(n) for n in re.findall(r"\bS(\d{1,9})\b", " ".join(codes))]
        number = max(numbers, default=0)
        for row in self.given:
            if not row.sent["code"]:
                number += 1
                row.sent["code"] = f"S{number:02}"

    def _check_codes(self):
        # One that another row gives up is free after this save, not during it.
        taken = {row.now["code"]: row for row in self.rows}
        for row in (*self.changed, *self.given):
            code = row.sent["code"]
            if row.errors.get("code") or not code:
                continue
            if taken.setdefault(code, row) is not row:
                row.refuse("code", _("The edition has a session of this code."))


@transaction.atomic
def saved(edition, user, data, empty):
    """
    Save what was sent of an edition's table; return (table, how many were saved).

    The second is None if something is refused: then nothing is saved.
    """
    # Two who save at once come one after the other.
    edition = Edition.objects.select_for_update().get(pk=edition.pk)
    table = Table(edition, user, empty, lock=True)
    table.take(data)
    if table.is_refused:
        return table, None
    return table, table.save() if table.changed or table.given else 0


def sessions_of(edition, choices, lock=False):
    """
    Return the sessions of an edition in programme order, with their day and room.

    One query; `lock` keeps others from writing them before this transaction ends.
    """
    found = Session.objects.for_edition(edition).in_programme_order()
    if lock:
        found = found.select_for_update(of=("self",))
    sessions = list(found)
    for session in sessions:
        session.edition = edition
        session.day = choices.days.get(str(session.day_id))
        session.room = choices.rooms.get(str(session.room_id))
    return sessions


def was_of(text):
    """Return the cells as they were shown, from what the page sent of them."""
    try:
        cells = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(cells, dict):
        return {}
    return {name: text for name, text in cells.items() if isinstance(text, str)}


def slugs_taken(prefix):
    """Return the addresses of sessions that begin so, and those they had before."""
    taken = set(
        Session.objects.filter(slug__startswith=prefix).values_list("slug", flat=True)
    )
    past = Session.history.filter(slug__startswith=prefix)
    taken |= set(past.order_by().values_list("slug", flat=True).distinct())
    former = FormerSlug.objects.filter(
        content_type__app_label="forum_sessions",
        content_type__model="session",
        slug__startswith=prefix,
    )
    return taken | set(former.values_list("slug", flat=True))


def free_slug(edition, session, taken):
    """Return an address that no session has or had, and add it to those taken."""
    words = slugify(session.title_en or "") or slugify(session.code.replace("_", "-"))
    return next_free(f"{edition.slug}-{words or 'session'}", taken)


def next_free(slug, taken):
    slug = re.sub(r"-{2,}", "-", slug)[:90].strip("-")
    number, found = 1, slug
    while found in taken:
        number += 1
        found = f"{slug}-{number}"
    taken.add(found)
    return found
