"""Robots find every record, and no end of addresses that tell the same."""

import logging
import re
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from exchange.tables.kinds import TABLES
from records.languages import TAGS
from tests.attacks.planting import Stocked, plain
from tests.leaks.planting import KINDS

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


@pytest.fixture(scope="module")
def stocked(django_db_setup, django_db_blocker, tmp_path_factory):
    logging.disable(logging.ERROR)
    with django_db_blocker.unblock(), transaction.atomic():
        yield Stocked(plain)
        transaction.set_rollback(True)
    logging.disable(logging.NOTSET)


class Rules:
    """What robots.txt says, read as RFC 9309, 2.2.2: the longest rule that fits."""

    def __init__(self, text):
        lines = re.findall(r"^(Allow|Disallow): (\S+)$", text, re.MULTILINE)
        self.rules = [(len(path), name, shape(path)) for name, path in lines]

    def allow(self, address):
        fits = [rule[:2] for rule in self.rules if rule[2].match(address)]
        longest = max((length for length, _name in fits), default=0)
        return not fits or (longest, "Allow") in fits


def shape(path):
    end = "$" if path.endswith("$") else ""
    return re.compile(re.escape(path.removesuffix("$")).replace(r"\*", ".*") + end)


class Page(HTMLParser):
    """A page as robots read it: what it says of itself, and where they may go on."""

    def __init__(self, text):
        super().__init__()
        self.robots, self.canonical, self.links = "", None, set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "meta" and given.get("name") == "robots":
            self.robots = given["content"]
        if tag == "link" and given.get("rel") == "canonical":
            self.canonical = given["href"]
        if tag == "a" and "nofollow" not in given.get("rel", ""):
            self.links.add(given.get("href", ""))


@pytest.fixture
def rules():
    return Rules(Client().get("/robots.txt").text)


def test_robots_are_kept_from_what_has_no_end_and_from_nothing_else(stocked, rules):
    session = stocked.public[KINDS["session"]][0]
    page = session.get_absolute_url()
    refused = [
        *("/admin/", "/admin/login/", "/api/v1/sessions/", "/en/search/?q=a"),
        *("/en/search/suggest/?q=a", f"{page}?version=2026-01-01", "/en/sessions/?q="),
        *("/en/sessions/?topic=a&page=2", "/en/sessions/?page=2&topic=a"),
        *("/zh-hans/sessions.csv", "/en/sessions.xlsx", "/en/sessions.bib?topic=a"),
        *("/en/agenda/?s=S1", f"/en/corrections/?about={session.slug}"),
        *("/en/preview/abc/", "/zh-hans/speaker/abc/", "/sessions/?topic=a"),
        *("/en/regulations/compare/?r=a&r=b", "/en/topics/a/?as_of=2020-01-01"),
    ]
    welcome = [
        *("/en/", page, session.address, "/en/sessions/", "/en/sessions/?page=2"),
        *("/en/editions/2023/programme/?day=2", "/en/sessions.ics?topic=a"),
        *("/en/sessions.atom?topic=a", f"{page[:-1]}.jsonld", "/oai?verb=Identify"),
        *("/static/css/site.css", "/media/a.jpeg", "/sitemap.xml", "/en/about/data/"),
    ]
    assert [one for one in refused if rules.allow(one)] == []
    assert [one for one in welcome if not rules.allow(one)] == []


@pytest.mark.parametrize("code", TAGS)
def test_from_no_page_do_links_lead_into_what_has_no_end(stocked, rules, code):
    """Whatever robots may follow has a query of a page of a list, or none."""
    visitor, seen, waiting = Client(), set(), [f"/{code}/"]
    while waiting:
        address = waiting.pop()
        answer = visitor.get(address)
        if not answer["Content-Type"].startswith("text/html"):
            continue
        page = Page(answer.text)
        if "nofollow" in page.robots:
            continue
        for link in page.links:
            target = urljoin(address, link.partition("#")[0])
            if target.startswith(f"/{code}/") and rules.allow(target):
                path, _mark, query = target.partition("?")
                if path.endswith("/"):
                    assert re.fullmatch(r"((page|day)=\d+)?", query)
                if target not in seen and target.endswith("/"):
                    seen.add(target)
                    waiting.append(target)
    wanted = {
        record.get_absolute_url().replace("/en/", f"/{code}/")
        for records in stocked.public.values()
        for record in records
    }
    assert wanted <= seen


@pytest.mark.parametrize(
    ("page", "table"), TABLES.items(), ids=lambda one: str(one)[:20]
)
def test_a_filtered_list_is_no_page_of_its_own(stocked, page, table):
    address = reverse(page)
    names = [*table.filterset_class.base_filters][:3]
    record = stocked.public[table.model][0]
    for query in (
        {"q": "words"},
        dict.fromkeys(names, record.slug),
        {"q": "words", "utm_source": "x", "page": "2"},
    ):
        found = Page(Client().get(f"{address}?{urlencode(query)}").text)
        if found.robots or "q" in query:
            assert (found.robots, found.canonical) == ("noindex, nofollow", None)
    for query in ("", "?utm_source=x", "?page=1", "?page=99", "?sort=name&x=y"):
        found = Page(Client().get(f"{address}{query}").text)
        assert (query, found.robots) == (query, "")
        assert (query, found.canonical) == (query, f"http://testserver{address}")
