"""Tables of records: out of the admin, through a spreadsheet, and back."""

import csv
import datetime
import io

import openpyxl
import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile

from exchange.models import UploadedSchedule
from exchange.sheets.importing import carry_out
from exchange.sheets.plan import SAME, Plan
from exchange.sheets.reading import read_sheets
from exchange.sheets.tables import tables_of
from exchange.sheets.writing import as_csv, as_xlsx
from organizations.models import Affiliation, Organization, Person
from records.models import Operation, Source, record_kinds
from sessions.models import Edition, EditionDay, Session
from sessions.models.timetable import REASONS
from tests import factories as make
from topics.models import Regulation, Topic

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/sheets/organizations/person/import/"


def sheet(*rows, mark=","):
    made = io.StringIO(newline="")
    csv.writer(made, delimiter=mark).writerows(rows)
    return made.getvalue().encode()


def uploaded(client, content, path=PEOPLE, table="person", name="people.csv"):
    file = SimpleUploadedFile(name, content)
    return client.post(path, {"file": file, "table": table})


@pytest.fixture
def editor(client):
    user = User.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    client.force_login(user)
    return user


@pytest.mark.either_database
def test_what_was_exported_and_is_imported_again_changes_nothing(content, admin_user):
    for kind in record_kinds():
        tables = tables_of(kind)
        records = list(tables[0].rows())
        book = read_sheets(as_xlsx(tables, records))
        plan = Plan(tables, book, admin_user).compared()
        rows = [(part.table.name, row) for part in plan.parts for row in part.rows]
        assert [
            (name, row.place, row.changes, row.errors)
            for name, row in rows
            if row.fate != SAME or row.errors
        ] == []
        assert kind is not Regulation or len(rows) > 300
        table = as_csv(tables[0], records)
        plan = Plan(tables, read_sheets(table, tables[0].name), admin_user).compared()
        assert {row.fate for part in plan.parts for row in part.rows} == {SAME}


def test_a_file_is_shown_cell_by_cell_imported_and_taken_back(admin_client):
    ada = make.make_person(slug="ada", name_en="Ada", role_en="Host", bio_en="Gone")
    content = sheet(
        ["slug", "name_en", "name_zh_hans", "role_en", "bio_en"],
        ["ada", "Ada", "艾达", "Speaker", ""],
        ["grace", "Grace", "", "", ""],
    )
    answer = uploaded(admin_client, content)
    page = admin_client.get(answer.url).content.decode()
    assert "<del>Host</del> → <ins>Speaker</ins>" in page
    assert "<del>Gone</del> → <ins>empty</ins>" in page
    assert Person.objects.count() == 1
    done = admin_client.post(answer.url, confirmed(page))
    operation = Operation.objects.get()
    assert done.url == f"/admin/records/operation/{operation.pk}/change/"
    told = Person.objects.order_by("pk").values_list(
        "slug", "name_zh_hans", "role_en", "bio_en", "state"
    )
    assert list(told) == [
        ("ada", "艾达", "Speaker", "", "published"),
        ("grace", "", "", "", "draft"),
    ]
    assert (operation.summary, operation.kind) == ("people.csv", "import")
    operation.undo()
    ada.refresh_from_db()
    assert (ada.role_en, Person.objects.count()) == ("Host", 1)


def confirmed(page):
    return {
        "confirm": "Import",
        "digest": page.partition('name="digest" value="')[2][:64],
    }


