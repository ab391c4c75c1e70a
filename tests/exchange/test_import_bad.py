"""Files that are refused, with the place, and files that are only reported."""

import contextlib
import io
import json
import uuid
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from exchange.models import ImportedRow
from exchange.schedules import reading
from exchange.schedules.reading import read
from exchange.schedules.shape import RefusedError
from exchange.sheets.reading import read_sheets
from records.text import LONGEST
from sessions.models import Edition, Session
from tests.exchange.schedules import FRAB, event, load, schedule_json, section

pytestmark = pytest.mark.either_database

ENTITY = "<!DOCTYPE s [<!ENTITY {}>]>\n<schedule><conference>{}</conference></schedule>"
LAUGHS = """<!DOCTYPE s [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<schedule>&b;</schedule>"""


def zipped(**files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


DEEP = "This file is nested too deeply."
REFUSED = [
    (b"", "The file is empty."),
    (b"<schedule>", "line 1, column 11: This is not well-formed XML: no element found"),
    (ENTITY.format('x SYSTEM "file:///etc/passwd"', "&x;"), "line 1: Entities and"),
    (LAUGHS, "line 1: Entities and outside references are not read"),
    ("<rss/>", "line 1: The outermost element is <rss>"),
    (
        '<?xml version="1.0" encoding="nope"?><schedule/>',
        "line 1: This XML cannot be decoded",
    ),
    ('{"schedule": \n {', "line 2, column 3: This is not well-formed JSON"),
    ('{"events": []}', "$: This JSON is in no format that is known here"),
    ("[" * 100_000, DEEP),
    (json.dumps({"schedule": {"days": json.loads("[" * 500 + "]" * 500)}}), DEEP),
    ("<schedule><day>" + "<a>" * 5000 + "</a>" * 5000 + "</day></schedule>", DEEP),
    (b'{"a": "\xff"}', "line 1, column 8: This text cannot be decoded as utf-8"),
    (b"title_en\nOne\n\xff", "line 3, column 1: This text cannot be decoded"),
    ("no,columns,of,ours\n1,2,3,4", "row 1: No column is called"),
    ('title_en\n"open', "line 2: This is not well-formed CSV"),
    ("title_en,code\n,S01", "row 2: A session has no title."),
    (b"PK\x03\x04 nothing", "This is no XLSX file."),
    (zipped(a="b"), "This is a ZIP file, but no XLSX file."),
    (
        FRAB.replace("<title>Night owls</title>", ""),
        "line 29: A session has no title.",
    ),
    (
        schedule_json(event(title="  ")),
        '$.schedule.conference.days[0].rooms["Hall"][0]: A session has no title.',
    ),
    (schedule_json(event(), zone="Mars/Base"), "$.schedule.conference.time_zone_name:"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_read_is_refused_with_the_place(content, said):
    with pytest.raises(RefusedError) as refused:
        load(content)
    assert str(refused.value).startswith(said)
    assert (Edition.objects.count(), ImportedRow.objects.count()) == (0, 0)


def test_files_beyond_the_limit_are_refused_packed_or_not(monkeypatch, tmp_path):
    monkeypatch.setattr(reading, "LARGEST", 3000)
    monkeypatch.setattr(reading, "UNPACKED", 3000)
    bomb = zipped(**{"[Content_Types].xml": "", "xl/workbook.xml": "0" * 4000})
    with pytest.raises(RefusedError, match="too large when it is unpacked"):
        read(bomb)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 3001)
    for call in (lambda: read(large.read_bytes()), lambda: reading.read_file(large)):
        with pytest.raises(RefusedError, match="larger than 20 MB"):
            call()


def test_a_few_bytes_of_a_workbook_do_not_stand_for_rows_without_end():
    book, into = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["title_en"])
    book.active["A2"] = "Far below"
    book.save(into)
    with zipfile.ZipFile(into) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    far = sheet.replace(b'r="2"', b'r="999999999999"').replace(
        b'r="A2"', b'r="A999999999999"'
    )
    wide = sheet.replace(b'r="A2"', b'r="ZZZ2"')
    for changed in (far, wide):
        assert changed != sheet
        bomb = zipped(**parts | {"xl/worksheets/sheet1.xml": changed})
        for reader in (read, read_sheets):
            with pytest.raises(RefusedError, match="no more than 20000 rows and 500"):
                reader(bomb)


def test_xml_is_refused_while_it_is_read_when_it_is_too_deep_or_has_too_much():
    deep = b"<schedule>" + b"<a>" * 200
    with pytest.raises(RefusedError, match="nested too deeply"):
        read(deep)
    names = " ".join(f'a{number}=""' for number in range(300))
    with pytest.raises(RefusedError, match="too many elements or attributes"):
        read(f"<schedule {names}/>".encode())


@pytest.mark.django_db
def test_half_a_character_in_a_name_of_the_file_is_left_out_of_what_is_told():
    halved = json.dumps(schedule_json(event(title=""), room="Ha\udfffll"))
    with pytest.raises(RefusedError, match="Hall") as refused:
        load(halved)
    assert str(refused.value).encode()
    report = load(json.dumps(schedule_json(event(**{"\ud800odd": "\udfff"}))))
    assert str(report.lost).encode()


def test_a_day_of_a_number_that_no_program_reads_gets_the_next_one():
    table = f"title_en,day\nA,{'9' * 5000}\n".encode()
    assert read(table, "csv").sessions[0].day is None
    schedule = read(FRAB.replace('index="1"', f'index="{"9" * 5000}"', 1).encode())
    assert schedule.days[0].number == 1


@pytest.mark.django_db
def test_a_zone_that_does_not_exist_is_overruled_by_the_command():
    load(schedule_json(event(), zone="Mars/Base"), time_zone="Asia/Shanghai")
    assert Edition.objects.get().time_zone == "Asia/Shanghai"
    with pytest.raises(RefusedError, match="“Nowhere” is no IANA time zone"):
        load(schedule_json(event()), "2026", time_zone="Nowhere")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("+08:00", "Asia/Shanghai"),
        ("+05:30", "Asia/Kolkata"),
        ("+05:45", "Asia/Kathmandu"),
        ("-03:00", "Etc/GMT+3"),
        ("+00:00", "UTC"),
    ],
)
def test_without_a_zone_the_single_offset_of_the_file_decides(offset, zone):
    load(schedule_json(event(date=f"2025-05-01T10:00:00{offset}"), zone=None))
    session = Session.objects.get()
    assert session.edition.time_zone == zone
    assert f"{session.starts_at.astimezone(session.edition.zone):%H:%M}" == "10:00"


