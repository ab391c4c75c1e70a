"""Upload, preview and confirm in the admin, and the table to fill in."""

import datetime
import io

import openpyxl
import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from exchange.models import ImportedRow, UploadedSchedule
from exchange.schedules.table import COLUMNS
from sessions.models import Edition, Session
from tests.exchange.schedules import FRAB
from tests.factories import make_edition

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/exchange/uploadedschedule/"


def sent(content=FRAB, **fields):
    file = SimpleUploadedFile("schedule.xml", content.encode())
    return {"file": file, "slug": "2025", "format": "auto", **fields}


def test_a_file_is_shown_first_and_imported_when_confirmed(admin_client):
    answer = admin_client.post(UPLOAD, sent())
    uploaded = UploadedSchedule.objects.get()
    assert answer.url == f"{UPLOAD}{uploaded.token}/"
    page = admin_client.get(answer.url)
    assert b"2025-dams" not in page.content
    assert b"ABC7XY Dams" in page.content
    assert (Edition.objects.count(), ImportedRow.objects.count()) == (0, 0)
    done = admin_client.post(answer.url, {"confirm": "Import"})
    edition = Edition.objects.get()
    assert done.url == reverse("admin:forum_sessions_edition_change", args=[edition.pk])
    assert Session.objects.count() == 2
    assert not UploadedSchedule.objects.exists()


def test_a_preview_shows_each_field_that_would_change(admin_client):
    edition = make_edition(slug="2025")
    for content in (FRAB, FRAB.replace("<title>Dams", "<title>Higher dams")):
        given = sent(content, slug="", edition=edition.pk)
        address = admin_client.post(UPLOAD, given).url
        page = admin_client.get(address).content.decode()
        admin_client.post(address, {"confirm": "Import"})
    assert "Title (English): “Dams” becomes “Higher dams”" in page
    assert Session.objects.get(code="ABC7XY").title_en == "Higher dams"


def test_a_file_put_aside_is_gone(admin_client):
    address = admin_client.post(UPLOAD, sent()).url
    admin_client.post(address, {"cancel": "Put the file aside"})
    assert admin_client.get(address).status_code == 404
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"content": "<schedule>"}, "line 1, column 11"),
        ({"slug": ""}, "Choose an edition, or give the address of a new one."),
        ({"slug": "No slug"}, "Use lower-case letters"),
        ({"time_zone": "Mars/Base"}, "Mars/Base is not one of the available choices"),
        (
            {"topics": SimpleUploadedFile("t.csv", b"a,b")},
            "The first row of a mapping is",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_beside_it(admin_client, fields, said):
    page = admin_client.post(UPLOAD, sent(**fields))
    assert said in page.content.decode()
    assert not UploadedSchedule.objects.exists()


def test_an_upload_is_its_owners_alone_and_for_a_day(admin_client, client):
    address = admin_client.post(UPLOAD, sent()).url
    client.force_login(User.objects.create_superuser("other"))
    assert client.get(address).status_code == 404
    old = timezone.now() - datetime.timedelta(days=1, minutes=1)
    UploadedSchedule.objects.update(uploaded_at=old)
    assert admin_client.get(address).status_code == 404
    admin_client.post(UPLOAD, sent())
    assert UploadedSchedule.objects.count() == 1


def test_who_may_not_write_sessions_and_people_may_not_import(client):
    user = User.objects.create_user("helper", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_edition"))
    client.force_login(user)
    for address in (UPLOAD, f"{UPLOAD}template.csv"):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get(UPLOAD).status_code == 302


def test_the_editions_page_leads_to_the_import_in_both_languages(admin_client):
    edition = make_edition(slug="2025")
    address = reverse("admin:forum_sessions_edition_change", args=[edition.pk])
    page = admin_client.get(address).content.decode()
    assert f'href="{UPLOAD}?edition={edition.pk}"' in page
    form = admin_client.get(
        f"{UPLOAD}?edition={edition.pk}", headers={"accept-language": "zh-hans"}
    )
    assert f'<option value="{edition.pk}" selected>' in form.content.decode()
    assert 'lang="zh-hans"' in form.content.decode()


def test_the_table_to_fill_in_can_be_filled_in_and_imported(admin_client):
    sheet = admin_client.get(f"{UPLOAD}template.xlsx").content
    book = openpyxl.load_workbook(io.BytesIO(sheet))
    first, about = book.worksheets
    assert [cell.value for cell in first[1]] == list(COLUMNS)
    assert [row[0].value for row in about.iter_rows(min_row=2)] == list(COLUMNS)
    text = admin_client.get(f"{UPLOAD}template.csv").content.decode("utf-8-sig")
    assert text.strip().split(",") == list(COLUMNS)
    row = {"code": "S01", "title_zh": "河流", "date": "2025-05-01", "start": "09:30"}
    first.delete_rows(2, first.max_row)
    first.append([row.get(name) for name in COLUMNS])
    filled = io.BytesIO()
    book.save(filled)
    file = SimpleUploadedFile("programme.xlsx", filled.getvalue())
    address = admin_client.post(UPLOAD, sent() | {"file": file}).url
    admin_client.post(address, {"confirm": "Import"})
    session = Session.objects.get()
    assert (session.code, session.title_zh_hans) == ("S01", "河流")
    assert admin_client.get(f"{UPLOAD}template.exe").status_code == 404
