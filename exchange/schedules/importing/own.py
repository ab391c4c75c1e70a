"""
What a file of our own leaves out of a record stays with the record.

Such a file is in one language, and names once in each session who is public and
spoke there; see `exchange.publishing.schedule`. A file of others says less than the
record only because its writer took something away.
"""

from exchange.publishing.schedule import spoken_parts
from sessions.models import Material

HERE = Material.Availability.HERE


def keep_other_language(ours, theirs):
    """Take from the record each text that the file has in the other language only."""
    for name, text in theirs.items():
        if text == "" and name.endswith(("_en", "_zh_hans")):
            theirs[name] = ours[name]


def spoken_in(edition):
    """Return {(session, person)} of those whom a file of the edition names."""
    return set(spoken_parts(edition).values_list("session", "person"))


def keep_parts(session, theirs, ours, spoken):
    """
    Return the parts of the file, with those of the record that no file has.

    They are of who is not named at all, and further parts of who is named once.
    """
    named = {person for person, _organization, _role in theirs}
    unsaid = [
        part
        for part in ours
        if part not in theirs and (part[0] in named or (session, part[0]) not in spoken)
    ]
    kept = [part for part in ours if part in theirs or part in unsaid]
    same = [part for part in kept if part in theirs] == theirs
    return kept if same else theirs + unsaid


def keep_materials(session, theirs):
    """
    Return the materials of the file, those on record as the record has them.

    The file has neither licences nor what is still expected, and names what was
    uploaded by its address here.
    """
    known = sorted(session.materials.all(), key=lambda material: material.pk)
    uploaded = [m.file.url for m in known if m.file and not m.url]
    found = {m.url: m for m in known if m.url}
    kept = []
    for kind, url, title, licence in theirs:
        if url in found and found[url].kind == kind:
            own = found[url]
            titles = {own.title_en, own.title_zh_hans}
            title = cell_title(own) if title in titles or not title else title
            kept.append([kind, url, title, licence or own.licence])
        elif not (uploaded and url.endswith(tuple(uploaded))):
            kept.append([kind, url, title, licence])
    urls = {url for _kind, url, _title, _licence in kept}
    for own in known:
        if own.url not in {"", *urls} and own.availability != HERE:
            kept.append([own.kind, own.url, cell_title(own), own.licence])
    places = {own.url: place for place, own in enumerate(known)}
    return sorted(kept, key=lambda item: places.get(item[1], len(places)))


def cell_title(material):
    return material.title_en or material.title_zh_hans or ""
