"""Each format is read into the same shape, with what cannot be kept by name."""

import datetime
import json

import pytest

from exchange.schedules.importing.kinds import format_of
from exchange.schedules.languages import columns, read_languages
from exchange.schedules.reading import read
from exchange.schedules.shape import RefusedError
from exchange.schedules.times import read_clock, read_date, read_duration
from exchange.schedules.topics import read_topics
from records.markup import to_markdown
from sessions.models import Edition, Session
from tests.exchange.schedules import GUID, load, section

PERSON = {
    "first_name": "Ana",
    "last_name": "Ruiz",
    "fullName": "Ruiz, Ana",
    "affiliation": "GIZ",
    "emailHash": "0123456789abcdef",
    "person_id": "4",
}


def when(time, zone="UTC", date="2025-05-01"):
    return {"date": date, "time": time, "tz": zone}


INDICO = {
    "_type": "HTTPAPIResult",
    "url": "https://indico.example.org/export/event/1.json",
    "results": [
        {
            "title": "Rivers 2025",
            "timezone": "Asia/Shanghai",
            "startDate": when("23:00:00", date="2025-04-30"),
            "endDate": when("09:00:00"),
            "contributions": [
                {
                    "id": "3",
                    "title": "Silt",
                    "description": "<p>On <i>silt</i></p>",
                    "session": "Morning",
                    "startDate": when("01:00:00"),
                    "duration": 20,
                    "room": "Hall",
                    "speakers": [PERSON],
                    "coauthors": [
                        PERSON | {"first_name": "Bo", "fullName": "Ruiz, Bo"}
                    ],
                }
            ],
        }
    ],
}
TIMETABLE = {
    "_type": "HTTPAPIResult",
    "url": "https://indico.example.org/export/timetable/1.json",
    "results": {
        "1": {
            "20250501": {
                "s1": {
                    "entryType": "Session",
                    "title": "Morning",
                    "room": "Hall",
                    "conveners": [PERSON],
                    "entries": {
                        "c3": {
                            "entryType": "Contribution",
                            "contributionId": "3",
                            "title": "Silt",
                            "startDate": when("09:00:00", "Asia/Shanghai"),
                            "endDate": when("09:20:00", "Asia/Shanghai"),
                            "presenters": [PERSON],
                        }
                    },
                },
                "b4": {
                    "entryType": "Break",
                    "title": "Tea",
                    "startDate": when("10:00:00", "Asia/Shanghai"),
                    "duration": 30,
                },
                "s5": {
                    "entryType": "Session",
                    "title": "Plenary talk",
                    "startDate": when("11:00:00", "Asia/Shanghai"),
                    "duration": 30,
                    "conveners": [PERSON],
                    "entries": {},
                },
            }
        }
    },
}
COSCUP = {
    "sessions": [
        {
            "id": "AB12CD",
            "type": "t1",
            "room": "R1",
            "start": "2025-05-01T10:00:00+08:00",
            "end": "2025-05-01T10:30:00+08:00",
            "language": "中文",
            "zh": {"title": "淤泥", "description": "一样"},
            "en": {"title": "Silt", "description": "一样"},
            "speakers": ["s1"],
            "tags": ["zh"],
            "record": "https://youtu.be/x",
            "qa": None,
            "uri": "https://coscup.example.org/2025/AB12CD",
        }
    ],
    "speakers": [
        {
            "id": "s1",
            "avatar": "a.png",
            "zh": {"name": "李伟"},
            "en": {"name": "Li Wei"},
        }
    ],
    "session_types": [
        {"id": "t1", "zh": {"name": "工作坊"}, "en": {"name": "Workshop"}}
    ],
    "rooms": [{"id": "R1", "zh": {"name": "一号厅"}, "en": {"name": "Hall 1"}}],
    "tags": [{"id": "zh", "zh": {"name": "中文"}, "en": {"name": "Chinese"}}],
}
API = {
    "count": 1,
    "next": None,
    "results": [
        {
            "code": "AB12CD",
            "title": "Silt",
            "abstract": "Short.",
            "description": "Long.",
            "submission_type": {"en": "Workshop"},
            "track": {"en": "Mud"},
            "state": "confirmed",
            "content_locale": "en",
            "do_not_record": True,
            "speakers": [{"code": "S1", "name": "Ana Ruiz", "biography": "*Here*"}],
            "slots": [
                {
                    "start": "2025-05-01T10:00:00+08:00",
                    "end": "2025-05-01T10:30:00+08:00",
                    "room": {"id": 1, "name": {"en": "Hall", "zh-hans": "大厅"}},
                },
                {
                    "start": "2025-05-02T10:00:00+08:00",
                    "room": {"name": {"en": "Hall"}},
                },
            ],
        },
        {"code": "ZZ", "title": "Not taken", "state": "rejected"},
    ],
}
WIDGET = {
    "timezone": "Asia/Shanghai",
    "event_start": "2025-05-01",
    "rooms": [{"id": 1, "name": {"en": "Hall"}}],
    "tracks": [{"id": 2, "name": {"en": "Mud"}, "color": "#fff"}],
    "speakers": [{"code": "S1", "name": "Ana Ruiz"}],
    "talks": [
        {
            "code": "AB12CD",
            "title": "Silt",
            "track": 2,
            "room": 1,
            "speakers": ["S1"],
            "start": "2025-05-01T10:00:00+08:00",
            "duration": 30,
        },
        {"title": {"en": "Lunch"}, "start": "2025-05-01T12:00:00+08:00"},
    ],
}
VOC_2 = {
    "schedule": {
        "version": "2",
        "conference": {
            "title": "Rivers",
            "time_zone_name": "Europe/Berlin",
            "rooms": [{"guid": GUID.format(1), "name": "Hall", "capacity": 5}],
            "tracks": [{"slug": "mud", "name": "Mud"}],
            "days": [
                {
                    "index": 1,
                    "date": "2025-05-01",
                    "start": "2025-05-01T06:00:00+02:00",
                    "end": "2025-05-02T06:00:00+02:00",
                },
                {"index": 2, "date": "2025-05-02"},
            ],
        },
        "persons": [{"guid": GUID.format(5), "name": "Ana Ruiz", "biography": "Here."}],
        "events": [
            {
                "guid": GUID.format(2),
                "code": "AB12CD",
                "title": "Night talk",
                "type": "DISCUSSION",
                "state": "CANCELED",
                "track": {"slug": "mud"},
                "room": {"guid": GUID.format(1)},
                "start": "2025-05-02T00:30:00+02:00",
                "end": "2025-05-02T01:00:00+02:00",
                "abstract": {"en": "In English", "zh": "中文"},
                "participants": [
                    {"guid": GUID.format(5), "name": "Ana Ruiz", "role": "MODERATOR"}
                ],
                "links": [{"url": "https://example.org/f", "type": "FEEDBACK"}],
                "attachments": [{"url": "https://example.org/s", "type": "SLIDES"}],
            },
            {
                "type": "BREAK",
                "title": "Lunch",
                "start": "2025-05-01T12:00:00+02:00",
                "end": "2025-05-01T13:00:00+02:00",
            },
        ],
    }
}
CSV = """\ufeffid;title_en;标题;day;date;start;end;room_en;type;speakers;moderators;x
S07;Silt;淤泥;1;2025-05-01;09:30;10:15;Hall;workshop;Ana Ruiz (GIZ)；李伟;Bo Lind;x
S08;;沙;1;2025-05-01;23:30;00:15;Hall;;;;
"""