@pytest.mark.django_db
def test_without_zone_and_offset_the_default_is_taken_and_told():
    report = load(schedule_json(event(date="2025-05-01"), zone=None))
    assert Edition.objects.get().time_zone == "Asia/Shanghai"
    assert section(report, "Problems") == [
        "The file names no time zone; its times are taken for Asia/Shanghai."
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"duration": None, "end": "2025-05-01T09:00:00+08:00"}, "It ends before"),
        ({"duration": "soon"}, "“soon” is no duration; the session has no end."),
        ({"date": "someday", "start": "25:99"}, "“25:99” is no time"),
        ({"guid": "not-a-guid"}, "“not-a-guid” is no GUID: the session got its own."),
        (
            {"date": "1066-10-14T09:00:00+14:00", "start": ""},
            "Its time is out of range.",
        ),
        ({"title": "word " * 100}, "“word word word"),
        ({"language": "tlh"}, None),
        ({"persons": "nobody"}, None),
        ({"persons": [{"id": 1}]}, "A person without a name was left out."),
        ({"logo": "no address", "slug": "1 bad slug!"}, None),
        ({"links": [{"url": "javascript:alert(1)", "title": "Slides"}]}, None),
        ({"state": "deleted"}, "“Session 1” is deleted in the file"),
    ],
)
def test_what_is_not_clean_is_imported_and_told(fields, problem):
    report = load(schedule_json(event(**fields), event(2)))
    assert Session.objects.filter(code="2").exists()
    told = section(report, "Problems")
    assert any(problem in line for line in told) if problem else told == []
    for session in Session.objects.all():
        session.full_clean(exclude=["withdrawn_reason"])


