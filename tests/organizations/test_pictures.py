"""A photo or a logo from the form in the admin to the page that shows it."""

import json
import re

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from organizations.models import Organization, Person
from records.files import store
from tests import files
from tests.adminforms import filled_in
from tests.factories import make_organization, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
WORDS = {"logo_alt_en": "A red ring", "logo_alt_zh_hans": "红色圆环"}
# A browser sends a chosen file once.
AGAIN = {"photo": ["Choose the file again."]}
NEEDED = ["Say what the picture shows, in both languages."]


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(content, name="../../</x>\u202e🦓.png"):
    return SimpleUploadedFile(name, content, content_type="image/png")


def send(admin_client, record, **changes):
    path = f"/admin/organizations/{record._meta.model_name}/{record.pk}/change/"
    sent = filled_in(admin_client.get(path), **changes)
    return admin_client.post(path, sent)


def errors_of(response):
    return response.context["adminform"].form.errors


def test_a_logo_goes_from_the_form_to_the_page(admin_client, client):
    organization = make_organization(name_en="Ring")
    page = send(admin_client, organization, logo=upload(files.picture()), **WORDS)
    assert page.status_code == 302
    organization.refresh_from_db()
    name = organization.logo.name
    assert re.fullmatch(r"logos/[0-9a-f]{32}-800x533\.webp", name)
    assert len(list(store.names())) == 6
    stem = "/media/" + name.removesuffix(".webp")
    for code, alt in (("en", "A red ring"), ("zh-hans", "红色圆环")):
        html = client.get(f"/{code}/organizations/{organization.slug}/").text
        sizes = f"{stem}.192.webp 192w, {stem}.400.webp 400w, {stem}.webp 800w"
        assert f'srcset="{sizes}" sizes="144px"' in html
        assert (
            f'<img class="logo" src="{stem}.jpg" width="800" height="533" alt="{alt}"'
            in html
        )
        assert f'property="og:image" content="http://testserver{stem}.jpg"' in html
        told = re.search(r'ld\+json">(.*?)</script>', html, re.DOTALL)[1]
        assert f"http://testserver{stem}.jpg" in json.dumps(json.loads(told))
    answers = {one: client.get(f"/media/{one}") for one in store.names()}
    assert {one.status_code for one in answers.values()} == {200}
    assert {one["Content-Type"] for one in answers.values()} == {
        "image/webp",
        "image/jpeg",
    }


def test_a_picture_needs_words_in_both_languages(admin_client):
    person = make_person()
    words = {"photo_alt_en": "She smiles", "photo_alt_zh_hans": ""}
    page = send(admin_client, person, photo=upload(files.picture()), **words)
    assert errors_of(page) == {"photo_alt_zh_hans": NEEDED, **AGAIN}
    words = dict.fromkeys(words, "")
    page = send(admin_client, person, photo=upload(files.picture()), **words)
    assert errors_of(page) == dict.fromkeys(words, NEEDED) | AGAIN
    assert list(store.names()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The submitted file is empty."),
        (files.EXE, "This is no picture. Give a JPEG, PNG, WebP, AVIF or GIF file."),
        (files.bomb(), "The picture has more than 40 million pixels. Make it smaller."),
        (bytes(11 * 2**20), "The file has 11.0\xa0MB; at most 10.0\xa0MB are taken."),
    ],
)
def test_a_bad_picture_is_refused_beside_its_field(admin_client, content, words):
    organization = make_organization()
    page = send(admin_client, organization, logo=upload(content), **WORDS)
    assert errors_of(page) == {"logo": [words]}
    assert list(store.names()) == []


def test_no_file_is_taken_beyond_the_quota(admin_client, settings):
    settings.MEDIA_QUOTA_MB = 0
    organization = make_organization()
    page = send(admin_client, organization, logo=upload(files.picture()), **WORDS)
    assert "There is no room for it" in errors_of(page)["logo"][0]


def test_who_is_shown_by_name_only_has_no_picture_anywhere(admin_client, client):
    person = make_person(photo_alt_en="She", photo_alt_zh_hans="她", listed=True)
    send(admin_client, person, photo=upload(files.picture()))
    name = Person.objects.get().photo.name
    Person.objects.update(listed=False)
    html = client.get(f"/en/people/{person.slug}/").text
    assert "/media/" not in html
    assert client.get(f"/media/{name}").status_code == 404


def test_old_pictures_stay_for_the_history_and_go_when_it_goes(
    admin_client, django_capture_on_commit_callbacks
):
    organization = make_organization()
    send(admin_client, organization, logo=upload(files.picture()), **WORDS)
    second = files.picture(colour=(255, 0, 0), size=(90, 60))
    send(admin_client, organization, logo=upload(second))
    now = "--days=0", "--verbosity=0"
    call_command("delete_unused_files", *now)
    assert len(list(store.names())) == 6 + 2
    kept = Organization.objects.get().logo.name
    organization.history.exclude(logo=kept).delete()
    default_storage.save("logos/lost.png", upload(b"x"))
    call_command("delete_unused_files", *now)
    stem = kept.removesuffix(".webp")
    assert sorted(store.names()) == [f"{stem}.jpg", kept]
    with django_capture_on_commit_callbacks(execute=True):
        store.delete([kept])
    assert len(list(store.names())) == 2
    organization.history.all().delete()
    organization.delete()
    organization.history.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        store.delete([kept])
    assert list(store.names()) == []
