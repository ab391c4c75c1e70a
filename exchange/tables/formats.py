"""
Lists as CSV and JSON, part by part: memory does not grow with the rows.

Each function takes a `Listing` and yields bytes.
"""

import csv
import json
from datetime import date, datetime
from io import StringIO

BETWEEN = " | "  # several values in one cell
# What makes a spreadsheet take a cell for a formula; the wide forms do so in China
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(listing):
    """
    Yield RFC 4180 in UTF-8, with a mark that makes Excel read Chinese rightly.

    One header row. A text that a spreadsheet would run as a formula has an
    apostrophe before it, by which it is shown as text.
    """
    yield "\ufeff".encode() + csv_lines([[column.name for column in listing.columns]])
    for rows in listing.rows():
        yield csv_lines([[csv_cell(value) for value in row] for row in rows])


def csv_lines(rows):
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


def csv_cell(value):
    if isinstance(value, str | list):
        text = value if isinstance(value, str) else BETWEEN.join(value)
        return f"'{text}" if text.startswith(FORMULA) else text
    return as_text(value)


def as_text(value):
    """Return a value that is no text as one; dates by ISO 8601."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return "" if value is None else str(value)


def as_json(listing):
    """Yield {"count", "next", "previous", "results"}; all results are in it."""
    names = [column.name for column in listing.columns]
    head = {"count": listing.count, "next": None, "previous": None}
    yield json.dumps(head).encode()[:-1] + b', "results": ['
    before = b"\n"
    for rows in listing.rows():
        for_all = [json_object(names, row) for row in rows]
        if for_all:
            yield before + b",\n".join(for_all)
            before = b",\n"
    yield b"\n]}\n"


def json_object(names, row):
    said = dict(zip(names, row, strict=True))
    return json.dumps(said, ensure_ascii=False, default=as_text).encode()
