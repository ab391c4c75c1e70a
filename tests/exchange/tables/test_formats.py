"""What the formats promise to the programs that read them, and to people."""

import datetime
import zipfile
from io import BytesIO

import pytest
from defusedxml import ElementTree
from django.utils import formats, timezone
from django.utils.timezone import localdate

from exchange.feeds import NEWEST
from sessions.models import Edition, Session
from tests.exchange.tables.reading import (
    ATOM,
    fetch,
    read_atom,
    read_bib,
    read_csv,
    read_json,
    read_ris,
    read_xlsx,
)
from tests.factories import (
    make_contribution,
    make_edition,
    make_forum,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

pytestmark = pytest.mark.django_db
moment = datetime.datetime.fromisoformat  # without a zone, as cells are
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1"]


def make_law():
    law = make_regulation(
        slug="battery-law",
        official_title_en="Battery {Law} 100% of 2023",
        short_name_en="Battery Law",
        short_name_zh_hans="电池法",
        topics=[
            make_topic(slug="labour", label_en="Labour", label_zh_hans="劳工"),
            make_topic(slug="water", label_en="Water", label_zh_hans="水"),
        ],
        last_verified_on=datetime.date(2024, 2, 29),
    )
    make_milestone("2023-07-12", "signed", regulation=law)
    make_milestone("2023-08-17", "in-force", regulation=law)
    law.identifiers.create(scheme="CELEX", value="32023R1542")
    return law


def make_talk():
    edition = make_edition(name_en="Forum", year=2025, city_en="Chengdu")
    talk = make_session(
        edition=edition,
        slug="talk",
        title_en="Talk & more",
        starts_at=datetime.datetime(2025, 5, 1, 23, 30, tzinfo=datetime.UTC),
        ends_at=datetime.datetime(2025, 5, 2, 0, 15, tzinfo=datetime.UTC),
    )
    person = make_person(slug="wei", name_en="Li Wei", sort_name="Li, Wei")
    make_contribution(talk, person)
    make_contribution(talk, make_organization(slug="giz", name_en="GIZ"), "panelist")
    make_contribution(talk, make_organization(slug="host", name_en="Host"), "host")
    return talk


def test_columns_are_named_the_same_in_both_languages_and_filled_in_each(client):
    make_law()
    (here,) = read_csv(fetch(client, "/en/regulations.csv"))
    (there,) = read_csv(fetch(client, "/zh-hans/regulations.csv"))
    assert list(here) == list(there)
    asked = ["name", "name_zh_hans", "topics", "topic_ids", "status_id", "binding"]
    assert [here[name] for name in asked] == [
        "Battery Law", "电池法", "Labour | Water", "labour | water", "in-force", "true",
    ]  # fmt: skip
    assert [there[name] for name in asked] == [
        "电池法", "电池法", "劳工 | 水", "labour | water", "in-force", "true",
    ]  # fmt: skip


def test_csv_has_a_mark_for_excel_and_ends_its_lines_as_rfc_4180_says(client):
    make_topic(label_en="A, “b”\nc")
    data = fetch(client, "/en/topics.csv")
    assert data[:6] == b"\xef\xbb\xbfid,"
    assert data.count(b"\r\n") == 2
    assert read_csv(data)[0]["name"] == "A, “b”\nc"


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_that_looks_like_a_formula_is_text(client, text):
    make_topic(label_en=text, oecd_annex_ii=text)
    (row,) = read_csv(fetch(client, "/en/topics.csv"))
    assert (row["name"], row["oecd_annex_ii"]) == (f"'{text}", f"'{text}")
    (row,), workbook = read_xlsx(fetch(client, "/en/topics.xlsx"))
    assert row["name"] == text
    kinds = {c.data_type for line in workbook.worksheets[0] for c in line if c.value}
    assert "f" not in kinds
    (row,) = read_json(fetch(client, "/en/topics.json"))
    assert row["name"] == text


def test_xlsx_has_typed_cells_a_frozen_header_and_filters(client):
    make_law()
    make_talk()
    (law,), workbook = read_xlsx(fetch(client, "/en/regulations.xlsx"))
    sheet = workbook.worksheets[0]
    asked = ["last_verified_on", "binding", "sessions_count", "acronym", "topics"]
    assert [law[name] for name in asked] == [
        moment("2024-02-29"), True, 0, None, "Labour | Water",
    ]  # fmt: skip
    assert (sheet.title, sheet.freeze_panes) == ("Regulations", "A2")
    assert sheet.auto_filter.ref == sheet.dimensions
    assert all(cell.font.bold for cell in sheet[1])
    (talk,), _workbook = read_xlsx(fetch(client, "/en/sessions.xlsx"))
    # On the clock of the venue, in Shanghai's zone
    assert talk["starts_at"] == moment("2025-05-02T07:30")
    assert talk["date"] == moment("2025-05-02")


def test_the_second_sheet_says_what_the_first_is(client):
    law = make_law()
    make_regulation(jurisdiction="CN")
    address = "/en/regulations.xlsx?topic=labour&jurisdiction=EU&status=in-force"
    _rows, workbook = read_xlsx(fetch(client, address))
    told = dict(workbook.worksheets[1].iter_rows(values_only=True, max_col=2))
    query = "status=in-force&jurisdiction=EU&topic=labour"
    assert {name: told[name] for name in list(told)[:9]} == {
        "What this is": "Regulations",
        "Web page": f"http://testserver/en/regulations/?{query}",
        "File": f"http://testserver/en/regulations.xlsx?{query}",
        "Language": "English",
        "Filters": None,
        "Status": "In force",
        "Jurisdiction": "European Union",
        "Topic": "Labour",
        "Sort by": "Next date",
    }
    assert told["Rows"] == 1
    assert told["Licence of the content"] == "Not on record"
    assert told["topic_ids"] == "Topics (id)"
    assert told["Last change of a row"] == formats.date_format(
        localdate(law.updated_at)
    )
    assert told["Date of this file"] == formats.date_format(localdate())


def test_xlsx_bears_any_text(client):
    long = "长" * 40_000
    make_topic(label_en="<a> & ]]> _x0041_ \x0b", definition_en=long)
    (row,), _workbook = read_xlsx(fetch(client, "/en/topics.xlsx"))
    assert row["name"].replace("_x005F_", "_") == "<a> & ]]> _x0041_ "
    assert row["definition"] == long[:32_767]


def test_xlsx_is_the_same_bytes_for_the_same_content(client):
    make_law()
    first = fetch(client, "/en/regulations.xlsx")
    assert fetch(client, "/en/regulations.xlsx") == first
    assert zipfile.ZipFile(BytesIO(first)).testzip() is None


def test_json_has_numbers_truths_lists_and_moments_with_their_zone(client):
    make_talk()
    make_law()
    talk = client.get("/en/sessions.json")
    document = b"".join(talk.streaming_content)
    (row,) = read_json(document)
    assert document.startswith(b'{"count": 1, "next": null, "previous": null, ')
    assert {name: row[name] for name in ("starts_at", "people", "role_ids", "day")} == {
        "starts_at": "2025-05-02T07:30:00+08:00",
        "people": ["Li Wei"],
        "role_ids": [
            "speaker:people/wei",
            "panelist:organizations/giz",
            "host:organizations/host",
        ],
        "day": None,
    }
    (law,) = read_json(fetch(client, "/en/regulations.json"))
    assert (law["binding"], law["sessions_count"]) == (True, 0)
    assert law["url"] == "http://testserver/regulations/battery-law/"


def test_bibtex_tells_sessions_and_laws_from_what_is_no_publication(client):
    make_talk()
    make_law()
    make_outcome(slug="pledge", statement_en="Done")
    today = timezone.localdate().isoformat()
    talk = read_bib(fetch(client, "/en/sessions.bib"))
    assert talk == {
        "sessions-talk": {
            "type": "inproceedings",
            "title": r"{Talk \& more}",
            "author": "Li, Wei and {GIZ}",
            "booktitle": "Forum",
            "address": "Chengdu",
            "year": "2025",
            "date": "2025-05-02",
            "language": "en",
            "version": today,
            "url": "http://testserver/sessions/talk/",
            "urldate": today,
        }
    }
    law = read_bib(fetch(client, "/en/regulations.bib"))["regulations-battery-law"]
    assert law == {
        "type": "legislation",
        "title": r"{Battery \textbraceleft{}Law\textbraceright{} 100\% of 2023}",
        "number": "CELEX:32023R1542",
        "year": "2023",
        "date": "2023-07-12",
        "language": "en",
        "version": today,
        "url": "http://testserver/regulations/battery-law/",
        "urldate": today,
    }
    pledge = read_bib(fetch(client, "/en/outcomes.bib"))["outcomes-pledge"]
    assert (pledge["type"], pledge["title"]) == ("misc", "{Done}")


def test_ris_tells_the_same(client):
    make_talk()
    make_law()
    today = timezone.localdate().isoformat()
    assert read_ris(fetch(client, "/en/sessions.ris")) == [
        [
            ("TY", "CPAPER"),
            ("ID", "sessions-talk"),
            ("TI", "Talk & more"),
            ("AU", "Li, Wei"),
            ("AU", "GIZ"),
            ("T2", "Forum"),
            ("CY", "Chengdu"),
            ("PY", "2025"),
            ("DA", "2025/05/02"),
            ("LA", "en"),
            ("N1", f"Data version: {today}"),
            ("UR", "http://testserver/sessions/talk/"),
            ("Y2", today.replace("-", "/")),
        ]
    ]
    (law,) = read_ris(fetch(client, "/zh-hans/regulations.ris"))
    assert dict(law)["TY"] == "STAT"


def test_a_page_of_the_site_is_cited_with_the_forum_as_its_publisher(client):
    make_forum()
    make_law()
    topics = read_bib(fetch(client, "/en/topics.bib"))
    assert topics["topics-labour"]["organization"] == "Test Forum"
    both = read_ris(fetch(client, "/en/topics.ris"))
    assert [dict(topic)["PB"] for topic in both] == ["Test Forum"] * 2
    (law,) = read_bib(fetch(client, "/en/regulations.bib")).values()
    assert "organization" not in law


def test_a_feed_has_the_newest_first_under_identifiers_that_stay(client):
    old, new = make_topic(label_en="Old"), make_topic(definition_en="*New* [x](/en/)")
    entries = read_atom(fetch(client, "/en/topics.atom"))
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert [entry.find(f"{ATOM}title").text for entry in entries] == [
        str(new),
        "Old",
    ]
    said = entries[0].find(f"{ATOM}summary").text
    assert '<em>New</em> <a href="http://testserver/en/"' in said
    old.label_en = "Older"
    old.save()
    again = read_atom(fetch(client, "/en/topics.atom?unknown=1"))
    assert [entry.find(f"{ATOM}id").text for entry in again] == ids
    chinese = read_atom(fetch(client, "/zh-hans/topics.atom"))
    assert not set(ids) & {entry.find(f"{ATOM}id").text for entry in chinese}


def test_the_parts_of_a_feed_tell_of_all_records_each_once(client):
    topics = [make_topic() for _ in range(NEWEST + 2)]
    plain = "http://testserver/en/topics.atom"
    found, ways = [], {"next": plain}
    while "next" in ways:
        address = ways["next"]
        content = fetch(client, address)
        links = ElementTree.fromstring(content).findall(f"{ATOM}link")
        ways = {link.get("rel"): link.get("href") for link in links}
        assert ways["self"] == address
        found += [entry.find(f"{ATOM}id").text for entry in read_atom(content)]
    assert len(found) == len(set(found)) == len(topics)
    assert ways == {
        "alternate": "http://testserver/en/topics/",
        "self": f"{plain}?page=2",
        "first": plain,
        "last": f"{plain}?page=2",
        "previous": plain,
    }
    assert read_atom(fetch(client, "/en/topics.atom?page=9")) == []


def test_the_feed_of_an_empty_list_is_a_feed(client):
    assert read_atom(fetch(client, "/en/topics.atom")) == []


@pytest.mark.either_database
@pytest.mark.parametrize("whole", [False, True])
def test_a_feed_changes_at_the_moment_that_a_record_appears_in_it(client, whole):
    """What was written before its embargo, or before its edition was public."""
    written = datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)
    shown = datetime.datetime(2025, 3, 1, 9, tzinfo=datetime.UTC)
    session = make_session()
    times = {"first_published_at": written, "updated_at": written}
    later = {**times, "first_published_at": shown}
    Session.objects.filter(pk=session.pk).update(**(times if whole else later))
    Edition.objects.update(**(later if whole else times))
    data = fetch(client, "/en/sessions.atom")
    (entry,) = read_atom(data)
    assert entry.findtext(f"{ATOM}updated") == "2025-03-01T09:00:00+00:00"
    feed = ElementTree.fromstring(data)
    assert feed.findtext(f"{ATOM}updated") == "2025-03-01T09:00:00+00:00"