def test_every_error_is_told_with_its_row_and_column_in_both_languages(admin_client):
    make.make_edition(slug="2025")
    content = sheet(
        ["slug", "edition", "code", "title_en", "format", "starts_at", "topics", "day"],
        ["one", "2025", "S01", "One", "workshop", "2025-11-20 25:00", "", ""],
        ["two", "1999", "S02", "Two", "party", "", "no-such-topic", "1"],
        ["", "2025", "S 3", "", "", "", "", ""],
        ["one", "2025", "S01", "Again", "Workshop", "", "", ""],
    )
    path = "/admin/sheets/forum_sessions/session/import/"
    answer = uploaded(admin_client, content, path, "session")
    page = admin_client.get(answer.url).content.decode()
    for row, column, words in [
        (2, "starts_at", "“2025-11-20 25:00” is not understood"),
        (3, "edition", "No record of the kind “edition” has the address “1999”."),
        (3, "format", "“party” is not understood: expected one of: opening, keyn"),
        (3, "topics", "No record of the kind “topic” has the address"),
        (4, "slug", "The address (slug) of the record is missing."),
        (4, "code", "Letters, digits"),
        (4, "format", "It must not be empty"),
        (5, "slug", "Row 2 is about the same record."),
    ]:
        told = f"<td>{row}</td><td>{{}}</td><td>{column}</td><td>{words}"
        slug = ["one", "two", "", "one"][row - 2]
        assert told.format(slug) in page
    # Of a row whose edition is not on record, nothing is told that follows from it.
    assert page.count("<td>3</td>") == 3
    assert 'name="confirm"' not in page
    assert admin_client.post(answer.url, confirmed(page)).status_code == 200
    assert not Session.objects.exists()
    chinese = {"accept-language": "zh-hans"}
    assert admin_client.get(answer.url, headers=chinese).status_code == 200


def test_records_that_name_each_other_and_their_parts_come_in_one_workbook(admin_user):
    book = openpyxl.Workbook()
    book.active.title = "topic"
    for row in (
        ["slug", "label_en", "parent"],
        ["gold", "Gold", "metals"],
        ["metals", "=1+1", ""],
    ):
        book.active.append(row)
    for cell in book.active["B"]:
        cell.data_type = "s"
    names = book.create_sheet("altname")
    names.append(["record", "text"])
    names.append(["gold", "黄金"])
    content = io.BytesIO()
    book.save(content)
    plan = Plan(
        tables_of(Topic), read_sheets(content.getvalue()), admin_user
    ).compared()
    assert [row.errors for part in plan.parts for row in part.rows] == [[], [], []]
    operation = carry_out(plan, "topics.xlsx", admin_user)
    gold = Topic.objects.get(slug="gold")
    assert (gold.parent.slug, gold.parent.label_en) == ("metals", "=1+1")
    assert gold.alt_names.get().text == "黄金"
    operation.undo()
    assert not Topic.objects.exists()


def test_sources_come_with_the_citations_that_name_them(admin_client, admin_user):
    make.make_topic(slug="gold")
    sheets = {
        "citation": [
            ["record", "source", "certainty"],
            ["gold", "https://example.org/law", "official"],
        ],
        "source": [
            ["url", "title_en", "kind"],
            ["https://example.org/law", "The law", "legal-text"],
        ],
    }
    plan = Plan(tables_of(Topic), read_sheets(workbook(sheets)), admin_user)
    operation = carry_out(plan.compared(), "topics.xlsx", admin_user)
    source = Source.objects.get()
    assert (str(source), source.citations.get().record.slug) == ("The law", "gold")
    answer = admin_client.get(
        "/admin/sheets/records/source/export/?file=csv&kind__exact=legal-text"
    )
    content = answer.content.replace(b"The law", b"The Act")
    path = "/admin/sheets/records/source/import/"
    answer = uploaded(admin_client, content, path, "source")
    page = admin_client.get(answer.url).content.decode()
    assert "<del>The law</del> → <ins>The Act</ins>" in page
    admin_client.post(answer.url, confirmed(page))
    assert str(Source.objects.get()) == "The Act"
    Operation.objects.order_by("pk").last().undo()
    operation.undo()
    assert not Source.objects.exists()


