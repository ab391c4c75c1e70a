"""Content folders that cannot be loaded: what is said, and that nothing is written."""

import pytest
from django.core.management import CommandError

from forum_portal.loading.tables import TABLES
from forum_portal.models import Forum
from tests.factories import make_topic
from tests.forum_portal.folders import copy_rivers, edit, load, totals
from topics.models import Regulation, Topic

pytestmark = pytest.mark.either_database


@pytest.fixture
def folder(tmp_path, db):
    return copy_rivers(tmp_path)


def complaints(folder, *options):
    """Return the lines about a folder that is refused, and see nothing written."""
    before = totals()
    with pytest.raises(CommandError) as error:
        load(folder, *options)
    assert totals() == before
    count, *lines = str(error.value).splitlines()
    number = f"{len(lines)} problem{'' if len(lines) == 1 else 's'}"
    assert count == f"{number}, nothing was written."
    return lines


# file, what is replaced, by what, what is said
WRONG_CELLS = [
    (
        "forum_editions.csv",
        "2026-05-04,",
        "2026-02-30,",
        "forum_editions.csv:2 (2026-spring) starts: “2026-02-30”: expected a calendar "
        "day such as 2026-05-31",
    ),
    (
        "forum_editions.csv",
        "2026-05-04,",
        "2026-W19-1,",
        "forum_editions.csv:2 (2026-spring) starts: “2026-W19-1”: expected a calendar "
        "day such as 2026-05-31",
    ),
    (
        "forum_editions.csv",
        ",2026,",
        ",next year,",
        "forum_editions.csv:2 (2026-spring) year: “next year”: expected a whole number "
        "from 1900 to 2999",
    ),
    (
        "forum_editions.csv",
        "Europe/Vienna",
        "Vienna",
        "forum_editions.csv:2 (2026-spring) time_zone: “Vienna”: “Vienna” is no IANA "
        "time zone. One is “Asia/Shanghai”.",
    ),
    (
        "forum_editions.csv",
        "2026-05-05",
        "2026-05-03",
        "forum_editions.csv:2 (2026-spring): An edition ends after it starts.",
    ),
    (
        "forum.csv",
        "record@rivers.example",
        "call us",
        "forum.csv:2 (forum) contact: “call us”: Give an e-mail address, or an address "
        "with https://.",
    ),
    (
        "organizations.csv",
        ",AT,",
        ",XX,",
        "organizations.csv:2 (river-board) country_iso2: “XX”: expected a country code "
        "of ISO 3166, such as CN",
    ),
    (
        "organizations.csv",
        "https://rivers.example.org/",
        "rivers.example.org",
        "organizations.csv:2 (river-board) website: “rivers.example.org”: expected an "
        "address that begins with http:// or https://",
    ),
    (
        "organizations.csv",
        "intergovernmental",
        "ministry",
        "organizations.csv:2 (river-board) type: “ministry”: expected one of: "
        "government, intergovernmental, industry association, company, NGO, academia, "
        "multi-stakeholder initiative, financial investor, programme",
    ),
    (
        "organizations.csv",
        "RB,",
        "R" * 51 + ",",
        "organizations.csv:2 (river-board) acronym: “" + "R" * 51 + "”: Ensure this "
        "value has at most 50 characters (it has 51).",
    ),
    (
        "organizations.csv",
        "Danube Board",
        "D" * 301,
        "organizations.csv:2 (river-board) other_names: “" + "D" * 79 + "…”: Ensure "
        "this value has at most 300 characters (it has 301).",
    ),
    (
        "organizations.csv",
        "organizer|speaker",
        "organizer|boss",
        "organizations.csv:2 (river-board) roles_2026-spring: “boss”: expected one of: "
        "organizer, supporter, convenor, session-host, speaker, partner, attendee, "
        "participant, photographer, publisher",
    ),
    (
        "topics.csv",
        "minutes,high water",
        "gossip,high water",
        "topics.csv:2 (floods) source: “gossip”: expected a token that stands in "
        "sources.csv",
    ),
    (
        "topics.csv",
        "minutes,high water",
        "memory,high water",
        "topics.csv:2 (floods) in_article: “yes”: expected yes if source holds a token "
        "of sources.csv, else no",
    ),
    (
        "topics.csv",
        "minutes,high water",
        "official:no address,high water",
        "topics.csv:2 (floods) source: “official:no address”: expected a token of "
        "sources.csv, official:ADDRESS, secondary:ADDRESS, or memory",
    ),
    (
        "topics.csv",
        "minutes,high water",
        "minutes,low water",
        "topics.csv:2 (floods) names_in_source: “low water”: expected a name that "
        "stands in alt_labels",
    ),
    (
        "topics.csv",
        "floods,water",
        "floods,watr",
        "topics.csv:2 (floods) parent: “watr”: expected one of the topics in the "
        "files or on record; did you mean “water”?",
    ),
    (
        "topics.csv",
        "high water|汛情",
        "high water||汛情",
        "topics.csv:2 (floods) alt_labels: “”: expected items separated by “|”, none "
        "empty, no spaces",
    ),
    (
        "topics.csv",
        "high water|汛情",
        "high water|汛情|汛情",
        "topics.csv:2 (floods) alt_labels: “汛情”: expected each item once",
    ),
    (
        "topics.csv",
        "Floods,洪水",
        ",",
        "topics.csv:2 (floods) label_en: “”: Give a name in at least one language.",
    ),
    (
        "people.csv",
        "river-board:staff",
        "river-board:king",
        "people.csv:2 (ada-novak) affiliations: “river-board:king”: expected "
        "organization:role; a role is one of: founder, director, member, staff",
    ),
    (
        "people.csv",
        "2026-spring:speaker",
        "2026-autumn:speaker",
        "people.csv:2 (ada-novak) editions: “2026-autumn”: expected one of the "
        "editions in the files or on record",
    ),
    (
        "sessions.csv",
        "ada-novak:moderator",
        "ada-novak",
        "sessions.csv:4 (2026-maps) people: “ada-novak”: expected slug:role",
    ),
    (
        "sessions.csv",
        "opening,1,1",
        "opening,one,1",
        "sessions.csv:2 (2026-opening) day: “one”: expected a whole number from "
        "1 to 99",
    ),
    (
        "sessions.csv",
        "plenary",
        "party",
        "sessions.csv:3 (2026-floods) format: “party”: expected one of: opening, "
        "keynote, plenary, roundtable, workshop, launch, break, side-event",
    ),
    (
        "sessions.csv",
        "2026-05-05T09:00",
        "9 o’clock",
        "sessions.csv:4 (2026-maps) starts: “9 o’clock”: expected a local time such as "
        "2026-05-31T09:00",
    ),
    (
        "sessions.csv",
        "2026-05-05T09:00",
        "2026-03-29T02:30",
        "sessions.csv:4 (2026-maps) starts: “2026-03-29T02:30”: expected a time that "
        "the clocks of Europe/Vienna show",
    ),
    (
        "sessions.csv",
        "2026-05-05T10:30",
        "2026-05-05T08:30",
        "sessions.csv:4 (2026-maps): A session ends after it starts.",
    ),
    (
        "sessions.csv",
        "workshop,2,3",
        "workshop,2,2",
        "sessions.csv:4 (2026-maps): The edition has a session of this code.",
    ),
    (
        "sessions.csv",
        "en|de",
        "en|German",
        "sessions.csv:2 (2026-opening) languages: “German”: expected a language code "
        "such as de or zh-Hans",
    ),
    (
        "statements.csv",
        "shared-gauges",
        "Shared gauges",
        "statements.csv:2 (Shared gauges) slug: “Shared gauges”: expected lower-case "
        "letters, digits and single hyphens",
    ),
    (
        "statements.csv",
        "shared-gauges",
        "",
        "statements.csv:2 slug: “”: expected lower-case letters, digits and single "
        "hyphens",
    ),
    (
        "statements.csv",
        "gauges.",
        "gauges.\x07",
        "statements.csv:2 (shared-gauges) text_en: holds the control character U+0007",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "said"), WRONG_CELLS)