@pytest.mark.django_db
def test_a_guid_given_twice_is_kept_by_the_first_alone():
    guid = str(uuid.uuid4())
    file = schedule_json(event(1, guid=guid), event(2, guid=guid), event(3, guid=None))
    report = load(file)
    first, second, third = Session.objects.order_by("position")
    assert str(first.guid) == guid
    assert len({first.guid, second.guid, third.guid}) == 3
    assert "got its own" in section(report, "Problems")[0]
    assert not load(file).changes_anything


@pytest.mark.parametrize("content", ["<schedule/>", '{"schedule": {}}'])
def test_a_schedule_of_nothing_is_an_empty_one(content):
    schedule = read(content.encode())
    assert [str(words) for _place, words in schedule.notes] == [
        "The schedule is empty: there are no sessions in it."
    ]


@pytest.mark.django_db
def test_a_code_given_twice_is_kept_by_the_first_and_told():
    report = load("code,title_en\nA,One\nA,Two")
    assert list(Session.objects.values_list("code", flat=True)) == ["A", "S01"]
    told = "row 3: Another session has the code A: this one got its own."
    assert told in section(report, "Problems")


@pytest.mark.django_db
def test_names_longer_than_a_field_are_found_again():
    file = schedule_json(event(persons=[{"name": "Ana " * 90}]), room="Hall " * 60)
    load(file)
    assert not load(file).changes_anything


@pytest.mark.django_db
def test_an_empty_schedule_makes_an_edition_named_by_its_address():
    report = load(schedule_json(title=None), "2025-empty")
    edition = Edition.objects.get()
    assert (edition.name_en, edition.year) == ("2025-empty", 2025)
    assert section(report, "Problems") == [
        "The schedule is empty: there are no sessions in it.",
        "The file does not name the edition: it is called “2025-empty”.",
    ]


@pytest.mark.django_db
def test_formulas_in_cells_stay_text():
    book = openpyxl.Workbook()
    book.active.append(["title_en", "track"])
    book.active.append(["=1+1", "+x"])
    book.active["A3"] = ArrayFormula("A3", "=SUM(1,2)")
    made = io.BytesIO()
    book.save(made)
    load(made.getvalue())
    rows = Session.objects.order_by("position").values_list("title_en", "track")
    assert list(rows) == [("=1+1", "+x"), ("=SUM(1,2)", "")]


@pytest.mark.django_db
def test_characters_that_no_database_takes_are_left_out():
    load(json.dumps(schedule_json(event(title="Ri\x00vers\ud800"))))
    assert Session.objects.get().title_en == "Rivers"


@pytest.mark.django_db
def test_a_text_too_long_for_a_record_is_cut_and_told():
    text = "mud " * (LONGEST // 4 + 1)
    report = load(schedule_json(event(abstract=f"<p>{text}</p>")))
    assert len(Session.objects.get().abstract_en) <= LONGEST
    said = f"longer than {LONGEST} characters and was cut."
    assert said in "\n".join(str(part) for part in report.sections())


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["", "No Slug", "../x", "a--b", "x" * 61])
def test_an_address_that_is_none_is_refused(slug):
    with pytest.raises(RefusedError, match="is no address of an edition"):
        load(schedule_json(), slug)


@pytest.mark.django_db
def test_a_mapping_to_no_topic_is_refused():
    with pytest.raises(RefusedError, match="row 2: There is no topic “mud”"):
        load(schedule_json(), topics={"Mud": ("mud", "row 2")})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=6,
)
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content):
    with contextlib.suppress(RefusedError):
        assert read(content).sessions is not None


KEYS = [
    *("date", "start", "duration", "room", "slug", "track", "type", "language"),
    *("abstract", "persons", "links"),
]


@QUICK
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_any_values_in_a_session_are_read(fields):
    assert len(read(json.dumps(schedule_json(event(**fields))).encode()).sessions) == 1


@QUICK
@given(st.sampled_from(["conference", "days", "rooms", "events"]), ANYTHING)
def test_any_values_in_the_place_of_lists_are_read_or_refused(key, value):
    data = schedule_json(event())
    data["schedule"][key] = value
    data["schedule"]["conference"] = data["schedule"].get("conference")
    for content in (data, {key: value}, {"sessions": [value]}, {"talks": value}):
        with contextlib.suppress(RefusedError):
            assert read(json.dumps(content).encode()).sessions is not None