def test_what_is_wrong_with_a_source_is_told_and_an_editor_cites_it(client, editor):
    cited = make.make_citation(make.make_topic()).source
    content = sheet(
        ["id", "url", "title_en"],
        [str(cited.pk), "", "Another title"],
        ["77", "https://example.org/1", "Of no such number"],
        ["", "no address", "Bad"],
        ["", "", "Without"],
        ["", "https://example.org/2", "Good"],
        ["", "https://example.org/2", "Again"],
    )
    rows = sheet_plan(Source, content, editor).parts[0].rows
    assert [[column for column, _words in row.errors] for row in rows] == [
        [""],
        ["id"],
        ["url"],
        ["url"],
        [],
        ["url"],
    ]
    words = "It is or was public: who may not publish cannot change it here."
    assert rows[0].errors == [("", words)]


def workbook(sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        made = book.create_sheet(name)
        for row in rows:
            made.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_sheets_of_their_own_are_left_out_and_told_of(admin_client):
    def sent(*titles):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title in titles:
            book.create_sheet(title).append(["slug", "name_en"])
            book[title].append(
                ["ada", "Ada", f"Beside {title}"][: 2 + (title != "person")]
            )
        content = io.BytesIO()
        book.save(content)
        return uploaded(admin_client, content.getvalue(), name="people.xlsx")

    page = admin_client.get(sent("Notes", "person", "To do").url).content.decode()
    assert "2 sheets of the file" in page
    assert "were left out: Notes, To do." in page
    assert confirmed(page)["digest"]
    assert "There is no table of this name here" in sent("Notes").content.decode()


def test_a_session_gets_its_day_from_its_start(admin_user):
    edition = make.make_edition(slug="2025")
    date = datetime.date(2025, 11, 20)
    EditionDay.objects.create(edition=edition, number=1, date=date)
    content = sheet(
        ["slug", "edition", "code", "title_en", "format", "starts_at", "day"],
        ["one", "2025", "S01", "One", "workshop", "2025-11-20 09:00", ""],
    )
    sheets = read_sheets(content, "session")
    for fate, told in (("new", [("day", "", "1")]), (SAME, [])):
        plan = Plan(tables_of(Session), sheets, admin_user).compared()
        (row,) = plan.parts[0].rows
        assert (row.fate, [c for c in row.changes if c[0] == "day"]) == (fate, told)
        carry_out(plan, "sessions.csv", admin_user)
    assert Session.objects.get().day.number == 1


def test_who_cancels_a_session_by_a_sheet_gives_the_reason(admin_user):
    here = {"edition": make.make_edition(slug="2025"), "title_en": "One"}
    session = make.make_session(slug="one", **here)
    # It came in without a reason, and can be changed in all else.
    make.make_session(slug="two", code="S2", event_status="cancelled", **here)
    content = sheet(
        ["slug", "title_en", "event_status", *REASONS],
        ["one", "One", "cancelled", "", ""],
        ["two", "Two", "cancelled", "", ""],
    )
    refused, changed = sheet_plan(Session, content, admin_user).parts[0].rows
    words = "Give the reason in at least one language. It is public."
    assert refused.errors == [("status_reason_en", words)]
    assert (changed.fate, changed.errors) == ("changed", [])
    content = content.replace(b"One,cancelled,,", "One,moved,,场地关闭".encode())
    carry_out(sheet_plan(Session, content, admin_user), "sessions.csv", admin_user)
    session.refresh_from_db()
    given = session.event_status, session.status_reason_zh_hans
    assert given == ("moved", "场地关闭")


def test_a_language_is_given_by_its_code(admin_user):
    make.make_person(slug="ada")
    content = sheet(
        ["record", "text", "language"],
        *(["ada", f"Name {code}", code] for code in ("de", "zh-Hans", "", "German")),
    )
    rows = sheet_plan(Person, content, admin_user, "altname").parts[0].rows
    words = (
        "“German” is not understood: expected a language code such as de or zh-Hans."
    )
    assert [row.errors for row in rows] == [[], [], [], [("language", words)]]


def sheet_plan(kind, content, user, name=""):
    tables = tables_of(kind)
    sheets = read_sheets(content, name or tables[0].name)
    return Plan(tables, sheets, user).compared()


def test_a_day_that_a_sheet_adds_gets_the_sessions_that_wait_for_it(admin_user):
    edition = make.make_edition(slug="2025")
    starts = datetime.datetime(2025, 11, 20, 9, tzinfo=edition.zone)
    session = make.make_session(edition=edition, starts_at=starts)
    content = sheet(["edition", "number", "date"], ["2025", "1", "2025-11-20"])
    plan = sheet_plan(Edition, content, admin_user, "editionday")
    operation = carry_out(plan, "days.csv", admin_user)
    session.refresh_from_db()
    assert session.day == edition.days.get()
    operation.undo()
    session.refresh_from_db()
    assert (session.day, edition.days.count()) == (None, 0)


def test_parts_are_told_apart_by_their_number_or_by_what_they_say(admin_user):
    person, other = make.make_person(slug="ada"), make.make_organization(slug="other")
    place = make.make_affiliation(person=person, title_en="Director")
    tables = tables_of(Person)
    where = place.organization.slug
    content = sheet(
        ["id", "person", "organization", "title_en", "delete"],
        [str(place.pk), "ada", where, "Director", "yes"],
        ["", "ada", "other", "Chair", ""],
    )
    for fates in (["deleted", "new"], ["deleted", "same"]):
        plan = Plan(tables, read_sheets(content, "affiliation"), admin_user).compared()
        assert [row.fate for row in plan.parts[0].rows] == fates
        if not plan.is_refused:
            carry_out(plan, "people.csv", admin_user)
    assert plan.parts[0].rows[0].errors == [
        ("id", "The record has no row of this number. Leave it empty if new.")
    ]
    assert [(a.organization, a.title_en) for a in Affiliation.objects.all()] == [
        (other, "Chair")
    ]


def test_a_filled_in_template_that_is_imported_again_changes_nothing(admin_user):
    edition, tables = make.make_edition(slug="2026"), tables_of(Session)
    filled = {
        "session": {
            "slug": "one", "edition": "2026", "code": "S1", "format": "plenary",
            "title_en": "One",
        },
        "spokenlanguage": {"session": "one", "language": "en"},
        "contribution": {
            "session": "one", "organization": make.make_organization().slug,
            "role": "host",
        },
        "material": {"session": "one", "kind": "slides", "availability": "expected"},
        "altname": {"record": "one", "text": "The first"},
    }  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(tables, [])))
    for name, row in filled.items():
        book[name].append([row.get(cell.value) for cell in book[name][1]])
    content = io.BytesIO()
    book.save(content)
    for fate in ("new", "same"):
        sheets = read_sheets(content.getvalue(), "session")
        plan = Plan(tables, sheets, admin_user).compared()
        rows = [row for part in plan.parts for row in part.rows]
        assert [(row.fate, row.errors) for row in rows] == [(fate, [])] * len(filled)
        carry_out(plan, "sessions.xlsx", admin_user)
    assert edition.sessions.get().position == 1


