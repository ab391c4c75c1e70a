"""Figures for Prometheus: who may read them, and that they count right."""

import re
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from records import shared
from tests.connections import kept_open
from tests.factories import make_topic

TOKEN = "a-token-for-tests-0123456789-abcdef"


@pytest.fixture
def metrics(settings):
    """The module, which is imported only where a token is set."""
    settings.METRICS_TOKEN = TOKEN
    watch = settings.MIDDLEWARE.index("forum_portal.watching.requests.Watch")
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE[:watch],
        "forum_portal.watching.metrics.Metrics",
        *settings.MIDDLEWARE[watch:],
    ]
    from forum_portal.watching import metrics

    return metrics


def figures(token=TOKEN):
    """Return {(name, labels): value} of what is told."""
    told = Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert told.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(told.text)
        for sample in family.samples
    }


def grown(before, after):
    return {
        name: value - before.get(name, 0)
        for name, value in after.items()
        if name[0].startswith(("portal_req", "portal_page_cache"))
        and "_bucket" not in name[0]
        and "_sum" not in name[0]
        and "_created" not in name[0]
        and value != before.get(name, 0)
    }


@pytest.mark.django_db
@pytest.mark.either_database
def test_a_shared_store_that_is_away_is_a_figure(metrics, settings, monkeypatch):
    assert ("portal_shared_store_up",) not in figures()
    monkeypatch.setattr(shared, "line", shared.Line())
    settings.CACHE_URL = "redis://127.0.0.1:9/0"
    settings.CACHES = settings.CACHES | {
        "shared": {"BACKEND": "records.shared.Shared", "LOCATION": settings.CACHE_URL}
    }
    assert figures()[("portal_shared_store_up",)] == 0


@pytest.mark.django_db
@pytest.mark.either_database
def test_without_a_token_there_is_no_such_page(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.either_database
@pytest.mark.parametrize(
    "given", ["", TOKEN, "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer é"]
)
def test_nobody_else_reads_them(client, metrics, given):
    refused = client.get("/metrics", headers={"Authorization": given})
    assert (refused.status_code, refused.content) == (401, b"")


@pytest.mark.django_db
def test_figures_are_told_by_view_and_status(client, metrics):
    before = figures()
    topic = make_topic()
    client.get(topic.get_absolute_url())
    client.get("/en/topics/nothing-of-the-kind/")
    client.get("/en/topics/nothing-else/")
    client.get("/wp-login.php")
    after = figures()
    assert grown(before, after) == {
        ("portal_request_seconds_count", "topics:detail"): 3,
        ("portal_request_seconds_count", ""): 1,
        ("portal_requests_total", "200", "django", "topics:detail"): 1,
        ("portal_requests_total", "404", "django", "topics:detail"): 2,
        ("portal_requests_total", "", "404", "django"): 1,
    }
    version = ("portal_content_version",)
    assert after[version] >= before[version]
    assert after["portal_database_up",] == 1
    assert after["portal_search_waiting",] == 0
    assert not any(re.search(r"nothing|wp-", str(name)) for name in after)


@pytest.mark.django_db
@pytest.mark.either_database
def test_kept_pages_are_counted_as_such(metrics, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    pages = metrics.CountedPages(get_wsgi_application(), room=2**20)
    path = make_topic().get_absolute_url()

    def ask(**headers):
        environ = {"PATH_INFO": path, **headers}
        setup_testing_defaults(environ)
        told = []
        b"".join(pages(environ, lambda status, headers: told.append(status)))
        return told

    before = figures()
    tags = {"HTTP_IF_NONE_MATCH": "*"}
    with kept_open():
        told = [ask(), ask(), ask(), ask(**tags)]
    assert told == [*(3 * [["200 OK"]]), ["304 Not Modified"]]
    kept = figures()
    pages.room = 0
    pages.make_room()
    assert grown(kept, figures()) == {("portal_page_cache_evictions_total",): 1}
    assert grown(before, kept) == {
        ("portal_request_seconds_count", "topics:detail"): 1,
        ("portal_requests_total", "200", "django", "topics:detail"): 1,
        ("portal_requests_total", "200", "memory", "topics:detail"): 2,
        ("portal_requests_total", "304", "memory", "topics:detail"): 1,
        ("portal_page_cache_bytes",): kept["portal_page_cache_bytes",],
        ("portal_page_cache_pages",): 1,
    }


@pytest.mark.django_db
@pytest.mark.either_database
def test_the_age_of_a_backup_is_told_if_there_is_one(metrics, monkeypatch, tmp_path):
    name = ("portal_last_backup_timestamp_seconds",)
    monkeypatch.setattr(metrics, "BACKUPS", tmp_path)
    assert name not in figures()
    made = tmp_path / "2026-11-23.tar"
    made.touch()
    assert figures()[name] == pytest.approx(made.stat().st_mtime)
