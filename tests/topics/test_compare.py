"""Two to four regulations side by side, on the page and in its files."""

import datetime
import html
import io
import re

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from records import content_version
from search.index import together
from tests.exchange.tables.reading import read_csv, read_json
from tests.factories import (
    make_edition,
    make_milestone,
    make_mineral,
    make_organization,
    make_regulation,
    make_relation,
    make_session,
    make_stage,
    make_topic,
)
from tests.topics.reading import words
from topics.models import Duty, Regulation

pytestmark = pytest.mark.django_db

BOTH = "r=law&r=guide"


@pytest.fixture(scope="module")
def two(django_db_setup, django_db_blocker):
    """Make what `law_and_guide()` makes once for all tests, then undo it."""
    with django_db_blocker.unblock(), transaction.atomic():
        with together():
            made = law_and_guide()
        yield made
        transaction.set_rollback(True)


def law_and_guide():
    """A law and a guide that share a topic, with something hidden at every turn."""
    shared = make_topic(slug="shared", label_en="Shared topic")
    hidden = {"state": "draft"}
    law = make_regulation(
        slug="law", short_name_en="Law", short_name_zh_hans="法", topics=[shared]
    )
    guide = make_regulation(
        slug="guide",
        short_name_en="Guide",
        kind="guidance",
        binding=False,
        jurisdiction="INT",
        last_verified_on=datetime.date(2020, 1, 2),
        topics=[shared, make_topic(label_en="Hidden", **hidden)],
        minerals=[make_mineral(label_en="Hidden", **hidden)],
        stages=[make_stage(slug="mining", label_en="Mining")],
    )
    make_milestone("2022-05-01", "proposed", regulation=law)
    make_milestone("2024-02-01", "in-force", regulation=law, note_zh_hans="生效")
    make_milestone("2021-01-01", "launched", regulation=guide, precision="year")
    make_relation(law, "refers-to", guide)
    draft = make_regulation(slug="draft", short_name_en="Hidden", **hidden)
    make_relation(draft, "amends", law)
    edition = make_edition(year=2023)
    make_session(title_en="Open", edition=edition, regulations=[law, guide])
    make_session(title_en="Hidden", edition=edition, regulations=[law, guide], **hidden)
    law.issuing_bodies.create(
        organization=make_organization(name_en="Hidden", **hidden)
    )
    law.issuing_bodies.create(name_en="Parliament")
    law.identifiers.create(scheme="No", value="=1+1")
    Duty.objects.create(regulation=law, article="Art. 5", text_en="Report")
    return law, guide


def table(response):
    """Return {label: [cells]} of the comparison; what differs begins with “≠”."""
    body = response.text.split('<div class="scroll"')[1]
    rows = re.findall(r"<tr.*?>(.*?)</tr>", body.split("</table>")[0], re.S)
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.S) for row in rows]
    found = {}
    for first, *rest in cells:
        label = words(first)
        mark = "≠ " if label.endswith("differs") else ""
        found[mark + label.partition(" ≠")[0]] = [words(cell) for cell in rest]
    return found


def test_facts_stand_side_by_side_and_differences_are_marked(client, two):
    response = client.get(f"/en/regulations/compare/?{BOTH}&as_of=2023-09-22")
    assert table(response) == {
        "Fact": ["Law", "Guide"],
        "≠ Kind": ["Regulation", "Guidance"],
        "≠ Binding": ["Yes", "No"],
        "≠ Jurisdiction": ["European Union", "International"],
        "≠ Status today": ["In force", "In use"],
        "≠ Status as of 22 September 2023": ["Proposed", "In use"],
        "≠ Last verified": [
            "Not on record",
            "2 January 2020, more than six months ago",
        ],
        "≠ Issued by": ["Parliament", "Not on record"],
        "≠ Identifiers": ["No:=1+1", "Not on record"],
        "Official title": ["Not on record", "Not on record"],
        "Official text": ["Not on record", "Not on record"],
        "≠ Proposed": ["1 May 2022", "Not on record"],
        "≠ Enters into force": ["1 February 2024: 生效", "Not on record"],
        "≠ Launched": ["Not on record", "2021"],
        "≠ Life-cycle stages": ["Not on record", "Mining"],
        "Minerals": ["Not on record", "Not on record"],
        "Topics": ["Shared topic", "Shared topic"],
        "≠ Duties": ["Art. 5: Report", "Not on record"],
        "≠ Relations between them": ["Refers to: Guide", "Referred to by: Law"],
        "Relations to others": ["Not on record", "Not on record"],
        "Discussed in": ["Open, 2023", "Open, 2023"],
    }
    assert "20 facts side by side, 14 differ" in words(response.text)
    assert '<span lang="zh-Hans">1 February 2024: 生效</span>' in response.text
    only = client.get(f"/en/regulations/compare/?{BOTH}&differences=1")
    assert {label[0] for label in table(only)} == {"F", "≠"}
    chinese = client.get(f"/zh-hans/regulations/compare/?{BOTH}")
    assert '<a href="/zh-hans/regulations/law/">法</a>' in chinese.text


