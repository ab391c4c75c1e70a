"""The addresses that the record leads to are visited, politely and safely."""

import ipaddress
import itertools
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from records.links import Problem, Visit, is_public, visit, visit_all
from records.models import Correction, LinkCheck, Source, Subscription
from tests.factories import make_organization, make_regulation


class Site(BaseHTTPRequestHandler):
    """A site that answers by the first part of the path, and notes who asked."""

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.server.asked.append((self.command, self.path, time.monotonic()))
        self.server.agents.add(self.headers["User-Agent"])
        word, _slash, rest = self.path[1:].partition("/")
        if word == "drop":
            return
        status = int(word) if word.isdigit() else 200
        if word == "nohead":
            status = 404 if self.command == "HEAD" else 200
        self.send_response(status)
        if status == 302:
            ways = {"loop": self.path, "bad": "http://[bad/", "file": "file:///etc"}
            self.send_header("Location", ways.get(rest, f"/{rest}"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.asked, server.agents = [], set()
    server.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "status", "problem"),
    [
        ("200", 200, ""),
        ("法 规?q=钴", 200, ""),
        ("nohead", 200, ""),
        ("302/302/200", 200, ""),
        ("403", 403, ""),
        ("404", 404, "not-found"),
        ("302/410", 410, "not-found"),
        ("500", 500, "error"),
        ("302/loop", None, "redirects"),
        ("302/bad", None, "no-address"),
        ("302/file", None, "no-address"),
        ("drop", None, "no-answer"),
    ],
)
def test_an_address_is_dead_if_people_cannot_read_it(site, path, status, problem):
    url = f"{site.url}/{path}"
    found = visit(url, 0, 5, lambda number: True)
    assert found == Visit(url, status, problem)
    assert site.agents == {"ForumPortal-LinkCheck/1.0"}


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://localhost/", Problem.PRIVATE),
        ("https://[::1]/", Problem.PRIVATE),
        ("http://169.254.169.254/latest/meta-data/", Problem.PRIVATE),
        ("http://0x7f.1/", Problem.PRIVATE),
        ("ftp://example.org/", "no-address"),
        ("http://[bad", "no-address"),
        ("https://example.org:99999/", "no-address"),
        ("http://nowhere.invalid/", "no-host"),
    ],
)
def test_no_private_network_and_no_other_scheme_is_visited(url, problem):
    assert visit(url, 0, 2, is_public) == Visit(url, None, problem)


def test_a_redirect_is_looked_at_as_closely_as_the_address_itself(site):
    def only_first(number, seen=[]):  # noqa: B006 — counts the calls
        seen.append(number)
        return len(seen) == 1

    found = visit(f"{site.url}/302/200", 0, 2, only_first)
    assert (found.problem, len(site.asked)) == (Problem.PRIVATE, 1)
    mapped = ipaddress.ip_address("::ffff:10.0.0.1")
    assert not is_public(mapped)


def test_one_host_is_asked_one_by_one_with_a_pause(site):
    urls = [f"{site.url}/200/{number}" for number in range(3)]
    found = list(visit_all(urls, delay=0.1, may_reach=lambda number: True))
    assert sorted(one.url for one in found) == urls
    moments = [moment for _method, _path, moment in site.asked]
    pauses = [b - a for a, b in itertools.pairwise(moments)]
    assert min(pauses) >= 0.1


def check(**options):
    call_command("check_links", delay=0, allow_loopback=True, **options)


@pytest.mark.django_db
def test_what_is_dead_is_remembered_and_told_once(
    site, admin_user, capsys, django_capture_on_commit_callbacks
):
    Subscription.objects.create(user=admin_user, kinds=["links"])
    gone = make_organization(website=f"{site.url}/404")
    make_regulation(official_url=f"{site.url}/200/law", state="draft")
    Source.objects.create(title_en="A page", url=f"{site.url}/302/200")
    Correction.objects.create(language="en", wrong="x", evidence=f"{site.url}/500")
    LinkCheck.objects.create(url="https://a.example/", checked_at="2026-01-01T00:00Z")
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            check()
    assert capsys.readouterr().out.splitlines() == [
        "3 visited, 1 dead, 1 of them newly.",
        "3 visited, 1 dead, 0 of them newly.",
    ]
    (letter,) = mail.outbox
    assert letter.subject == "1 link is newly dead"
    page = "On this page of the admin: /admin/records/linkcheck/?"
    assert letter.body.startswith(f"{site.url}/404\n\n{page}")
    dead = LinkCheck.objects.get(dead_since__isnull=False)
    assert (dead.url, dead.status, dead.problem) == (
        f"{site.url}/404",
        404,
        "not-found",
    )
    since = dead.dead_since
    assert since < dead.checked_at
    gone.website = ""
    gone.save()
    site.asked.clear()
    check(limit=1)
    assert not LinkCheck.objects.filter(pk=dead.pk).exists()
    assert len(site.asked) == 1


@pytest.mark.django_db
def test_when_nobody_answers_nothing_is_called_dead(
    admin_user, django_capture_on_commit_callbacks
):
    Subscription.objects.create(user=admin_user, kinds=["links"])
    for number in range(5):
        make_organization(website=f"http://nowhere-{number}.invalid/")
    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(CommandError, match="may be offline"),
    ):
        check()
    assert not LinkCheck.objects.exists()
    assert [one.subject for one in mail.outbox] == ["The check of links failed"]


@pytest.mark.django_db
def test_the_admin_shows_what_was_found_and_changes_nothing(admin_client):
    link = LinkCheck.objects.create(
        url="https://a.example/", checked_at="2026-01-01T00:00Z", problem="no-answer"
    )
    page = admin_client.get("/admin/records/linkcheck/?dead_since__isempty=1")
    assert "https://a.example/" in page.text
    change = f"/admin/records/linkcheck/{link.pk}/change/"
    assert admin_client.post(change, {"url": "x"}).status_code == 403


@pytest.mark.django_db
def test_the_command_runs_as_the_shell_starts_it(capsys):
    # `call_command` alone leaves out the checks of the system that come first.
    call_command("check_links", skip_checks=False)
    assert "0 visited, 0 dead, 0 of them newly." in capsys.readouterr().out
