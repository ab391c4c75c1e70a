"""Reading at the venue when the network is slow or gone."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import environment, free_port, wait_for
from tests.pages import LANGUAGES

FORUM = "Sustainable Mineral Supply Chain International Forum"
PROGRAMME = "editions/2023/programme/"
SESSION = "sessions/2023-workshop-eu-batteries/"
KEPT = """async () => (await (await caches.open("pages")).keys()).map(
  page => page.url.replace(location.origin, ""))"""
PUT = """async ({path, count}) => {
  const cache = await caches.open("pages");
  for (let n = 0; n < count; n += 1) {
    await cache.put(path.replace("*", n), new Response("old", {headers: {
      date: new Date().toUTCString(), "content-type": "text/html"}}));
  }
}"""
COPY = """async path => {
  const copy = await (await caches.open("pages")).match(path, {ignoreVary: true});
  return copy && copy.url + copy.headers.get("date");
}"""
PUT_VERSION = """async path => (await caches.open("pages")).put(
  path, await fetch(path + "?version=2026-11-22"))"""
WORKER = "navigator.serviceWorker.controller.scriptURL"
AS_OF = {
    "en": r"This page was kept in this browser\. It is as of \d+ \w+ \d{4} at "
    r"\d\d:\d\d and may have changed since\.",
    "zh-hans": r".*\d{4}年\d+月\d+日 ?\d\d:\d\d.*",
}


class Server:
    """The portal on a port of its own, to be cut off, held up and brought back."""

    def __init__(self, var_dir):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        settings = {"PORT": str(self.port), "WORKERS": "1"}
        self.env = environment(var_dir, **settings)
        self.process = None

    def start(self):
        command = ["-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
        self.process = subprocess.Popen(
            [sys.executable, *command], env=self.env, start_new_session=True
        )
        wait_for(self.port, self.process)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def stop(self):
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait(timeout=20)
            self.process = None


@pytest.fixture(scope="module")
def one_server(var_dir):
    server = Server(var_dir)
    yield server
    server.stop()


@pytest.fixture
def server(one_server):
    """A server that runs when a test begins, whatever the one before did to it."""
    if one_server.process is None:
        one_server.start()
    return one_server


@pytest.fixture
def phone(browser, server):
    """A tab of a new visitor, whose browser keeps nothing yet."""
    size = {"width": 390, "height": 800}
    context = browser.new_context(viewport=size, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@contextmanager
def answering(port, status):
    """Answer all requests on a port with a status."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"Sorry")

        def log_message(self, *args):
            pass

    until(lambda: is_free(port))  # A worker may live a moment longer than its master.
    with ThreadingHTTPServer(("127.0.0.1", port), Answer) as answering:
        Thread(target=answering.serve_forever, daemon=True).start()
        yield
        answering.shutdown()


def is_free(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) != 0


def visit(phone, server, path):
    """Open a page and wait until the worker keeps it and the programme."""
    phone.goto(f"{server.address}/{path}")
    language = path.split("/")[0]
    wanted = {f"/{path}", f"/{language}/{PROGRAMME}"}
    until(lambda: wanted <= set(phone.evaluate(KEPT)))


def until(true):
    """Wait until something is true that takes a moment to become so."""
    for _ in range(100):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("It did not become true in five seconds.")


def heading(phone):
    return phone.locator("h1").inner_text()


def note(phone):
    said = phone.locator("main .note [role=status]").first
    said.filter(has_text=re.compile(r"\S")).wait_for()
    return said.inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_network_the_programme_and_sessions_seen_are_still_there(
    phone, server, language
):
    visit(phone, server, f"{language}/{SESSION}")
    title = heading(phone)
    assert phone.locator("main .note [role=status]").count() == 0
    server.stop()
    for path in (SESSION, PROGRAMME):
        response = phone.goto(f"{server.address}/{language}/{path}")
        assert response.status == 200
        assert re.fullmatch(AS_OF[language], note(phone))
    phone.go_back()
    assert heading(phone) == title
    # The permanent address, which a printed code holds, names no language.
    phone.goto(f"{server.address}/{SESSION}")
    assert heading(phone) == title
    assert phone.evaluate("getComputedStyle(document.body).margin") == "0px"
    assert phone.evaluate("document.styleSheets[0].cssRules.length > 5")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_is_not_kept_says_so_and_names_those_that_are(
    phone, server, language
):
    visit(phone, server, f"{language}/{SESSION}")
    title = heading(phone)
    server.stop()
    phone.goto(f"{server.address}/{language}/organizations/giz/")
    kept = phone.locator("[data-kept-pages] a")
    kept.filter(has_text=title).wait_for()
    addresses = {link.get_attribute("href") for link in kept.all()}
    assert addresses == {
        f"{server.address}/{language}/{path}" for path in (SESSION, PROGRAMME)
    }
    assert phone.url.endswith("/organizations/giz/")
    server.start()
    phone.locator("main .button-main").click()
    phone.wait_for_function("() => !document.querySelector('[data-kept-pages]')")
    assert phone.locator(".record-line").count() == 1


