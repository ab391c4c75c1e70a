"""The empty table that organizers fill in, as CSV and as XLSX."""

import csv
import io

from django.utils.translation import gettext as _

from exchange.schedules.table import COLUMNS

ROWS = 500  # of the sheet whose cells are set to hold text


def csv_template():
    """Return the bytes of the table as CSV: UTF-8 that spreadsheets recognize."""
    made = io.StringIO(newline="")
    csv.writer(made).writerow(COLUMNS)
    return made.getvalue().encode("utf-8-sig")


def xlsx_template():
    """Return the bytes of the table as XLSX, with a sheet that explains it."""
    import openpyxl  # 12 MB that no page needs
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "sessions"
    sheet.append(list(COLUMNS))
    sheet.freeze_panes = "A2"
    for number, name in enumerate(COLUMNS, start=1):
        sheet.cell(1, number).font = Font(bold=True)
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = max(12, len(name) + 4)
        # Text, so that no cell becomes a formula or loses its zeros.
        for row in range(2, ROWS):
            sheet.cell(row, number).number_format = "@"
    about = book.create_sheet(_("Explanations"))
    about.append([_("Column"), _("What it holds")])
    for name, words in COLUMNS.items():
        about.append([name, str(words)])
    for cell in about[1]:
        cell.font = Font(bold=True)
    about.column_dimensions["A"].width = 20
    about.column_dimensions["B"].width = 90
    for row in about.iter_rows(min_row=2, min_col=2, max_col=2):
        row[0].alignment = Alignment(wrap_text=True, vertical="top")
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
