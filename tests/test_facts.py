"""The starting content holds to its own rules, and its README tells the truth."""

import csv
import re
import shutil
import subprocess
import sys

import pytest

from forum_portal.loading.tables import TABLES
from tests.conftest import CONTENT


def check(folder):
    """Return (exit code, lines) of the checker run on a folder."""
    program = [sys.executable, CONTENT / "check_facts.py", "--dir", folder]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def rows_of(file):
    with (CONTENT / file).open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_content_has_no_problem():
    code, lines = check(CONTENT)
    assert (code, lines[-1]) == (0, "0 problems")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "people.csv",
            "2020:convenor",
            "2021:convenor",
            "people.csv:2 slug=sun-lihui editions: '2021:convenor' is no slug in "
            "forum_editions.csv with a known role",
        ),
        (
            "forum_editions.csv",
            "2023-09-22",
            "2023-09-31",
            "forum_editions.csv:3 slug=2023 ends: '2023-09-31' is no day of 2023",
        ),
        (
            "regulations.csv",
            "2017-03-29:in force",
            "2017-03-29:in effect",
            "regulations.csv:16 slug=fr-duty-of-vigilance milestones: "
            "'2017-03-29:in effect' is no date:event",
        ),
        (
            "lifecycle_stages.csv",
            "mining,2,",
            "mining,3,",
            "lifecycle_stages.csv:1 slug=? order: is not 1 to N",
        ),
    ],
)
def test_the_checker_names_a_planted_mistake(tmp_path, file, old, new, said):
    folder = shutil.copytree(CONTENT, tmp_path / "smisc")
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))
    code, lines = check(folder)
    assert (code, lines[-1]) == (1, "1 problem")
    assert lines[0] == said


def test_the_readme_counts_the_rows():
    readme = (CONTENT / "README.md").read_text()
    told = dict(re.findall(r"^\| `(\w+\.csv)` \| (\d+) \|$", readme, re.MULTILINE))
    counted = {table.file: str(len(rows_of(table.file))) for table in TABLES}
    assert told == counted


def test_the_readme_explains_every_column():
    readme = (CONTENT / "README.md").read_text()
    words = set(re.findall(r"`([a-z0-9_]+)`", readme))
    columns = {
        column.name for table in TABLES for column in table.columns if not column.hidden
    }
    assert columns - words == set()


def test_no_public_text_praises_or_tells_how_it_was_found():
    told = re.compile(r"\b(stored|landmark|successful)\b", re.IGNORECASE)
    found = {
        (table.file, column)
        for table in TABLES
        for row in rows_of(table.file)
        for column, cell in row.items()
        if column.startswith(("note", "summary", "description", "abstract"))
        and told.search(cell)
    }
    assert found == set()


def test_public_notes_are_in_both_languages():
    one_sided = [
        (table.file, row["slug"])
        for table in TABLES
        for row in rows_of(table.file)
        if bool(row.get("note_en")) != bool(row.get("note_zh"))
    ]
    assert one_sided == []
