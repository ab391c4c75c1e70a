"""A programme release, as an organizer closes it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from sessions.models import ProgrammeRelease, Session
from tests.adminforms import filled_in
from tests.factories import make_edition, make_session
from tests.sessions.past import age
from tests.sessions.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    edition = make_edition()
    make_session(edition=edition, title_en="Opening")
    age()
    return edition


def page_of(edition):
    return reverse("admin:forum_sessions_edition_release", args=[edition.pk])


def said(response):
    return words(response.text.partition('id="content"')[2])


def organizer(*permissions):
    user = User.objects.create_user("ada", is_staff=True)
    for name in permissions:
        user.user_permissions.add(Permission.objects.get(codename=name))
    return user


def test_an_organizer_sees_what_a_release_closes_and_closes_it(admin_client, edition):
    Session.objects.update(event_status="cancelled")
    form = admin_client.get(page_of(edition))
    assert "Release 1 closes these changes." in said(form)
    assert "Opening" in said(form)
    assert "Cancelled" in said(form)
    note = {"note_en": "Final.", "note_zh_hans": "定稿。"}
    done = admin_client.post(page_of(edition), note, follow=True)
    assert "Programme release 1 is closed." in words(done.text)
    [release] = ProgrammeRelease.objects.all()
    assert (release.number, release.note_en, release.note_zh_hans) == (
        1,
        "Final.",
        "定稿。",
    )
    assert release.closed_by.username == "admin"
    assert "Nothing in the programme has changed" in said(
        admin_client.get(page_of(edition))
    )


def test_nothing_to_close_closes_nothing(admin_client, edition):
    admin_client.post(page_of(edition), {"note_en": "Nothing"})
    edition.state = "draft"
    edition.save()
    assert "The edition is not public." in said(admin_client.get(page_of(edition)))
    assert not ProgrammeRelease.objects.exists()


def test_who_closed_a_release_is_not_public(admin_client, client, edition):
    Session.objects.update(event_status="cancelled")
    ProgrammeRelease.objects.close(edition, by=organizer())
    page = client.get(edition.get_changes_url())
    assert "Programme release 1" in page.text
    assert "ada" not in page.text


@pytest.mark.parametrize(
    ("permissions", "status"),
    [
        ((), 403),
        (("change_edition",), 403),
        (("add_programmerelease",), 403),
        (("change_edition", "add_programmerelease"), 200),
    ],
)
def test_closing_needs_ordinary_permissions(client, edition, permissions, status):
    client.force_login(organizer(*permissions))
    assert client.get(page_of(edition)).status_code == status


def test_only_who_may_close_is_offered_it(client, edition):
    change = reverse("admin:forum_sessions_edition_change", args=[edition.pk])
    client.force_login(organizer("change_edition", "view_edition"))
    assert page_of(edition) not in client.get(change).text
    client.force_login(User.objects.create_superuser("admin"))
    assert page_of(edition) in client.get(change).text


def test_an_edition_that_is_not_there_is_not_found(admin_client):
    missing = reverse("admin:forum_sessions_edition_release", args=[404])
    assert admin_client.get(missing).status_code == 404


def test_a_note_can_be_mended_later(admin_client, edition):
    release = ProgrammeRelease.objects.close(edition, note_en="Fnal.")
    change = reverse("admin:forum_sessions_edition_change", args=[edition.pk])
    sent = filled_in(admin_client.get(change), **{"releases-0-note_en": "Final."})
    assert admin_client.post(change, sent).status_code == 302
    release.refresh_from_db()
    assert (release.number, release.note_en) == (1, "Final.")
