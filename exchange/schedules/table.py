"""
Our own table of a programme, as CSV or XLSX: one row a session.

`COLUMNS` are its columns with what each holds, in the order of the template.
"""

import csv
import datetime
import io
import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.schedules.fields import Fields, clean
from exchange.schedules.mentions import enter_person, enter_room, is_url
from exchange.schedules.shape import (
    Day,
    Material,
    Part,
    RefusedError,
    Schedule,
    Session,
)
from exchange.schedules.times import (
    read_clock,
    read_date,
    read_duration,
    read_moment,
)

COLUMNS = {
    "code": gettext_lazy(
        "Short and unique in the edition: letters, digits, “_” and “-”. It tells the "
        "row again at the next import."
    ),
    "title_en": gettext_lazy("The title in English. One of the two titles is needed."),
    "title_zh": gettext_lazy("The title in Chinese."),
    "subtitle_en": gettext_lazy("The subtitle in English."),
    "subtitle_zh": gettext_lazy("The subtitle in Chinese."),
    "day": gettext_lazy("The number of the day: 1, 2, 3."),
    "date": gettext_lazy("The date of the day: 2025-11-20."),
    "start": gettext_lazy("The clock time at the venue: 09:30."),
    "end": gettext_lazy("The clock time at the venue: 10:15. Or give the duration."),
    "duration": gettext_lazy("Hours and minutes: 0:45."),
    "room_en": gettext_lazy("The name of the room in English."),
    "room_zh": gettext_lazy("The name of the room in Chinese."),
    "format": gettext_lazy(
        "opening, keynote, plenary, roundtable, workshop, launch, break or side-event."
    ),
    "track": gettext_lazy("The track or series the session belongs to."),
    "languages": gettext_lazy("What is spoken, such as “en, zh”."),
    "interpreted": gettext_lazy("What it is interpreted into, such as “en”."),
    "slide_language": gettext_lazy("The language of the slides: en."),
    "speakers": gettext_lazy(
        "Separated by “;”, the organization in brackets: “Li Wei (GIZ); Ana Ruiz”. "
        "A person on record can be named by address: “Li Wei [li-wei]”."
    ),
    "moderators": gettext_lazy("As the speakers."),
    "panelists": gettext_lazy("As the speakers."),
    "abstract_en": gettext_lazy("The abstract in English. Markdown."),
    "abstract_zh": gettext_lazy("The abstract in Chinese. Markdown."),
    "stream_url": gettext_lazy("Where the session can be followed."),
    "slides_url": gettext_lazy("Where the slides are."),
    "recording_url": gettext_lazy("Where the recording is."),
    "status": gettext_lazy("scheduled, moved or cancelled. Empty: scheduled."),
}
# Other headings that are understood, as organizers write them
ALIASES = {
    "title": "title_en",
    "title_zh_hans": "title_zh",
    "标题": "title_zh",
    "中文标题": "title_zh",
    "英文标题": "title_en",
    "subtitle": "subtitle_en",
    "abstract": "abstract_en",
    "description": "abstract_en",
    "摘要": "abstract_zh",
    "room": "room_en",
    "会议室": "room_zh",
    "language": "languages",
    "语言": "languages",
    "speaker": "speakers",
    "演讲人": "speakers",
    "嘉宾": "speakers",
    "主持人": "moderators",
    "moderator": "moderators",
    "日期": "date",
    "开始": "start",
    "开始时间": "start",
    "结束": "end",
    "结束时间": "end",
    "形式": "format",
    "type": "format",
    "编号": "code",
    "id": "code",
}
ROLES = {"speakers": "speaker", "moderators": "moderator", "panelists": "panelist"}
STATUS = {"scheduled", "moved", "cancelled"}
# What begins in the evening and ends before this hour ends on the next day.
EVENING, MORNING = 18, 9
SEPARATOR = re.compile(r"\"?sep=[,;\t]\"?\s*\Z", re.IGNORECASE)
# Of a sheet, those without a word in them too
MOST_ROWS, MOST_COLUMNS = 20_000, 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_rows(text):
    """Yield the rows of CSV, comma, semicolon or tab between the cells."""
    first, _end, rest = text.partition("\n")
    if SEPARATOR.match(first):  # a line of Excel's own
        text, first = rest, rest.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        # A line break inside of a cell belongs to its row.
        for row in rows:
            if len(row) > MOST_COLUMNS and any(row[MOST_COLUMNS:]):
                raise too_many_cells()
            yield row[:MOST_COLUMNS]
    except csv.Error as error:
        raise RefusedError(
            _("This is not well-formed CSV: %(error)s") % {"error": error},
            _("line %(line)d") % {"line": rows.line_num},
        ) from None


