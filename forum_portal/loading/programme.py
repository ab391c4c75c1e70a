"""The columns of editions, sessions and those who took part in them."""

import datetime

from django.utils.text import slugify

from exchange.cells import (
    Cell,
    CellError,
    Choice,
    Language,
    Listed,
    Pair,
    Slug,
)
from forum_portal.loading.columns import Column, Parts, part_of, save_part
from forum_portal.loading.names import CHINESE
from organizations.models import Affiliation, Organization, Person
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Room,
    SpokenLanguage,
)

# Titles of affiliations, in both languages
TITLES = {
    "founder": ("Founder", "创始人"),
    "director": ("Director", "主任"),
    "member": ("Member", "成员"),
    "staff": ("Staff", "工作人员"),
}


class Contributions(Parts):
    """Who did what in a session, `slug:role`: organizations, or people."""

    def __init__(self, name, model, field, **options):
        cell = Pair(Slug(), Choice(Contribution.Role), "slug:role")
        super().__init__(name, "contributions", Listed(cell), **options)
        self.model, self.field = model, field

    def references(self, value):
        return [(self.model, slug) for slug, _role in value]

    def existing(self, record, directory):
        # A person who spoke for an organization stands among the people.
        own = record.contributions.all()
        return [c for c in own if (c.person_id is None) == (self.field != "person")]

    def item(self, part, directory):
        return directory.key(getattr(part, self.field)), part.role

    def make(self, record, item, directory):
        who = directory.find(self.model, item[0])
        return Contribution(session=record, role=item[1], **{self.field: who})


class SpokenLanguages(Parts):
    ordered = False

    def __init__(self):
        cell = Listed(Language())
        super().__init__("languages", "spoken_languages", cell, optional=True)

    def item(self, part, directory):
        return part.language

    def make(self, record, item, directory):
        return SpokenLanguage(session=record, language=item)


class DayNumber(Column):
    """The number of the edition's day; its date need not be on record."""

    def write(self, record, value, directory):
        if value is None:
            record.day = None
        else:
            record.day = part_of(EditionDay, edition=record.edition, number=value)

    def dump(self, record, directory):
        return self.cell.write(record.day.number if record.day else None)


class RoomName(Column):
    """The name of a room of the edition's venue, made if there is none."""

    def write(self, record, value, directory):
        record.room = self.room(record.edition, value) if value else None

    def room(self, edition, name):
        for room in edition.rooms.all():
            if room_name(room) == name:
                return room
        place = edition.rooms.count() + 1
        field = "name_zh_hans" if CHINESE.search(name) else "name_en"
        room = Room(edition=edition, position=place, **{field: name})
        room.slug = slugify(name) or f"room-{place}"
        save_part(room)
        return room

    def dump(self, record, directory):
        return room_name(record.room) if record.room else ""


def room_name(room: Room) -> str:
    return room.name_en or room.name_zh_hans or ""


class LocalTime(Column):
    """A time on the clock of the edition's place."""

    def write(self, record, value, directory):
        if value is not None:
            zone = record.edition.zone
            clock, value = value, value.replace(tzinfo=zone).astimezone(datetime.UTC)
            if value.astimezone(zone).replace(tzinfo=None) != clock:
                raise CellError(f"a time that the clocks of {zone.key} show")
        setattr(record, self.attr, value)

    def dump(self, record, directory):
        time = getattr(record, self.attr)
        zone = record.edition.zone
        return self.cell.write(time and time.astimezone(zone).replace(tzinfo=None))


