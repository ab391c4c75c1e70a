"""The private page on which a person checks what is held."""

import datetime

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from organizations.models import Person, SpeakerLink
from organizations.rights import photos_of
from records.files import store
from records.models import PreviewLink, Proposal
from sessions.models import Contribution
from tests import factories as make
from tests.files import bomb, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def link():
    person = make.make_person(
        slug="wu", name_en="Wu", bio_en="Old life.", photo="photos/x.jpg"
    )
    make.make_contribution(make.make_session(title_en="Open talk"), person)
    hidden = make.make_session(title_en="Hidden talk", state="draft")
    make.make_contribution(hidden, person)
    return SpeakerLink.objects.create(
        record=person, expires_at=timezone.now() + datetime.timedelta(days=1)
    )


def sent(page, **changes):
    form = page.context["form"]
    values = {b.html_name: b.value() for b in form if b.value() not in (None, False)}
    return {**values, **changes}


def test_what_a_person_sends_waits_as_a_proposal_and_changes_nothing(
    client, link, django_capture_on_commit_callbacks
):
    path = f"/en/speaker/{link.token}/"
    page = client.get(path)
    assert (page.status_code, page["Cache-Control"]) == (200, "private, no-store")
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert "Open talk" in page.text
    assert "Hidden talk" not in page.text
    public = client.get("/en/people/wu/").text
    part = Contribution.objects.get(session__title_en="Open talk")
    consent = f"consent_{part.pk}"
    given = {"bio_en": "New life.", consent: "refused", "photo_away": "on"}
    answer = client.post(path, sent(page, **given, word="Thank you"))
    assert answer.status_code == 302
    assert "It has arrived" in client.get(answer.url).text
    assert client.get("/en/people/wu/").text == public
    proposal = Proposal.objects.waiting().get()
    assert (proposal.record, proposal.author) == (link.record, None)
    assert proposal.changes["fields"] == {
        "bio_en": ["Old life.", "New life."],
        "photo": ["photos/x.jpg", ""],
    }
    again = client.get(path)
    assert again.context["form"]["bio_en"].value() == "New life."
    client.post(path, sent(again, bio_en="Newer life.", **{consent: "refused"}))
    proposal = Proposal.objects.waiting().get()
    assert proposal.changes["fields"] == {"bio_en": ["Old life.", "Newer life."]}
    client.force_login(User.objects.create_superuser("admin"))
    shown = client.get(reverse("admin:records_proposal_change", args=[proposal.pk]))
    assert "By the private link" in shown.text
    proposal.apply(None, {item.key for item in proposal.items()})
    part.refresh_from_db()
    assert part.recording_consent == "refused"
    assert Person.objects.get().bio_en == "Newer life."


def test_the_photo_is_shown_where_its_file_opens(client, link):
    path = f"/en/speaker/{link.token}/"
    bad = sent(client.get(path), orcid="x")
    bad.pop("listed")
    for answer in (client.get(path), client.post(path, bad)):
        assert "/media/photos/x" in answer.text
    Person.objects.update(listed=False)
    answer = client.get(path)
    assert "There is a photo of you." in answer.text
    assert "/media/photos/x" not in answer.text


def test_who_has_no_photo_yet_sends_the_first(client, link, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    Person.objects.update(photo="")
    path = f"/en/speaker/{link.token}/"
    photo = SimpleUploadedFile("me.png", picture(size=(90, 60)))
    words = {"photo_alt_en": "Wu", "photo_alt_zh_hans": "吴"}
    answer = client.post(path, sent(client.get(path), photo=photo, **words))
    assert answer.status_code == 302
    assert "The photo that you sent waits" in client.get(path).text


def test_a_photo_that_is_sent_waits_with_its_words(
    client, link, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    path = f"/en/speaker/{link.token}/"

    def send(size=(90, 60), **more):
        with django_capture_on_commit_callbacks(execute=True):
            photo = SimpleUploadedFile("me.png", picture(size=size))
            return client.post(path, sent(client.get(path), photo=photo, **more))

    refused = send()
    assert refused.context["form"].errors == {
        "photo_alt_en": ["Say what the picture shows, in both languages."],
        "photo_alt_zh_hans": ["Say what the picture shows, in both languages."],
        "photo": ["Choose the file again."],
    }
    words = {"photo_alt_en": "Wu", "photo_alt_zh_hans": "吴"}
    assert "photo_away" in send(**words, photo_away="on").context["form"].errors
    assert list(store.names()) == []
    assert send(**words).status_code == 302
    old, new = Proposal.objects.get().changes["fields"]["photo"]
    assert (old, new[:7], photos_of(link.record)) == (
        *("photos/x.jpg", "photos/"),
        [new, "photos/x.jpg"],
    )
    # Another page of the form keeps it, another photo takes its place.
    client.post(path, sent(client.get(path), bio_en="New life."))
    assert Proposal.objects.get().changes["fields"]["photo"] == [old, new]
    send(size=(60, 90))
    newer = Proposal.objects.get().changes["fields"]["photo"][1]
    assert newer in store.names()
    assert new not in store.names()
    publisher = User.objects.create_superuser("admin")
    proposal = Proposal.objects.get()
    proposal.apply(publisher, {item.key for item in proposal.items()})
    person = Person.objects.get()
    assert (person.photo.name, person.photo_alt_en) == (newer, "Wu")


@pytest.mark.parametrize("content", [b"MZ\x90", bomb(), b"<svg xmlns='x'/>"])
def test_what_is_no_photo_is_refused(client, link, content):
    path = f"/en/speaker/{link.token}/"
    photo = SimpleUploadedFile("me.png", content)
    answer = client.post(path, sent(client.get(path), photo=photo))
    assert list(answer.context["form"].errors) == ["photo"]
    assert not Proposal.objects.exists()


def test_bad_input_is_refused_in_words(client, link):
    path = f"/zh-hans/speaker/{link.token}/"
    page = client.get(path)
    bad = sent(page, name_en="", orcid="x", bio_en="x" * 5001)
    answer = client.post(path, bad)
    assert set(answer.context["form"].errors) == {"name_en", "orcid", "bio_en"}
    assert not Proposal.objects.exists()
    client.post(path, sent(page))
    assert not Proposal.objects.exists()


def test_only_a_link_that_works_opens_the_page(client, link):
    person, later = link.record, timezone.now() + datetime.timedelta(days=1)
    preview = PreviewLink.objects.create(record=person, expires_at=later)
    unknown = [link.token + "x", "1.x", str(link.pk), preview.token]
    for token in unknown:
        assert client.get(f"/en/speaker/{token}/").status_code == 404
    client.force_login(User.objects.create_superuser("admin"))
    path = reverse("admin:organizations_person_links", args=[person.pk])
    client.post(path, {"days": "3", "note": "Wu"})
    made = SpeakerLink.objects.exclude(pk=link.pk).get()
    assert f"/speaker/{made.token}/" in client.get(path).text
    client.post(path, {"revoke": made.pk})
    client.logout()
    assert client.get(f"/en/speaker/{made.token}/").status_code == 410
    link.expires_at = timezone.now()
    link.save()
    for method in (client.get, client.post):
        assert method(f"/en/speaker/{link.token}/").status_code == 410
    assert client.get(path).status_code == 302
