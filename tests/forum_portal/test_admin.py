"""The forum's own name and contact, and the admin's frame."""

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils.translation import override

from forum_portal.models import Forum
from forum_portal.roles import NAMES
from tests import factories
from tests.adminforms import filled_in

LIST = reverse("admin:forum_portal_forum_changelist")
ADD = reverse("admin:forum_portal_forum_add")
CHANGE = reverse("admin:forum_portal_forum_change", args=[1])
DELETE = reverse("admin:forum_portal_forum_delete", args=[1])

pytestmark = pytest.mark.django_db


def test_the_forum_is_made_once_and_then_only_changed(admin_client):
    assert admin_client.get(LIST).status_code == 200
    sent = filled_in(
        admin_client.get(ADD), name_zh_hans="论坛", short_name_zh_hans="坛"
    )
    assert admin_client.post(ADD, sent).status_code == 302
    assert [str(forum) for forum in Forum.objects.all()] == ["论坛"]
    assert admin_client.get(LIST).url == CHANGE
    assert admin_client.get(ADD).status_code == 403
    assert admin_client.post(DELETE, {"post": "yes"}).status_code == 403


def test_a_forum_without_a_name_in_either_language_is_refused(admin_client):
    factories.make_forum()
    sent = filled_in(admin_client.get(CHANGE), name_en="", contact="nowhere")
    form = admin_client.post(CHANGE, sent).context["adminform"].form
    assert dict(form.errors) == {
        "name_en": ["Give a name in at least one language."],
        "contact": ["Give an e-mail address, or an address with https://."],
    }


def test_rows_as_they_were_loaded_are_not_in_the_admin(admin_client):
    response = admin_client.get("/admin/forum_portal/loadedrow/")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "topics/topic/?state__exact=%00",
        "autocomplete/?app_label=topics&model_name=topic&field_name=parent&term=a%00",
        "records/source/%00/change/",
    ],
)
def test_an_address_with_a_nul_is_refused_in_words(admin_client, address):
    response = admin_client.get(f"/admin/{address}")
    assert response.status_code == 400
    assert "Request not understood" in response.text


def test_a_new_record_takes_from_its_address_only_what_its_fields_can_hold(
    admin_client,
):
    add = reverse("admin:topics_topic_add")
    parent = factories.make_topic(label_en="Rivers")
    for asked in ("parent=x", "parent=\ufffd", f"parent={'9' * 30}"):
        form = admin_client.get(f"{add}?{asked}").context["adminform"].form
        assert form.initial == {}
    asked = f"parent={parent.pk}&label_en=Mud"
    form = admin_client.get(f"{add}?{asked}").context["adminform"].form
    assert form.initial == {"parent": str(parent.pk), "label_en": "Mud"}


def test_roles_are_called_by_their_names_in_the_language_of_the_page(admin_client):
    Group.objects.create(name="Translators")
    for code in ("en", "zh-hans"):
        with override(code):
            names = {"Translators", *map(str, NAMES.values())}
        # The list, the filter beside the accounts, and the form of an account
        for address in ("group/", "user/", f"user/{User.objects.get().pk}/change/"):
            page = admin_client.get(
                f"/admin/auth/{address}", headers={"accept-language": code}
            )
            assert [name for name in names if name not in page.text] == []