def test_an_editor_imports_drafts_and_changes_nothing_public(client, editor):
    make.make_person(slug="public", role_en="As it was")
    make.make_person(slug="draft", state="draft")
    rows = [["slug", "name_en", "role_en"], ["draft", "Draft", "Host"]]
    page = client.get(uploaded(client, sheet(*rows)).url)
    client.post(page.request["PATH_INFO"], confirmed(page.content.decode()))
    assert Person.objects.get(slug="draft").role_en == "Host"
    for head, cells, table in (
        (["slug", "role_en"], ["public", "Leaked"], "person"),
        (["slug", "name_en", "state"], ["new", "New", "published"], "person"),
        (["slug", "state"], ["draft", "published"], "person"),
        (["record", "text"], ["public", "Leaked"], "altname"),
    ):
        answer = uploaded(client, sheet(head, cells), table=table)
        page = client.get(answer.url).content.decode()
        client.post(answer.url, confirmed(page))
        assert "import-errors" in page
    assert Person.objects.get(slug="public").role_en == "As it was"
    assert set(Person.objects.filter(state="published")) == {
        Person.objects.get(slug="public")
    }
    assert not Person.objects.get(slug="public").alt_names.exists()


def test_what_changed_since_the_preview_is_shown_once_more(admin_client):
    make.make_person(slug="ada", role_en="Host")
    answer = uploaded(admin_client, sheet(["slug", "role_en"], ["ada", "Speaker"]))
    page = admin_client.get(answer.url).content.decode()
    Person.objects.update(role_en="Moderator")
    again = admin_client.post(answer.url, confirmed(page)).content.decode()
    assert "<del>Moderator</del> → <ins>Speaker</ins>" in again
    assert Person.objects.get().role_en == "Moderator"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"MZ\x90\0\x03\0", "This is neither a CSV file nor an XLSX file."),
        (b"PK\x03\x04 broken", "This is no XLSX file."),
        (b"slug,nmae_en\nada,Ada", "Is “name_en” meant?"),
        (b"name_en\nAda", "The column “slug” is missing"),
        (b"slug,slug\nada,ada", "The column “slug” stands twice."),
        (b"slug,name_en\n", "There are no rows below the headings."),
        (b"slug\nada,Ada", "A cell stands to the right of the last heading."),
        (b'slug,name_en\nada,"Ada', "This is not well-formed CSV"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(admin_client, content, said):
    page = uploaded(admin_client, content)
    assert said in page.content.decode()
    assert not UploadedSchedule.objects.exists()


def test_csv_is_read_in_the_encodings_that_excel_writes(admin_user):
    text = "slug;name_zh_hans\nada;艾达\n"
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        plan = Plan(
            tables_of(Person), read_sheets(text.encode(encoding), "person"), admin_user
        ).compared()
        assert plan.parts[0].rows[0].thing.name_zh_hans == "艾达"
    for name in ("Zoë Strauß", "Jürgen Säth"):
        (sheet,) = read_sheets(f"slug;name_en\nada;{name}\n".encode("cp1252"), "person")
        assert sheet.rows == [(2, {"slug": "ada", "name_en": name})]


def test_a_part_of_no_record_is_told_by_its_row_alone(admin_user):
    content = b"session,organization,role\nnosuch,,host\n"
    plan = Plan(
        tables_of(Session), read_sheets(content, "contribution"), admin_user
    ).compared()
    (row,) = plan.parts[0].refused
    assert (row.place, row.name) == (2, "")


def test_an_export_has_the_filters_of_its_list_and_no_formula(admin_client):
    make.make_organization(slug="a", name_en="=HYPERLINK(1)", kind="company")
    make.make_organization(slug="b", kind="ngo")
    path = "/admin/sheets/organizations/organization/export/?kind__exact=company"
    page = admin_client.get(path).content.decode()
    assert "1 organization, as the list has it." in page
    text = admin_client.get(f"{path}&file=csv").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["slug"], row["name_en"]) == ("a", "'=HYPERLINK(1)")
    book = openpyxl.load_workbook(
        io.BytesIO(admin_client.get(f"{path}&file=xlsx").content)
    )
    assert book["organization"].max_row == 2
    assert "f" not in {cell.data_type for line in book["organization"] for cell in line}
    empty = admin_client.get(
        "/admin/sheets/organizations/organization/template/organization.csv"
    )
    assert empty.content.decode("utf-8-sig").startswith("uid,slug,name_en")
    chosen = admin_client.post(
        "/admin/organizations/organization/",
        {
            "action": "export_rows",
            "_selected_action": [str(Organization.objects.get(slug="b").pk)],
        },
    )
    assert "1 organization" in admin_client.get(chosen.url).content.decode()


def test_who_may_not_write_a_kind_may_not_import_it(client):
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(user)
    assert client.get(PEOPLE).status_code == 403
    assert client.get("/admin/sheets/organizations/person/export/").status_code == 200
    assert client.get("/admin/sheets/auth/user/export/").status_code == 404
    client.logout()
    assert client.get(PEOPLE).status_code == 302
