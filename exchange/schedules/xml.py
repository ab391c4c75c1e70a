"""The XML of pentabarf and frab, turned into the mappings of their JSON."""

from html import escape
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from django.utils.translation import gettext as _

from exchange.schedules.fields import LINE
from exchange.schedules.shape import RefusedError

# What may hold HTML, escaped or not
MARKUP = {"abstract", "description", "biography"}
# A schedule of 10,000 sessions has a third of a million; each takes half a kilobyte.
MOST_ELEMENTS, MOST_ATTRIBUTES, DEEPEST = 1_000_000, 200, 100
# Attributes that tell a validator where the schema is
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


class _Parser(DefusedXMLParser):
    """Notes the line that each element begins on, and how many there are."""

    elements = depth = 0

    def _start(self, tag, attributes):
        self.elements += 1
        self.depth += 1
        if self.depth > DEEPEST:
            raise RefusedError(_("This file is nested too deeply."))
        if self.elements > MOST_ELEMENTS or len(attributes) > MOST_ATTRIBUTES:
            raise RefusedError(_("This XML has too many elements or attributes."))
        element = super()._start(tag, attributes)
        element.set(LINE, str(self.parser.CurrentLineNumber))
        return element

    def _end(self, tag):
        self.depth -= 1
        return super()._end(tag)


def parse(content):
    """Return the root element; raise `RefusedError`, with the line, if it is unsafe."""
    parser = _Parser()
    try:
        parser.feed(content)
        return parser.close()
    except DefusedXmlException as danger:
        words = _("Entities and outside references are not read: %(error)s")
        line = parser.parser.CurrentLineNumber
        raise RefusedError(
            words % {"error": type(danger).__name__},
            _("line %(line)d") % {"line": line},
        ) from None
    except ParseError as error:
        line, column = error.position
        raise RefusedError(
            _("This is not well-formed XML: %(error)s") % {"error": error},
            place_of(line, column + 1),
        ) from None
    except (LookupError, ValueError) as error:
        raise RefusedError(
            _("This XML cannot be decoded: %(error)s") % {"error": error},
            _("line %(line)d") % {"line": 1},
        ) from None


def place_of(line, column):
    return _("line %(line)d, column %(column)d") % {"line": line, "column": column}


def mapping(element):
    """Return attributes, children and text of an element, as JSON would have them."""
    found = {LINE: int(element.attrib[LINE])}
    found |= {
        bare(k): v
        for k, v in element.attrib.items()
        if k != LINE and not k.startswith(XSI)
    }
    for child in element:
        tag = bare(child.tag)
        if tag in MARKUP and len(child):
            found[tag] = inside(child)
            continue
        value = mapping(child)
        if set(value) == {LINE, "#text"} or set(value) == {LINE}:
            value = value.get("#text", "")
        if tag not in found:
            found[tag] = value
        elif isinstance(found[tag], list):
            found[tag].append(value)
        else:
            found[tag] = [found[tag], value]
    text = (element.text or "") + "".join(child.tail or "" for child in element)
    if text.strip():
        found["#text"] = text
    return found


def inside(element):
    """Return the markup in an element, for those who did not escape it."""
    text = element.text or ""
    for child in element:
        name = bare(child.tag)
        href = child.get("href")
        attributes = f' href="{escape(href)}"' if href else ""
        text += f"<{name}{attributes}>{inside(child)}</{name}>{child.tail or ''}"
    return text


def bare(tag):
    return tag.rpartition("}")[2]


def as_list(value):
    """Return a list of what stands once, many times, or not at all."""
    if isinstance(value, dict) and set(value) == {LINE}:
        return []
    return value if isinstance(value, list) else [value] if value else []


def schedule_of(root):
    """Return the mapping of c3voc's JSON that says what the XML says."""
    found = mapping(root)
    conference = found.get("conference")
    if not isinstance(conference, dict):
        conference = found["conference"] = {}
    conference["daysCount"] = conference.pop("days", None)
    if isinstance(holder := conference.get("tracks"), dict) and "track" in holder:
        conference["track"] = conference.pop("tracks")["track"]
    if isinstance(conference.get("track"), list | dict | str):
        conference["tracks"] = [
            track if isinstance(track, dict) else {"name": track}
            for track in as_list(conference.pop("track"))
        ]
    conference["days"] = [
        _day(day) for day in as_list(found.pop("day", None)) if isinstance(day, dict)
    ]
    return found


def _day(day):
    rooms = [room for room in as_list(day.pop("room", None)) if isinstance(room, dict)]
    for room in rooms:
        room["events"] = _events(room)
    # Older dialects hang events on the day itself and name the room in each.
    if loose := _events(day):
        rooms.append({"events": loose, LINE: day[LINE]})
    return day | {"rooms": rooms}


def _events(parent):
    events = [e for e in as_list(parent.pop("event", None)) if isinstance(e, dict)]
    for event in events:
        for many, single in (
            ("persons", "person"),
            ("links", "link"),
            ("attachments", "attachment"),
        ):
            if isinstance(holder := event.get(many), dict):
                items = as_list(holder.pop(single, None))
                event[many] = [
                    i if isinstance(i, dict) else {"#text": i} for i in items
                ]
                if set(holder) - {LINE}:
                    event[f"{many} (more)"] = holder
    return events
