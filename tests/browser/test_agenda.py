"""Saving sessions in a real browser: what is kept, what is said, what fails well."""

import subprocess
import sys
import time

import pytest

from tests.browser.conftest import environment

PROGRAMME = "editions/2023/programme/"
SESSION = "sessions/2023-workshop-eu-batteries/"
SAVE = ".save"
AGENDA = "header .agenda-link"

WITHDRAW = """
from sessions.models import Session
session = Session.objects.get(edition__slug="2023", code="S05")
session.state = "withdrawn"
session.withdrawn_reason_en = "Called off."
session.withdrawn_reason_zh_hans = "取消。"
session.save()
"""
PUBLISH = """
from sessions.models import Edition
Edition.objects.create(
    slug="2027", year=2027, name_en="Forum 2027", name_zh_hans="2027年论坛",
    starts_on="2099-01-01", ends_on="2099-01-02", state="published",
)
"""
# From the start, also of what moves before the page is there
WATCH = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) window.shifts.push(value);
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture
def tab(browser):
    """A tab with an empty store of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def later_portal(own_portal, own_var_dir):
    """A portal that withdrew S05 of 2023 and whose current edition is that of 2027."""
    change = [sys.executable, "manage.py", "shell", "--command", WITHDRAW + PUBLISH]
    subprocess.run(change, env=environment(own_var_dir), check=True)
    return own_portal


def store(tab, portal, **agendas):
    """Put agendas into the store of the browser: e2023="S07.S10"."""
    tab.goto(f"{portal}/en/about/privacy/")
    for edition, codes in agendas.items():
        entry = [f"agenda:{edition[1:]}", codes]
        tab.evaluate("entry => localStorage.setItem(...entry)", entry)


def kept(tab):
    """Return what the browser holds of agendas."""
    entries = tab.evaluate("Object.entries(localStorage).sort()")
    return [entry for entry in entries if entry[0].startswith("agenda")]


def test_a_session_is_saved_told_of_and_still_saved_after_a_reload(portal, tab):
    tab.goto(f"{portal}/en/{SESSION}")
    title = tab.locator("h1").inner_text()
    save = tab.get_by_role("button", name=f"Save {title}")
    assert save.get_attribute("aria-pressed") == "false"
    save.focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("status").get_by_text("Saved to my agenda").wait_for()
    assert save.get_attribute("aria-pressed") == "true"
    code = save.get_attribute("data-code")
    assert kept(tab) == [["agenda", "2023"], ["agenda:2023", code]]
    tab.reload()
    assert save.get_attribute("aria-pressed") == "true"
    assert tab.locator(AGENDA).inner_text().split() == ["My", "agenda", "1"]
    save.click()
    tab.get_by_role("status").get_by_text("Removed from my agenda").wait_for()
    assert kept(tab) == [["agenda", "2023"]]
    assert tab.locator(AGENDA).get_attribute("href") == f"{portal}/en/agenda/"


def test_what_was_saved_on_the_programme_is_on_the_agenda_and_can_be_removed(
    portal, tab
):
    tab.goto(f"{portal}/zh-hans/{PROGRAMME}")
    tab.locator(SAVE).nth(1).click()
    tab.locator(SAVE).nth(0).click()
    codes = [tab.locator(SAVE).nth(n).get_attribute("data-code") for n in (1, 0)]
    tab.locator(AGENDA).click()
    tab.wait_for_url(f"{portal}/zh-hans/agenda/?edition=2023&s={'.'.join(codes)}")
    assert tab.locator(".session-row").count() == 2
    assert tab.locator("[data-own]").is_visible()
    assert not tab.locator("button[data-keep]").is_visible()
    tab.locator(f"[data-remove={codes[0]}]").click()
    tab.wait_for_url(f"{portal}/zh-hans/agenda/?edition=2023&s={codes[1]}")
    assert kept(tab) == [["agenda", "2023"], ["agenda:2023", codes[1]]]
    assert tab.locator(AGENDA).inner_text().endswith("1")
    tab.goto(f"{portal}/en/agenda/")
    tab.wait_for_url(f"{portal}/en/agenda/?edition=2023&s={codes[1]}")


def test_a_shared_agenda_is_kept_only_when_asked(portal, tab):
    errors = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.goto(f"{portal}/en/agenda/?edition=2023&s=S07.S10")
    assert kept(tab) == []
    assert not tab.locator("[data-own]").is_visible()
    tab.locator("[data-remove=S07]").click()
    tab.wait_for_url(f"{portal}/en/agenda/?edition=2023&s=S10")
    tab.go_back()
    tab.get_by_role("button", name="Keep these on this device").click()
    tab.get_by_role("status").get_by_text("Saved to my agenda").wait_for()
    assert kept(tab) == [["agenda", "2023"], ["agenda:2023", "S07.S10"]]
    assert errors == []


def test_a_browser_that_keeps_nothing_says_so_and_still_reads(portal, tab):
    tab.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " { get() { throw new DOMException('denied', 'SecurityError'); } });"
    )
    errors = []
    tab.on("pageerror", lambda error: errors.append(error))
    tab.goto(f"{portal}/en/{SESSION}")
    save = tab.locator(SAVE)
    save.click()
    tab.get_by_role("status").get_by_text("Not saved").wait_for()
    assert save.get_attribute("aria-pressed") == "false"
    tab.goto(f"{portal}/en/agenda/?edition=2023&s=S07")
    assert tab.locator(".session-row").count() == 1
    assert errors == []


def test_without_a_script_nothing_offers_to_save_and_removing_works(portal, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{portal}/en/{PROGRAMME}")
    assert not tab.locator(SAVE).first.is_visible()
    tab.goto(f"{portal}/en/agenda/?edition=2023&s=S07.S10")
    tab.locator("[data-remove=S10]").click()
    assert tab.url == f"{portal}/en/agenda/?edition=2023&s=S07"
    assert tab.locator(".session-row").count() == 1
    context.close()


def test_what_others_put_into_the_store_does_no_harm(portal, tab):
    tab.goto(f"{portal}/en/{SESSION}")
    tab.evaluate("localStorage.setItem('agenda:2023', '../x.<b>.S07..S07&a=b')")
    tab.reload()
    assert tab.locator(AGENDA).get_attribute("href").endswith("?edition=2023&s=S07")


def test_an_agenda_stays_ones_own_when_a_session_of_it_is_withdrawn(later_portal, tab):
    store(tab, later_portal, e2023="S04.S05.S06.GONE")
    tab.goto(f"{later_portal}/en/agenda/?edition=2023&s=S04.S05.S06.GONE")
    assert tab.locator(".session-row").count() == 2
    tab.locator("[data-own]").wait_for()
    assert not tab.locator("button[data-keep]").is_visible()
    assert tab.locator(AGENDA).inner_text().endswith("4")
    for remove, rest in (
        ("S05", "S04.S06.GONE"),
        ("GONE", "S04.S06"),
        ("S04", "S06"),
    ):
        tab.locator(f"[data-remove={remove}]").click()
        tab.wait_for_url(f"{later_portal}/en/agenda/?edition=2023&s={rest}")
        assert ["agenda:2023", rest] in kept(tab)
        tab.locator("[data-own]").wait_for()
        number = str(len(rest.split(".")))
        assert tab.locator(AGENDA).inner_text().endswith(number)
    assert tab.locator(".note").count() == 0


def test_the_bare_address_leads_to_what_was_kept_last_of_another_edition(
    later_portal, tab
):
    store(tab, later_portal, e2021="S01", e2023="S07.S10")
    tab.evaluate("localStorage.setItem('agenda', '2023')")
    for language in ("en", "zh-hans"):
        tab.goto(f"{later_portal}/{language}/agenda/")
        tab.wait_for_url(f"{later_portal}/{language}/agenda/?edition=2023&s=S07.S10")
        assert tab.locator(".session-row").count() == 2
    tab.locator("[data-own]").wait_for()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("mine", ["", "S07.S10", "S07.S10.S11"])
def test_nothing_moves_when_an_agenda_is_found_to_be_kept_or_not(
    portal, tab, language, mine
):
    store(tab, portal, e2023=mine)
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.add_init_script(WATCH)
    # The script comes late, when all else is painted.
    tab.route("**/agenda-page*.js", slowly)
    tab.goto(f"{portal}/{language}/agenda/?edition=2023&s=S07.S10")
    tab.locator("[data-print]:not([hidden])").wait_for()
    tab.wait_for_timeout(200)
    assert tab.locator("button[data-keep]").is_visible() == (not mine)
    assert sum(tab.evaluate("window.shifts")) < 0.02


def slowly(route):
    time.sleep(0.5)
    route.continue_()
