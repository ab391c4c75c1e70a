"""Tables of records: out of the admin, through a spreadsheet, and back."""

import csv
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
from records.models import Operation, record_kinds
from sessions.models import Session
from tests import factories as make
from topics.models import Topic

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


def test_what_was_exported_and_is_imported_again_changes_nothing(content, admin_user):
    for kind in record_kinds():
        tables = tables_of(kind)
        records = list(tables[0].rows())
        book = read_sheets(as_xlsx(tables, records))
        plan = Plan(tables, book, admin_user)
        told = [(p.table.name, r.place, r.changes, r.errors) for p in plan.parts
                for r in p.rows if r.fate != SAME or r.errors]
        assert told == []
        text = Plan(tables, read_sheets(as_csv(tables[0], records), tables[0].name), admin_user)
        assert not text.changes_anything
        assert not text.is_refused
