"""Who and what would be in two places at once; for organizers to look at."""

from collections import defaultdict

from django.utils.translation import gettext as _

from sessions.clashes import overlaps


def clashes(planned, names):
    """
    Return a sentence for each session that begins while its room or a speaker is busy.

    Breaks and cancelled sessions clash with nothing, nor does what has no known end.
    """
    rooms, people = defaultdict(list), defaultdict(list)
    for one in planned:
        record, theirs = one.record, one.theirs
        if not record.starts_at or not record.ends_at:
            continue
        if record.format == "break" or record.event_status == "cancelled":
            continue
        if record.room:
            rooms[str(record.room)].append(record)
        for key in {part.person for part in theirs.parts} & set(names):
            people[key].append(record)
    told = []
    for room, records in rooms.items():
        for first, second in overlaps(records):
            words = _("Room %(room)s: “%(first)s” and “%(second)s” overlap")
            told.append(words % {"room": room, "first": first, "second": second})
    for key, records in people.items():
        for first, second in overlaps(records):
            words = _("%(person)s: “%(first)s” and “%(second)s” overlap")
            said = {"person": names[key], "first": first, "second": second}
            told.append(words % said)
    return told