def test_a_wrong_cell_is_named_with_what_was_expected(folder, file, old, new, said):
    edit(folder, file, old, new)
    assert complaints(folder) == [said]


REGULATION = {
    "slug": "water-act",
    "short_name_en": "Water Act",
    "kind": "statute",
    "binding": "yes",
    "jurisdiction": "AT",
    "issuing_body": "river-board|Parliament",
    "milestones": "2026-05:signed (by all)|2026-07-01:in force",
    "in_article": "no",
    "source": "memory",
}
WRONG_CELLS_OF_REGULATIONS = [
    ("binding", "maybe", "“maybe”: expected yes or no"),
    ("jurisdiction", "XX", "“XX”: expected a country code such as CN, or EU, or INT"),
    (
        "issuing_body",
        "river-bored",
        "“river-bored”: expected one of the organizations in the files or on record; "
        "did you mean “river-board”?",
    ),
    (
        "issuing_body_zh",
        "议会|国会",
        "“议会|国会”: expected as many names as issuing_body has plain ones: 1",
    ),
    (
        "milestones",
        "2026-13:signed",
        "“2026-13:signed”: expected a date such as 2026-05-31, 2026-05 or 2026",
    ),
    (
        "milestones",
        "2026:sung",
        "“2026:sung”: expected one of: proposed, adopted, signed, published, in force, "
        "applies, amended, revised, launched, deadline, expires, repealed",
    ),
    (
        "milestones",
        "2026:signed|2026:signed (again)",
        "“2026:signed”: expected each event once on a date; join the details",
    ),
    (
        "milestones_zh",
        "2026-06:signed (全体)",
        "“2026-06:signed (全体)”: expected a date and event that stand in milestones",
    ),
    (
        "amends",
        "old-act",
        "“old-act”: expected one of the regulations in the files or on record",
    ),
    (
        "amends",
        "water-act",
        "“water-act”: An instrument has no relation to itself.",
    ),
    (
        "from_memory",
        "milestone@1999",
        "“milestone@1999”: expected a column, or milestone@DATE of a milestone",
    ),
    (
        "from_memory",
        "colour (of the water)",
        "“colour (of the water)”: expected a column, or milestone@DATE of a milestone",
    ),
]


