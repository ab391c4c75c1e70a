import json
import os

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from forum_portal.version import VERSION
from forum_portal.watching import probes
from records import content_version, migrating, shared
from search.index import drain
from tests.copies import Place
from tests.factories import make_topic

WELL = {
    "database": {"state": "ok"},
    "writing": {"state": "ok"},
    "migrations": {"state": "ok", "missing": 0},
    "triggers": {"state": "ok", "missing": 0},
    "search": {"state": "ok", "waiting": 0},
    "facets": {"state": "ok"},
    "static": {"state": "ok"},
}


def asked(client):
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["status"], answer.json()["checks"]


def run(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_process_says_that_it_lives_without_a_database(client):
    # No mark of django_db: asking the database would fail here.
    answer = client.get("/healthz", headers={"Host": "10.0.0.7:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_readiness_tells_each_check(client):
    assert asked(client) == (200, "ready", WELL)
    assert client.get("/readyz").json()["version"] == VERSION


@pytest.mark.django_db
def test_what_search_has_not_caught_up_with_is_told_but_keeps_nobody_away(client):
    topic = make_topic(label_en="Zebra")
    drain()
    run("UPDATE topics_topic SET label_en = 'Giraffe' WHERE id = %s", [topic.pk])
    behind = WELL | {"search": {"state": "behind", "waiting": 1}}
    assert asked(client) == (200, "ready", behind)
    drain()
    assert asked(client) == (200, "ready", WELL)


@pytest.mark.django_db
def test_without_its_static_files_it_is_not_ready(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path  # nothing was collected here
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "forum_portal.storage.FlattenedManifestStorage"}
    }
    failed = WELL | {"static": {"state": "failed"}}
    assert asked(client) == (503, "not ready", failed)


@pytest.mark.django_db
@pytest.mark.either_database
def test_static_files_that_were_lost_since_are_not_ready(client, settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "forum_portal.storage.FlattenedManifestStorage"}
    }
    (tmp_path / "css").mkdir()
    sheet = tmp_path / "css" / "site.0123.css"
    sheet.touch()
    paths = {"css/site.css": "css/site.0123.css"}
    (tmp_path / "staticfiles.json").write_text(
        json.dumps({"version": "1.1", "hash": "", "paths": paths})
    )
    assert asked(client) == (200, "ready", WELL)
    sheet.unlink()
    failed = WELL | {"static": {"state": "failed"}}
    assert asked(client) == (503, "not ready", failed)


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server")
def test_a_server_that_only_reads_is_not_ready(client):
    run("SET TRANSACTION READ ONLY")
    failed = {"state": "failed", "reason": "default_transaction_read_only"}
    assert asked(client) == (503, "not ready", WELL | {"writing": failed})


# DEBUG is for static files, which nobody has collected there.
ASK_WHAT_WAS_NEVER_MIGRATED = """
from django.conf import settings
from django.test import Client
settings.DEBUG = False
client = Client(raise_request_exception=False, headers={"Host": "localhost"})
answer = client.get("/readyz")
print(answer.status_code, answer.text)
for address in ("/en/", "/en/topics/", "/en/topics/x/", "/en/x/", "/api/v1/topics/"):
    print(address, client.get(address).status_code)
"""


@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_never_migrated_says_so(tmp_path):
    place = Place(tmp_path, "never_migrated", filled=False, DEBUG="1", SITE_URL="")
    code, said, errors = place.run(
        "manage.py", "shell", "--verbosity=0", "-c", ASK_WHAT_WAS_NEVER_MIGRATED
    )
    assert code == 0, errors
    ready, *pages = said.splitlines()
    missing = len(probes.known_migrations())
    status, _, told = ready.partition(" ")
    assert (status, json.loads(told)["checks"]) == (
        "503",
        {
            "database": {"state": "ok"},
            "migrations": {"state": "failed", "missing": missing},
        },
    )
    assert {page.rpartition(" ")[2] for page in pages} == {"503"}, pages


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="its own file")
@pytest.mark.parametrize("what", ["the file", "the folder"])
def test_a_file_that_cannot_be_written_is_not_ready(
    client, monkeypatch, tmp_path, what
):
    path = tmp_path / "folder" / "portal.sqlite3"
    path.parent.mkdir()
    path.touch()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(path))
    assert asked(client) == (200, "ready", WELL)
    barred = path if what == "the file" else path.parent
    barred.chmod(0o500)
    if os.access(barred, os.W_OK):  # Nothing is barred to root: it is gone instead.
        path.unlink()
    failed = WELL | {"writing": {"state": "failed"}}
    assert asked(client) == (503, "not ready", failed)
    barred.exists() and barred.chmod(0o700)


@pytest.mark.django_db
@pytest.mark.either_database
def test_a_shared_store_that_is_away_is_told_but_keeps_nobody_away(
    client, settings, monkeypatch
):
    monkeypatch.setattr(shared, "line", shared.Line())
    settings.CACHE_URL = "redis://127.0.0.1:9/0"
    settings.CACHES = settings.CACHES | {
        "shared": {"BACKEND": "records.shared.Shared", "LOCATION": settings.CACHE_URL}
    }
    away = WELL | {"cache": {"state": "away"}}
    assert asked(client) == (200, "ready", away)


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client):
    migrations = MigrationRecorder(connection).migration_qs.filter(app="records")
    migrations.filter(name__startswith="0001").delete()
    missing = WELL | {"migrations": {"state": "failed", "missing": 1}}
    assert asked(client) == (503, "not ready", missing)


@pytest.mark.django_db
def test_missing_triggers_are_not_ready(client):
    where = "" if connection.vendor == "sqlite" else " ON topics_topic"
    name = "cv_topics_topic_update" if connection.vendor == "sqlite" else "cv_mark"
    run(f"DROP TRIGGER {name}{where}")
    missing = WELL | {"triggers": {"state": "failed", "missing": 1}}
    assert asked(client) == (503, "not ready", missing)
    content_version.install()
    assert asked(client) == (200, "ready", WELL)


@pytest.mark.django_db
def test_no_trigger_that_is_installed_is_overlooked():
    assert probes.expected_triggers(connection.vendor) == migrating.present()


@pytest.mark.django_db
@pytest.mark.either_database
def test_asking_often_costs_few_queries(client, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(5):
        client.get("/readyz")


@pytest.mark.django_db
@pytest.mark.either_database
def test_probes_answer_any_host_and_no_redirect_to_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    for host in ("10.1.2.3", "[::1]:80", "somebody.example", "", "no host!"):
        for path in ("/healthz", "/readyz"):
            answer = client.get(path, headers={"Host": host})
            assert answer.status_code == 200, (host, path)
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Cache-Control"] == "no-store"


@pytest.mark.django_db
@pytest.mark.either_database
def test_probes_only_answer_reading(client):
    for path in ("/healthz", "/readyz"):
        assert client.post(path).status_code == 405
        assert client.head(path).status_code == 200
    assert client.get("/healthz/").status_code == 404


@pytest.mark.django_db
@pytest.mark.either_database
def test_a_database_that_does_not_answer_is_not_ready(client, monkeypatch):
    nobody_listens = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": "9",
        "NAME": "secret-name",
        "USER": "secret-user",
    }
    gone = ConnectionHandler({"default": nobody_listens})
    monkeypatch.setattr(content_version, "connections", gone)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": {"state": "failed"}}
    assert "secret" not in answer.text
    assert client.get("/healthz").status_code == 200
