"""An Atom feed, read as strictly as RFC 4287 is written."""

import re
from xml.etree import ElementTree as ET

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"
# RFC 4287, 3.3: RFC 3339 with an upper-case T, and Z or an offset
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def read_atom(content):
    """
    Return the title and language of a feed, and its entries as dicts, in order.

    It must have what RFC 4287 (4.1.1, 4.1.2) requires, each identifier once, and be
    as new as its newest entry.
    """
    feed = ET.fromstring(content)  # noqa: S314 — our own feed
    assert feed.tag == f"{ATOM}feed"
    assert one(one_of(feed, "author"), "name")
    updated = moment(feed, "updated")
    own = [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert [link.get("href").startswith("http") for link in own] == [True]
    entries = []
    for entry in feed.findall(f"{ATOM}entry"):
        published, changed = moment(entry, "published"), moment(entry, "updated")
        assert published <= changed <= updated
        link = one_of(entry, "link")
        assert link.get("rel") == "alternate"
        entries.append(
            {
                "id": one(entry, "id"),
                "title": one(entry, "title"),
                "link": link.get("href"),
                "published": published,
                "updated": changed,
                "words": entry.findtext(f"{ATOM}summary", ""),
            }
        )
    identifiers = [one(feed, "id"), *(entry["id"] for entry in entries)]
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one) for one in identifiers)
    assert len(set(identifiers)) == len(identifiers)
    order = [entry["updated"] for entry in entries]
    assert order == sorted(order, reverse=True)
    return one(feed, "title"), feed.get(f"{XML}lang"), entries


def one_of(element, name):
    found = element.findall(f"{ATOM}{name}")
    assert len(found) == 1, name
    return found[0]


def one(element, name):
    text = one_of(element, name).text
    assert text
    assert text.strip()
    return text


def moment(element, name):
    said = one(element, name)
    assert MOMENT.fullmatch(said), said
    return said
