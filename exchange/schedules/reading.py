"""Which format a file is in, and whether it can be read at all."""

import codecs
import io
import json
import zipfile

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.schedules import bilingual, c3voc, indico, pretalx, table, xml
from exchange.schedules.fields import LINE
from exchange.schedules.shape import RefusedError
from records.files.archives import check_sizes

LARGEST = 20 * 1024 * 1024  # bytes of a file
MOST_SESSIONS = 20_000
UNPACKED = 50 * 1024 * 1024  # bytes of all parts of a workbook
FORMATS = {
    "auto": gettext_lazy("Find out by itself"),
    "xml": gettext_lazy("Schedule XML (frab, pentabarf, c3voc, pretalx)"),
    "json": gettext_lazy("Schedule JSON (c3voc 1 and 2, frab, pretalx)"),
    "pretalx": gettext_lazy("pretalx: lists of its API, data of its widget"),
    "indico": gettext_lazy("Indico: export of an event or its timetable"),
    "sessions": gettext_lazy("Session JSON in two languages (COSCUP)"),
    "csv": gettext_lazy("Our table as CSV"),
    "xlsx": gettext_lazy("Our table as XLSX"),
}


def read_file(path, name="auto"):
    """Return the `Schedule` of a file by its path; see `read()`."""
    try:
        if path.stat().st_size > LARGEST:
            raise too_large()
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(error.strerror or str(error)) from None
    return read(content, name)


def read(content, name="auto"):
    """
    Return the `Schedule` of a file's bytes in a format of `FORMATS`.

    Raise `RefusedError`, with the place in the file, if it cannot be read.
    """
    if len(content) > LARGEST:
        raise too_large()
    if not content.strip():
        raise RefusedError(_("The file is empty."))
    if name == "auto":
        name = _guess(content)
    try:
        schedule = _read_as(content, name)
    except RecursionError:
        raise RefusedError(_("This file is nested too deeply.")) from None
    if len(schedule.sessions) > MOST_SESSIONS:
        words = _("A schedule holds no more than %(most)d sessions.")
        raise RefusedError(words % {"most": MOST_SESSIONS})
    if not schedule.sessions:
        schedule.note("", _("The schedule is empty: there are no sessions in it."))
    return schedule


def _read_as(content, name):
    if name in {"csv", "xlsx"}:
        return table.read(_rows(content, name), name)
    return _read_xml(content) if name == "xml" else _read_json(content, name)


def too_large():
    return RefusedError(_("The file is larger than 20 MB."))


def _guess(content):
    start = content[:4096].lstrip(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"PK"):
        return "xlsx"
    text = start.replace(b"\0", b"").lstrip(b"\xff\xfe").lstrip()
    if text.startswith(b"<"):
        return "xml"
    if text.startswith((b"{", b"[")):
        return "json*"
    return "csv"


def _read_xml(content):
    root = xml.parse(content)
    if xml.bare(root.tag) != "schedule":
        raise RefusedError(
            _("The outermost element is <%(tag)s>; that of a schedule is <schedule>.")
            % {"tag": xml.bare(root.tag)},
            _("line %(line)d") % {"line": int(root.attrib[LINE])},
        )
    return c3voc.read({"schedule": xml.schedule_of(root)}, "xml")


def _read_json(content, name):
    try:
        text = content.decode(json.detect_encoding(content))
        data = json.loads(text.removeprefix("\ufeff"))
    except UnicodeDecodeError as error:
        raise undecodable(content, error) from None
    except json.JSONDecodeError as error:
        place = xml.place_of(error.lineno, error.colno)
        words = _("This is not well-formed JSON: %(error)s")
        raise RefusedError(words % {"error": error.msg}, place) from None
    except ValueError as error:
        words = _("This is not well-formed JSON: %(error)s")
        raise RefusedError(words % {"error": error}) from None
    readers = {"indico": indico, "sessions": bilingual, "pretalx": pretalx}
    if name == "json*":
        if isinstance(data, dict) and isinstance(data.get("schedule"), dict):
            name = "json"
        else:
            name = next((n for n in readers if readers[n].fits(data)), "")
        if not name:
            raise RefusedError(
                _("This JSON is in no format that is known here: %(formats)s.")
                % {
                    "formats": ", ".join(
                        str(FORMATS[key]) for key in ("json", *readers)
                    )
                },
                "$",
            )
    if name == "json":
        return c3voc.read(data, name)
    if not readers[name].fits(data):
        raise RefusedError(
            _("This file is not in the format “%(name)s”.") % {"name": name}, "$"
        )
    return readers[name].read(data, name)


def undecodable(content, error):
    """Return the refusal of text that is no UTF-8, with line and column."""
    before = content[: error.start]
    line = before.count(b"\n") + 1
    column = len(before) - (before.rfind(b"\n") + 1) + 1
    return RefusedError(
        _("This text cannot be decoded as %(encoding)s. Save it as UTF-8.")
        % {"encoding": error.encoding},
        xml.place_of(line, column),
    )


def _rows(content, name):
    """Return the rows of a table as lists of text, whatever it came in."""
    if name == "xlsx":
        return table.sheet_rows(checked_zip(content))
    wide = content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = "utf-16" if wide else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise undecodable(content, error) from None
    return table.csv_rows(text)


def checked_zip(content):
    """Refuse what is no spreadsheet, or would unpack to more than a file may hold."""
    words = _("This is no XLSX file.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = archive.infolist()
            names = {info.filename for info in infos}
            if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
                raise RefusedError(_("This is a ZIP file, but no XLSX file."))
            check_sizes(infos, UNPACKED)
    except ValidationError as error:
        raise RefusedError(error.message) from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise RefusedError(words) from error
    return io.BytesIO(content)
