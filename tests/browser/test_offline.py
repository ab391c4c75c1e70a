"""Reading at the venue when the network is slow or gone."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from playwright.sync_api import Error

from tests.browser.conftest import environment, free_port, wait_for
from tests.pages import LANGUAGES

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
    script = "navigator.serviceWorker.controller.scriptURL"
    phone.wait_for_function("() => navigator.serviceWorker.controller")
    phone.evaluate("navigator.serviceWorker.register('/sw.js?release=2')")
    assert note(phone) == "A new version of this site is ready."
    assert phone.evaluate(script).endswith("/sw.js")
    phone.locator("main .note button").focus()
    phone.keyboard.press("Enter")
    phone.wait_for_function(f"() => {script}.endsWith('release=2')")


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
    for path in ("/en/agenda/", "/en/agenda/?edition=2023&s=S09", agenda):
        phone.goto(server.address + path)
        assert re.fullmatch(AS_OF["en"], note(phone))
        assert phone.locator("main .session-list > li").count() == 2
    phone.goto(server.address + saved[1])
    assert re.fullmatch(AS_OF["en"], note(phone))
