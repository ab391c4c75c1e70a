"""A day on the programme desk: every room, every session a block that can be moved."""

import datetime
from dataclasses import dataclass

from sessions.desk.rows import Row
from sessions.grid import MOST_ROOMS, MOST_STEPS, STEP, steps_of
from sessions.models import EditionDay

FIRST, LAST = datetime.time(8), datetime.time(18)  # shown of any day
HOUR = datetime.timedelta(hours=1)
ONE_DAY = datetime.timedelta(days=1)
NIGHT = datetime.timedelta(hours=6)  # of the date after, which belongs to the day


@dataclass
class Block:
    """A session on the grid: its row of the table, its place, and what it lies over."""

    row: Row
    at: int
    to: int
    column: int
    lane: int = 0


@dataclass
class Board:
    """A day of an edition; `origin` is the moment at which its first step begins."""

    day: EditionDay | None
    columns: list
    blocks: list
    tray: list
    date: datetime.date | None
    origin: datetime.datetime | None = None
    steps: int = 0

    @property
    def hours(self):
        """The moments of its full hours, as [(step, moment)]."""
        return [
            (at, self.origin + (at - 1) * STEP) for at in range(1, self.steps + 1, 4)
        ]


def board_of(table, day):
    """
    Return the `Board` of a day, or of what has no day if that is None; no query.

    On the tray lies what has no time within the day, and what has no day and no time.
    The first column is of what has no room.
    """
    zone = table.edition.zone
    rooms = list(table.choices.rooms.values())[: MOST_ROOMS - 1]
    columns = {room and room.pk: n for n, room in enumerate([None, *rooms], 1)}
    rows = [row for row in table.rows if row.session.day == day]
    tray = [
        row
        for row in table.rows
        if day and row.session.day is None and row.session.starts_at is None
    ]
    timed = sorted(
        (row for row in rows if row.session.starts_at),
        key=lambda row: row.session.starts_at,
    )
    date = day.date if day else None
    if date is None and timed:
        date = timed[0].session.starts_at.astimezone(zone).date()
    board = Board(day, [None, *rooms], [], [], date)
    if date is None:
        board.tray = rows + tray
        return board
    begins, ends = (
        datetime.datetime.combine(date, datetime.time(), zone) + after
        for after in (0 * HOUR, ONE_DAY + NIGHT)
    )
    held = [
        row
        for row in timed
        if begins <= row.session.starts_at < ends and row.session.room_id in columns
    ]
    _open(board, [row.session for row in held], zone)
    for row in held:
        at, to = steps_of(row.session, board.origin)
        if at <= board.steps:
            column = columns[row.session.room_id]
            board.blocks.append(Block(row, at, to, column))
    _put_side_by_side(board.blocks)
    shown = {block.row.key for block in board.blocks}
    board.tray = [row for row in rows if row.key not in shown] + tray
    return board


def _open(board, sessions, zone):
    """Set from when to when a board reaches: a working day, and what is outside it."""
    first, last = (
        datetime.datetime.combine(board.date, time, zone).astimezone(datetime.UTC)
        for time in (FIRST, LAST)
    )
    for session in sessions:
        starts = session.starts_at.astimezone(datetime.UTC)
        local = session.starts_at.astimezone(zone)
        into = datetime.timedelta(minutes=local.minute, seconds=local.second)
        first = min(first, starts - into)
        last = max(last, (session.ends_at or starts).astimezone(datetime.UTC) + HOUR)
    board.origin = first
    board.steps = min(-(-(last - first) // STEP), MOST_STEPS)


def _put_side_by_side(blocks):
    """Give each block of a column the first lane that is free when it begins."""
    ends = {}
    for block in sorted(blocks, key=lambda block: (block.at, block.to)):
        lanes = ends.setdefault(block.column, [])
        free = (n for n, end in enumerate(lanes) if end <= block.at)
        block.lane = next(free, len(lanes))
        lanes[block.lane : block.lane + 1] = [block.to]
