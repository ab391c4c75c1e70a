"""Every type of page in a real browser: both languages, both themes, three widths."""

from contextlib import contextmanager
from io import BytesIO

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from pypdf import PdfReader

from tests.pages import LANGUAGES, STATUSES, each_page, error_pages

STATUS = "the server responded with a status of"
WIDTHS = [320, 390, 1280]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# A theme sets other colours and nothing else, a language other texts: between them
# these see all rules at both ends of the layouts, and all colours in both themes.
COLOURS = ["color-contrast", "link-in-text-block"]
LOOKS = {
    "en": [("light", 1280, RULES), ("dark", 390, COLOURS)],
    "zh-hans": [("light", 390, RULES)],
}
# Without preload: axe would copy the stylesheets into the page, which our
# Content-Security-Policy rightly forbids.
RUN_AXE = """rules => axe.run(
  {runOnly: rules, resultTypes: ["violations"], preload: false}
).then(results => results.violations.flatMap(violation => violation.nodes.map(
    node => `${violation.id} (${violation.help}) at ${node.target.join(" ")}: `
      + node.failureSummary.replace(/\\s+/g, " "))))"""

WIDEST = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return null;
  const wide = [...document.querySelectorAll("body *")].filter(
    element => element.getBoundingClientRect().right > room + 0.5);
  return `${document.documentElement.scrollWidth} px wide because of `
    + wide.slice(0, 5).map(element => element.outerHTML.slice(0, 90)).join(" | ");
}"""

# What stands beside its label in a table that became rows, and has no room there
SQUEEZED = """() => [...document.querySelectorAll(".reflow td > p")].filter(
  value => value.getBoundingClientRect().width < 150).map(value => value.innerText)"""
TABLES = [
    "regulations/eu-batteries-regulation/",
    "regulations/eu-batteries-regulation/?as_of=2023-09-22",
    "regulations/compare/?r=eu-batteries-regulation&r=eu-csddd",
    "trace/regulations/eu-batteries-regulation/",
]


@pytest.mark.parametrize("language", LANGUAGES)
@each_page
def test_page_has_no_faults(portal, tab, name, path, language):
    status = STATUSES.get(name, 200)
    assert faults(tab, portal, f"/{language}/{path}", status, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_with_text_at_200_percent_fit_their_page(portal, browser, language):
    context = browser.new_context()
    large = context.new_page()
    devtools = context.new_cdp_session(large)
    devtools.send("Page.enable")
    devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    found = []
    for path in TABLES:
        large.goto(f"{portal}/{language}/{path}")
        for width in (390, 900, 1024, 1280):
            large.set_viewport_size({"width": width, "height": 900})
            if wide := large.evaluate(WIDEST):
                found.append(f"{path} at {width} px: {wide}")
        large.set_viewport_size({"width": 390, "height": 900})
        found += [f"{path}: {text}" for text in large.evaluate(SQUEEZED)]
    context.close()
    assert found == []


def test_the_sources_of_a_printed_record_begin_where_the_rest_ends(portal, browser):
    context = browser.new_context()
    printed = context.new_page()
    printed.goto(f"{portal}/en/regulations/eu-batteries-regulation/")
    paper = PdfReader(BytesIO(printed.pdf(prefer_css_page_size=True)))
    context.close()
    texts = [" ".join(page.extract_text().split()) for page in paper.pages]
    ends = [n for n, text in enumerate(texts) if "are chosen by the editors" in text]
    begins = [n for n, text in enumerate(texts) if "the sources leave open" in text]
    assert begins == ends


def test_themes_differ_in_the_tokens_of_colour_alone():
    styles = (settings.BASE_DIR / "static" / "css").rglob("*.css")
    themed = [one.name for one in styles if "prefers-color-scheme" in one.read_text()]
    assert themed == ["tokens.css"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_style_guide_has_no_faults(development_portal, tab, language):
    path = f"/{language}/styleguide/"
    assert faults(tab, development_portal, path, 200, language) == []


def test_error_pages_have_no_faults(portal, tab):
    found = {}
    for name, html in error_pages(portal):
        path = "/" + name.replace(" ", "-")
        tab.route(portal + path, answer_with(html))
        found[name] = faults(tab, portal, path, 200)
    assert found == {name: [] for name in found}


def answer_with(html):
    """Return what answers an intercepted request with a page."""
    return lambda route: route.fulfill(body=html, content_type="text/html")


def faults(tab, host, path, status, language="en"):
    """Open a page; return a sentence for everything wrong with it."""
    with listening(tab, host, host + path) as found:
        response = tab.goto(host + path)
        if response.status != status:
            found.append(f"status {response.status}, not {status}")
        tab.evaluate(AXE_SCRIPT)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            if wide := tab.evaluate(WIDEST):
                found.append(f"{width} px: {wide}")
        for theme, width, rules in LOOKS[language]:
            tab.emulate_media(color_scheme=theme)
            tab.set_viewport_size({"width": width, "height": 900})
            where = f"{theme}, {width} px"
            found += [f"{where}: {one}" for one in tab.evaluate(RUN_AXE, rules)]
    return found


@contextmanager
def listening(tab, host, address):
    """Give a list that fills with what the browser complains about."""
    found = []

    def note_console(message):
        # Chromium repeats the status of a page that is an error page.
        if message.location["url"] == address and STATUS in message.text:
            return
        if message.type in {"error", "warning"}:
            found.append(f"console: {message.text}")

    def note_request(request):
        if not request.url.startswith((f"{host}/", "data:")):
            found.append(f"request to another host: {request.url}")

    def note_failure(request):
        # A question that a faster typist has overtaken is dropped by the page itself.
        if request.failure != "net::ERR_ABORTED":
            found.append(f"not loaded: {request.url}")

    listeners = {
        "console": note_console,
        "request": note_request,
        "pageerror": lambda error: found.append(f"script: {error}"),
        "requestfailed": note_failure,
    }
    for event, listener in listeners.items():
        tab.on(event, listener)
    try:
        yield found
    finally:
        for event, listener in listeners.items():
            tab.remove_listener(event, listener)
