"""The search field and its suggestions, by keyboard and by mouse."""

import pytest

FIELD = "header [name=q]"
OPTIONS = "header [role=option]"
ACTIVE = """document.getElementById(
  document.querySelector("header [name=q]").getAttribute("aria-activedescendant")
)?.querySelector("span").textContent ?? null"""


@pytest.fixture
def field(portal, tab):
    """Give the field in the header of a page, with "batt" typed and answered."""
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"{portal}/en/topics/")
    tab.locator(FIELD).click()
    tab.keyboard.type("batt", delay=20)
    tab.locator(OPTIONS).first.wait_for()
    return tab.locator(FIELD)


def said(field):
    """Return what a screen reader is told of the field."""
    names = ["role", "aria-expanded", "aria-autocomplete"]
    return [field.get_attribute(name) for name in names]


def test_suggestions_open_below_the_field_and_are_counted_aloud(tab, field):
    assert said(field) == ["combobox", "true", "list"]
    box = tab.locator(f"#{field.get_attribute('aria-controls')}")
    assert box.get_attribute("role") == "listbox"
    groups = box.locator("[role=group]")
    total = tab.locator(OPTIONS).count()
    assert groups.count() > 1
    assert groups.first.get_attribute("aria-labelledby")
    assert tab.locator("header [role=status]").inner_text() == f"{total} suggestions"


def test_arrows_home_and_end_walk_through_them(tab, field):
    names = [
        option.locator("span").first.inner_text()
        for option in tab.locator(OPTIONS).all()
    ]
    walked = []
    for key in ["ArrowDown", "ArrowDown", "End", "ArrowDown", "ArrowUp", "Home"]:
        tab.keyboard.press(key)
        walked.append(tab.evaluate(ACTIVE))
    assert walked == [names[0], names[1], names[-1], None, names[-1], names[0]]
    assert tab.locator(f"{OPTIONS}[aria-selected=true]").count() == 1
    assert field.input_value() == "batt"
    assert tab.evaluate("document.activeElement.name") == "q"


def test_enter_opens_the_chosen_record_and_else_searches(portal, tab, field):
    tab.keyboard.press("ArrowDown")
    chosen = tab.evaluate(ACTIVE)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/battery-supply-chains/")
    assert tab.locator("h1").inner_text() == chosen
    tab.locator(FIELD).click()
    tab.keyboard.type("batt")
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"{portal}/en/search/?q=batt")
    assert tab.locator("#results").inner_text().endswith("results for “batt”")


def test_escape_and_tab_close_the_list_and_keep_the_words(tab, field):
    tab.keyboard.press("Escape")
    assert (said(field)[1], field.input_value()) == ("false", "batt")
    assert not tab.locator(OPTIONS).first.is_visible()
    tab.keyboard.press("ArrowDown")
    tab.locator(OPTIONS).first.wait_for()
    tab.keyboard.press("Tab")
    assert (said(field)[1], field.input_value()) == ("false", "batt")
    assert tab.evaluate("document.activeElement.type") == "submit"


def test_a_click_opens_the_record(tab, field):
    tab.locator(OPTIONS).nth(1).click()
    tab.wait_for_url("**/regulations/eu-batteries-regulation/")


def test_the_list_itself_has_no_faults(tab, field):
    from axe_playwright_python.base import AXE_SCRIPT

    from tests.browser.test_pages import RULES, RUN_AXE, WIDEST

    tab.keyboard.press("ArrowDown")
    tab.evaluate(AXE_SCRIPT)
    assert tab.evaluate(RUN_AXE, RULES) == []
    assert tab.evaluate(WIDEST) is None


def test_an_applied_filter_is_all_the_address_names_and_going_back_unticks_it(
    portal, tab
):
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"{portal}/en/regulations/", wait_until="networkidle")
    tab.locator(".filters [name=jurisdiction][value=EU]").check()
    tab.get_by_role("button", name="Apply").click()
    tab.wait_for_url(f"{portal}/en/regulations/?jurisdiction=EU#results")
    assert tab.evaluate("document.activeElement.id") == "results"
    tab.go_back(wait_until="networkidle")
    assert tab.locator(".filters :checked:not(option)").count() == 0


def test_without_a_script_the_form_searches_and_filters(portal, browser):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{portal}/en/")
    tab.locator("main [name=q]").fill("battery")
    tab.keyboard.press("Enter")
    tab.locator("fieldset [name=kind][value=regulations]").check()
    tab.locator("fieldset [name=kind][value=topics]").check()
    tab.get_by_role("button", name="Apply").click()
    assert tab.url.endswith(
        "/en/search/?q=battery&kind=regulations&kind=topics"
        "&year_from=&year_to=&sort=#results"
    )
    assert tab.locator(".chip-filter").count() == 2
    context.close()
