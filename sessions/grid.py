"""A day as a grid: rooms side by side, time downwards in steps of a quarter hour."""

import datetime

STEP = datetime.timedelta(minutes=15)
# What the classes of components/time-grid.css reach to
MOST_STEPS = 80
MOST_ROOMS = 36


def grid_of(sessions, zone, rooms):
    """
    Return (grid, rest): what has a room and a clock time, and the other sessions.

    The grid is None, or {"rooms", "hours", "cells"}. A cell has the `sessions` that
    share a room and a time, the column of its `room` (0: a break of every room), the
    step `at` which it begins and the one it runs `to`, counted from 1. Cells come by
    time, then by room. Steps are of elapsed time, so that an hour which the clocks
    repeat or leave out has its true length.
    """
    placed, rest = [], []
    for session in sessions:
        everywhere = session.format == session.Format.BREAK and not session.room_id
        known = session.starts_at and (session.room_id or everywhere)
        (placed if known else rest).append(session)
    if not placed:
        return None, rest
    used = {session.room_id for session in placed}
    columns = [room for room in rooms if room.pk in used][:MOST_ROOMS]
    number = {room.pk: n for n, room in enumerate(columns, 1)} | {None: 0}
    first = min(session.starts_at for session in placed).astimezone(zone)
    hour = first - datetime.timedelta(minutes=first.minute, seconds=first.second)
    # In UTC, for within one zone Python counts by the clock on the wall.
    origin = hour.astimezone(datetime.UTC)
    cells = []
    for session in placed:
        at, to = steps_of(session, origin)
        if session.room_id not in number or at > MOST_STEPS:
            rest.append(session)
        else:
            cell = {"room": number[session.room_id], "at": at, "to": to}
            cells.append(cell | {"sessions": [session]})
    cells, under = _without_overlap(cells)
    rest += under
    rest.sort(key=sessions.index)
    last = max((cell["to"] for cell in cells), default=1)
    hours = [
        {"at": at, "moment": (origin + (at - 1) * STEP)} for at in range(1, last, 4)
    ]
    return {"rooms": columns, "hours": hours, "cells": cells}, rest


def steps_of(session, origin):
    """Return the steps at which a session begins and to which it runs, from 1."""
    at = (session.starts_at.astimezone(datetime.UTC) - origin) // STEP + 1
    end = (session.ends_at or session.starts_at).astimezone(datetime.UTC) - origin
    return at, min(max(-(-end // STEP) + 1, at + 1), MOST_STEPS + 1)


def _without_overlap(cells):
    """Join what overlaps in one room; return (cells, breaks that lie under others)."""
    joined, latest = [], {}
    for cell in sorted(cells, key=lambda cell: (cell["at"], cell["room"])):
        before = latest.get(cell["room"])
        if before and cell["at"] < before["to"]:
            before["sessions"] += cell["sessions"]
            before["to"] = max(before["to"], cell["to"])
        else:
            latest[cell["room"]] = cell
            joined.append(cell)
    in_rooms = [cell for cell in joined if cell["room"]]
    under = [
        wide
        for wide in joined
        if not wide["room"]
        and any(c["at"] < wide["to"] and wide["at"] < c["to"] for c in in_rooms)
    ]
    kept = [cell for cell in joined if cell not in under]
    return kept, [session for cell in under for session in cell["sessions"]]