def test_a_network_that_does_not_answer_is_not_waited_for_long(phone, server):
    visit(phone, server, f"en/{SESSION}")
    server.signal(signal.SIGSTOP)
    try:
        phone.goto(f"{server.address}/en/{SESSION}", timeout=15_000)
        assert re.fullmatch(AS_OF["en"], note(phone))
    finally:
        server.signal(signal.SIGCONT)


@pytest.mark.parametrize("day", ["2026-11-22", "1999-01-01"])
def test_a_page_as_it_was_on_a_day_leaves_the_page_that_is_kept_alone(
    phone, server, day
):
    visit(phone, server, f"en/{SESSION}")
    of_today = phone.evaluate(COPY, f"/en/{SESSION}")
    phone.goto(f"{server.address}/en/{SESSION}?version={day}")
    phone.wait_for_load_state("networkidle")
    assert phone.evaluate(COPY, f"/en/{SESSION}") == of_today
    server.stop()
    phone.goto(f"{server.address}/en/{SESSION}?version={day}")
    assert heading(phone) == "Without a network"


def test_what_a_former_worker_kept_under_a_wrong_address_goes(phone, server):
    visit(phone, server, f"en/{PROGRAMME}")
    phone.evaluate(PUT_VERSION, f"/en/{SESSION}")
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    phone.evaluate("navigator.serviceWorker.register('/sw.js?release=2')")
    note(phone)
    with phone.expect_navigation():  # The page loads itself anew.
        phone.locator("main .note button").click()
    assert phone.evaluate(WORKER).endswith("release=2")
    until(lambda: set(phone.evaluate(KEPT)) == {f"/en/{PROGRAMME}"})


def test_a_server_that_cannot_answer_for_now_gives_way_to_the_page_that_is_kept(
    phone, server
):
    visit(phone, server, f"en/{SESSION}")
    title = heading(phone)
    server.stop()
    for status in (502, 503, 504):
        with answering(server.port, status):
            response = phone.goto(f"{server.address}/en/{SESSION}")
            assert (response.status, heading(phone)) == (200, title)
            assert re.fullmatch(AS_OF["en"], note(phone))
            # What is not kept is answered by the server itself, as is what is wrong.
            response = phone.goto(f"{server.address}/en/organizations/giz/")
            assert (response.status, phone.inner_text("body")) == (status, "Sorry")
    with answering(server.port, 500):
        assert phone.goto(f"{server.address}/en/{SESSION}").status == 500


def test_what_is_no_page_for_readers_is_left_to_the_network(phone, server):
    visit(phone, server, f"en/{SESSION}")
    for path in ("admin/login/", "robots.txt", f"en/{PROGRAMME[:-1]}.json"):
        phone.goto(f"{server.address}/{path}")
    assert set(phone.evaluate(KEPT)) == {f"/en/{SESSION}", f"/en/{PROGRAMME}"}
    server.stop()
    with pytest.raises(Error, match="ERR_CONNECTION_"):
        phone.goto(f"{server.address}/admin/login/")


def test_a_page_that_went_leaves_the_store_and_the_store_has_an_end(phone, server):
    visit(phone, server, f"en/{SESSION}")
    gone = "/en/sessions/gone/"
    phone.evaluate(PUT, {"path": gone, "count": 1})
    phone.goto(server.address + gone)
    until(lambda: gone not in phone.evaluate(KEPT))
    phone.evaluate(PUT, {"path": "/en/sessions/s*/", "count": 230})
    phone.goto(f"{server.address}/en/{SESSION}")
    until(lambda: len(phone.evaluate(KEPT)) <= 200)
    assert f"/en/{SESSION}" in phone.evaluate(KEPT)


def test_nothing_is_kept_for_somebody_who_has_signed_in(phone, server):
    account = {"USERNAME": "signed-in", "EMAIL": "", "PASSWORD": "only-for-this-test"}
    given = {f"DJANGO_SUPERUSER_{name}": value for name, value in account.items()}
    command = [sys.executable, "manage.py", "createsuperuser", "--no-input"]
    subprocess.run(command, env=server.env | given, check=True)
    phone.goto(f"{server.address}/admin/")
    phone.fill("[name=username]", account["USERNAME"])
    phone.fill("[name=password]", account["PASSWORD"])
    phone.click("[type=submit]")
    phone.goto(f"{server.address}/en/{SESSION}")
    phone.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.goto(f"{server.address}/en/{PROGRAMME}")
    phone.wait_for_load_state("networkidle")
    assert phone.evaluate(KEPT) == []


