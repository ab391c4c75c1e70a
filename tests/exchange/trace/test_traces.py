"""Two steps out from a record: page, picture, CSV; and nothing that is hidden."""

import datetime
import gzip
import re

import pytest
from django.db import transaction
from django.utils import timezone
from lxml import etree

from exchange.trace.drawing import draw
from exchange.trace.traces import KINDS, MOST_ROWS, Trace
from search.index import together
from tests.exchange.tables.reading import read_csv
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_regulation,
    make_session,
    make_topic,
)
from tests.topics.reading import words
from topics.models import Regulation

pytestmark = pytest.mark.django_db

TRACES = ["regulations/act", "topics/labour", "organizations/giz"]


@pytest.fixture(scope="module")
def forum(django_db_setup, django_db_blocker):
    """Make what `sessions_and_more()` makes once for all tests, then undo it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with together():
            sessions_and_more()
        yield
        transaction.set_rollback(True)


def sessions_and_more():
    """Two sessions that name an act, a third without it, and hidden ones of all."""
    edition = make_edition(name_en="Forum 2023", year=2023)
    act = make_regulation(slug="act", short_name_en="Act", short_name_zh_hans="法")
    code = make_regulation(slug="code", short_name_en="Code")
    labour = make_topic(slug="labour", label_en="Labour")
    child = make_topic(slug="child", label_en="Child labour", parent=labour)
    giz = make_organization(slug="giz", name_en="GIZ")
    oecd = make_organization(slug="oecd", name_en="OECD")

    def held(title, regulations, topics, organizations, **fields):
        session = make_session(
            **{"title_en": title, "edition": edition, "slug": title, **fields},
            regulations=regulations,
            topics=topics,
        )
        for one in organizations:
            make_contribution(session, one)
        return session

    held("one", [act], [child], [giz, oecd])
    held("two", [act, code], [labour], [giz])
    held("three", [code], [], [oecd])
    later = timezone.now() + datetime.timedelta(days=1)
    for n, life in enumerate(
        [{"state": "draft"}, {"publish_at": later}, {"state": "withdrawn"}]
    ):
        word = f"unseen-{n}"
        law = make_regulation(short_name_en=word, **life)
        body = make_organization(name_en=word, **life)
        topic = make_topic(label_en=word, parent=labour, **life)
        held(word, [act, code, law], [labour, topic], [giz, oecd, body], **life)
        closed = make_edition(name_en=word, **life)
        held(f"{word}-closed", [act, law], [labour], [giz], edition=closed)
        held(f"open-{n}", [law], [topic], [body])
        tied = held(f"tied-{n}", [act, law], [labour, topic], [giz, body])
        tied.delete()
    held("lone", [], [], [oecd])


def told(client, path, language="en"):
    """Return the rows of a trace as (from, to, sessions)."""
    answer = client.get(f"/{language}/trace/{path}.csv")
    assert answer.status_code == 200
    rows = read_csv(answer.content)
    return [(row["from_id"], row["to_id"], int(row["sessions"])) for row in rows]


@pytest.mark.parametrize(
    ("path", "ties"),
    [
        (
            "regulations/act",
            [
                *[("act", "one", 1), ("act", "two", 1)],
                *[("one", "giz", 1), ("two", "giz", 1), ("one", "oecd", 1)],
                *[("giz", "code", 1), ("oecd", "code", 1)],
            ],
        ),
        (
            "topics/labour",
            [
                *[("labour", "one", 1), ("labour", "two", 1)],
                *[("one", "giz", 1), ("two", "giz", 1), ("one", "oecd", 1)],
                *[("one", "act", 1), ("two", "act", 1), ("two", "code", 1)],
            ],
        ),
        (
            "organizations/giz",
            [
                *[("giz", "one", 1), ("giz", "two", 1)],
                *[("one", "act", 1), ("two", "act", 1), ("two", "code", 1)],
                *[("one", "labour", 1), ("two", "labour", 1), ("one", "child", 1)],
                *[("act", "oecd", 1), ("labour", "oecd", 1), ("child", "oecd", 1)],
            ],
        ),
    ],
)
def test_the_file_has_every_tie_and_none_that_is_hidden(client, forum, path, ties):
    assert sorted(told(client, path)) == sorted(ties)
    for address in (f"trace/{path}/", f"trace/{path}.csv", f"trace/{path}.svg"):
        for language in ("en", "zh-hans"):
            assert b"unseen" not in client.get(f"/{language}/{address}").content


def test_the_page_says_in_groups_what_the_record_leads_to(client, forum):
    response = client.get("/en/trace/regulations/act/")
    said = words(response.text.split("<table")[1].split("</table>")[0])
    assert said.partition("Connected with ")[2] == (
        "Sessions: 2 one Forum 2023 GIZ , OECD two Forum 2023 GIZ "
        "Organizations in these sessions: 2 GIZ 2 Code OECD 1 Code "
        "Other regulations that these organizations discussed: 1 Code 2 GIZ , OECD"
    )
    lead = re.search(r'<p class="lead">(.*?)</p>', response.text)[1]
    assert words(lead) == "Act was discussed in 2 of 7 sessions on record"
    chinese = client.get("/zh-hans/trace/organizations/giz/")
    assert '<a href="/zh-hans/regulations/act/">法</a>' in chinese.text


@pytest.mark.parametrize("path", TRACES)
def test_a_number_that_is_a_link_leads_to_as_many_sessions(client, forum, path):
    text = client.get(f"/en/trace/{path}/").text
    numbers = re.findall(r'<a href="(/en/sessions/\?[^"]+)">(\d+)</a>', text)
    assert numbers
    for address, number in numbers:
        counted = client.get(address.replace("&amp;", "&")).context["count"]
        assert counted == int(number), address


@pytest.mark.parametrize("path", TRACES)
def test_each_mark_of_the_picture_is_a_link_that_exists(client, forum, path):
    page = client.get(f"/en/trace/{path}/").text
    drawing = re.search(r'<svg class="picture".*?</svg>', page, re.S)[0]
    assert 'aria-hidden="true"' in drawing
    answer = client.get(f"/en/trace/{path}.svg")
    assert answer["Content-Type"].startswith("image/svg+xml")
    tree = etree.fromstring(answer.content)
    mark = "{http://www.w3.org/2000/svg}"
    for path_ in tree.iter(f"{mark}path"):
        assert path_.getparent().tag == f"{mark}a"
    links = {link.get("href") for link in tree.iter(f"{mark}a")}
    found = {client.get(link.removeprefix("http://testserver")) for link in links}
    assert {one.status_code for one in found} == {200}
    again = client.get(
        f"/en/trace/{path}.svg", headers={"If-None-Match": answer["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(f"/en/trace/{path}.svg?theme=loud").status_code == 400


def test_what_leads_nowhere_says_so(client):
    make_regulation(slug="alone")
    page = client.get("/en/trace/regulations/alone/")
    assert "No session on record leads anywhere from here" in words(page.text)
    assert told(client, "regulations/alone") == []
    assert client.get("/en/trace/regulations/alone.svg").status_code == 404


def test_a_trace_goes_and_moves_as_its_record_does(client, forum):
    act = Regulation.objects.get(slug="act")
    act.slug = "new-act"
    act.save()
    for ending in ("/", ".csv", ".svg"):
        moved = client.get(f"/en/trace/regulations/act{ending}")
        new = f"/en/trace/regulations/new-act{ending}"
        assert (moved.status_code, moved["Location"]) == (301, new)
    act.state = "withdrawn"
    act.save()
    assert client.get("/en/trace/regulations/new-act/").status_code == 410
    assert client.get("/en/trace/regulations/nope.csv").status_code == 404
    assert client.get("/en/trace/people/giz/").status_code == 404


def test_a_long_trace_costs_as_much_and_stays_small(
    client, forum, django_assert_max_num_queries
):
    def cost():
        client.get("/en/trace/regulations/act/")
        # Six, and up to four for what this transaction has not committed yet.
        with django_assert_max_num_queries(10):
            return client.get("/en/trace/regulations/act/")

    cost()
    edition = make_edition(name_en="Forum 2026", year=2026)
    act = Regulation.objects.get(slug="act")
    with together():
        for _ in range(MOST_ROWS + 3):
            session = make_session(
                edition=edition, regulations=[act, make_regulation()]
            )
            make_contribution(session, make_organization())
    page = words(cost().text)
    assert f"All {MOST_ROWS + 5}" in page
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5}." in page
    trace = Trace(KINDS["regulations"], act)
    drawing = draw(trace).inline()
    assert "other sessions" in drawing
    assert len(gzip.compress(drawing.encode())) < 30_000
