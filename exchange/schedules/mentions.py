"""People, rooms, links and source systems, as files mention them."""

import re
from urllib.parse import urljoin, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import slugify
from django.utils.translation import gettext as _

from exchange.schedules.fields import one_line
from exchange.schedules.shape import Material, Person, Room

ROLES = {
    "speaker": "speaker",
    "presenter": "speaker",
    "keynote": "speaker",
    "author": "speaker",
    "moderator": "moderator",
    "chair": "moderator",
    "convener": "moderator",
    "coordinator": "host",
    "host": "host",
    "panelist": "panelist",
    "panellist": "panelist",
    "rapporteur": "rapporteur",
    "participant": "participant",
    "contributor": "participant",
    "guest": "participant",
}
RECORDING = re.compile(
    r"\.(?:webm|mp4|mkv|ogv|ogg|m4v|avi|mov)$|//(?:www\.)?(?:youtu\.be|youtube\.com|vimeo\.com)/"
)
SLIDES = re.compile(r"\b(slides?|folien|presentation)\b|投影片|簡報|幻灯片|课件", re.I)
VIDEO = re.compile(r"\b(video recording|recording|aufzeichnung)\b|录像|錄影", re.I)
PAPER = re.compile(r"\b(paper|proceedings)\b|论文|論文", re.I)
check_url = URLValidator(["http", "https"])


def is_url(text):
    try:
        check_url(text)
    except ValidationError:
        return False
    return len(text) <= 500


def system_of(addresses, name):
    """
    Return what to call the system that a file's ids come from.

    The host of the first address that is one of the internet; else the name of the
    conference without its year, so that two years of one conference agree.
    """
    for address in addresses:
        host = (urlsplit(address).hostname or "") if "//" in address else ""
        if "." in host and not re.fullmatch(r"[\d.]+", host):
            return host.removeprefix("www.")[:50]
    bare = re.sub(r"\b(?:19|20)\d\d\b|(?:19|20)\d\d$", "", name)
    return slugify(bare)[:50] or slugify(name)[:50]


def fold(name):
    """Return a name as it is compared: no case, single spaces."""
    return one_line(name).casefold()


def enter_person(schedule, *, ids, name, bio=None, place="", **more):
    """Note a person once, whoever mentions them; return the key, "" for nobody."""
    names = {code: one_line(text) for code, text in name.items()}
    ids = [str(one)[:180] for one in ids if one]
    said = next((text for text in names.values() if text), "")
    if not said and not (ids and ids[0] in schedule.people):
        if ids:
            schedule.note(place, _("A person without a name was left out."))
        return ""
    key = ids[0] if ids else f"name:{fold(said)}"
    person = schedule.people.get(key)
    if person is None:
        person = schedule.people[key] = Person(key, names, ids)
    elif said and not {fold(n) for n in names.values()} & {
        fold(n) for n in person.name.values()
    }:
        first = next(iter(person.name.values()))
        schedule.note(
            place,
            _("“%(name)s” has the id of “%(first)s”, who is kept as the one person.")
            % {"name": said, "first": first},
        )
    person.bio = person.bio or bio or {}
    for field, value in more.items():
        setattr(person, field, getattr(person, field) or value)
    return key


def enter_room(schedule, name, key="", notes=None):
    """Note a room once; return its key, "" for none."""
    names = {code: one_line(text) for code, text in name.items() if text}
    if not names:
        return ""
    said = [fold(text) for text in names.values()]
    for one in said:
        if known := schedule.rooms_called.get(one):
            known.notes = known.notes or notes or {}
            return known.key
    if not key or key in schedule.rooms:
        key = f"name:{said[0]}"
    room = schedule.rooms[key] = Room(key, names, notes or {})
    schedule.rooms_called.update(dict.fromkeys(said, room))
    return key


def role_of(schedule, word, name):
    """Return our role for theirs; an unknown one counts as lost, as a speaker's."""
    role = ROLES.get(word.strip().casefold()) if word else "speaker"
    if role is None:
        schedule.lose(f"{name}/role", word)
    return role or "speaker"


def link_of(schedule, fields, base=""):
    """Return a link or attachment of the file as a `Material`, None if it is none."""
    url = fields.text("url", "href", "link", "download_url", "resource")
    title = fields.line("title", "#text", "description", "filename")
    kind = fields.line("type").casefold()
    fields.close()
    if base and url and "://" not in url and not url.startswith("mailto:"):
        url = urljoin(base, url)
    found = material_kind(kind, title, url)
    if not found or not is_url(url) or url.endswith("/missing.png"):
        if url or title:
            name = f"{fields.name} ({kind})" if kind else fields.name
            schedule.lose(name, url or title)
        return None
    return Material(found, url, title[:200])


def material_kind(kind, title, url):
    if kind == "feedback":
        return ""
    if kind in {"slides", "paper", "recording", "transcript", "photo"}:
        return kind
    if RECORDING.search(url) or VIDEO.search(title) or kind == "video":
        return "recording"
    if SLIDES.search(title):
        return "slides"
    return "paper" if PAPER.search(title) else ""


def add_recording(schedule, session, url, name, licence=""):
    """Keep the address of a recording, if it is one."""
    if is_url(url):
        if url not in [material.url for material in session.materials]:
            session.materials.append(Material("recording", url, licence=licence[:100]))
    elif url:
        schedule.lose(name, url)