def add_regulation(folder, **cells):
    table = next(table for table in TABLES if table.model is Regulation)
    columns = [column.name for column in table.columns]
    cells = {**REGULATION, **cells}
    row = ",".join(cells.get(column, "") for column in columns)
    (folder / "regulations.csv").write_text(f"{','.join(columns)}\n{row}\n")


def test_a_regulation_with_all_its_cells_is_loaded(folder):
    add_regulation(folder)
    load(folder)
    milestones = Regulation.objects.get().milestones.order_by("date")
    assert [(m.iso_date(), m.kind, m.note_en) for m in milestones] == [
        ("2026-05", "signed", "by all"),
        ("2026-07-01", "in-force", ""),
    ]


@pytest.mark.parametrize(("column", "cell", "said"), WRONG_CELLS_OF_REGULATIONS)
def test_a_wrong_cell_of_a_regulation_is_named(folder, column, cell, said):
    add_regulation(folder, **{column: cell})
    assert complaints(folder) == [f"regulations.csv:2 (water-act) {column}: {said}"]


def test_all_problems_of_all_files_are_told_at_once(folder):
    edit(folder, "forum_editions.csv", "2026-05-04,", "soon,")
    edit(folder, "topics.csv", "floods,water", "floods,sea")
    edit(folder, "statements.csv", "commitment", "promise")
    assert [line.partition(" ")[0] for line in complaints(folder)] == [
        "forum_editions.csv:2",
        "statements.csv:2",
        "topics.csv:2",
    ]


def test_no_more_than_fifty_problems_are_listed(folder):
    header = (folder / "topics.csv").read_text().splitlines()[0]
    rows = [f"topic-{n},,Topic,,,,,maybe,,memory," for n in range(60)]
    (folder / "topics.csv").write_text("\n".join([header, *rows]))
    with pytest.raises(CommandError) as error:
        load(folder)
    lines = str(error.value).splitlines()
    assert lines[0] == "64 problems, nothing was written."
    assert len(lines) == 52
    assert lines[-1] == "… and 14 more."


@pytest.mark.parametrize("file", ["forum.csv", "forum_editions.csv"])
def test_a_missing_file_is_named(folder, file):
    (folder / file).unlink()
    assert complaints(folder) == [f"{file}: the file is missing in {folder}"]


def test_an_unknown_file_is_named_with_the_nearest(folder):
    (folder / "people.csv").rename(folder / "peoples.csv")
    lines = complaints(folder)
    assert lines[0] == (
        "peoples.csv: the file is not known; did you mean “people.csv”?"
    )


def test_a_missing_column_is_named(folder):
    edit(folder, "forum_editions.csv", ",venue", "")
    edit(folder, "forum_editions.csv", ",Water House", "")
    assert complaints(folder) == ["forum_editions.csv:1 venue: the column is missing"]


def test_an_unknown_column_is_named_with_the_nearest(folder):
    edit(folder, "forum_editions.csv", "venue", "venu")
    assert complaints(folder) == [
        "forum_editions.csv:1 venu: the column is not known; did you mean “venue”?",
        "forum_editions.csv:1 venue: the column is missing",
    ]


def test_a_column_that_stands_twice_is_named(folder):
    edit(folder, "topics.csv", "names_in_source", "slug")
    assert complaints(folder) == ["topics.csv:1 slug: the column stands twice"]


def test_a_row_with_too_many_cells_is_named(folder):
    edit(folder, "topics.csv", "河水漫出河道。", "河水,漫出河道。")
    assert complaints(folder) == ["topics.csv:2: the row has 12 cells, expected 11"]


