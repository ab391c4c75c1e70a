"""The real server answers what browsers and robots send it."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from tests.pages import LANGUAGES, get, page_types

A_PAGE_OF_OURS = '<html lang="en"'


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("sessions/?q=" + "a" * 10_000, 200),
        ("search/?q=" + quote("池" * 3_400), 200),
        ("sessions/?q=" + "a" * 40_000, 414),
        ("sessions/?q=%ff%fe&topic=%ff", 200),
        ("sessions/?page=999", 200),
        ("sessions/%ff/", 404),
    ],
    ids=[
        "10 KB",
        "10 KB of Chinese",
        "40 KB",
        "broken UTF-8",
        "no such page",
        "broken address",
    ],
)
def test_bad_input_is_answered_by_a_page_of_the_portal(portal, path, status):
    answer, page = get(f"{portal}/en/{path}")
    assert (answer, A_PAGE_OF_OURS in page) == (status, True)


def read(address):
    """Return an answer without the marks by which a form is one reader's own."""
    status, page = get(address)
    return status, re.sub(
        r'(<input type="hidden" name="\w+") value="[^"]*"', r"\1", page
    )


def test_many_readers_at_once_get_what_one_reader_gets(portal):
    addresses = [
        f"{portal}/{language}/{path}"
        for _, path in page_types()
        for language in LANGUAGES
    ]
    alone = {address: read(address) for address in addresses}
    with ThreadPoolExecutor(16) as readers:
        together = zip(addresses * 3, readers.map(read, addresses * 3), strict=True)
    assert [address for address, page in together if page != alone[address]] == []
