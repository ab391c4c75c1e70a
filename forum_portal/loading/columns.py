"""
The kinds of column: how the value of a cell gets into a record and back.

`write` takes what the cell's `read` gave; `dump` returns the cell that the record
would have now, so that an edit made in the admin can be told from one in the file.
"""

from exchange.cells import SLUG, SLUGS, TEXT, Slug

REASON = "load_forum"


class Column:
    """
    A column of a file.

    `required`: no cell may be empty. `optional`: the column may be missing, and
    is then left alone. `late`: written when the records of all files exist.
    `ordered`: the order of a list matters. `shared`: other files fill it as well.
    `beside`: the columns of the row that `check` looks at.
    `attr` is the field whose complaints are about this column.
    """

    late = shared = hidden = False
    ordered = True
    beside = ()

    def __init__(self, name, attr="", cell=TEXT, required=False, optional=False):
        self.name, self.attr, self.cell = name, attr or name, cell
        self.required, self.optional = required, optional

    def references(self, value):
        """Return (model, slug) of every record that the value names."""
        return []

    def check(self, value, row, directory):
        """Raise `CellError` where the value does not fit the rest of its row."""

    def write(self, record, value, directory):
        """Put the value into the record; raise `CellError` if that cannot be."""
        setattr(record, self.attr, value)

    def dump(self, record, directory):
        """Return the cell that stands for what the record holds now."""
        return self.cell.write(getattr(record, self.attr))

    def same(self, one, other):
        """Tell whether two cells, both as `dump` writes them, say the same."""
        if self.ordered:
            return one == other
        return sorted(one.split("|")) == sorted(other.split("|"))


class Place(Column):
    """The row's place in its file; no column of the file."""

    hidden = True


class Given(Column):
    """A value that the portal gives by itself where the cell is empty."""

    def write(self, record, value, directory):
        if value:
            super().write(record, value, directory)

    def same(self, one, other):
        return not one or not other or one == other


class One(Column):
    """The slug of another record."""

    def __init__(self, name, model, attr="", **options):
        super().__init__(name, attr, Slug(), **options)
        self.model = model

    def references(self, value):
        return [(self.model, value)] if value else []

    def write(self, record, value, directory):
        setattr(record, self.attr, directory.find(self.model, value) if value else None)

    def dump(self, record, directory):
        return directory.key(getattr(record, self.attr))


class Several(Column):
    """Slugs of other records, in no order."""

    late = True
    ordered = False

    def __init__(self, name, model, attr="", **options):
        super().__init__(name, attr, SLUGS, **options)
        self.model = model

    def references(self, value):
        return [(self.model, slug) for slug in value]

    def write(self, record, value, directory):
        found = [directory.find(self.model, slug) for slug in value]
        getattr(record, self.attr).set(found)

    def dump(self, record, directory):
        related = getattr(record, self.attr).all()
        return self.cell.write(directory.key(other) for other in related)


class Parts(Column):
    """
    Items that are rows of a model of their own, parts of the record.

    A kind says which parts are the column's own (`existing`), which item a part
    stands for (`item`), and how one is made (`make`). An item that stays keeps
    its part; `key` tells which item is which, `renew` brings a part up to date.
    """

    late = True

    def existing(self, record, directory):
        return list(getattr(record, self.attr).all())

    def item(self, part, directory):
        raise NotImplementedError

    def make(self, record, item, directory):
        raise NotImplementedError

    def key(self, item):
        return item

    def renew(self, part, item, place):
        """Return the names of the fields of `part` that had to change."""
        if not self.ordered or part.position == place:
            return []
        part.position = place
        return ["position"]

    def write(self, record, value, directory):
        parts = {
            self.key(self.item(part, directory)): part
            for part in self.existing(record, directory)
        }
        for gone in parts.keys() - {self.key(item) for item in value}:
            part = parts[gone]
            part._change_reason = REASON
            part.delete()
        for place, item in enumerate(value, 1):
            part = parts.get(self.key(item))
            if part is None:
                part = self.make(record, item, directory)
                self.renew(part, item, place)
                save_part(part)
            elif self.renew(part, item, place):
                save_part(part)

    def dump(self, record, directory):
        parts = self.existing(record, directory)
        return self.cell.write(self.item(part, directory) for part in parts)


def save_part(part):
    """Check a part, all but the relations that we made ourselves, and save it."""
    relations = []
    for field in part._meta.concrete_fields:
        if field.is_relation:
            relations.append(field.name)
        elif field.empty_strings_allowed and getattr(part, field.attname) is None:
            setattr(part, field.attname, "")
    part.clean_fields(exclude=relations)
    part.validate_constraints()
    part._change_reason = REASON
    part.save()


def part_of(model, **fields):
    """Return the part with these fields, made if there is none."""
    part = model.objects.filter(**fields).first()
    if part is None:
        part = model(**fields)
        save_part(part)
    return part


def is_slug(text):
    return bool(SLUG.fullmatch(text))
