"""What pictures say, as their readers see it; and what the lists say of the same."""

import re
from html import unescape
from urllib.parse import urlsplit

from django.http import QueryDict
from django.utils import translation

from exchange.pictures.kinds import PICTURES
from exchange.tables.kinds import TABLES
from tests.exchange.tables.reading import read_csv

CELL = re.compile(r'<td class="number[^"]*"><a href="([^"]+)">(\d+)</a></td>')
MARK = re.compile(r'<a href="([^"]+)" tabindex="-1">(.*?)</a>', re.DOTALL)
SAYS = re.compile(r"<title>[^<]*: (\d+)</title>|<text[^>]*>(\d{1,3})</text>")
KINDS = {table.name: table for table in TABLES.values()}


def numbers_of(html):
    """Return the {(address, number)} of a page: of its table and of its drawing."""
    found = {(unescape(url), int(number)) for url, number in CELL.findall(html)}
    for url, within in MARK.findall(html):
        for pair in SAYS.findall(within):
            found.add((unescape(url), int(next(filter(None, pair)))))
    return found


def count_of(address):
    """Return how many records the list at an address has, asked of the database."""
    parts = urlsplit(address)
    table = KINDS[parts.path.strip("/").rpartition("/")[2]]
    filterset = table.filterset_class(
        QueryDict(parts.query), table.model.objects.published()
    )
    assert filterset.ignored == []
    return filterset.qs.order_by().count()


def check(client, language, queries, around):
    """Compare each number with the count of the list that it leads to."""
    todo = [f"{name}/{query}" for name in PICTURES for query in queries]
    pairs = set()
    for path in [*todo, f"network/?organization={around}"]:
        page = client.get(f"/{language}/explore/{path}").content.decode()
        found = {
            (url, number)
            for url, number in numbers_of(page)
            if "/explore/" not in url and "/editions/" not in url
        }
        assert len(found) >= 3, path
        pairs |= found
    for name in PICTURES:
        for query in queries:
            answer = client.get(f"/{language}/explore/{name}.csv{query}")
            for row in read_csv(answer.content):
                *_cells, number, url = row.values()
                if url and number.isdigit():
                    pairs.add((url.removeprefix("http://testserver"), int(number)))
    with translation.override(language):
        told = {(url, n, count_of(url)) for url, n in pairs}
    assert [one for one in told if one[1] != one[2]] == []


def addresses(language="en", query=""):
    """Return every address of pictures: the index, each page, each file."""
    found = [f"/{language}/explore/{query}"]
    for name in PICTURES:
        found.append(f"/{language}/explore/{name}/{query}")
        found += [
            f"/{language}/explore/{name}.{ending}{query}"
            for ending in ("csv", "json", "svg")
        ]
    return found
