"""Follow every link of every page of the starting content, in both languages."""

import gzip
import re
from collections import Counter, deque
from urllib.parse import urldefrag, urljoin

import pytest
from django.test import Client
from lxml import html

from tests.pages import LANGUAGES

pytestmark = pytest.mark.django_db

# Filters and sorting combine without end, most records have a trace, and all have
# files: so many addresses of one page suffice.
QUERIES_OF_ONE_PAGE = 4
TRACE = re.compile(r"/[a-z-]+/trace/")
RECORD_FILE = re.compile(r"(/[a-z-]+/[a-z]+/)[a-z0-9-]+(\.[a-z.]+)$")
HOST = "http://testserver"
INLINE = re.compile(r"</?(?:a|b|code|em|span|strong|time)\b[^>]*>")
GAP = re.compile(r"[，。；：、]\s+[^\s<·]")
FILTERED_FILE = re.compile(r"/[a-z-]+/[a-z]+\.[a-z]+\?")


class Page:
    """
    What a page weighs, its links, and the anchors that links can point at.

    A file of a list is as long as the list; it has no weight here.
    """

    def __init__(self, response):
        content = response.getvalue()
        self.weight = 0 if response.streaming else len(gzip.compress(content))
        self.moved_to = response.headers.get("Location")
        self.links = {self.moved_to}
        self.anchors = {""}
        self.gaps = []
        if content and response.headers["Content-Type"].startswith("text/html"):
            text = content.decode()
            tree = html.document_fromstring(text)
            self.anchors |= {*tree.xpath("//@id")}
            self.links |= {*tree.xpath("//a/@href | //link/@href")}
            text = INLINE.sub("", text)
            self.gaps = [
                text[max(gap.start() - 20, 0) : gap.end() + 20]
                for gap in GAP.finditer(text)
            ]

    def targets(self, address):
        """Return the links to pages of the portal, as pairs of address and anchor."""
        links = [urljoin(HOST + address, link) for link in self.links if link]
        here = [link.removeprefix(HOST) for link in links if link.startswith(HOST)]
        return [urldefrag(link) for link in sorted(here) if is_page(link)]


def is_page(path):
    """
    Tell pages from files and from the admin, which wants a password.

    The files of lists are asked for whole, and not again with each filter; earlier
    versions of records have tests of their own.
    """
    if path.startswith(("/admin/", "/static/", "/media/")) or "?version=" in path:
        return False
    return not FILTERED_FILE.match(path)


def page_of(address):
    """Return the page that an address is one of many of; else the address."""
    if file := RECORD_FILE.match(address):
        return "".join(file.groups())
    trace = TRACE.match(address)
    return trace[0] if trace else address.partition("?")[0]


@pytest.fixture(scope="module")
def crawled(content):
    """All pages by address, and a sentence for every link that fails."""
    client = Client()
    start = [f"/{language}/" for language in LANGUAGES]
    found_on = dict.fromkeys(start, "the start")
    waiting, pages, links, problems = deque(start), {}, [], []
    queries = Counter()
    while waiting:
        address = waiting.popleft()
        response = client.get(address)
        if response.status_code not in {200, 301, 302}:
            problems.append(
                f"{response.status_code} {address}, linked on {found_on[address]}"
            )
            continue
        pages[address] = Page(response)
        for target, anchor in pages[address].targets(address):
            links.append((target, anchor, address))
            page = page_of(target)
            one_of_many = target != page
            if target in found_on or (
                one_of_many and queries[page] >= QUERIES_OF_ONE_PAGE
            ):
                continue
            queries[page] += one_of_many
            found_on[target] = address
            waiting.append(target)
    problems += [
        f"no #{anchor} on {target}, linked on {address}"
        for target, anchor, address in links
        if (page := pages.get(target)) and not page.moved_to
        if anchor not in page.anchors
    ]
    return pages, problems


def test_every_link_leads_to_a_page_and_every_anchor_exists(crawled):
    _, problems = crawled
    assert problems == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_page_is_linked_from_home(crawled, language):
    pages, _ = crawled
    below = {
        address.split("/")[2]
        for address in pages
        if address.startswith(f"/{language}/")
    }
    assert below >= {
        *("editions", "sessions", "people", "organizations", "topics"),
        *("regulations", "minerals", "stages", "outcomes", "about"),
    }


def test_no_page_weighs_more_than_25_kb(crawled):
    pages, _ = crawled
    heavy = {url: page.weight for url, page in pages.items() if page.weight > 25_000}
    assert heavy == {}


def test_chinese_punctuation_is_followed_by_no_space(crawled):
    pages, _ = crawled
    gaps = {url: page.gaps for url, page in pages.items() if page.gaps}
    assert gaps == {}
