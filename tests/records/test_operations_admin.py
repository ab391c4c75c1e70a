"""Operations in the admin: who sees them, who takes them back."""

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.urls import reverse

from forum_portal.models import Forum
from organizations.models import Person
from records.models import Operation
from records.operations import recording
from tests import factories as make
from tests.forum_portal.folders import copy_rivers

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


def test_whoever_takes_back_may_change_every_kind_that_was_touched(client, tmp_path):
    call_command("load_forum", str(copy_rivers(tmp_path)), verbosity=0)
    operation = Operation.objects.get()
    for role in ("publisher", "administrator"):
        user = User.objects.create_user(role, is_staff=True)
        user.groups.add(Group.objects.get(name=role.title()))
    client.force_login(User.objects.get(username="publisher"))
    page = client.get(address("change", operation)).content.decode()
    assert "all that it touched: forum." in page
    assert address("undo", operation) not in page
    sent = {"en": "Loaded by mistake."}
    assert client.post(address("undo", operation), sent).status_code == 403
    assert Forum.objects.exists()
    client.force_login(User.objects.get(username="administrator"))
    assert (
        address("undo", operation)
        in client.get(address("change", operation)).content.decode()
    )
    assert client.post(address("undo", operation), sent).status_code == 302
    assert not Forum.objects.exists()


@pytest.mark.parametrize(
    ("before", "write"),
    [
        (None, lambda: make.make_person(slug="ada", name_en="Ada")),
        ("draft", lambda: Person.objects.update(state="published")),
    ],
)
def test_what_an_undo_withdraws_wants_a_reason_for_the_public(
    admin_client, client, before, write
):
    if before:
        make.make_person(slug="ada", name_en="Ada", state=before)
    with recording("bulk", "Made public") as operation:
        write()
        make.make_person(state="draft")
    page = admin_client.get(address("undo", operation)).content.decode()
    assert "1 public record is withdrawn" in page
    refused = admin_client.post(address("undo", operation), {"en": " "})
    assert "Give the reason in at least one language." in refused.content.decode()
    assert Person.objects.published().count() == 1
    sent = {"en": "Not ours to tell.", "zh-hans": "误列。"}
    assert admin_client.post(address("undo", operation), sent).status_code == 302
    for language, said in sent.items():
        gone = client.get(f"/{language}/people/ada/")
        assert (gone.status_code, said in gone.text) == (410, True)


def test_what_was_withdrawn_before_keeps_its_own_reason(admin_client):
    with recording("bulk", "Made public") as operation:
        ada, grace = make.make_person(), make.make_person()
        ada.state, ada.withdrawn_reason_en = "withdrawn", "Her wish."
        ada.save()
    admin_client.post(address("undo", operation), {"en": "By mistake."})
    reasons = [
        Person.objects.get(pk=person.pk).withdrawn_reason_en for person in (ada, grace)
    ]
    assert reasons == ["Her wish.", "By mistake."]
