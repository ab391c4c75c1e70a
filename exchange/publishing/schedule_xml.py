"""The schedule of an edition as the XML of frab and the C3VOC."""

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

# What XML 1.0 has no way to write (section 2.2)
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST = 99  # hours that the XSD's “hh:mm” has room for


def as_xml(document):
    """Return a schedule, as `schedule()` gives it, as the bytes of its XML file."""
    root = Element("schedule")
    SubElement(root, "generator", name="Forum Portal")
    conference = document["conference"]
    add(root, "url", conference["url"])
    add(root, "version", document["version"])
    head = SubElement(root, "conference")
    for name in ("acronym", "title", "start", "end"):
        add(head, name, conference[name])
    add(head, "days", str(conference["daysCount"]))
    add(head, "timeslot_duration", conference["timeslot_duration"])
    add(head, "time_zone_name", conference["time_zone_name"])
    add(head, "base_url", document["base_url"])
    add(head, "url", conference["url"])
    guids = {room["name"]: room["guid"] for room in conference["rooms"]}
    for day in conference["days"]:
        held = SubElement(
            root,
            "day",
            index=str(day["index"]),
            date=day["date"],
            start=day["day_start"],
            end=day["day_end"],
        )
        for name, events in day["rooms"].items():
            room = SubElement(held, "room", name=written(name), guid=guids[name])
            for event in events:
                add_event(room, event)
    indent(root, " ")
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def add_event(room, event):
    """Add one session to its room; the schema has no place for its code."""
    element = SubElement(room, "event", guid=event["guid"], id=str(event["id"]))
    for name in (
        "date",
        "start",
        "room",
        "title",
        "subtitle",
        "slug",
        "track",
        "type",
        "language",
        "abstract",
        "description",
        "url",
    ):
        add(element, name, event[name])
    add(element, "duration", duration(event["duration"]))
    persons = SubElement(element, "persons")
    for person in event["persons"]:
        add(
            persons, "person", person["name"], id=str(person["id"]), guid=person["guid"]
        )
    for plural, name in (("links", "link"), ("attachments", "attachment")):
        group = SubElement(element, plural)
        for one in event[plural]:
            add(group, name, one["title"], href=written(one["url"]), type=one["type"])


def add(parent, name, text, **attributes):
    SubElement(parent, name, attributes).text = written(text)


def written(text):
    """Return a text without what XML cannot hold, its line ends as XML reads them."""
    return UNWRITABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def duration(text):
    """Return “hh:mm” as it is, or days, hours and minutes beyond the room for it."""
    hours, minutes = text.split(":")
    if int(hours) <= LONGEST:
        return text
    days, hours = divmod(int(hours), 24)
    return f"{days}:{hours:02}:{minutes}"
