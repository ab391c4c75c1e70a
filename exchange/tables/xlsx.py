"""
Lists as workbooks (ECMA-376, Office Open XML), part by part.

Written by hand: a library would hold back the first byte until the last row is
read. A cell is a number, a truth, a date, or text; no cell is ever a formula.
"""

import re
import zipfile
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from exchange.feeds import printable
from exchange.tables.columns import heading
from exchange.tables.formats import BETWEEN
from records.languages import OWN_NAMES
from records.templatetags.records import list_comma

LONGEST_CELL = 32_767  # characters, by the specification of Excel
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# What a reader would take for an escaped character (ECMA-376, part 1, 22.9.2.19)
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 — a cell has no time zone
FIRST_DATE = date(1900, 3, 1)  # Excel counts a day in 1900 that there was not
HEADER, DAY, MOMENT = 1, 2, 3  # styles
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border>'
    '</borders><cellStyleXfs count="1">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0"'
    ' applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0"'
    ' applyNumberFormat="1"/></cellXfs><cellStyles count="1">'
    '<cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{MEDIA}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{MEDIA}.styles+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml"'
    f' ContentType="{MEDIA}.worksheet+xml"/>'
    '<Override PartName="/xl/worksheets/sheet2.xml"'
    f' ContentType="{MEDIA}.worksheet+xml"/></Types>'
)
PACKED = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>"
)
LINKED = (
    f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet"'
    ' Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/worksheet"'
    ' Target="worksheets/sheet2.xml"/>'
    f'<Relationship Id="rId3" Type="{OFFICE}/styles" Target="styles.xml"/>'
    "</Relationships>"
)
FROZEN = (
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2"'
    ' activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
)
WIDE = '<sheetFormatPr defaultColWidth="20" defaultRowHeight="15"/>'


class Outlet:
    """A file to write to only, whose bytes are taken as they come."""

    def __init__(self):
        self.written = []

    def write(self, data):
        self.written.append(bytes(data))
        return len(data)

    def flush(self):
        """Do nothing: bytes are taken, not pushed."""

    def take(self):
        taken, self.written = b"".join(self.written), []
        return taken


def as_xlsx(listing):
    """Yield the workbook: a sheet of the rows, then one that explains it."""
    outlet = Outlet()
    title = sheet_name(listing.title)
    last = letters(len(listing.columns)), listing.count + 1
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as package:
        write(package, "[Content_Types].xml", TYPES)
        write(package, "_rels/.rels", PACKED)
        write(package, "xl/workbook.xml", workbook(title, *last))
        write(package, "xl/_rels/workbook.xml.rels", LINKED)
        write(package, "xl/styles.xml", STYLES)
        with package.open(entry("xl/worksheets/sheet1.xml"), "w") as sheet:
            head = [column.name for column in listing.columns]
            start = f'{XML}<worksheet xmlns="{MAIN}">{FROZEN}{WIDE}<sheetData>'
            sheet.write(f"{start}{row_of(head, HEADER)}".encode())
            yield outlet.take()
            for rows in listing.rows():
                sheet.write("".join(map(row_of, rows)).encode())
                yield outlet.take()
            end = f'</sheetData><autoFilter ref="A1:{last[0]}{last[1]}"/></worksheet>'
            sheet.write(end.encode())
        explained = "".join(row_of(row) for row in explanation(listing))
        widths = '<cols><col min="1" max="2" width="32" customWidth="1"/></cols>'
        write(
            package,
            "xl/worksheets/sheet2.xml",
            f'<worksheet xmlns="{MAIN}">{widths}<sheetData>{explained}</sheetData>'
            "</worksheet>",
        )
    yield outlet.take()


def entry(name):
    """Return an entry of the package without a time: equal rows give equal bytes."""
    made = zipfile.ZipInfo(name)
    made.compress_type = zipfile.ZIP_DEFLATED
    return made


def write(package, name, document):
    package.writestr(entry(name), f"{XML}{document}")


def workbook(title, column, row):
    about = sheet_name(_("About this file"))
    quoted = "'" + title.replace("'", "''") + "'"
    area = f"{quoted}!$A$1:${column}${row}"
    return (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name={quoteattr(title)} sheetId="1" r:id="rId1"/>'
        f'<sheet name={quoteattr(about)} sheetId="2" r:id="rId2"/></sheets>'
        '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0"'
        f' hidden="1">{escape(area)}</definedName></definedNames></workbook>'
    )


def sheet_name(words):
    """Return what a sheet may be called: 31 letters, and none of seven."""
    return re.sub(r"[\[\]:*?/\\]", " ", words)[:31]


def letters(number):
    """Return the letters of a column: 1 is A, 27 is AA."""
    found = ""
    while number:
        number, place = divmod(number - 1, 26)
        found = chr(65 + place) + found
    return found


def row_of(values, style=0):
    return f"<row>{''.join(cell(value, style) for value in values)}</row>"


def cell(value, style=0):
    """Return the XML of a cell, typed by its value."""
    if value is None or value == []:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        if day >= FIRST_DATE:
            style = DAY if day is value else MOMENT
            return f'<c s="{style}"><v>{serial(value)}</v></c>'
        value = value.isoformat()
    if isinstance(value, list):
        value = BETWEEN.join(value)
    text = ESCAPED.sub("_x005F_", printable(value)[:LONGEST_CELL])
    space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
    styled = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{styled}><is><t{space}>{escape(text)}</t></is></c>'


def serial(value):
    """Return the days since the epoch; of a moment, as its own clock shows it."""
    if not isinstance(value, datetime):
        return (value - EPOCH.date()).days
    since = value.replace(tzinfo=None) - EPOCH
    return round(since.total_seconds() / 86_400, 9)


def explanation(listing):
    """Return the rows of the second sheet."""
    comma = list_comma()
    filters = [(label, comma.join(values)) for label, values in listing.filters()]
    changed = listing.changed and timezone.localdate(listing.changed)
    return [
        [_("What this is"), listing.title],
        [_("Web page"), listing.page],
        [_("File"), listing.address("xlsx")],
        [_("Language"), OWN_NAMES[listing.language]],
        [_("Filters"), None if filters else _("None: all that is on record")],
        *([heading(label), words] for label, words in filters),
        *([[_("Sort by"), heading(listing.sort)]] if listing.sort else []),
        [_("Rows"), listing.count],
        [
            _("Last change of a row"),
            formats.date_format(changed, "DATE_FORMAT") if changed else None,
        ],
        [_("Date of this file"), formats.date_format(timezone.localdate())],
        [_("Version of the data"), listing.version],
        [_("Licence of the content"), _("Not on record")],
        [_("Several values in a cell"), _("They stand between upright strokes: |")],
        [
            _("Long texts"),
            _("They end after 32,767 characters. The CSV file has them whole."),
        ],
        [],
        [_("Column"), _("Meaning")],
        *([column.name, heading(column.label)] for column in listing.columns),
    ]
