"""The portal without a mouse."""

FOCUSED = "document.activeElement.matches(%r)"


def test_first_tab_reaches_the_skip_link_and_enter_skips_to_the_content(portal, tab):
    tab.goto(f"{portal}/en/")
    tab.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED % 'a.skip[href="#main"]')
    assert tab.locator("a.skip").is_visible()
    tab.keyboard.press("Enter")
    assert tab.evaluate("location.hash") == "#main"
    tab.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED % "#main *")


def test_phone_menu_opens_with_enter_and_closes_with_escape(portal, tab):
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(f"{portal}/en/")
    summary = tab.locator("header details > summary")
    menu = tab.locator("header details nav")
    summary.focus()
    assert not menu.is_visible()
    tab.keyboard.press("Enter")
    assert menu.is_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED % "header details nav a")
    tab.keyboard.press("Escape")
    assert not menu.is_visible()
    assert tab.evaluate(FOCUSED % "header details > summary")


def test_a_form_that_was_not_sent_begins_at_what_is_wrong_with_it(portal, tab):
    tab.goto(f"{portal}/en/corrections/")
    tab.locator("main form [type=submit]").click()
    tab.locator(".error-summary").wait_for()
    assert tab.evaluate(FOCUSED % ".error-summary")
    tab.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED % ".error-summary a")
