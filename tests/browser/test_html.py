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


@pytest.fixture(scope="module")
def visits(portal, browser):
    """What a first visit of each type of page brings, ten visitors at a time."""
    found, types = {}, page_types()
    for start in range(0, len(types), 10):
        begun = {
            name: Visit(browser, f"{portal}/en/{path}")
            for name, path in types[start : start + 10]
        }
        found |= {name: visit.end() for name, visit in begun.items()}
    return found


@each_page
def test_first_visit_keeps_to_the_budget(visits, name, path):
    kinds = visits[name]
    sizes = [size for group in kinds.values() for size in group]
    assert sum(sizes) <= 110_000, kinds
    assert len(sizes) <= 8, kinds
    assert len(kinds["Stylesheet"]) == 1, kinds
    assert sum(kinds["Stylesheet"]) <= 14_000, kinds
    assert sum(kinds.get("Script", [])) <= 5_000, kinds
    assert sum(kinds.get("Font", [])) <= 36_000, kinds


class Visit:
    """A first visit of an address, and what went over the line for it."""

    def __init__(self, browser, address):
        self.kind_of, self.kinds = {}, {}
        self.context = browser.new_context()
        self.tab = self.context.new_page()
        session = self.context.new_cdp_session(self.tab)
        session.on("Network.responseReceived", self.answered)
        session.on("Network.loadingFinished", self.finished)
        session.send("Network.enable")
        self.tab.goto(address)

    def answered(self, event):
        # What a stylesheet brings along in a data: address crosses no line. What may
        # be fetched ahead is asked for when the page is there, half a kilobyte.
        url = event["response"]["url"]
        if not url.startswith("data:") and not url.endswith("/speculation-rules.json"):
            self.kind_of[event["requestId"]] = event["type"]

    def finished(self, event):
        if kind := self.kind_of.get(event["requestId"]):
            self.kinds.setdefault(kind, []).append(int(event["encodedDataLength"]))

    def end(self):
        """Wait until nothing more comes; return {type: [bytes of each answer]}."""
        self.tab.wait_for_load_state("networkidle")
        self.context.close()
        return self.kinds