def sheet_rows(file):
    """Yield the rows of the first sheet, every cell as text; formulas as written."""
    import openpyxl  # 12 MB that no page needs

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False)
        yield from cells_of(book.worksheets[0])
    except RefusedError:
        raise
    except Exception as error:
        # openpyxl answers a damaged file with whatever went wrong inside.
        raise RefusedError(
            _("This XLSX file cannot be read: %(error)s") % {"error": error}
        ) from error


def cells_of(sheet):
    """
    Yield the rows of a sheet of a workbook, opened to be read only, as lists of text.

    A few bytes of a workbook can stand for any number of empty cells and rows, or
    repeat one long text in each: raise `RefusedError` then.
    """
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        filled = next((n for n in range(len(row), 0, -1) if row[n - 1] is not None), 0)
        if number > MOST_ROWS or filled > MOST_COLUMNS:
            raise too_many_cells()
        cells = [cell_text(value) for value in row[:filled]]
        if any(len(cell) > csv.field_size_limit() for cell in cells):
            words = _("A cell holds more than %(most)d characters.")
            raise RefusedError(
                words % {"most": csv.field_size_limit()},
                _("row %(row)d") % {"row": number},
            )
        yield cells


def too_many_cells():
    words = _("A sheet holds no more than %(rows)d rows and %(columns)d columns.")
    return RefusedError(words % {"rows": MOST_ROWS, "columns": MOST_COLUMNS})


def cell_text(value):
    """Return the text of a cell of a workbook; a formula as it is written."""
    from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if not value.time() else value.isoformat(" ")
    if isinstance(value, datetime.time | datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, ArrayFormula | DataTableFormula):
        return str(getattr(value, "text", "") or "")
    return "" if value is None else str(value)


def read(rows, name):
    """Return the `Schedule` of the table's rows, the first of them its headings."""
    schedule = Schedule(name)
    rows = iter(rows)
    headings = [_heading(cell) for cell in next(rows, [])]
    if not {"title_en", "title_zh"} & set(headings):
        raise RefusedError(
            _("No column is called “title_en” or “title_zh”: this is not our table."),
            _("row %(row)d") % {"row": 1},
        )
    for number, row in enumerate(rows, start=2):
        if not any(str(cell).strip() for cell in row):
            continue
        place = _("row %(row)d") % {"row": number}
        cells = {}
        for heading, cell in zip(headings, row, strict=False):
            cells[heading] = cells.get(heading) or unquote(str(cell))
        extra = [cell for cell in row[len(headings) :] if str(cell).strip()]
        if extra:
            schedule.lose(_("cells without a heading"), extra[0], len(extra))
        fields = Fields(cells, schedule, _("column"), place)
        schedule.sessions.append(_session(schedule, fields))
        fields.close()
    return schedule


def _heading(cell):
    word = clean(str(cell)).casefold().replace(" ", "_").replace("-", "_")
    return ALIASES.get(word, word)


