"""Uploaded files at /media/: to whom they are given, and with which headers."""

import os
import re

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.wsgi import get_wsgi_application
from django.forms import modelform_factory
from gunicorn.http.wsgi import FileWrapper
from PIL import Image

from sessions.models import Material
from tests import files
from tests.adminforms import filled_in
from tests.connections import kept_open
from tests.factories import make_edition, make_organization, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
FILM = bytes(range(256)) * 4


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def make_material(content=FILM, suffix="mp4", **fields):
    session = fields.pop("session", None) or make_session(slug="2026-talk")
    material = Material(session=session, kind="recording", **fields)
    material.file.save(f"my film.{suffix}", ContentFile(content))
    return material


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_a_document_is_a_download_that_can_do_nothing(client):
    material = make_material()
    answer = client.get(material.file.url, headers={"accept-encoding": "gzip"})
    assert body(answer) == FILM
    told = {name: answer.headers.get(name) for name in HEADERS}
    assert told == HEADERS | {
        "Content-Disposition": f"attachment; "
        f'filename="2026-talk-recording-{material.pk}.mp4"',
    }


HEADERS = {
    "Content-Type": "video/mp4",
    "Content-Length": "1024",
    "Content-Disposition": "",
    "Content-Encoding": None,
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=1000-", 206, 1000, 1023),
        ("bytes=-24", 206, 1000, 1023),
        ("bytes=-5000", 206, 0, 1023),
        ("bytes=1020-9999", 206, 1020, 1023),
        ("bytes=1024-", 416, 0, -1),
        ("bytes=-0", 416, 0, -1),
        ("bytes=9-1", 200, 0, 1023),
        ("bytes=0-1,5-6", 200, 0, 1023),
        ("bytes=-", 200, 0, 1023),
        ("bytes=" + "9" * 5000 + "-", 200, 0, 1023),
        ("lines=1-2", 200, 0, 1023),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(client, asked, status, first, last):
    answer = client.get(make_material().file.url, headers={"range": asked})
    assert (answer.status_code, body(answer)) == (status, FILM[first : last + 1])
    expected = {206: f"bytes {first}-{last}/1024", 416: "bytes */1024"}.get(status)
    assert answer.headers.get("Content-Range") == expected


def test_what_a_browser_has_is_not_sent_again(client):
    url = make_material().file.url
    whole = client.get(url)
    for name, value in (
        ("if-none-match", whole["ETag"]),
        ("if-modified-since", whole["Last-Modified"]),
    ):
        again = client.get(url, headers={name: value})
        assert (again.status_code, again.content) == (304, b"")
    head = client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == "1024"
    part = {"range": "bytes=0-1", "if-range": '"another"'}
    assert client.get(url, headers=part).status_code == 200
    part["if-range"] = whole["ETag"]
    assert client.get(url, headers=part).status_code == 206
    assert client.post(url).status_code == 405


def test_a_file_of_a_draft_is_for_staff_who_may_see_it(
    client, admin_client, django_user_model
):
    draft = make_session(edition=make_edition(state="draft"))
    url = make_material(session=draft).file.url
    assert client.get(url).status_code == 404
    seen = admin_client.get(url)
    assert (seen.status_code, seen["Cache-Control"]) == (200, "private, no-store")
    assert seen["Cross-Origin-Resource-Policy"] == "same-origin"
    for staff in (True, False):
        name = f"user-{staff}"
        client.force_login(django_user_model.objects.create_user(name, is_staff=staff))
        assert client.get(url).status_code == 404


def test_only_what_a_record_names_is_looked_for(client, settings):
    make_material()
    make_organization(logo="logos/gone-800x600.webp")
    make_organization(logo="logos/../../secret.png")
    settings.MEDIA_ROOT.parent.joinpath("secret.png").write_bytes(b"secret")
    settings.MEDIA_ROOT.joinpath("link.pdf").symlink_to("/etc/passwd")
    default_storage.save("materials/orphan.pdf", ContentFile(b"x"))
    asked = [
        *("link.pdf", "materials/orphan.pdf", "logos/gone-800x600.webp", "", "logos"),
        *("logos/gone-800x600.400.jpg", "logos/../../secret.png", "..%2fsecret.png"),
        *("%00", "materials/", "/etc/passwd", "🦓", "a" * 3000, "logos\\..\\x"),
    ]
    codes = {path: client.get(f"/media/{path}").status_code for path in asked}
    assert codes == dict.fromkeys(asked, 404)


LONG_NAME = "../" + "长" * 300 + "\u202e<script>.exe"
PROGRAM = "This is a program, whatever its name says. Programs are not taken."


def test_an_organizer_uploads_slides_and_a_visitor_downloads_them(admin_client, client):
    session = make_session()
    path = f"/admin/forum_sessions/session/{session.pk}/change/"
    row = {"kind": "slides", "availability": "here"}
    sent = filled_in(admin_client.get(path), materials=[row])

    def send(content, name):
        file = SimpleUploadedFile(name, content)
        return admin_client.post(path, sent | {"materials-0-file": file})

    assert PROGRAM in send(files.EXE, "slides.pdf").text
    assert send(files.pdf(), LONG_NAME).status_code == 302
    material = Material.objects.get()
    assert re.fullmatch(r"materials/[0-9a-f]{32}\.pdf", material.file.name)
    assert material.file.url in client.get(session.get_absolute_url()).text
    answer = client.get(material.file.url)
    assert (answer["Content-Type"], body(answer)) == ("application/pdf", files.pdf())


def test_a_photo_among_the_materials_is_drawn_anew_and_shown(client):
    form = modelform_factory(Material, fields=["session", "kind", "file"])
    notes = Image.Exif()
    notes[0x010E] = "a secret description"
    file = SimpleUploadedFile("hall.png", files.picture("JPEG", exif=notes))
    sent = {"session": make_session(), "kind": "photo"}
    material = form(sent, {"file": file}).save()
    shown = client.get(material.file.url)
    assert shown["Content-Disposition"] == "inline"
    assert shown["Content-Type"] == "image/jpeg"
    assert b"secret" not in body(shown)


class Unread:
    """The body of a request that nobody should read."""

    def read(self, *_size):
        raise AssertionError("the body was read")

    readline = read


@pytest.mark.parametrize(
    ("who", "address", "most"),
    [
        ("a visitor", "/admin/login/", 11),
        ("staff", "/admin/login/", 100),
        ("staff", "/en/corrections/", 11),
        ("a made-up cookie", "/admin/login/", 11),
        ("a made-up cookie", "/en/corrections/", 11),
    ],
)
def test_too_large_a_request_is_answered_unread(client, settings, who, address, most):
    if who == "staff":
        client.force_login(User.objects.create_user("editor", is_staff=True))
    elif who == "a made-up cookie":
        client.cookies[settings.SESSION_COOKIE_NAME] = "x"
    told = {"CONTENT_LENGTH": str(most * 2**20 + 1), "wsgi.input": Unread()}
    answer = client.post(address, **told)
    assert answer.status_code == 413
    assert f"larger than {most} MB" in answer.text
    assert f"超过 {most} MB" in answer.text


@pytest.mark.parametrize(("asked", "place"), [("", 0), ("bytes=100-299", 100)])
def test_the_server_gets_a_file_or_a_part_of_it_to_send_as_it_can(rf, asked, place):
    address = make_material().file.url
    environ = rf.get(address, headers={"range": asked} if asked else {}).environ
    with kept_open():
        answer = get_wsgi_application()(
            {**environ, "wsgi.file_wrapper": FileWrapper}, lambda *started: None
        )
        assert isinstance(answer, FileWrapper)
        assert os.lseek(answer.filelike.fileno(), 0, os.SEEK_CUR) == place
        answer.close()
