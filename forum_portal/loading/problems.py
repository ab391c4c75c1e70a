"""What is wrong with a content folder, told so that one can put it right."""

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: file, line, slug, column, value, what was expected."""

    file: str
    line: int
    message: str
    slug: str = ""
    column: str = ""
    value: str | None = None

    def __str__(self):
        where = f"{self.file}:{self.line}" if self.line else self.file
        if self.slug:
            where += f" ({self.slug})"
        if self.column:
            where += f" {self.column}"
        said = "" if self.value is None else f"“{_shortened(self.value)}”: "
        return f"{where}: {said}{self.message}"


class LoadError(Exception):
    """A folder that cannot be loaded; carries every problem found."""

    def __init__(self, problems):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class Problems(list):
    """The problems found so far."""

    def wrong(self, table, row, column, wrong):
        """Note a cell that is wrong, and what was expected of it."""
        value = row.cells[column.name] if wrong.part is None else wrong.part
        message = f"expected {wrong.expected}"
        self.append(Problem(table.file, row.line, message, row.key, column.name, value))

    def invalid(self, table, row, error, column=None):
        """Note what a model has to say against a row, or against one cell of it."""
        if column:
            complaints = {column.name: error.messages}
        else:
            columns = {column.attr: column.name for column in table.columns}
            complaints = {
                columns.get(field, ""): messages
                for field, messages in error.message_dict.items()
            }
        told = {m for name, found in complaints.items() if name for m in found}
        for name, messages in complaints.items():
            value = row.cells.get(name)
            for message in messages:
                if name or message not in told:
                    self.append(
                        Problem(table.file, row.line, message, row.key, name, value)
                    )

    def stop_if_any(self):
        """Raise `LoadError` if anything is wrong."""
        if self:
            raise LoadError(list(self))


def nearest(word, words):
    """Return the words of a hint at what was probably meant, or ""."""
    near = difflib.get_close_matches(word, words, 1)
    return f"; did you mean “{near[0]}”?" if near else ""


def _shortened(value):
    return value if len(value) <= 80 else value[:79] + "…"
