"""Calendar files: what is in them, who may see it, and that they stay the same."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from sessions.calendar import zone
from sessions.content_lines import ContentLines
from sessions.models import EditionDay, Room, Session
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
    make_topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def at(text, name="Asia/Shanghai"):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(name))


@pytest.fixture
def edition():
    return make_edition(
        slug="2026",
        year=2026,
        name_en="Forum 2026",
        name_zh_hans="2026年论坛",
        venue_en="Hall, East",
        city_en="Chengdu",
        city_zh_hans="成都",
        starts_on=datetime.date(2026, 9, 1),
        ends_on=datetime.date(2026, 9, 2),
    )


@pytest.fixture
def day(edition):
    date = datetime.date(2026, 9, 1)
    return EditionDay.objects.create(edition=edition, number=1, date=date)


def read(client, path):
    """Return the calendar at an address, parsed."""
    response = client.get(path)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return Calendar.from_ical(response.content)


def summaries(client, path):
    return [str(event["SUMMARY"]) for event in read(client, path).walk("VEVENT")]


def test_an_event_tells_all_that_a_calendar_can_show(client, edition, day):
    room = Room.objects.create(
        edition=edition, name_en="Room A", name_zh_hans="甲厅", slug="a"
    )
    session = make_session(
        edition=edition,
        day=day,
        slug="cobalt",
        title_en="Cobalt; costs, risks",
        title_zh_hans="钴；成本",
        abstract_en="First line.\n\nSecond line.",
        room=room,
        starts_at=at("2026-09-01T09:00"),
        ends_at=at("2026-09-01T10:30"),
        stream_url="https://stream.example.org/a",
        topics=[make_topic(label_en="Labour", label_zh_hans="劳工")],
    )
    person = make_person(name_en="Ana")
    make_contribution(session, person, organization=make_organization(name_en="ILO"))
    make_contribution(session, make_organization(name_en="GIZ"), "host")
    event = read(client, "/en/sessions/cobalt.ics").events[0]
    told = {
        name: event[name].to_ical().decode()
        for name in ("UID", "SUMMARY", "LOCATION", "SEQUENCE", "STATUS", "URL")
    }
    assert told == {
        "UID": str(session.uid),
        "SUMMARY": r"Cobalt\; costs\, risks",
        "LOCATION": r"Room A\, Hall\, East\, Chengdu",
        "SEQUENCE": "0",
        "STATUS": "CONFIRMED",
        "URL": "http://testserver/en/sessions/cobalt/",
    }
    assert str(event["DESCRIPTION"]) == (
        "First line.\n\nSecond line.\n\nSpeaker: Ana (ILO)\nHost: GIZ\n\n"
        "http://testserver/en/sessions/cobalt/"
    )
    assert event["SUMMARY"].params == {"LANGUAGE": "en"}
    assert (event.start, event.end) == (session.starts_at, session.ends_at)
    assert event["DTSTART"].params == {"TZID": "Asia/Shanghai"}
    assert event["CONFERENCE"].params["FEATURE"] == "VIDEO"
    chinese = read(client, "/zh-hans/sessions/cobalt.ics").events[0]
    assert str(chinese["SUMMARY"]) == "钴；成本"
    assert chinese["SUMMARY"].params == {"LANGUAGE": "zh-Hans"}
    assert chinese["DESCRIPTION"].params == {"LANGUAGE": "en"}
    assert chinese["CATEGORIES"].to_ical().decode() == "劳工"
    assert chinese["UID"] == event["UID"]


def test_the_calendar_names_itself_for_old_and_new_programs(client, edition):
    calendar = read(client, "/en/editions/2026/programme.ics?day=&format=workshop")
    assert {
        name: calendar[name].to_ical().decode()
        for name in calendar
        if name not in {"UID", "DESCRIPTION", "X-WR-CALDESC"}
    } == {
        "VERSION": "2.0",
        "PRODID": "-//Forum Portal//Calendar//EN",
        "CALSCALE": "GREGORIAN",
        "NAME": r"Programme\, 2026: Workshop",
        "X-WR-CALNAME": r"Programme\, 2026: Workshop",
        "URL": "http://testserver/en/editions/2026/programme/?format=workshop",
        "SOURCE": "http://testserver/en/editions/2026/programme.ics?format=workshop",
        "REFRESH-INTERVAL": "PT1H",
        "X-PUBLISHED-TTL": "PT1H",
    }
    assert calendar["SOURCE"].params == {"VALUE": "URI"}
    assert calendar["REFRESH-INTERVAL"].params == {"VALUE": "DURATION"}


def test_without_a_clock_time_a_session_takes_its_day_or_is_left_out(
    client, edition, day
):
    make_session(edition=edition, day=day, title_en="Whole day", slug="whole")
    make_session(edition=edition, title_en="No day", slug="no-day")
    calendar = read(client, "/en/editions/2026/programme.ics")
    [event] = calendar.events
    assert (event["SUMMARY"], event["TRANSP"]) == ("Whole day", "TRANSPARENT")
    assert [event[name].to_ical() for name in ("DTSTART", "DTEND")] == [
        b"20260901",
        b"20260902",
    ]
    left = "1 session is left out: its date is not on record."
    assert str(calendar["DESCRIPTION"]).endswith(left)
    page = client.get("/en/editions/2026/programme/").text
    assert left in page
    assert 'href="/en/editions/2026/programme.ics"' in page
    assert 'href="webcal://testserver/en/editions/2026/programme.ics"' in page
    alone = client.get("/en/sessions/no-day/").text
    assert "There is no calendar file: the date of this session" in alone
    assert "no-day.ics" not in alone


def test_a_calendar_without_events_is_valid_all_the_same(client, edition):
    assert [
        c.name for c in read(client, "/en/editions/2026/programme.ics").subcomponents
    ] == ["VTIMEZONE"]
    assert summaries(client, "/en/editions/2026.ics") == ["Forum 2026"]


def test_a_cancelled_session_says_so_and_a_moved_one_counts_its_changes(
    client, edition, day
):
    make_session(edition=edition, day=day, slug="off", event_status="cancelled")
    moved = make_session(edition=edition, day=day, slug="on", event_status="moved")
    Session.objects.filter(pk=moved.pk).update(sequence=3)
    said = {
        slug: [event["STATUS"], event["SEQUENCE"]]
        for slug in ("off", "on")
        for event in read(client, f"/en/sessions/{slug}.ics").events
    }
    assert said == {"off": ["CANCELLED", 0], "on": ["CONFIRMED", 3]}


def test_each_record_has_the_calendar_of_its_public_sessions(client, edition, day):
    broad = make_topic(slug="broad")
    narrow = make_topic(slug="narrow", parent=broad)
    person, body = make_person(slug="ana"), make_organization(slug="ilo")
    shown = make_session(edition=edition, day=day, title_en="Shown", topics=[narrow])
    hidden = make_session(
        edition=edition, day=day, title_en="Hidden", topics=[narrow], state="draft"
    )
    secret = make_edition(state="draft")
    inside = make_session(
        edition=secret, title_en="Inside", starts_at=at("2026-09-01T09:00")
    )
    for session in (shown, hidden, inside):
        make_contribution(session, person)
        make_contribution(session, body)
    make_session(edition=edition, day=day, title_en="Other")
    found = {
        path: summaries(client, f"/en/{path}.ics")
        for path in (
            "people/ana",
            "organizations/ilo",
            "topics/broad",
            "topics/narrow",
            "editions/2026",
            "sessions",
        )
    }
    assert found == {
        "people/ana": ["Shown"],
        "organizations/ilo": ["Shown"],
        "topics/broad": ["Shown"],
        "topics/narrow": ["Shown"],
        "editions/2026": ["Forum 2026", "Shown", "Other"],
        "sessions": ["Shown", "Other"],
    }
    for path in ("people/ana", "organizations/ilo", "topics/broad"):
        assert f'href="/en/{path}.ics"' in client.get(f"/en/{path}/").text


def test_what_is_not_public_is_named_nowhere_in_a_calendar(client, edition, day):
    session = make_session(
        edition=edition, day=day, topics=[make_topic(label_en="Secret", state="draft")]
    )
    make_contribution(session, make_person(name_en="Draftee", state="draft"))
    shy = make_person(name_en="Shy", listed=False)
    make_contribution(session, shy, organization=make_organization(name_en="Employer"))
    text = client.get("/en/editions/2026.ics").text.replace("\r\n ", "")
    assert "Speaker: Shy\\n" in text
    assert not [word for word in ("Secret", "Draftee", "Employer") if word in text]


def test_any_filter_of_the_page_narrows_the_file(client, edition, day):
    second = EditionDay.objects.create(edition=edition, number=2)
    room = Room.objects.create(edition=edition, name_en="Room A", slug="a")
    make_session(edition=edition, day=day, title_en="One", room=room)
    make_session(
        edition=edition, day=second, title_en="Two", starts_at=at("2026-09-02T09:00")
    )
    found = {
        query: summaries(client, f"/en/{query}")
        for query in (
            "editions/2026/programme.ics?day=2",
            "editions/2026/programme.ics?room=a",
            "sessions.ics?q=two&edition=2026&page=9&nonsense=1&sort=name",
        )
    }
    assert list(found.values()) == [["Two"], ["One"], ["Two"]]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("sessions.ics?topic=nope&topic=%00", "topic"),
        ("sessions.ics?year_from=soon", "year_from"),
        ("editions/2026/programme.ics?format=dance", "format"),
        ("agenda.ics?edition=1999&s=S1", "edition"),
    ],
)
def test_a_bad_filter_is_refused_by_name(client, edition, path, parameter):
    for language in ("en", "zh-hans"):
        response = client.get(f"/{language}/{path}")
        assert response.status_code == 400
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert f"\n{parameter}: " in response.text


def test_the_file_moves_and_goes_as_its_page_does(client, edition, day):
    session = make_session(edition=edition, day=day, slug="first")
    session.slug = "second"
    session.save()
    moved = client.get("/zh-hans/sessions/first.ics")
    assert (moved.status_code, moved["Location"]) == (
        301,
        "/zh-hans/sessions/second.ics",
    )
    session.state = "withdrawn"
    session.save()
    make_session(edition=edition, slug="draft", state="draft")
    answers = {
        path: client.get(f"/en/{path}").status_code
        for path in (
            "sessions/second.ics",
            "sessions/draft.ics",
            "sessions/never.ics",
            "editions/never/programme.ics",
        )
    }
    assert list(answers.values()) == [410, 404, 404, 404]
    neutral = client.get("/editions/2026/programme.ics?day=1", follow=False)
    assert neutral["Location"] == "/en/editions/2026/programme.ics?day=1"


def test_the_same_content_gives_the_same_bytes_and_304(client, edition, day):
    session = make_session(edition=edition, day=day, title_zh_hans="钴" * 90)
    long_ago = timezone.now() - datetime.timedelta(days=3)
    for model in (Session, type(edition), EditionDay):
        model.history.update(history_date=long_ago)
    path = "/zh-hans/editions/2026.ics"
    first, again = client.get(path), client.get(path)
    assert first.content == again.content
    lines = first.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode() is not None for line in lines)
    tag, date = first["ETag"], first["Last-Modified"]
    asked = {
        "the tag": {"if-none-match": tag},
        "weak": {"if-none-match": f"W/{tag}"},
        "a list": {"if-none-match": f'"other", W/{tag}'},
        "anything": {"if-none-match": "*"},
        "the date": {"if-modified-since": date},
        "another tag": {"if-none-match": '"other"', "if-modified-since": date},
        "unquoted": {"if-none-match": tag.strip('"')},
    }
    answers = {
        name: client.get(path, headers=headers).status_code
        for name, headers in asked.items()
    }
    assert answers == dict.fromkeys(asked, 304) | {"another tag": 200, "unquoted": 200}
    head = client.head(path)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", tag)
    session.state = "draft"
    session.save()
    for headers in asked["the tag"], asked["the date"]:
        assert client.get(path, headers=headers).status_code == 200


def stamp(client, path="/en/editions/2026/programme.ics"):
    return read(client, path).events[0]["DTSTAMP"].dt


def test_the_stamp_changes_with_what_the_event_tells_and_with_nothing_else(
    client, edition, day
):
    session = make_session(edition=edition, day=day)
    past = timezone.now().replace(microsecond=0) - datetime.timedelta(days=9)
    Session.objects.filter(pk=session.pk).update(updated_at=past)
    for model in (Session, type(edition), EditionDay):
        model.history.update(history_date=past)
    assert stamp(client) == past
    make_session(edition=edition)
    edition.notice_en = "Rain today."
    edition.save()
    assert stamp(client) == past
    edition.venue_en = "Another hall"
    edition.save()
    assert stamp(client) > past
    type(edition).history.update(history_date=past)
    assert stamp(client) == past
    make_contribution(session, make_person())
    assert stamp(client) > past


@pytest.mark.either_database
def test_a_file_costs_the_same_number_of_queries_whatever_its_size(client, edition):
    counts = {}
    for size in (1, 30):
        for n in range(size):
            session = make_session(edition=edition, topics=[make_topic()])
            Session.objects.filter(pk=session.pk).update(
                starts_at=at("2026-09-01T09:00") + datetime.timedelta(hours=n)
            )
            make_contribution(session, make_person())
        for path in (
            "editions/2026.ics",
            "editions/2026/programme.ics?format=plenary",
            "agenda.ics?edition=2026&s=" + session.code,
        ):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/en/{path}")
            counts.setdefault(path.partition("?")[0], []).append(len(queries))
    assert counts == {
        "editions/2026.ics": [9, 9],
        "editions/2026/programme.ics": [9, 9],
        "agenda.ics": [10, 10],
    }


def test_an_agenda_file_outlives_a_session_of_it(client, edition, day):
    for code in ("S01", "S02"):
        make_session(edition=edition, day=day, code=code, title_en=code)
    path = "/en/agenda.ics?edition=2026&s=S02.S01.S99.S02"
    assert summaries(client, path) == ["S01", "S02"]
    Session.objects.filter(code="S02").update(state="withdrawn")
    assert summaries(client, path) == ["S01"]


@pytest.mark.parametrize(
    ("name", "summer", "winter"),
    [
        ("America/St_Johns", "-0230", "-0330"),
        ("Australia/Lord_Howe", "+1030", "+1100"),
        ("Asia/Kolkata", "+0530", "+0530"),
        ("Europe/Dublin", "+0100", "+0000"),
    ],
)
def test_a_zone_is_told_in_full_also_where_half_hours_count(name, summer, winter):
    made = Calendar.from_ical(
        "BEGIN:VCALENDAR\r\n" + zone(name, 2026, 2026).decode() + "END:VCALENDAR"
    )
    [told] = made.walk("VTIMEZONE")
    read_back = told.to_tz(lookup_tzid=False)
    for month, offset in ((7, summer), (12, winter)):
        moment = datetime.datetime(2026, month, 1, 12, tzinfo=read_back)
        assert f"{moment:%z}" == offset
        assert moment.utcoffset() == moment.replace(tzinfo=ZoneInfo(name)).utcoffset()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        # Forth at 02:00, back at 03:00: each as the clock stood before.
        ("Europe/Berlin", ["20260329T020000 +0100", "20261025T030000 +0200"]),
        ("Australia/Lord_Howe", ["20260405T020000 +1100", "20261004T020000 +1030"]),
        ("America/New_York", ["20260308T020000 -0500", "20261101T020000 -0400"]),
        # Four weeks of winter time, for Ramadan
        ("Africa/Casablanca", ["20260215T030000 +0100", "20260322T020000 +0000"]),
        ("Asia/Kolkata", []),
    ],
)
def test_a_change_of_the_clocks_is_told_by_the_clock_as_it_stood_before(name, told):
    made = Timezone.from_ical(zone(name, 2026, 2026))
    onsets = [
        f"{part.DTSTART:%Y%m%dT%H%M%S} {part['TZOFFSETFROM'].to_ical()}"
        for part in made.subcomponents
        if part.TZOFFSETFROM != part.TZOFFSETTO
    ]
    assert onsets == told


def test_an_hour_that_the_clocks_repeat_is_told_so_that_its_turns_differ(client):
    edition = make_edition(time_zone="Europe/Berlin")
    first = datetime.datetime(2027, 10, 31, 0, 30, tzinfo=datetime.UTC)
    hour = datetime.timedelta(hours=1)
    for turn in range(2):
        start = first + turn * hour
        end = start + hour / 2
        make_session(edition=edition, starts_at=start, ends_at=end, position=turn)
    lines = client.get("/en/sessions.ics").text.split("\r\n")
    times = [
        line
        for line in lines
        if line.startswith(("DTSTART", "DTEND")) and "2027" in line
    ]
    assert times[-4:] == [
        "DTSTART;TZID=Europe/Berlin:20271031T023000",
        "DTEND:20271031T010000Z",
        "DTSTART:20271031T013000Z",
        "DTEND;TZID=Europe/Berlin:20271031T030000",
    ]


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=120))
def test_any_text_survives_folding_and_escaping(text):
    lines = ContentLines()
    lines.add("BEGIN", "VCALENDAR")
    lines.add_text("DESCRIPTION", text, LANGUAGE=text)
    lines.add("END", "VCALENDAR")
    written = lines.to_bytes()
    assert max(len(line) for line in written.split(b"\r\n")) <= 75
    kept = "".join(c for c in text if c == "\n" or not (ord(c) < 32 or ord(c) == 127))
    assert str(Calendar.from_ical(written)["DESCRIPTION"]) == kept