def rows():
    """Return what stands in each session after an import."""
    return [
        (
            session.code,
            session.title_en,
            session.title_zh_hans,
            session.day.number,
            f"{session.starts_at.astimezone(session.edition.zone):%d %H:%M}",
            session.room and session.room.name_en,
            session.track,
            session.format,
            [
                (c.person.name_en or c.person.name_zh_hans, c.role)
                for c in session.contributions.all()
            ],
        )
        for session in Session.objects.order_by("position")
    ]


ANA = ("Ana Ruiz", "speaker")
CHAIR = ("Ana Ruiz", "moderator")
TABLE = [ANA, ("李伟", "speaker"), ("Bo Lind", "moderator")]
EXPECTED = {
    "indico": (
        INDICO,
        [("3", "Silt", "", 1, "01 09:00", "Hall", "Morning", "plenary", [ANA])],
    ),
    "timetable": (
        TIMETABLE,
        [
            ("3", "Silt", "", 1, "01 09:00", "Hall", "Morning", "plenary", [ANA]),
            ("S01", "Tea", "", 1, "01 10:00", None, "", "break", []),
            ("S02", "Plenary talk", "", 1, "01 11:00", None, "", "plenary", [CHAIR]),
        ],
    ),
    "coscup": (
        COSCUP,
        [("AB12CD", "Silt", "淤泥", 1, "01 10:00", "Hall 1", "Workshop")],
    ),
    "api": (
        API,
        [
            ("AB12CD", "Silt", "", 1, "01 10:00", "Hall", "Mud", "workshop", [ANA]),
            ("AB12CD-2", "Silt", "", 2, "02 10:00", "Hall", "Mud", "workshop", [ANA]),
        ],
    ),
    "widget": (
        WIDGET,
        [
            ("AB12CD", "Silt", "", 1, "01 10:00", "Hall", "Mud", "plenary", [ANA]),
            ("S01", "Lunch", "", 1, "01 12:00", None, "", "break", []),
        ],
    ),
    "voc 2": (
        VOC_2,
        [
            ("AB12CD", "Night talk", "", 1, "02 00:30", "Hall", "Mud", "roundtable"),
            ("S01", "Lunch", "", 1, "01 12:00", None, "", "break", []),
        ],
    ),
    "csv": (
        CSV,
        [
            ("S07", "Silt", "淤泥", 1, "01 09:30", "Hall", "", "workshop", TABLE),
            ("S08", "", "沙", 1, "01 23:30", "Hall", "", "plenary", []),
        ],
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXPECTED)
def test_every_format_makes_sessions_and_none_twice(name):
    content, expected = EXPECTED[name]
    load(content)
    assert [row[: len(want)] for row, want in zip(rows(), expected, strict=True)] == (
        expected
    )
    assert not load(content).changes_anything


@pytest.mark.django_db
def test_one_text_in_two_languages_is_one_text():
    load(COSCUP)
    session = Session.objects.get()
    assert (session.abstract_en, session.abstract_zh_hans) == ("", "一样")
    person = session.contributions.get().person
    assert (person.name_en, person.name_zh_hans) == ("Li Wei", "李伟")


@pytest.mark.django_db
def test_version_2_keeps_states_languages_and_materials():
    report = load(VOC_2)
    session = Session.objects.get(code="AB12CD")
    assert session.event_status == "cancelled"
    assert (session.abstract_en, session.abstract_zh_hans) == ("In English", "中文")
    assert session.materials.get().kind == "slides"
    lost = section(report, "What the file says and cannot be kept")
    assert sorted(line.partition(":")[0] for line in lost) == [
        "event/links (feedback)",
        "room/capacity",
        "type “DISCUSSION”, kept as “Roundtable”",
    ]


@pytest.mark.django_db
def test_indico_hides_the_hash_of_an_address():
    load(INDICO)
    assert Edition.objects.get().starts_on == datetime.date(2025, 5, 1)
    person = Session.objects.get().contributions.get().person
    assert person.sort_name == "Ruiz, Ana"
    values = person.external_ids.values_list("value", flat=True)
    assert len(values) == 2
    assert PERSON["emailHash"] not in values


@pytest.mark.django_db
def test_a_csv_row_ends_after_midnight_and_names_people_on_record():
    load(CSV)
    late = Session.objects.get(code="S08")
    assert late.ends_at - late.starts_at == datetime.timedelta(minutes=45)
    load("code,title_en,speakers\nS01,More,Somebody [ana-ruiz]", "2026")
    named = Session.objects.get(edition__slug="2026").contributions.get().person
    assert named.slug == "ana-ruiz"


def test_the_first_line_of_excel_is_no_row():
    schedule = read(b"sep=;\r\nTitle;Track\r\nOne;Mud\r\n")
    assert [(s.title, s.track) for s in schedule.sessions] == [({"en": "One"}, "Mud")]


def test_speakers_named_by_their_code_alone_are_no_people():
    talk = {"code": "ABC", "title": "One", "speakers": ["XYZ7"]}
    schedule = read(json.dumps({"results": [talk]}).encode())
    assert schedule.people == {}
    told = ("$.results[0].speakers[0]", "There is no speaker “XYZ7” in the file.")
    assert schedule.notes[0] == told


def test_tracks_of_xml_may_have_a_list_of_their_own():
    head = "<tracks><track slug='m'>Mud</track><track slug='s'>Stone</track></tracks>"
    told = '<schedule xmlns:x="http://www.w3.org/2001/XMLSchema-instance" '
    told += (
        f'x:noNamespaceSchemaLocation="a"><conference>{head}</conference></schedule>'
    )
    assert read(told.encode()).lost == {}


def test_a_format_that_is_named_is_not_guessed():
    with pytest.raises(RefusedError, match="not in the format “indico”"):
        read(json.dumps(COSCUP).encode(), "indico")


@pytest.mark.parametrize(
    ("text", "markdown", "lost"),
    [
        ("plain < text & *more*", "plain < text & *more*", {}),
        ("<p>One</p><p>Two <b>b</b></p>", "One\n\nTwo **b**", {}),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b", {}),
        ('<a href="https://x.org/a b">x</a> _y_', "[x](https://x.org/a%20b) _y_", {}),
        ("<p>a<script>alert(1)</script></p>", "a", {"script": 1}),
        ("<div>" * 2000 + "a <b>b</b>", "a **b**", {"div": 2000, "b": 1}),
        ("# Title\n\n<small>s</small>&nbsp;", "# Title\n\ns", {"small": 1}),
        ("see <your name> & <u>this</u>", "see <your name> & this", {"u": 1}),
        ("AT&amp;T", "AT&T", {}),
        ('<p><img src="x.png" alt="A map"></p>', "A map", {"img": 1}),
        ("<b>open", "**open", {}),
    ],
)
def test_html_becomes_markdown_and_what_is_lost_is_counted(text, markdown, lost):
    assert to_markdown(text) == (markdown, lost)


@pytest.mark.parametrize(
    ("words", "hint", "expected"),
    [
        ({"": "Rivers"}, "", ("Rivers", "", "")),
        ({"": "河流"}, "en", ("", "河流", "")),
        ({"": "Flüsse"}, "de", ("Flüsse", "", "de")),
        ({"": "川の流れ"}, "", ("川の流れ", "", "ja")),
        ({"en": "Rivers", "zh-tw": "河流"}, "", ("Rivers", "河流", "")),
        ({"en": "Rivers", "zh": "Rivers"}, "zh", ("Rivers", "", "")),
        ({"de": "Flüsse", "en": "Rivers"}, "", ("Rivers", "", "")),
        ({"de": "Flüsse"}, "", ("Flüsse", "", "de")),
        ({"": "An interview with 王小明 on rivers"}, "", None),
        ({}, "", ("", "", "")),
    ],
)
def test_texts_find_the_column_of_their_language(words, hint, expected):
    assert columns(words, hint) == (expected or (words[""], "", ""))


@pytest.mark.parametrize(
    ("text", "codes", "unknown"),
    [
        ("en", ["en"], []),
        ("de-formal", ["de"], []),
        ("zh-TW", ["zh"], []),
        ("German, English", ["de", "en"], []),
        ("中文/日本語", ["zh", "ja"], []),
        ("Klingon", [], ["Klingon"]),
        ("", [], []),
    ],
)
def test_languages_are_read_by_any_of_their_names(text, codes, unknown):
    assert read_languages(text) == (codes, unknown)


def test_durations_dates_and_clocks_are_read_however_they_are_written():
    minutes = {
        "00:30": 30,
        "1:30": 90,
        "30": 30,
        "01:00:00": 60,
        "1:00:00:00": 1440,
        "PT1H30M": 90,
    }
    for text, length in minutes.items():
        assert read_duration(text) == datetime.timedelta(minutes=length)
    for text in ("", "00:00", "-1:00", "soon", "9" * 30, "1:2:3:4:5", "nan"):
        assert read_duration(text) is None
    assert read_date("20250501") == read_date("2025-5-1") == datetime.date(2025, 5, 1)
    assert read_date("2025年5月1日") == datetime.date(2025, 5, 1)
    assert read_date("2025-02-30") is None
    assert read_clock("9:05") == read_clock("09：05") == datetime.time(9, 5)
    assert read_clock("24:00") is None


@pytest.mark.parametrize(
    ("text", "title", "word"),
    [
        ("lecture", "", "plenary"),
        ("Workshop", "", "workshop"),
        ("side-event", "", "side-event"),
        ("圆桌讨论", "", "roundtable"),
        ("PANEL", "", "roundtable"),
        ("", "Coffee break", "break"),
        ("", "How to break things", "plenary"),
        ("collaboration", "", "plenary"),
    ],
)
def test_types_find_a_format_of_ours(text, title, word):
    assert format_of(text, title) == word


def test_a_mapping_names_the_row_that_is_wrong():
    good = b"track,topic-slug\nMud,silt\n\n"
    assert read_topics(good, "t.csv") == {"Mud": ("silt", "t.csv row 2")}
    with pytest.raises(RefusedError, match="row 2: A row of a mapping has"):
        read_topics(b"track,topic-slug\nMud", "t.csv")
    with pytest.raises(RefusedError, match="The first row of a mapping"):
        read_topics(b"a,b", "t.csv")
