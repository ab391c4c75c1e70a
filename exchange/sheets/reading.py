"""The rows of a file that an organizer sends: CSV in some encoding, or XLSX."""

import codecs
from itertools import islice
from typing import NamedTuple

from django.utils.translation import gettext as _

from exchange.schedules.reading import checked_zip
from exchange.schedules.shape import RefusedError
from exchange.schedules.table import cells_of, csv_rows, unquote
from exchange.sheets.columns import tidy

LARGEST = 20 * 1024 * 1024  # bytes of a file
MOST = 5_000  # rows of a table
EXPLAINED = "about"  # the sheet that explains the others


class Sheet(NamedTuple):
    """The rows of a table, as [(number in the file, {column: text})]."""

    name: str
    header: list
    rows: list


def read_sheets(content, name="", known=None):
    """
    Return the `Sheet`s of a file; that of a CSV file gets this name.

    Of a sheet whose name is not among those `known`, if they are given, the headings
    alone are read: whatever stands below is somebody's own. What the file is, is told
    by its content. Raise `RefusedError`, with the place in the file, if it cannot be
    read.
    """
    if len(content) > LARGEST:
        raise RefusedError(_("The file is larger than 20 MB."))
    if not content.strip():
        raise RefusedError(_("The file is empty."))
    if content.startswith(b"PK\x03\x04"):
        return list(_workbook(checked_zip(content), known))
    return [_sheet(name, csv_rows(_decoded(content)), name)]


def _decoded(content):
    """Return the text of a CSV file: UTF-8, UTF-16, or what Excel writes by itself."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings = ["utf-16"]
    elif b"\0" in content:
        encodings = []
    else:
        encodings = ["utf-8-sig", "gb18030", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "gb18030" or _is_chinese(text):
            return text
    raise RefusedError(_("This is neither a CSV file nor an XLSX file."))


def _is_chinese(text):
    """
    Tell whether a text is what it seems in GB 18030.

    “ä” of a Western computer makes one rare character with the letter after it; most
    characters of a Chinese text are among the common ones of GB 2312.
    """
    signs = [sign for sign in text if not sign.isascii()]
    common = sum(bool(sign.encode("gb2312", "ignore")) for sign in signs)
    return common * 2 >= len(signs)


def _workbook(file, known):
    import openpyxl  # 12 MB that no page needs

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False)
        for sheet in book.worksheets:
            if sheet.title != EXPLAINED:
                rows = cells_of(sheet)
                if known is not None and sheet.title.lower() not in known:
                    rows = islice(rows, 1)
                yield _sheet(sheet.title, rows, sheet.title)
    except RefusedError:
        raise
    except Exception as error:
        # openpyxl answers a damaged file with whatever went wrong inside.
        raise RefusedError(
            _("This XLSX file cannot be read: %(error)s") % {"error": error}
        ) from error


def _sheet(name, rows, place):
    header, found = None, []
    for number, cells in enumerate(rows, start=1):
        cells = [tidy(unquote(cell)) for cell in cells]
        if header is None:
            while cells and not cells[-1]:
                cells.pop()
            header = [cell.lower() for cell in cells]
            continue
        if not any(cells):
            continue
        if len(found) == MOST:
            words = _("A table holds no more than %(number)d rows.")
            raise RefusedError(words % {"number": MOST}, place)
        if any(cells[len(header) :]):
            words = _("A cell stands to the right of the last heading.")
            raise RefusedError(words, _("row %(row)d") % {"row": number})
        found.append((number, dict(zip(header, cells, strict=False))))
    return Sheet(name, header or [], found)