def test_a_new_version_waits_until_the_reader_takes_it(phone, server):
    visit(phone, server, f"en/{SESSION}")
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    phone.evaluate("navigator.serviceWorker.register('/sw.js?release=2')")
    assert note(phone) == "A new version of this site is ready."
    assert phone.evaluate(WORKER).endswith("/sw.js")
    phone.locator("main .note button").focus()
    with phone.expect_navigation():  # The page loads itself anew.
        phone.keyboard.press("Enter")
    assert phone.evaluate(WORKER).endswith("release=2")


def test_what_is_saved_is_kept_together_with_the_agenda(phone, server):
    phone.goto(f"{server.address}/en/{PROGRAMME}")
    saving = phone.locator("li button.save")
    for button in (saving.nth(0), saving.nth(1)):
        button.click()
    agenda = phone.locator("[data-agenda]").first.evaluate("a => a.pathname + a.search")
    rows = phone.locator("li:has(button[aria-pressed=true])")
    saved = [row.locator("a").first.get_attribute("href") for row in rows.all()]
    assert len(saved) == 2
    until(lambda: {*saved, agenda} <= set(phone.evaluate(KEPT)))
    server.stop()
    for path in ("/en/agenda/", "/agenda/", agenda):
        phone.goto(server.address + path)
        phone.wait_for_url(re.compile(re.escape(agenda.removeprefix("/en")) + "$"))
        assert re.fullmatch(AS_OF["en"], note(phone))
        assert phone.locator("[data-own]").is_visible()
        assert phone.locator("main .session-list > li").count() == 2
    phone.goto(server.address + saved[1])
    assert re.fullmatch(AS_OF["en"], note(phone))


def test_an_agenda_that_is_not_kept_is_not_answered_by_another(phone, server):
    save(phone, server, "S01")
    server.stop()
    theirs = "/en/agenda/?edition=2023&s=S03.S04"
    phone.goto(server.address + theirs)
    assert heading(phone) == "Without a network"
    assert phone.url == server.address + theirs
    assert kept_agendas(phone) == [f"My agenda · {FORUM} 2023"]


def test_a_shared_agenda_is_told_from_the_readers_own(phone, server):
    save(phone, server, "S01")
    phone.goto(f"{server.address}/en/agenda/?edition=2023&s=S03.S04")
    until(lambda: "/en/agenda/?edition=2023&s=S03.S04" in phone.evaluate(KEPT))
    server.stop()
    for path in ("/en/agenda/", "/agenda/"):
        phone.goto(server.address + path)
        phone.wait_for_url("**/agenda/?edition=2023&s=S01")
        assert phone.locator("[data-own]").is_visible()
    phone.goto(f"{server.address}/en/offline/")
    assert kept_agendas(phone) == [
        f"Agenda · {FORUM} 2023 · S03, S04",
        f"My agenda · {FORUM} 2023",
    ]


def test_an_agenda_that_changed_takes_the_place_of_the_one_before(phone, server):
    save(phone, server, "S01")
    save(phone, server, "S02")
    address = "/en/agenda/?edition=2023&s="
    until(lambda: agendas(phone) == [f"{address}S01.S02"])
    phone.click("[data-code=S01]")
    until(lambda: agendas(phone) == [f"{address}S02"])
    # Without a network there is no page of the new one: the one before stays.
    server.stop()
    phone.click("[data-code=S03]")
    phone.goto(f"{server.address}/en/agenda/")
    phone.wait_for_url(f"**{address}S02.S03")
    assert kept_agendas(phone) == [f"Agenda · {FORUM} 2023 · S02"]
    server.start()
    phone.reload()
    until(lambda: f"{address}S02.S03" in agendas(phone))


def save(phone, server, code):
    """Save a session on the programme and wait until the agenda is kept."""
    visit(phone, server, f"en/{PROGRAMME}")
    phone.click(f"[data-code={code}]")
    until(lambda: any(code in address for address in agendas(phone)))


def agendas(phone):
    """Return the addresses of the agendas that the browser keeps."""
    return [path for path in phone.evaluate(KEPT) if "/agenda/" in path]


def kept_agendas(phone):
    """Return what the offline page calls the agendas that are kept."""
    phone.locator("[data-kept-pages] a[href*='/programme/']").wait_for()
    return phone.locator("[data-kept-pages] a[href*='/agenda/']").all_inner_texts()
