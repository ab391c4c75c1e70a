"""A content folder, read: its files, their rows, what each cell means."""

from exchange.cells import CellError
from forum_portal.loading.files import FileError, read_file
from forum_portal.loading.problems import Problem, Problems, nearest
from forum_portal.loading.tables import TABLES


class Folder:
    """
    The files of a folder, {table: (columns, rows)}, and what is wrong with them.

    Every cell has been read, none has been compared with another one yet.
    """

    def __init__(self, path):
        self.problems = Problems()
        self.files = {}
        self.broken = False  # whether rows are missing that others may hang on
        known = [table.file for table in TABLES]
        for file in sorted(path.iterdir()):
            if file.suffix.lower() == ".csv" and file.name not in known:
                message = f"the file is not known{nearest(file.name, known)}"
                self.problems.append(Problem(file.name, 0, message))
        for table in TABLES:
            if (path / table.file).exists():
                self._read(path / table.file, table)
            elif table.required:
                message = f"the file is missing in {path}"
                self.problems.append(Problem(table.file, 0, message))
                self.broken = True

    def rows_of(self, model):
        """Return the rows of the file of that model; none without the file."""
        for table, (_columns, rows) in self.files.items():
            if table.model is model:
                return rows
        return []

    def _read(self, path, table):
        try:
            columns, rows, problems = read_file(path, table)
        except FileError as unreadable:
            self.problems += unreadable.args
            self.broken = True
            return
        self.problems += problems
        self.broken = self.broken or bool(problems)
        self.files[table] = columns, rows
        lines = {}
        for place, row in enumerate(rows, 1):
            if row.key in lines:
                message = f"line {lines[row.key]} has it already"
                problem = Problem(
                    table.file, row.line, message, row.key, table.key, row.key
                )
                self.problems.append(problem)
            lines.setdefault(row.key, row.line)
            for column in columns:
                self._read_cell(table, row, column, place)

    def _read_cell(self, table, row, column, place):
        if column.hidden:
            row.cells[column.name] = str(place)
        try:
            value = column.cell.read(row.cells[column.name])
            if column.required and not row.cells[column.name]:
                raise CellError(column.cell.expected)
            row.values[column.name] = value
        except CellError as wrong:
            self.problems.wrong(table, row, column, wrong)
