"""The admin in a real browser: nothing the browser complains about, nothing spills."""

import re
import subprocess
import sys

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.conftest import environment
from tests.browser.test_pages import RULES, WIDEST, listening

WIDTHS = [768, 1280]  # a tablet, a laptop
# What Chinese needs of a page, dark needs too: two looks find the faults of four.
LOOKS = [("en", "light"), ("zh-hans", "dark")]

# What the autocomplete of Django's admin builds by itself is left to Django. Without
# `preload`, axe does not open stylesheets, which the content security policy forbids.
RUN_AXE = """tags => axe.run(
  {exclude: [".select2"]}, {runOnly: tags, preload: false}
).then(results => results.violations.flatMap(violation => violation.nodes.map(
    node => `${violation.id} at ${node.target.join(" ")}: ${node.failureSummary}`)))"""


# What the browser keeps of the form on the page
KEPT = """Object.keys(localStorage).filter(key => key.endsWith(location.pathname))"""


@pytest.fixture(scope="module")
def organizer(portal, var_dir, tab):
    """The tab of somebody who is logged in to the admin."""
    account = {"USERNAME": "organizer", "EMAIL": "", "PASSWORD": "only-for-this-test"}
    subprocess.run(
        [sys.executable, "manage.py", "createsuperuser", "--no-input"],
        env=environment(
            var_dir,
            **{f"DJANGO_SUPERUSER_{name}": value for name, value in account.items()},
        ),
        check=True,
    )
    tab.goto(f"{portal}/admin/")
    tab.fill("[name=username]", account["USERNAME"])
    tab.fill("[name=password]", account["PASSWORD"])
    tab.click("[type=submit]")
    return tab


@pytest.mark.parametrize(
    "steps",
    [
        [],
        ["Sessions"],
        ["Sessions", "Add session"],
        ["Sessions", "Workshop: labour", "History"],
        ["Sessions", "Workshop: labour"],
        ["Regulations", "EU Batteries Regulation"],
        ["Editions", ".* Forum 2023"],
    ],
    ids=lambda steps: " → ".join(steps) or "home",
)
def test_page_of_the_admin_has_no_faults(portal, organizer, steps):
    tab = organizer
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto(f"{portal}/admin/")
    for step in steps:
        tab.locator("#content a", has_text=re.compile(rf"^\s*{step}")).first.click()
    tab.wait_for_load_state("networkidle")
    assert faults(tab, portal, tab.url) == []


@pytest.mark.parametrize(
    "path",
    [
        "account/",
        "account/codes/",
        "auth/user/add/",
        "auth/user/1/change/",
        "auth/user/1/delete/",
        "topics/topic/1/previews/",
        "topics/topic/1/life/withdraw/",
    ],
)
def test_pages_of_accounts_and_previews_have_no_faults(portal, organizer, path):
    assert faults(organizer, portal, f"{portal}/admin/{path}") == []


def test_pages_before_signing_in_have_no_faults(portal, browser):
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    found = faults(tab, portal, f"{portal}/admin/login/")
    found += faults(tab, portal, f"{portal}/admin/password-reset/")
    context.close()
    assert found == []


def faults(tab, portal, address):
    """Return what is wrong with a page, in both languages, light and dark."""
    with listening(tab, portal, address) as found:
        for language, theme in LOOKS:
            speak(tab, portal, language)
            tab.emulate_media(color_scheme=theme)
            tab.goto(address)
            tab.evaluate(AXE_SCRIPT)
            wrong = tab.evaluate(RUN_AXE, RULES)
            for width in WIDTHS:
                tab.set_viewport_size({"width": width, "height": 900})
                if wide := tab.evaluate(WIDEST):
                    wrong.append(f"{width} px: {wide}")
            found += [f"{language}, {theme}: {fault}" for fault in wrong]
        speak(tab, portal, "en")
    return found


def speak(tab, portal, language):
    cookie = {"name": "django_language", "value": language, "url": portal}
    tab.context.add_cookies([cookie])


def test_autocomplete_and_new_rows_work_under_the_content_security_policy(
    portal, organizer
):
    tab = organizer
    tab.goto(f"{portal}/admin/forum_sessions/session/add/")
    with listening(tab, portal, tab.url) as found:
        tab.locator(".field-edition .select2-selection").click()
        tab.keyboard.type("论坛 2023")
        choice = tab.locator(".select2-results__option", has_text="2023").first
        choice.click()
        tab.locator("#contributions-group .add-row a").click()
        tab.locator("#id_contributions-0-role").select_option("host")
    assert found == []
    chosen = tab.locator("#id_edition option:checked").inner_text()
    assert "2023" in chosen


def test_language_of_the_admin_is_changed_by_its_link(portal, organizer):
    tab = organizer
    tab.goto(f"{portal}/admin/")
    tab.locator("#header [data-language]").click()
    assert tab.locator("html").get_attribute("lang") == "zh-hans"
    tab.locator("#header [data-language]").click()
    assert tab.locator("html").get_attribute("lang") == "en"


def test_two_who_write_at_once_lose_nothing_and_what_is_not_sent_is_kept(
    portal, organizer, browser
):
    """One saves, the other is asked, and comes back to what was typed before that."""
    path = f"{portal}/admin/topics/topic/1/change/"
    signed_in = organizer.context.storage_state()
    colleague = browser.new_context(storage_state=signed_in).new_page()
    colleague.on("dialog", lambda dialog: dialog.accept())
    with listening(colleague, portal, path) as found:
        for tab in (organizer, colleague):
            tab.goto(path, wait_until="load")
        field = "#id_definition_en"
        colleague.fill(field, "Theirs")
        colleague.press(field, "Control+A")
        colleague.press(field, "Control+B")
        assert colleague.input_value(field) == "**Theirs**"
        colleague.locator(
            ".field-definition_en button", has_text="Preview"
        ).first.click()
        colleague.wait_for_selector("#id_definition_en-preview strong")
        organizer.fill(field, "Hers")
        organizer.click("[name=_continue]")
        organizer.wait_for_selector(".messagelist .success")
        assert organizer.evaluate(KEPT) == []
        # Leaving asks; what was typed is offered when the form is opened again.
        colleague.wait_for_timeout(900)
        colleague.reload(wait_until="load")
        colleague.click(".unsent button >> nth=0")
        assert colleague.input_value(field) == "**Theirs**"
        colleague.click("[name=_save]")
        colleague.wait_for_selector(".meanwhile")
        assert colleague.input_value(field) == "**Theirs**"
        colleague.evaluate(AXE_SCRIPT)
        found += colleague.evaluate(RUN_AXE, RULES)
        colleague.check("[name=_theirs]")
        colleague.click("[name=_save]")
        colleague.wait_for_selector(".messagelist .success")
        assert colleague.evaluate(KEPT) == []
    assert found == []
    organizer.goto(path)
    assert organizer.input_value(field) == "Hers"
    colleague.context.close()