def test_files_tell_the_rows_of_the_page(client, two):
    query = f"{BOTH}&as_of=2023-09-22"
    shown = client.get(f"/en/regulations/compare/?{query}").context["rows"]
    names = ["fact", "label", "differs", "law", "law_ids", "guide", "guide_ids"]
    answer = client.get(f"/en/regulations/compare.json?{query}")
    rows = read_json(answer.getvalue())
    assert [list(row) for row in rows] == [names] * len(shown)
    assert [(r["fact"], r["differs"]) for r in rows] == [
        (row.name, row.differs) for row in shown
    ]
    status = next(row for row in rows if row["fact"] == "status_as_of")
    assert (status["law"], status["law_ids"]) == (["Proposed"], ["proposed"])
    written = read_csv(client.get(f"/en/regulations/compare.csv?{query}").getvalue())
    assert [row["fact"] for row in written] == [row["fact"] for row in rows]
    xlsx = client.get(f"/en/regulations/compare.xlsx?{query}").getvalue()
    book = openpyxl.load_workbook(io.BytesIO(xlsx))
    sheet = list(book.worksheets[0].values)
    assert [row[0] for row in sheet] == ["fact", *(row["fact"] for row in rows)]
    about = {row[0]: row[1] for row in book.worksheets[1].values if row[0]}
    assert about["Regulations"] == "Law, Guide"
    only = client.get(f"/en/regulations/compare.json?{BOTH}&differences=1")
    assert {row["differs"] for row in read_json(only.getvalue())} == {True}
    again = client.get(
        f"/en/regulations/compare.json?{query}",
        headers={"If-None-Match": answer["ETag"]},
    )
    assert again.status_code == 304
    page = client.get(f"/en/regulations/compare/?{query}").text
    kept = "r=law&r=guide&as_of=2023-09-22"
    for ending in ("csv", "xlsx", "json"):
        address = html.escape(f"/en/regulations/compare.{ending}?{kept}")
        assert f'<a href="{address}"' in page
    assert html.escape(f"http://testserver/regulations/compare/?{kept}") in page


@pytest.mark.parametrize(
    ("query", "compared", "said"),
    [
        ("", [], "Choose two to four regulations"),
        ("r=law", ["law"], "Choose two to four regulations"),
        ("r=law&r=law", ["law"], "Choose two to four regulations"),
        ("r=law&r=guide&r=law", ["law", "guide"], "Side by side"),
        ("r=draft&r=law", ["law"], "Not understood and left out: r “draft”"),
        ("r=law&r=%00&r=%E2%98%83", ["law"], "r “�”"),
        (BOTH + "&as_of=99999-01-01", ["law", "guide"], "as_of “99999-01-01”"),
        (BOTH + "&differences=maybe", ["law", "guide"], "differences “maybe”"),
    ],
)
def test_what_cannot_be_compared_is_named_and_the_rest_holds(
    client, two, query, compared, said
):
    response = client.get(f"/en/regulations/compare/?{query}")
    found = [one.slug for one in response.context["comparison"].regulations]
    assert (response.status_code, found) == (200, compared)
    assert said in words(response.text)
    assert "Hidden" not in response.text
    marked = re.findall(r'value="([\w-]+)" checked', response.text)
    assert sorted(marked) == sorted(compared)


def test_a_fifth_regulation_is_left_out_and_named(client, two):
    more = [make_regulation(short_name_en=f"Act {n}").slug for n in range(3)]
    query = "&".join([BOTH, *(f"r={slug}" for slug in more)])
    response = client.get(f"/en/regulations/compare/?{query}")
    assert len(response.context["comparison"].regulations) == 4
    said = "Four at most can be compared at a time. Left out: Act 2"
    assert said in words(response.text)
    assert client.get(f"/en/regulations/compare.csv?{query}").status_code == 400
    for few in ("", "?r=" + more[0]):
        answer = client.get(f"/en/regulations/compare.csv{few}")
        assert (answer.status_code, answer.text) == (
            *(400, "A comparison needs two regulations at least: ?r=…&r=…\n"),
        )


@pytest.mark.parametrize(
    "query", ["", "r=law", "r=law&r=draft", BOTH + "&as_of=0000-00-00"]
)
def test_a_file_refuses_what_a_page_leaves_out(client, two, query):
    assert client.get(f"/en/regulations/compare.json?{query}").status_code == 400


@pytest.mark.either_database
def test_a_comparison_costs_the_same_whatever_it_shows(
    client, two, django_assert_num_queries
):
    path = f"/en/regulations/compare/?{BOTH}"
    client.get(path)
    with django_assert_num_queries(13):
        client.get(path)
    edition = make_edition()
    law = two[0]
    with together():
        for _ in range(7):
            other = make_regulation()
            make_session(edition=edition, regulations=[law, other])
            make_relation(law, "repeals", other)
            law.topics.add(make_topic())
            law.issuing_bodies.create(organization=make_organization())
    content_version.current()  # as the page cache does, before any page is made
    with django_assert_num_queries(13):
        response = client.get(path)
    assert "All 8 sessions" in words(response.text)


def test_no_record_can_have_the_address_of_the_comparison():
    with pytest.raises(ValidationError, match="kept for a page of its own"):
        Regulation(
            slug="compare", short_name_en="A", kind="statute", jurisdiction="EU",
            binding=True,
        ).full_clean()  # fmt: skip
