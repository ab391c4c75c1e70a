"""The columns of every kind of record: other names, sources, what is from memory."""

import re

from exchange.cells import (
    Address,
    Cell,
    CellError,
    Language,
    Listed,
    Pair,
    YesNo,
)
from forum_portal.loading.columns import Column, Parts, save_part
from records.models import AltName, Citation

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ACRONYM = re.compile(r"(?=(?:.*[A-Z]){2})[A-Za-z0-9.-]{2,8}")


def language_of(name):
    """Return the language a name is in, as far as its letters tell; "" if unsure."""
    if CHINESE.search(name):
        return "zh-Hans"
    return "" if ACRONYM.fullmatch(name) else "en"


def is_token(item):
    """Tell whether an item of `source` stands for a row of sources.csv."""
    return ":" not in item and item != "memory"


class Certainty(Cell):
    """Where a fact comes from: a token of sources.csv, an address, or memory."""

    expected = "a token of sources.csv, official:ADDRESS, secondary:ADDRESS, or memory"

    def parse(self, text):
        kind, colon, address = text.partition(":")
        if colon and kind not in ("official", "secondary"):
            raise ValueError
        if colon:
            Address().parse(address)
        return text


class AltNames(Parts):
    """Other names of the record; "text" alone, its language as far as it shows."""

    ordered = False

    def __init__(self, name):
        super().__init__(name, "alt_names", Listed(Cell()))

    def item(self, part, directory):
        return part.text

    def make(self, record, item, directory):
        return AltName(record=record, text=item, language=language_of(item))


class NameMarks(Column):
    """Something said of some of the other names, which stand in another column."""

    late = True
    ordered = False

    def __init__(self, name, names, cell):
        super().__init__(name, "alt_names", Listed(cell), optional=True)
        self.names, self.beside = names, (names,)

    def check(self, value, row, directory):
        for item in value:
            if self.text(item) not in row.values[self.names]:
                raise CellError(f"a name that stands in {self.names}", self.text(item))

    def write(self, record, value, directory):
        marks = {self.text(item): item for item in value}
        for name in record.alt_names.all():
            if self.mark(name, marks.get(name.text)):
                save_part(name)

    def dump(self, record, directory):
        marked = [self.marked(name) for name in record.alt_names.all()]
        return self.cell.write(item for item in marked if item)


class NamesInSource(NameMarks):
    def __init__(self, names):
        super().__init__("names_in_source", names, Cell())

    def text(self, item):
        return item

    def mark(self, name, item):
        changed, name.in_source = name.in_source != bool(item), bool(item)
        return changed

    def marked(self, name):
        return name.text if name.in_source else None


class NamesInOtherLanguages(NameMarks):
    """`language:name` of the names that are neither English nor Chinese."""

    def __init__(self, names):
        cell = Pair(Language(), Cell(), "language:name")
        super().__init__("names_in_other_languages", names, cell)

    def text(self, item):
        return item[1]

    def mark(self, name, item):
        language = item[0] if item else language_of(name.text)
        changed, name.language = name.language != language, language
        return changed

    def marked(self, name):
        other = name.language not in ("", language_of(name.text))
        return (name.language, name.text) if other else None


class Sources(Parts):
    ordered = False

    def __init__(self):
        super().__init__("source", "citations", Listed(Certainty()), required=True)

    def check(self, value, row, directory):
        for item in value:
            if is_token(item) and item not in directory.tokens:
                raise CellError("a token that stands in sources.csv", item)

    def existing(self, record, directory):
        return [c for c in record.citations.all() if not c.about]

    def item(self, part, directory):
        if part.certainty == Citation.Certainty.MEMORY:
            return "memory"
        if part.certainty == Citation.Certainty.STATED:
            return directory.key(part.source)
        return f"{part.certainty}:{part.source.url}"

    def make(self, record, item, directory):
        if item == "memory":
            return Citation(record=record, certainty=item)
        certainty, _colon, url = item.rpartition(":http")
        if certainty:
            source = directory.source_at(f"http{url}")
            return Citation(record=record, source=source, certainty=certainty)
        return Citation(
            record=record, source=directory.tokens[item], certainty="stated"
        )


class InSource(Column):
    """Whether the source names it; follows from the column `source`."""

    late = True
    beside = ("source",)

    def __init__(self, name="in_article"):
        super().__init__(name, "citations", YesNo(), required=True)

    def check(self, value, row, directory):
        stated = any(map(is_token, row.values["source"]))
        if value != stated:
            raise CellError("yes if source holds a token of sources.csv, else no")

    def write(self, record, value, directory):
        """Do nothing: the citations say it."""

    def dump(self, record, directory):
        stated = Citation.Certainty.STATED
        return self.cell.write(
            any(citation.certainty == stated for citation in record.citations.all())
        )


class FromMemory(Parts):
    """Columns, and milestones as milestone@DATE, that no page confirmed."""

    ordered = False
    beside = ("milestones",)
    # Where the field is called otherwise than the column
    FIELDS = {"name_zh": "short_name_zh_hans"}

    def __init__(self):
        super().__init__("from_memory", "citations", Listed(Cell()))

    def check(self, value, row, directory):
        dates = {date for date, *_ in row.values["milestones"]}
        for item in value:
            name, _at, date = item.partition(" (")[0].partition("@")
            known = date in dates if name == "milestone" else name in row.cells
            if not known:
                raise CellError("a column, or milestone@DATE of a milestone", item)

    def existing(self, record, directory):
        memory = Citation.Certainty.MEMORY
        return [c for c in record.citations.all() if c.about and c.certainty == memory]

    def item(self, part, directory):
        field, space, remark = part.about.partition(" ")
        columns = {field: column for column, field in self.FIELDS.items()}
        return columns.get(field, field) + space + remark

    def make(self, record, item, directory):
        column, space, remark = item.partition(" ")
        about = self.FIELDS.get(column, column) + space + remark
        return Citation(record=record, certainty="memory", about=about)
