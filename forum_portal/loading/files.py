"""The files of a content folder: what is wrong with one, and its rows."""

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field

from forum_portal.loading.problems import Problem, nearest


@dataclass
class Row:
    """A row of a file: its cells, what they mean, and the record it is about."""

    line: int
    key: str
    cells: dict
    values: dict = field(default_factory=dict)
    record: object = None
    created: bool = False
    deleted: bool = False
    write: list = field(default_factory=list)
    kept: set = field(default_factory=set)


class FileError(Exception):
    """A file that gives no rows at all; carries its problem."""


def read_file(path, table):
    """
    Return (columns, rows, problems) of a CSV file.

    Columns are those of `table` that the header names, in the table's order.
    Raise `FileError` when the rows cannot be told apart.
    """
    lines = _lines(path)
    header = lines[0][1]
    if len(header) == 1 and (mark := re.search("[;\t]", header[0])):
        found = "semicolons" if mark[0] == ";" else "tabs"
        message = f"{found} separate the cells, expected commas"
        raise FileError(Problem(path.name, 1, message))
    columns, problems = _columns(path.name, header, table)
    if problems:
        raise FileError(*problems)
    rows = []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            found = f"{len(cells)} cell{'' if len(cells) == 1 else 's'}"
            message = f"the row has {found}, expected {len(header)}"
            problems.append(Problem(path.name, line, message))
            continue
        named = dict(zip(header, (cell.strip() for cell in cells), strict=True))
        row = Row(line, named.get(table.key, table.only), named)
        problems += _control_characters(path.name, row)
        rows.append(row)
    if not rows and not problems:
        raise FileError(Problem(path.name, 1, "the file has a header but no rows"))
    return columns, rows, problems


def _lines(path):
    """Return the (line number, cells) of a file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read ({error.strerror})"
        raise FileError(Problem(path.name, 0, message)) from None
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise FileError(Problem(path.name, 1, "the file is empty"))
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = f"0x{raw[error.start]:02x}"
        message = f"byte {byte} is not UTF-8; save the file as UTF-8"
        raise FileError(Problem(path.name, line, message)) from None
    reader, lines = csv.reader(io.StringIO(text, newline=""), strict=True), []
    start = 1
    try:
        for cells in reader:
            lines.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        message = f"the row is not well-formed CSV ({error})"
        raise FileError(Problem(path.name, start, message)) from None
    return lines


def _columns(name, header, table):
    problems, columns = [], []
    expected = [column.name for column in table.columns if not column.hidden]
    for place, title in enumerate(header):
        column = table.column_named(title)
        if not column:
            message = f"the column is not known{nearest(title, expected)}"
            problems.append(Problem(name, 1, message, column=title or "(no name)"))
        elif title in header[:place]:
            message = "the column stands twice"
            problems.append(Problem(name, 1, message, column=title))
        else:
            columns.append(column)
    for column in table.columns:
        if column.hidden:
            columns.append(column)
        elif not column.optional and column.name not in header:
            message = "the column is missing"
            problems.append(Problem(name, 1, message, column=column.name))
    order = {column.name: place for place, column in enumerate(table.columns)}
    columns.sort(key=lambda column: order.get(column.name, len(order)))
    return columns, problems


def _control_characters(name, row):
    for column, value in row.cells.items():
        for character in value:
            if character not in "\n\t" and unicodedata.category(character) == "Cc":
                message = f"holds the control character U+{ord(character):04X}"
                yield Problem(name, row.line, message, row.key, column)
                break
