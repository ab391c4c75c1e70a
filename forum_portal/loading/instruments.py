"""The columns of regulations: numbers, issuing bodies, milestones, amendments."""

import datetime
import re

from exchange.cells import Cell, CellError, Choice, Date, Listed, Slug
from forum_portal.loading.columns import Column, Parts, is_slug, save_part
from organizations.models import Organization
from topics.models import (
    Identifier,
    IssuingBody,
    Milestone,
    Regulation,
    RegulationRelation,
)


class Event(Cell):
    """A date in the life of an instrument: 2023-07-12:signed (detail)."""

    kinds = Choice(Milestone.Kind, {"in force": "in-force"})
    expected = "date:event or date:event (detail); an event is " + kinds.expected
    shape = re.compile(r"([^:]+):([a-z ]+?)(?: \((.+)\))?")

    def parse(self, text):
        found = self.shape.fullmatch(text)
        if not found:
            raise ValueError
        date, kind, detail = found.groups()
        return Date().read(date), self.kinds.read(kind), detail or ""

    def format(self, value):
        date, kind, detail = value
        return f"{date}:{self.kinds.write(kind)}" + (f" ({detail})" if detail else "")


class Identifiers(Parts):
    def __init__(self):
        super().__init__("identifier", "identifiers", Listed(Cell()))

    def item(self, part, directory):
        return str(part)

    def make(self, record, item, directory):
        found = re.fullmatch(r"([A-Z]{2,10}):(\S.*)", item)
        scheme, number = found.groups() if found else ("", item)
        return Identifier(regulation=record, scheme=scheme, value=number)


class IssuingBodies(Parts):
    """Organizations by slug; what has no shape of a slug is a plain name."""

    def __init__(self):
        super().__init__("issuing_body", "issuing_bodies", Listed(Cell()))

    def references(self, value):
        return [(Organization, item) for item in value if is_slug(item)]

    def item(self, part, directory):
        return directory.key(part.organization) if part.organization else part.name_en

    def make(self, record, item, directory):
        if is_slug(item):
            organization = directory.find(Organization, item)
            return IssuingBody(regulation=record, organization=organization)
        return IssuingBody(regulation=record, name_en=item)


class IssuingBodiesInChinese(Column):
    """The Chinese names of those given by a plain name, in their order."""

    late = True
    beside = ("issuing_body",)

    def __init__(self):
        cell = Listed(Cell())
        super().__init__("issuing_body_zh", "issuing_bodies", cell, optional=True)

    def check(self, value, row, directory):
        bodies = row.values["issuing_body"]
        plain = [name for name in bodies if not is_slug(name)]
        if len(value) not in (0, len(plain)):
            raise CellError(
                f"as many names as issuing_body has plain ones: {len(plain)}"
            )

    def plain(self, record):
        bodies = record.issuing_bodies.all()
        return [body for body in bodies if body.organization_id is None]

    def write(self, record, value, directory):
        for body, name in zip(self.plain(record), value, strict=False):
            if body.name_zh_hans != name:
                body.name_zh_hans = name
                save_part(body)

    def dump(self, record, directory):
        names = [body.name_zh_hans for body in self.plain(record)]
        return self.cell.write(name for name in names if name)


class Milestones(Parts):
    """Dates of an instrument with details in one language; each event once a day."""

    ordered = False

    def __init__(self, name, field, optional=False):
        super().__init__(name, "milestones", Listed(Event()), optional=optional)
        self.field = field

    def check(self, value, row, directory):
        keys = [self.key(item) for item in value]
        for item, key in zip(value, keys, strict=True):
            if keys.count(key) > 1:
                said = self.cell.item.write(item)
                raise CellError("each event once on a date; join the details", said)

    def key(self, item):
        return item[:2]

    def item(self, part, directory):
        return part.iso_date(), part.kind, getattr(part, self.field) or ""

    def make(self, record, item, directory):
        date, kind, _detail = item
        precision = {4: "year", 7: "month"}.get(len(date), "day")
        first = f"{date}-01-01"[:10]
        return Milestone(
            regulation=record,
            date=datetime.date.fromisoformat(first),
            precision=precision,
            kind=kind,
        )

    def renew(self, part, item, place):
        if (getattr(part, self.field) or "") == item[2]:
            return []
        setattr(part, self.field, item[2])
        return [self.field]


class MilestonesInChinese(Milestones):
    """The same dates and events as in `milestones`, with the details in Chinese."""

    beside = ("milestones",)

    def __init__(self):
        super().__init__("milestones_zh", "note_zh_hans", optional=True)

    def check(self, value, row, directory):
        super().check(value, row, directory)
        given = [self.key(item) for item in row.values["milestones"]]
        for item in value:
            if self.key(item) not in given:
                said = self.cell.item.write(item)
                raise CellError("a date and event that stand in milestones", said)

    def write(self, record, value, directory):
        details = {self.key(item): item for item in value}
        for part in self.existing(record, directory):
            key = self.key(self.item(part, directory))
            if self.renew(part, details.get(key, (*key, "")), 0):
                save_part(part)

    def dump(self, record, directory):
        items = [
            self.item(part, directory) for part in self.existing(record, directory)
        ]
        return self.cell.write(item for item in items if item[2])


class Amends(Parts):
    ordered = False

    def __init__(self):
        super().__init__("amends", "relations", Listed(Slug()))

    def references(self, value):
        return [(Regulation, slug) for slug in value]

    def existing(self, record, directory):
        amends = RegulationRelation.Kind.AMENDS
        return [r for r in record.relations.all() if r.kind == amends]

    def item(self, part, directory):
        return directory.key(part.target)

    def make(self, record, item, directory):
        target = directory.find(Regulation, item)
        return RegulationRelation(regulation=record, kind="amends", target=target)
