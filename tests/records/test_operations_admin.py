"""Operations in the admin: who sees them, who takes them back."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from organizations.models import Person
from records.models import Operation
from records.operations import recording
from tests import factories as make

pytestmark = pytest.mark.django_db


def address(word, operation):
    return reverse(f"admin:records_operation_{word}", args=[operation.pk])


@pytest.fixture
def editor(client):
    user = User.objects.create_user("editor", is_staff=True)
    names = ["change_person", "add_person"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return user


def test_the_page_of_an_operation_tells_what_it_did_and_takes_it_back(admin_client):
    ada = make.make_person(name_en="Ada", state="draft")
    with recording("bulk", "Roles") as operation:
        Person.objects.filter(pk=ada.pk).update(role_en="Host")
        make.make_person(name_en="Grace", state="draft")
    page = admin_client.get(address("change", operation)).content.decode()
    assert "<dd><del>empty</del> → <ins>Host</ins></dd>" in page
    assert "Role at the forum (English)" in page
    listed = admin_client.get(reverse("admin:records_operation_changelist"))
    assert "2 people" in listed.content.decode()
    assert admin_client.get(address("undo", operation)).status_code == 200
    done = admin_client.post(address("undo", operation))
    assert done.url == address("change", operation.undone_by)
    assert [p.role_en for p in Person.objects.all()] == [""]
    chinese = admin_client.get(done.url, headers={"accept-language": "zh-hans"})
    assert chinese.status_code == 200


def test_what_stands_in_the_way_is_listed(admin_client):
    ada = make.make_person(name_en="Ada")
    with recording("bulk", "Roles") as operation:
        Person.objects.update(role_en="Host")
    ada.refresh_from_db()
    ada.role_en = "Guest"
    ada.save()
    page = admin_client.post(address("undo", operation)).content.decode()
    history = reverse("admin:organizations_person_history", args=[ada.pk])
    assert f'<a href="{history}">person: Ada</a> (edited since (Not on record))' in page
    assert Person.objects.get().role_en == "Guest"
    ada.role_en = "Host"  # The way on that the page tells of
    ada.save()
    assert admin_client.post(address("undo", operation)).status_code == 302
    assert Person.objects.get().role_en == ""


def test_an_editor_takes_back_their_own_work_on_drafts_alone(client, editor):
    draft, public = make.make_person(state="draft"), make.make_person()
    with recording("bulk", "Theirs", User.objects.create_user("other")) as theirs:
        draft.save()
    with recording("bulk", "Public", editor) as on_public:
        public.save()
        public.alt_names.create(text="Other name")
    with recording("bulk", "Drafts", editor) as mine:
        draft.role_en = "Host"
        draft.save()
    assert client.get(address("change", theirs)).status_code in {302, 403}
    for operation in (theirs, on_public):
        assert client.post(address("undo", operation)).status_code in {302, 403}
    assert Operation.objects.filter(undoes__isnull=False).count() == 0
    assert client.post(address("undo", mine)).status_code == 302
    assert Operation.objects.get(undoes=mine).user == editor
    draft.refresh_from_db()
    assert draft.role_en == ""