def unquote(cell):
    """Take the quote away that keeps a spreadsheet from taking text for a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:2] in FORMULA else cell


def quote(cell):
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _pair(fields, name):
    both = {"en": fields.text(f"{name}_en"), "zh": fields.text(f"{name}_zh")}
    return {code: text for code, text in both.items() if text}


def _session(schedule, fields):
    title = _pair(fields, "title")
    if not title:
        raise RefusedError(_("A session has no title."), fields.place)
    session = Session(fields.place, [], title)
    session.code = fields.line("code")
    session.guid = fields.text("guid")
    session.ids = [one for one in (session.code, session.guid) if one]
    session.subtitle = _pair(fields, "subtitle")
    session.abstract = _pair(fields, "abstract")
    session.track, session.kind = fields.line("track"), fields.line("format")
    session.language = fields.line("languages")
    session.interpreted = fields.line("interpreted")
    session.slide_language = fields.line("slide_language")
    session.room = enter_room(schedule, _pair(fields, "room"))
    _times(schedule, fields, session)
    for column, role in ROLES.items():
        for name in (
            fields.text(column).replace("；", ";").replace("\n", ";").split(";")
        ):
            _part(schedule, session, name.strip(), role, fields.place)
    for column, kind in (("slides_url", "slides"), ("recording_url", "recording")):
        url = fields.text(column)
        if is_url(url):
            session.materials.append(Material(kind, url))
        elif url:
            schedule.lose(column, url)
    stream = fields.text("stream_url")
    if is_url(stream):
        session.stream_url = stream
    elif stream:
        schedule.lose("stream_url", stream)
    status = fields.line("status").casefold()
    if status and status not in STATUS:
        schedule.lose("status", status)
    session.status = status if status in STATUS else "scheduled"
    return session


def _times(schedule, fields, session):
    said = {name: fields.text(name) for name in ("day", "date", "start", "end")}
    length = fields.text("duration")
    number, date = said["day"], read_date(said["date"])
    moment = read_moment(said["start"])
    if date is None and moment:
        date = moment.date()
    session.day = _day(schedule, _number(number), date)
    if (said["date"] and date is None) or (number and session.day is None):
        schedule.note(
            fields.place,
            _("“%(text)s” is no day.") % {"text": said["date"] or number},
        )
    clock, until = read_clock(said["start"]), read_clock(said["end"])
    if moment is None and clock and date:
        moment = datetime.datetime.combine(date, clock)
    elif moment is None and said["start"]:
        words = _("“%(text)s” is no time; the session has none.")
        schedule.note(fields.place, words % {"text": said["start"]})
    session.starts, session.ends = moment, read_moment(said["end"])
    if moment and session.ends is None and until:
        session.ends = moment.replace(hour=until.hour, minute=until.minute)
        if moment.hour >= EVENING and until.hour < MORNING:
            session.ends += datetime.timedelta(days=1)
    elif moment and session.ends is None and (lasts := read_duration(length)):
        session.lasts = lasts
    elif moment and (said["end"] or length) and session.ends is None:
        words = _("“%(text)s” is no duration; the session has no end.")
        schedule.note(fields.place, words % {"text": said["end"] or length})


def _number(text):
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _day(schedule, number, date):
    """Return the number of a day, by its number or its date; None for neither."""
    if number is None and date is None:
        return None
    for day in schedule.days:
        if day.number == number or (number is None and day.date == date):
            day.date = day.date or date
            return day.number
    if number is None or not 0 < number < 1000:
        number = max((day.number for day in schedule.days), default=0) + 1
    schedule.days.append(Day(number, date))
    return number


def _part(schedule, session, text, role, place):
    name, slug, organization = text, "", ""
    if name.endswith("]") and "[" in name:
        name, _open, slug = name[:-1].rpartition("[")
        name = name.strip()
    name = name.replace("（", "(").replace("）", ")")
    if name.endswith(")") and "(" in name:
        name, _open, organization = name[:-1].rpartition("(")
    key = enter_person(
        schedule, ids=[], name={"": name.strip()} if name.strip() else {},
        place=place, slug=slug.strip(),
    )  # fmt: skip
    if key and (key, role) not in [(p.person, p.role) for p in session.parts]:
        session.parts.append(Part(key, role, organization.strip()))
