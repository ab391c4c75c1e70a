"""What our own schedule files say in ways of their own; see `exchange.publishing`."""

from django.utils.translation import gettext, override

from exchange.publishing.schedule import KINDS, NO_ROOM, STATES
from records.languages import TAGS

STATUS = {address: status for status, address in STATES.items()}
MATERIALS = {word: kind for kind, word in KINDS.items()}


def read_link(session, link):
    """Take the state or the stream of a session from a link; name kinds as we do."""
    url, kind = link.data.get("url") or link.data.get("href"), link.data.get("type")
    if url in STATUS:
        session.status = str(STATUS[url])
    elif link.name.endswith("/links") and kind == "media":
        session.stream_url = url
    elif link.name.endswith("/attachments") and kind in MATERIALS:
        link.data["type"] = str(MATERIALS[kind])
        return
    else:
        return
    link.data.clear()


def without_state(session):
    """Return the title of a session without the word that says it is cancelled."""
    starts = set()
    for code in TAGS if session.status == "cancelled" else ():
        with override(code):
            starts.add(gettext("Cancelled: %(title)s").partition("%(title)s")[0])
    titles = {}
    for language, title in session.title.items():
        start = next((start for start in starts if title.startswith(start)), "")
        titles[language] = title.removeprefix(start)
    return titles


def without_no_room(schedule):
    """Forget the room that stands for none."""
    empty = [
        key for key, room in schedule.rooms.items() if NO_ROOM in room.name.values()
    ]
    for key in empty:
        del schedule.rooms[key]
    for session in schedule.sessions:
        if session.room in empty:
            session.room = ""
