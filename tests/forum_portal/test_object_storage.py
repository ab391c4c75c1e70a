"""Uploaded files in a real S3-compatible server, given out as from a disk."""

import hashlib
import io
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile

from forum_portal import object_storage
from forum_portal.backups import archive, restoring
from forum_portal.object_storage import ObjectStorage
from organizations.models import Person
from records.files import store
from sessions.models import Material
from tests import files
from tests.browser.conftest import free_port, wait_for
from tests.factories import make_edition, make_person, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]
FILM = bytes(range(256)) * 4096
BACKEND = "forum_portal.object_storage.ObjectStorage"


class Server:
    """A server of S3's protocol, in a process of its own."""

    def __init__(self):
        self.port = free_port()
        self.address = f"s3+http://key:se%2Fcret@127.0.0.1:{self.port}/files"
        command = [sys.executable, "-m", "moto.server", "-p", str(self.port)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_for(self.port, self.process)

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server():
    """Yield a server with an empty bucket."""
    made = Server()
    try:
        with ObjectStorage(made.address, "media").asking() as objects:
            objects.connection.meta.client.create_bucket(Bucket="files")
        yield made
    finally:
        made.stop()


def use(settings, address):
    """Keep uploaded files and releases there."""
    kept = {
        name: {
            "BACKEND": BACKEND,
            "OPTIONS": {"address": address, "folder": folder, "base_url": base_url},
        }
        for name, folder, base_url in (
            ("default", "media", "/media/"),
            ("releases", "releases", None),
        )
    }
    settings.STORAGES = settings.STORAGES | kept


@pytest.fixture
def in_bucket(server, settings):
    """Use that bucket, without what other tests have left; return its address."""
    use(settings, server.address)
    for name, _size, _changed in default_storage.stored():
        default_storage.delete(name)
    store.count_anew()
    return server.address


def make_material(**fields):
    session = fields.pop("session", None) or make_session(slug="2026-talk")
    material = Material(session=session, kind="recording", **fields)
    material.file.save("my film.mp4", ContentFile(FILM))
    return material


def body(answer):
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def told(client, url, **headers):
    answer = client.get(url, headers=headers)
    kept = dict(answer.headers)
    for name in ("Last-Modified", "ETag", "X-Request-ID"):
        kept.pop(name, None)
    return answer.status_code, hashlib.sha256(body(answer)).hexdigest(), kept


def test_a_file_is_given_out_just_as_from_a_disk(client, settings, server, tmp_path):
    asked = [
        {},
        {"range": "bytes=0-9"},
        {"range": "bytes=-24"},
        {"range": f"bytes={len(FILM)}-"},
        {"accept-encoding": "gzip"},
    ]
    settings.MEDIA_ROOT = tmp_path
    url = make_material().file.url
    from_disk = [told(client, url, **headers) for headers in asked]
    Material.objects.all().delete()
    use(settings, server.address)
    make_material(session=make_session(slug="2026-talk-2"))
    Material.objects.update(session=make_session(slug="2026-other"))
    material = Material.objects.get()
    name = from_disk[0][2]["Content-Disposition"].replace("2026-talk", "2026-other")
    from_bucket = [told(client, material.file.url, **headers) for headers in asked]
    assert material.file.url == url
    assert name.rpartition("-")[0] in from_bucket[0][2]["Content-Disposition"]
    for one in (*from_disk, *from_bucket):
        one[2].pop("Content-Disposition", None)
    assert from_bucket == from_disk
    tag = client.get(url)["ETag"]
    assert client.get(url, headers={"if-none-match": tag}).status_code == 304
    head = client.head(url)
    assert (head["Content-Length"], head.content) == (str(len(FILM)), b"")


def test_what_is_not_public_is_not_given_out(client, admin_client, in_bucket):
    draft = make_session(edition=make_edition(state="draft"))
    url = make_material(session=draft).file.url
    default_storage.save("materials/orphan.pdf", ContentFile(b"x"))
    addresses = (url, "/media/materials/orphan.pdf", "/media/materials/none.pdf")
    assert [client.get(one).status_code for one in addresses] == [404] * 3
    assert admin_client.get(url)["Cache-Control"] == "private, no-store"
    with pytest.raises(SuspiciousFileOperation):
        default_storage.open("../releases/x.pdf")


def test_pictures_are_kept_counted_against_the_quota_and_swept(
    admin_client, in_bucket, settings
):
    person = make_person()
    person.photo.save("x", SimpleUploadedFile("x.png", files.picture()))
    kept = {name: size for name, size, _changed in default_storage.stored()}
    assert store.usage(now=True)[0] == sum(kept.values()) > 0
    assert set(kept) == set(store.names())
    assert admin_client.get(person.photo.copies(".jpg")[0].url).status_code == 200
    Person.objects.update(photo="")
    Person.history.update(photo="")
    assert list(store.unused()) == []  # somebody may be about to save them
    assert set(store.delete_unused(timedelta(0))) == set(kept)
    assert list(default_storage.stored()) == []


def test_a_release_is_kept_there_too(client, in_bucket):
    storages["releases"].save("2026-01-01/record.zip", ContentFile(FILM))
    with storages["releases"].open("2026-01-01/record.zip") as file:
        file.seek(-3, 2)
        assert (file.size, file.read()) == (len(FILM), FILM[-3:])
        file.seek(5)
        assert file.read(2) == FILM[5:7]
    with pytest.raises(FileNotFoundError):
        storages["releases"].open("2026-01-01/none.zip")
    storages["releases"].delete("2026-01-01/record.zip")
    assert not storages["releases"].exists("2026-01-01/record.zip")


@pytest.mark.parametrize("size", [0, 9_000_000])  # beyond 8 MB in several parts
def test_what_a_backup_brings_back_is_sent_there_as_it_is_read(in_bucket, size):
    file = archive.Measured(io.BytesIO(bytes(size)))
    name = storages["releases"].save("2026-01-02/a.zip", restoring.Streamed(file, "x"))
    assert (name, storages["releases"].size(name)) == ("2026-01-02/a.zip", size)
    assert file.size == size


def test_while_the_storage_does_not_answer_only_its_files_are_missing(
    client, admin_client, in_bucket, settings
):
    material = make_material()
    use(settings, f"s3+http://key:secret@127.0.0.1:{free_port()}/files")
    store.count_anew()
    for one in (client, admin_client):
        one.raise_request_exception = False
    assert client.get(material.session.get_absolute_url()).status_code == 200
    unavailable = client.get(material.file.url)
    assert (unavailable.status_code, unavailable["Retry-After"]) == (503, "30")
    assert admin_client.get("/admin/").status_code == 200
    edit = f"/admin/forum_sessions/session/{material.session.pk}/change/"
    assert admin_client.get(edit).status_code == 200


def test_a_storage_that_says_nothing_holds_up_one_request_and_not_all(
    client, in_bucket, settings, monkeypatch
):
    url = make_material().file.url
    monkeypatch.setattr(object_storage, "SILENCE", 0.2)
    client.raise_request_exception = False
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        use(settings, f"s3+http://key:secret@127.0.0.1:{port}/files")
        assert client.get(url).status_code == 503
        silent.setblocking(False)
        while True:  # those of the first request
            try:
                silent.accept()[0].close()
            except BlockingIOError:
                break
        assert client.get(url).status_code == 503
        with pytest.raises(BlockingIOError):
            silent.accept()
        use(settings, in_bucket)
        assert client.get(url).status_code == 200


def test_not_every_thread_waits_for_the_first_answer_that_does_not_come(monkeypatch):
    monkeypatch.setattr(object_storage, "SILENCE", 1)
    monkeypatch.setattr(object_storage, "TURN", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silent_one = ObjectStorage(f"s3+http://k:s@127.0.0.1:{port}/files", "media")
        assert silent_one.objects  # boto3 is loaded.

        def refusal(_number):
            with pytest.raises(ConnectionError) as refused:
                silent_one.size("a.pdf")
            return str(refused.value)

        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(refusal, range(8)))
    assert len([one for one in told if "Read timeout" in one]) == 2
    assert len([one for one in told if "others waiting" in one]) in {1, 2}


def test_a_bucket_that_is_not_there_is_no_missing_file(in_bucket):
    elsewhere = ObjectStorage(in_bucket.replace("/files", "/none"), "media")
    with pytest.raises(ConnectionError, match="bucket does not exist"):
        elsewhere.save("a.pdf", ContentFile(b"x"))


def test_the_address_of_a_file_costs_no_worker_the_memory_of_boto3():
    ask = (
        "import sys; from forum_portal.object_storage import ObjectStorage as O;"
        "print(O('s3://k:s@h/files', 'media', '/media/').url('a b.jpg'),"
        "'boto3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("/media/a%20b.jpg False\n", "")