def test_a_line_without_cells_is_named(folder):
    edit(folder, "statements.csv", "shared-gauges", "\nshared-gauges")
    assert complaints(folder) == ["statements.csv:2: the row has 0 cells, expected 11"]


def test_a_byte_that_is_not_utf8_is_named_by_its_line(folder):
    path = folder / "sessions.csv"
    path.write_bytes(path.read_bytes().replace("洪水图".encode(), b"\xff\xfe"))
    assert complaints(folder) == [
        "sessions.csv:4: byte 0xff is not UTF-8; save the file as UTF-8"
    ]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_named(folder, content):
    (folder / "people.csv").write_text(content)
    assert complaints(folder) == ["people.csv:1: the file is empty"]


def test_a_file_of_nothing_but_a_byte_order_mark_is_empty(folder):
    (folder / "people.csv").write_bytes(b"\xef\xbb\xbf")
    assert complaints(folder) == ["people.csv:1: the file is empty"]


def test_a_folder_in_the_place_of_a_file_is_named(folder):
    (folder / "people.csv").unlink()
    (folder / "people.csv").mkdir()
    (line,) = complaints(folder)
    assert line == "people.csv: the file cannot be read (Is a directory)"


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_cells_separated_by_another_mark_are_named(folder, mark, name):
    path = folder / "people.csv"
    path.write_text(path.read_text().replace(",", mark))
    assert complaints(folder) == [
        f"people.csv:1: {name} separate the cells, expected commas"
    ]


def test_a_file_whose_ending_is_in_capitals_is_named(folder):
    (folder / "people.csv").rename(folder / "people.CSV")
    assert complaints(folder)[0] == (
        "people.CSV: the file is not known; did you mean “people.csv”?"
    )


def test_a_row_without_an_address_is_no_circle(folder):
    edit(folder, "topics.csv", "water,,Water", ",,Water")
    lines = complaints(folder)
    assert (
        "topics.csv:3 slug: “”: expected lower-case letters, digits and single "
        in (lines[0])
    )
    assert not any("circle" in line for line in lines)


def test_a_name_that_is_too_long_is_told_once(folder):
    edit(folder, "topics.csv", "Floods", "F" * 301)
    (line,) = complaints(folder)
    assert "label_en: “FFF" in line


def test_a_file_without_rows_is_named(folder):
    header = (folder / "people.csv").read_text().splitlines()[0]
    (folder / "people.csv").write_text(header + "\n")
    assert complaints(folder) == ["people.csv:1: the file has a header but no rows"]


def test_an_open_quote_is_named_by_its_line(folder):
    edit(folder, "topics.csv", "Fresh water", '"Fresh water')
    assert complaints(folder) == [
        "topics.csv:3: the row is not well-formed CSV (unexpected end of data)"
    ]


def test_a_repeated_slug_is_named_with_the_first_line(folder):
    edit(folder, "sessions.csv", "2026-maps", "2026-floods")
    assert complaints(folder) == [
        "sessions.csv:4 (2026-floods) slug: “2026-floods”: line 3 has it already"
    ]


def test_a_circle_of_parents_is_named(folder):
    edit(folder, "topics.csv", "water,,Water", "water,floods,Water")
    assert complaints(folder) == [
        "topics.csv:2 (floods) parent: “water”: expected a parent above the row, not "
        "a circle",
        "topics.csv:3 (water) parent: “floods”: expected a parent above the row, not a "
        "circle",
    ]


def test_a_slug_that_belonged_to_another_record_is_refused(folder):
    topic = make_topic(slug="floods")
    topic.slug = "inundations"
    topic.save()
    assert complaints(folder) == [
        "topics.csv:2 (floods) slug: “floods”: Another record had this address. "
        "Addresses are never used again."
    ]


def test_a_new_row_may_not_name_a_record_deleted_in_the_admin(folder):
    load(folder)
    Topic.objects.filter(slug="floods").delete()
    edit(
        folder,
        "statements.csv",
        "shared-gauges,",
        "more-gauges,fact,2026-spring,More gauges.,,,,floods,,minutes,\nshared-gauges,",
    )
    assert complaints(folder) == [
        "statements.csv:2 (more-gauges) topics: “floods”: expected a record that was "
        "not deleted in the admin"
    ]


def test_a_late_problem_undoes_what_was_written(folder):
    load(folder)
    edit(folder, "forum.csv", "Rivers Forum", "Lakes Forum")
    edit(folder, "statements.csv", "shared-gauges", "-")
    complaints(folder, "--overwrite")
    assert Forum.objects.get().short_name_en == "Rivers Forum"