class Affiliations(Parts):
    """`organization:role`; the role becomes a title in both languages."""

    ordered = False
    wanted = "organization:role; a role is one of: " + ", ".join(TITLES)

    def __init__(self):
        cell = Pair(Slug(), Cell(), self.wanted)
        super().__init__("affiliations", "affiliations", Listed(cell))

    def references(self, value):
        return [(Organization, slug) for slug, _role in value]

    def check(self, value, row, directory):
        for slug, role in value:
            if role not in TITLES:
                raise CellError(self.wanted, f"{slug}:{role}")

    def item(self, part, directory):
        title = part.title_en or part.title_zh_hans or ""
        roles = {english: role for role, (english, _chinese) in TITLES.items()}
        return directory.key(part.organization), roles.get(title, title)

    def make(self, record, item, directory):
        organization = directory.find(Organization, item[0])
        english, chinese = TITLES[item[1]]
        return Affiliation(
            person=record,
            organization=organization,
            title_en=english,
            title_zh_hans=chinese,
        )


class AffiliationNotes(Column):
    """`organization:note` on affiliations that stand in their own column."""

    late = True
    ordered = False
    beside = ("affiliations",)

    def __init__(self, name, field):
        cell = Listed(Pair(Slug(), Cell(), "organization:note"))
        super().__init__(name, "affiliations", cell, optional=True)
        self.field = field

    def check(self, value, row, directory):
        known = [slug for slug, _role in row.values["affiliations"]]
        for slug, _note in value:
            if slug not in known:
                raise CellError("an organization that stands in affiliations", slug)

    def write(self, record, value, directory):
        notes = dict(value)
        for part in record.affiliations.all():
            note = notes.get(directory.key(part.organization), "")
            if (getattr(part, self.field) or "") != note:
                setattr(part, self.field, note)
                save_part(part)

    def dump(self, record, directory):
        return self.cell.write(
            (directory.key(part.organization), note)
            for part in record.affiliations.all()
            if (note := getattr(part, self.field))
        )


class Roles(Parts):
    """Parts had in a whole edition; files of both sides may tell of one."""

    ordered = False
    attr_of = {Organization: "organization", Person: "person", Edition: "edition"}

    def __init__(self, name, attr, cell, **options):
        super().__init__(name, attr, Listed(cell), **options)

    def role(self, edition, who, role):
        position = edition.roles.count() + 1
        kind = self.attr_of[type(who)]
        return EditionRole(edition=edition, role=role, position=position, **{kind: who})


class RolesOfEdition(Roles):
    """Organizations that had one role in the edition."""

    shared = True

    def __init__(self, name, role):
        super().__init__(name, "roles", Slug())
        self.wanted = role

    def references(self, value):
        return [(Organization, slug) for slug in value]

    def claims(self, key, value):
        return {(key, slug, self.wanted) for slug in value}

    def existing(self, record, directory):
        roles = record.roles.all()
        return [r for r in roles if r.role == self.wanted and r.organization_id]

    def item(self, part, directory):
        return directory.key(part.organization)

    def make(self, record, item, directory):
        return self.role(record, directory.find(Organization, item), self.wanted)


class RolesAtEdition(Roles):
    """The roles that an organization had in one edition: `roles_<edition>`."""

    shared = True

    def __init__(self, name):
        cell = Choice(EditionRole.Role)
        super().__init__(name, "edition_roles", cell, optional=True)
        self.edition = name.removeprefix("roles_")

    def references(self, value):
        return [(Edition, self.edition)]

    def claims(self, key, value):
        return {(self.edition, key, role) for role in value}

    def existing(self, record, directory):
        edition = directory.find(Edition, self.edition)
        return [r for r in record.edition_roles.all() if r.edition_id == edition.pk]

    def item(self, part, directory):
        return part.role

    def make(self, record, item, directory):
        return self.role(directory.find(Edition, self.edition), record, item)


class RolesOfPerson(Roles):
    def __init__(self):
        cell = Pair(Slug(), Choice(EditionRole.Role), "edition:role")
        super().__init__("editions", "edition_roles", cell)

    def references(self, value):
        return [(Edition, slug) for slug, _role in value]

    def item(self, part, directory):
        return directory.key(part.edition), part.role

    def make(self, record, item, directory):
        return self.role(directory.find(Edition, item[0]), record, item[1])
