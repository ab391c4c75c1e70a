"""No public page asks the primary for anything: it may be away, or far."""

from copy import copy

import pytest
from django.db import connection, connections
from django.test import Client

from forum_portal import replicas
from tests.pages import page_types

pytestmark = pytest.mark.either_database
# Made for one reader, hence read from the primary; or made as others are
LEFT_OUT = {"report", "address too long", "day at a glance", "full programme"} | {
    *("results", "filtered results", "list with a bad filter", "empty list"),
    *("empty agenda", "filtered list", "accessibility", "privacy", "no results"),
}
BESIDE = [
    *("/en/topics.csv", "/en/sessions.xlsx", "/en/regulations.json", "/en/people.bib"),
    *("/en/editions/2023/programme.ics", "/en/editions/2023/programme.xml"),
    *("/en/sessions.atom", "/en/topics/human-rights.jsonld", "/en/people.ris"),
    *("/en/explore/network.svg", "/en/explore/organizations.csv", "/sitemap.xml"),
    *("/en/search/suggest/?q=bat", "/sitemap-sessions.xml", "/robots.txt", "/sw.js"),
    *("/api/v1/sessions/?expand=topics", "/api/v1/topics/?topic=tailings"),
    *("/opensearch.xml", "/manifest.webmanifest", "/media/none.pdf", "/topics/"),
]


@pytest.fixture
def asked(settings, content, db):
    """Yield what the primary is asked while this thread reads from a replica."""
    statements = []

    def tell(execute, sql, *given):
        statements.append(sql)
        return execute(sql, *given)

    # The same open connection under another name, so that the content is there
    connections["replica1"] = replica = copy(connection._connections["default"])
    replica.alias = "replica1"
    settings.DATABASE_ROUTERS = ["forum_portal.replicas.Router"]
    replicas._mine.alias = "replica1"
    try:
        with connection.execute_wrapper(tell):
            replica.execute_wrappers = []
            yield statements
    finally:
        replicas._mine.alias = "default"
        del connections["replica1"]


def test_public_pages_and_files_are_read_from_the_replica_alone(asked):
    client, guilty = Client(), {}
    paths = [f"/en/{path}" for name, path in page_types() if name not in LEFT_OUT]
    for path in (*paths, *BESIDE):
        answer = client.get(path)
        if answer.streaming:
            b"".join(answer.streaming_content)
        if asked:
            guilty[path] = asked[:3]
            asked.clear()
    assert guilty == {}
