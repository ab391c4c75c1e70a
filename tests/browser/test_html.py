"""The HTML of every type of page is valid, and light enough for a slow line."""

import json
import subprocess

import pytest

from tests.browser import tools
from tests.pages import LANGUAGES, each_page, error_pages, get, page_types


def test_html_is_valid(portal, development_portal, tmp_path):
    if not tools.java() or not tools.checker():
        pytest.skip("no Java or no HTML checker here")
    for language in LANGUAGES:
        for name, path in page_types():
            _, page = get(f"{portal}/{language}/{path}")
            (tmp_path / f"{name} {language}.html").write_text(page)
        _, page = get(f"{development_portal}/{language}/styleguide/")
        (tmp_path / f"style guide {language}.html").write_text(page)
    for name, page in error_pages(portal):
        (tmp_path / f"{name}.html").write_text(page)
    # The checker refuses addresses of this machine, so it is given files.
    done = subprocess.run(
        [
            *(tools.java(), "-jar", tools.checker(), "--errors-only"),
            *("--format", "json", *sorted(tmp_path.glob("*.html"))),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [
        f"{message['url'].rpartition('/')[2]}, line {message.get('lastLine')}: "
        f"{message['message']} {message.get('extract', '')!r}"
        for message in json.loads(done.stderr)["messages"]
    ]
    assert errors == []


@each_page
def test_first_visit_keeps_to_the_budget(portal, browser, name, path):
    visit = measure(browser, f"{portal}/en/{path}")
    kinds = visit["kinds"]
    assert visit["total"] <= 110_000, kinds
    assert visit["requests"] <= 8, kinds
    assert len(kinds["Stylesheet"]) == 1, kinds
    assert sum(kinds["Stylesheet"]) <= 14_000, kinds
    assert sum(kinds.get("Script", [])) <= 5_000, kinds
    assert sum(kinds.get("Font", [])) <= 36_000, kinds


def measure(browser, address):
    """Visit an address for the first time; return what went over the line."""
    context = browser.new_context()
    tab = context.new_page()
    session = context.new_cdp_session(tab)
    kind_of, kinds = {}, {}

    def answered(event):
        # What a stylesheet brings along in a data: address crosses no line. What may
        # be fetched ahead is asked for when the page is there, half a kilobyte.
        url = event["response"]["url"]
        if not url.startswith("data:") and not url.endswith("/speculation-rules.json"):
            kind_of[event["requestId"]] = event["type"]

    def finished(event):
        if kind := kind_of.get(event["requestId"]):
            size = int(event["encodedDataLength"])
            kinds.setdefault(kind, []).append(size)

    session.on("Network.responseReceived", answered)
    session.on("Network.loadingFinished", finished)
    session.send("Network.enable")
    tab.goto(address, wait_until="networkidle")
    context.close()
    sizes = [size for group in kinds.values() for size in group]
    return {"total": sum(sizes), "requests": len(sizes), "kinds": kinds}
