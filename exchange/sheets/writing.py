"""Tables as files: one CSV file for each, or one workbook of all."""

import csv
import io

from django.utils.translation import gettext as _

from exchange.feeds import printable
from exchange.schedules.table import quote
from exchange.sheets.reading import EXPLAINED
from exchange.tables.xlsx import LONGEST_CELL


def rows_of(table, records):
    """Yield the rows of a table as cells, for records given in a list."""
    if table.owner:
        slugs = {record.pk: record.slug for record in records}
        for part in table.parts_of(list(slugs)):
            yield table.cells(part, slugs[table.owner_pk(part)])
    elif table.model is not table.kind:
        yield from map(table.cells, table.cited_by(records))
    else:
        for record in records:
            yield table.cells(record)


def as_csv(table, records):
    """Return the bytes of one table as CSV: UTF-8 that spreadsheets recognize."""
    made = io.StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(table.header)
    for cells in rows_of(table, records):
        writer.writerow([quote(cell) for cell in cells])
    return made.getvalue().encode("utf-8-sig")


def as_xlsx(tables, records):
    """Return the bytes of a workbook: a sheet for each table, and one about them."""
    import openpyxl  # 12 MB that no page needs

    book = openpyxl.Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name)
        sheet.freeze_panes = "A2"
        for number, name in enumerate(table.header, start=1):
            letter = openpyxl.utils.get_column_letter(number)
            sheet.column_dimensions[letter].width = max(12, len(name) + 4)
            sheet.column_dimensions[letter].number_format = "@"
        sheet.append([_text(sheet, name, bold=True) for name in table.header])
        for cells in rows_of(table, records):
            sheet.append([_text(sheet, cell) for cell in cells])
    _explain(book.create_sheet(EXPLAINED), tables)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _text(sheet, value, bold=False, wrap=False):
    """Return a cell that holds text, whatever it looks like: no formula, no number."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, printable(str(value))[:LONGEST_CELL] or None)
    if cell.value is not None:
        cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _explain(sheet, tables):
    widths = {"A": 20, "B": 30, "C": 36, "D": 10, "E": 90}
    for letter, width in widths.items():
        sheet.column_dimensions[letter].width = width
    for words in (
        _("An empty cell empties the field. A column that is missing changes nothing."),
        _("What has to have a value keeps it where a cell is empty."),
        _("Texts are written in Markdown where the admin says so."),
    ):
        sheet.append([_text(sheet, words)])
    head = [_("Sheet"), _("Column"), _("Name"), _("Needed"), _("What it holds")]
    sheet.append([_text(sheet, words, bold=True) for words in head])
    for table in tables:
        for name, label, needed, words in table.explained():
            said = _("yes") if needed else ""
            cells = [table.name, name, label, said, str(words)]
            sheet.append([_text(sheet, cell, wrap=True) for cell in cells])
