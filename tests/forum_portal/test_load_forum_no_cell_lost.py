"""No cell of the starting content is lost: it is on record, and on its page."""

import html
import re

import pytest
from django.utils.translation import gettext, override

from exchange.cells import Listed
from forum_portal.loading.directory import Directory
from forum_portal.loading.folder import Folder
from forum_portal.loading.tables import TABLES
from records.models import Citation, Record
from sessions.models import Contribution, EditionRole
from tests.conftest import CONTENT
from topics.models import Mineral
from topics.models.regulations import jurisdiction_name

pytestmark = pytest.mark.django_db

FILES = [table.file for table in TABLES]
PAGES = [table.file for table in TABLES if issubclass(table.model, Record)]
LANGUAGES = {"_en": ["en"], "_zh": ["zh-hans"]}
# In one language only, though the column does not say so: what stands in the page
# of the other language is another cell's.
ENGLISH = {"city", "issuing_body", "milestones", "venue"}
# What is not written on the record's page, and where it goes instead.
ELSEWHERE = {
    "slug": "the address of the page",
    "notes": "the editor's note, which never leaves the admin",
    "in_article": "follows from source; picks the five places of the core",
    "order": "the order of the list of stages",
    "sequence": "the order of the programme, and the session's code",
    "position": "the order of the list of outcomes",
}
SAYS_A_LABEL = {"type": "kind", "kind": "kind", "format": "format", "basis": "basis"}


@pytest.fixture(scope="module")
def folder(content):
    """Return the folder, read, and the directory that finds its records."""
    folder = Folder(CONTENT)
    return folder, Directory(folder)


def rows_and_columns(folder, file):
    """Yield (row, column) of every cell of a file that is not empty."""
    for table, (columns, rows) in folder.files.items():
        if table.file == file:
            for row in rows:
                for column in columns:
                    if row.cells[column.name]:
                        yield row, column


@pytest.mark.parametrize("file", FILES)
def test_every_cell_is_on_record_as_it_stands_in_the_file(folder, file):
    folder, directory = folder
    lost = []
    for row, column in rows_and_columns(folder, file):
        cell, dumped = row.cells[column.name], column.dump(row.record, directory)
        if column.shared:
            found = set(cell.split("|")) <= set(dumped.split("|"))
        else:
            found = column.same(cell, dumped)
        if not found:
            lost.append((row.key, column.name, cell, dumped))
    assert lost == []


@pytest.mark.either_database
@pytest.mark.parametrize("file", PAGES)
def test_every_cell_is_on_the_page_of_its_record(folder, client, file):
    folder, directory = folder
    pages, lost = {}, []
    for row, column in rows_and_columns(folder, file):
        if column.name in ELSEWHERE:
            continue
        for language in languages_of(column):
            with override(language):
                address = row.record.get_absolute_url()
                if address not in pages:
                    pages[address] = main_of(client.get(address))
                for said in sayings(column, row, directory):
                    if bare(said) not in pages[address]:
                        lost.append((address, column.name, said))
    assert lost == []


def test_notes_of_editors_are_kept_and_on_no_page(folder, client):
    folder, _directory = folder
    notes = {
        row.record: row.cells["notes"]
        for file in PAGES
        for row, column in rows_and_columns(folder, file)
        if column.name == "notes"
    }
    assert len(notes) > 100
    assert [r.editor_note for r in notes] == list(notes.values())
    told = [
        record.slug
        for record, note in list(notes.items())[::10]
        if bare(note) in main_of(client.get(record.get_absolute_url()))
    ]
    assert told == []


def languages_of(column):
    if column.name in ENGLISH:
        return ["en"]
    return LANGUAGES.get(column.name[-3:], ["en", "zh-hans"])


def main_of(response):
    """Return what a page says and links to, without spaces."""
    assert response.status_code == 200
    page = response.content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    text = re.sub(r"<[^>]+>", " ", main)
    return bare(html.unescape(f"{text} {main}"))


def bare(text):
    return re.sub(r"\s+", "", str(text))


def sayings(column, row, directory):
    """Return what the page must say, in the active language, for one cell."""
    record, value = row.record, row.values[column.name]
    items = value if isinstance(column.cell, Listed) else [value]
    return [
        said
        for item in items
        for said in sayings_of_item(column, item, record, directory)
    ]


def sayings_of_item(column, item, record, directory):
    if column.name in SAYS_A_LABEL:
        yield getattr(record, f"get_{SAYS_A_LABEL[column.name]}_display")()
    elif column.name in BY_NAME:
        yield from BY_NAME[column.name](item, record, directory)
    elif references := column.references([item] if is_list(column) else item):
        for model, slug in references:
            yield f'href="{directory.find(model, slug).get_absolute_url()}"'
    elif isinstance(item, str):
        # A lead is the first sentences of a text, the rest stands further down.
        yield from re.split(r"(?<=[.。])\s*(?=[A-Z\u4e00-\u9fff])", item)
    else:
        yield column.cell.write(item)


def is_list(column):
    return isinstance(column.cell, Listed)


def source(item, record, directory):
    certainty, _colon, address = item.partition(":")
    if item == "memory":
        yield Citation.Certainty.MEMORY.label
    elif address:
        yield f'href="{address}"'
        yield Citation.Certainty(certainty).label
    else:
        yield directory.tokens[item].title_en
        yield Citation.Certainty.STATED.label


def from_memory(item, record, directory):
    column, space, remark = item.partition(" ")
    fields = {"name_zh": "short_name_zh_hans"}
    about = fields.get(column, column) + space + remark
    citation = record.citations.get(about=about)
    yield from filter(None, [citation.about_name, citation.about_remark])


def milestone(item, record, directory):
    date, _kind, detail = item
    yield f'datetime="{date}"'
    yield detail


def role_label(role):
    """Return the word for a role; who hosted a session is its host on the page."""
    if role == EditionRole.Role.SESSION_HOST:
        return Contribution.Role.HOST.label
    return EditionRole.Role(role).label


BY_NAME = {
    "source": source,
    "from_memory": from_memory,
    "milestones": milestone,
    "milestones_zh": milestone,
    "binding": lambda item, *_: [
        gettext("Yes, for those in its scope") if item else gettext("No")
    ],
    "country_iso2": lambda item, *_: [jurisdiction_name(item)],
    "jurisdiction": lambda item, *_: [jurisdiction_name(item)],
    "lists": lambda item, *_: [Mineral.List(item).label],
    "identifier": lambda item, *_: [re.sub(r"^[A-Z]+:", "", item)],
    "name_language": lambda item, *_: [f'lang="{item}"'],
    "names_in_other_languages": lambda item, *_: [f'lang="{item[0]}"', item[1]],
    "affiliation_notes_en": lambda item, *_: [item[1]],
    "affiliation_notes_zh": lambda item, *_: [item[1]],
    "roles_2023": lambda item, *_: [role_label(item)],
    "editions": lambda item, *_: [item[0], role_label(item[1])],
}


def test_the_columns_named_here_exist():
    columns = {column.name for table in TABLES for column in table.columns}
    named = {*ENGLISH, *ELSEWHERE, *SAYS_A_LABEL, *BY_NAME} - {"roles_2023"}
    assert named - columns == set()
