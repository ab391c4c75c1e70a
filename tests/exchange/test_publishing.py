"""Schedules that other programs read: valid, stable, and of public things only."""

import datetime
import json
import uuid

import pytest
from django.utils import timezone
from lxml import etree

from sessions.models import EditionDay, Material, Room, SpokenLanguage
from tests.exchange.schemas import faults_of_json, faults_of_xml
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
)
from tests.sessions.samples import HOUR, MORNING, hide

pytestmark = pytest.mark.django_db

GUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


@pytest.fixture
def edition():
    return make_edition(
        slug="2026",
        name_en="Forum 2026",
        name_zh_hans="2026论坛",
        starts_on="2026-09-21",
        ends_on="2026-09-22",
        time_zone="Asia/Shanghai",
    )


def read_json(client, slug="2026", language="en"):
    """Return the schedule of an edition after the JSON schema has passed it."""
    response = client.get(f"/{language}/editions/{slug}/programme.json")
    assert response.status_code == 200, response.content
    assert faults_of_json(response.content) == []
    return json.loads(response.content)["schedule"]


def read_xml(client, slug="2026", language="en"):
    """Return the root of the schedule of an edition after the XSD has passed it."""
    response = client.get(f"/{language}/editions/{slug}/programme.xml")
    assert response.status_code == 200, response.content
    assert faults_of_xml(response.content) == []
    return etree.fromstring(response.content)


def events(schedule):
    """Return the events of a schedule JSON in the order of the file."""
    return [
        event
        for day in schedule["conference"]["days"]
        for held in day["rooms"].values()
        for event in held
    ]


def only_event(client, **options):
    """Return the one event of the edition, from JSON and from XML."""
    [event] = events(read_json(client, **options))
    [element] = read_xml(client, **options).iter("event")
    return event, element


def test_a_session_is_written_with_all_its_parts(client, edition):
    day = EditionDay.objects.create(edition=edition, number=2, date="2026-09-21")
    room = Room.objects.create(edition=edition, name_en="Hall A", slug="hall-a")
    session = make_session(
        edition=edition,
        slug="2026-tailings",
        code="S07",
        guid=GUID,
        title_en="Tailings & water",
        title_zh_hans="尾矿与水",
        subtitle_en="A workshop",
        abstract_en="*Who* pays?\n\nAnd when?",
        track="Water",
        format="workshop",
        day=day,
        room=room,
        starts_at=MORNING,
        ends_at=MORNING + 1.5 * HOUR,
        stream_url="https://example.org/stream",
    )
    SpokenLanguage.objects.create(session=session, language="en")
    SpokenLanguage.objects.create(session=session, language="fr", interpreted=True)
    Material.objects.create(
        session=session, kind="slides", url="https://example.org/s.pdf", title_en="S"
    )
    Material.objects.create(session=session, kind="paper", availability="expected")
    person = make_person(name_en="Ngozi Okafor", slug="ngozi-okafor", uid=GUID)
    make_contribution(session, person, role="moderator")
    make_contribution(session, make_organization())
    number = GUID.int >> 97
    link = {"url": "https://example.org/stream", "type": "media", "title": "Stream"}
    paper = {"url": "https://example.org/s.pdf", "type": "slides", "title": "S"}
    event, element = only_event(client)
    assert event == {
        "guid": str(GUID),
        "id": number,
        "code": "S07",
        "date": "2026-09-21T09:00:00+08:00",
        "start": "09:00",
        "end": "2026-09-21T10:30:00+08:00",
        "duration": "01:30",
        "room": "Hall A",
        "slug": "2026-tailings",
        "url": "http://testserver/en/sessions/2026-tailings/",
        "title": "Tailings & water",
        "subtitle": "A workshop",
        "track": "Water",
        "type": "workshop",
        "language": "en",
        "abstract": "*Who* pays?\n\nAnd when?",
        "description": "",
        "persons": [
            {
                "guid": str(GUID),
                "id": number,
                "name": "Ngozi Okafor",
                "url": "http://testserver/en/people/ngozi-okafor/",
                "role": "moderator",
            }
        ],
        "links": [link],
        "attachments": [paper],
    }
    groups = {"persons", "links", "attachments"}
    assert dict(element.attrib) == {"guid": event["guid"], "id": str(number)}
    assert {e.tag: e.text or "" for e in element if e.tag not in groups} == {
        name: event[name]
        for name in event.keys() - groups - {"guid", "id", "code", "end"}
    }
    [speaker] = element.find("persons")
    assert (speaker.text, speaker.get("guid")) == ("Ngozi Okafor", str(GUID))
    [stream], [slides] = element.find("links"), element.find("attachments")
    assert (stream.get("href"), stream.get("type"), stream.text) == tuple(link.values())
    assert (slides.get("href"), slides.get("type"), slides.text) == tuple(
        paper.values()
    )


def test_the_head_names_the_edition_its_days_and_its_rooms(client, edition):
    hall = Room.objects.create(edition=edition, name_en="Hall", slug="h", position=2)
    dome = Room.objects.create(edition=edition, name_en="Dome", slug="d", position=1)
    for room in (hall, None, dome):
        make_session(edition=edition, starts_at=MORNING, room=room)
    schedule = read_json(client)
    conference = schedule["conference"]
    [day] = conference.pop("days")
    guids = [room.pop("guid") for room in conference["rooms"]]
    assert len({uuid.UUID(guid) for guid in guids}) == 3
    assert (schedule["base_url"], conference) == (
        "http://testserver",
        {
            "acronym": "2026",
            "title": "Forum 2026",
            "start": "2026-09-21",
            "end": "2026-09-22",
            "daysCount": 1,
            "timeslot_duration": "00:05",
            "time_zone_name": "Asia/Shanghai",
            "url": "http://testserver/en/editions/2026/",
            "rooms": [{"name": "Dome"}, {"name": "Hall"}, {"name": "—"}],
        },
    )
    assert list(day["rooms"]) == ["Dome", "Hall", "—"]
    head = read_xml(client).find("conference")
    assert {e.tag: e.text for e in head} == {
        "acronym": "2026",
        "title": "Forum 2026",
        "start": "2026-09-21",
        "end": "2026-09-22",
        "days": "1",
        "timeslot_duration": "00:05",
        "time_zone_name": "Asia/Shanghai",
        "base_url": "http://testserver",
        "url": "http://testserver/en/editions/2026/",
    }


def test_each_language_has_a_file_of_its_own_and_falls_back_to_the_other(
    client, edition
):
    room = Room.objects.create(edition=edition, name_zh_hans="一号厅", slug="one")
    make_session(
        edition=edition, title_en="Water", title_zh_hans="水", starts_at=MORNING
    )
    make_session(
        edition=edition,
        title_en="",
        title_zh_hans="尾矿",
        starts_at=MORNING,
        room=room,
    )
    found = {
        language: [
            (read_json(client, language=language)["conference"]["title"]),
            *(
                (e["title"], e["room"])
                for e in events(read_json(client, language=language))
            ),
        ]
        for language in ("en", "zh-hans")
    }
    assert found == {
        "en": ["Forum 2026", ("尾矿", "一号厅"), ("Water", "—")],
        "zh-hans": ["2026论坛", ("尾矿", "一号厅"), ("水", "—")],
    }


def test_what_is_not_public_is_in_no_file(client, edition):
    shown = make_session(edition=edition, title_en="Shown", starts_at=MORNING)
    hide(make_session, edition=edition, starts_at=MORNING)
    make_contribution(shown, make_person(name_en="Draft person", state="draft"))
    person = make_person(name_en="Known")
    hidden = make_organization(state="withdrawn")
    make_contribution(shown, person, role="panelist", organization=hidden)
    event, element = only_event(client)
    assert (event["title"], event["persons"]) == ("Shown", [])
    assert (element.findtext("title"), len(element.find("persons"))) == ("Shown", 0)
    edition.state = "draft"
    edition.save()
    for name in ("xml", "json"):
        assert client.get(f"/en/editions/2026/programme.{name}").status_code == 404


def test_a_person_with_two_roles_is_named_once_and_a_participant_not_at_all(
    client, edition
):
    session = make_session(edition=edition, starts_at=MORNING)
    person, guest = make_person(name_en="Twice"), make_person(name_en="Guest")
    make_contribution(session, person, role="moderator", position=1)
    make_contribution(session, person, role="speaker", position=2)
    make_contribution(session, guest, role="participant")
    event, _element = only_event(client)
    assert [(p["name"], p["role"]) for p in event["persons"]] == [
        ("Twice", "moderator")
    ]


def test_a_night_past_midnight_belongs_to_its_day(client, edition):
    day = EditionDay.objects.create(edition=edition, number=1, date="2026-09-21")
    EditionDay.objects.create(edition=edition, number=2, date="2026-09-22")
    make_session(edition=edition, day=day, starts_at=MORNING, ends_at=MORNING + HOUR)
    late = MORNING + 16.5 * HOUR
    make_session(edition=edition, day=day, starts_at=late, ends_at=late + HOUR)
    make_session(edition=edition, starts_at=MORNING + 24 * HOUR)
    make_session(edition=edition, starts_at=MORNING + 72 * HOUR)
    days = read_json(client)["conference"]["days"]
    found = [
        (d["index"], d["date"], d["day_start"], d["day_end"], len(d["rooms"]["—"]))
        for d in days
    ]
    first, second, third = (f"2026-09-{n}" for n in (21, 22, 24))
    assert found == [
        (1, first, f"{first}T09:00:00+08:00", f"{second}T02:30:00+08:00", 2),
        (2, second, f"{second}T09:00:00+08:00", f"{second}T09:00:00+08:00", 1),
        (3, third, f"{third}T09:00:00+08:00", f"{third}T09:00:00+08:00", 1),
    ]
    assert [
        tuple(d.attrib[name] for name in ("index", "date", "start", "end"))
        for d in read_xml(client).iter("day")
    ] == [(str(index), *others) for index, *others, _count in found]


@pytest.mark.parametrize(
    ("hours", "in_json", "in_xml"),
    [
        (None, "00:00", "00:00"),
        (0.25, "00:15", "00:15"),
        (30, "30:00", "30:00"),
        (99.5, "99:30", "99:30"),
        (121.25, "121:15", "5:01:15"),
    ],
)
def test_a_duration_of_any_length_is_valid(client, edition, hours, in_json, in_xml):
    ends = MORNING + hours * HOUR if hours else None
    make_session(edition=edition, starts_at=MORNING, ends_at=ends)
    event, element = only_event(client)
    found = (event["duration"], element.findtext("duration"), "end" in event)
    assert found == (in_json, in_xml, bool(hours))


def test_a_session_over_the_change_of_clocks_is_as_long_as_it_was(client, edition):
    edition.time_zone = "Europe/Berlin"
    edition.save()
    starts = datetime.datetime(2026, 10, 24, 23, 30, tzinfo=datetime.UTC)
    make_session(edition=edition, starts_at=starts, ends_at=starts + 3 * HOUR)
    event, _element = only_event(client)
    assert (event["date"], event["duration"], event["end"]) == (
        "2026-10-25T01:30:00+02:00",
        "03:00",
        "2026-10-25T03:30:00+01:00",
    )


def test_a_cancelled_and_a_moved_session_say_so(client, edition):
    make_session(
        edition=edition, title_en="A", starts_at=MORNING, event_status="cancelled"
    )
    make_session(edition=edition, title_en="B", starts_at=MORNING, event_status="moved")
    links = [
        ("Cancelled: A", "https://schema.org/EventCancelled", "Cancelled"),
        ("B", "https://schema.org/EventRescheduled", "Moved"),
    ]
    found = events(read_json(client))
    assert [
        (e["title"], link["url"], link["title"]) for e in found for link in e["links"]
    ] == links
    assert [
        (e.findtext("title"), link.get("href"), link.text)
        for e in read_xml(client).iter("event")
        for link in e.find("links")
    ] == links


@pytest.mark.parametrize(
    ("slug", "code", "written"),
    [
        ("2023-opening", "S01", ("2023-opening", "S01")),
        ("x", "s_1", ("session-held_x", None)),
        ("a-b-c-d-e", "A", ("session-held_a-b-c-d-e", "A")),
        ("7", "x-y", ("session-held_7", None)),
        ("plenary", "ÄB", ("session-held_plenary", None)),
    ],
)
def test_odd_slugs_and_codes_stay_valid(client, edition, slug, code, written):
    make_session(edition=edition, slug=slug, code=code, starts_at=MORNING)
    event, element = only_event(client)
    assert (event["slug"], event.get("code")) == written
    assert element.findtext("slug") == written[0]


@pytest.mark.parametrize(
    ("slug", "acronym"),
    [
        ("7", "forum_7"),
        ("smisc", "smisc"),
        ("2025-chengdu", "2025_chengdu"),
        ("a-b", "forum_a_b"),
    ],
)
def test_odd_acronyms_stay_valid(client, edition, slug, acronym):
    edition.slug = slug
    edition.save()
    make_session(edition=edition, starts_at=MORNING)
    schedule = read_json(client, slug=slug)
    assert schedule["conference"]["acronym"] == acronym
    assert read_xml(client, slug=slug).findtext("conference/acronym") == acronym


@pytest.mark.parametrize(
    ("zone", "kept"),
    [
        ("Asia/Kolkata", True),
        ("America/St_Johns", True),
        ("UTC", True),
        ("EST", False),
        ("Etc/GMT+3", False),
    ],
)
def test_a_zone_that_the_json_schema_refuses_is_left_out(client, edition, zone, kept):
    edition.time_zone = zone
    edition.save()
    make_session(edition=edition, starts_at=MORNING)
    conference = read_json(client)["conference"]
    assert conference.get("time_zone_name") == (zone if kept else None)
    assert read_xml(client).findtext("conference/time_zone_name") == zone


def test_two_sessions_in_one_room_at_one_time_are_both_written(client, edition):
    room = Room.objects.create(edition=edition, name_en="Hall", slug="hall")
    twin = Room.objects.create(edition=edition, name_en="Hall", slug="other-hall")
    for place in (room, room, twin):
        make_session(edition=edition, starts_at=MORNING, room=place)
    assert [e["room"] for e in events(read_json(client))] == ["Hall"] * 3
    assert [r.get("name") for r in read_xml(client).iter("room") if len(r)] == ["Hall"]


def test_text_that_xml_cannot_hold_is_left_out_of_it(client, edition):
    make_session(
        edition=edition,
        title_en="A \x0b<b>&\ufffe",
        abstract_en="one\r\ntwo\rthree]]>",
        starts_at=MORNING,
    )
    _event, element = only_event(client)
    assert element.findtext("title") == "A <b>&"
    assert element.findtext("abstract") == "one\ntwo\nthree]]>"


def test_sessions_whose_numbers_would_be_the_same_get_others(client, edition):
    low, high = GUID, uuid.UUID(int=GUID.int + 1)
    make_session(edition=edition, guid=high, starts_at=MORNING)
    make_session(edition=edition, guid=low, starts_at=MORNING)
    numbers = {e["guid"]: e["id"] for e in events(read_json(client))}
    assert numbers == {str(low): GUID.int >> 97, str(high): (GUID.int >> 97) + 1}


def test_sessions_without_a_clock_time_are_left_out_and_counted_on_the_page(
    client, edition
):
    make_session(edition=edition, title_en="Timed", starts_at=MORNING)
    make_session(edition=edition)
    make_session(edition=edition)
    hide(make_session, edition=edition)
    event, _element = only_event(client)
    assert event["title"] == "Timed"
    said = "2 sessions are left out of these files: their clock time is not on record."
    for page in ("/en/editions/2026/", "/en/editions/2026/programme/"):
        shown = client.get(page).text
        assert said in shown
        for name in ("xml", "json"):
            assert f'href="/en/editions/2026/programme.{name}"' in shown


@pytest.mark.parametrize("name", ["xml", "json"])
def test_an_edition_without_dates_or_times_has_no_file_and_no_link(client, name):
    undated = make_edition(slug="2020")
    make_session(edition=undated, starts_at=MORNING)
    untimed = make_edition(slug="2023", starts_on="2023-09-20", ends_on="2023-09-22")
    make_session(edition=untimed)
    for edition in (undated, untimed):
        response = client.get(f"/en/editions/{edition.slug}/programme.{name}")
        assert (response.status_code, response["Content-Type"], response.text) == (
            404,
            "text/plain; charset=utf-8",
            "This edition has no schedule file: its dates, or the clock times of its "
            "sessions, are not on record.\n",
        )
        page = client.get(edition.get_programme_url()).text
        assert f"programme.{name}" not in page


@pytest.mark.parametrize("name", ["xml", "json"])
def test_a_file_follows_its_edition_to_a_new_address_and_goes_with_it(
    client, edition, name
):
    make_session(edition=edition, starts_at=MORNING)
    edition.slug = "2026-chengdu"
    edition.save()
    moved = client.get(f"/en/editions/2026/programme.{name}?a=1")
    assert (moved.status_code, moved["Location"]) == (
        301,
        f"/en/editions/2026-chengdu/programme.{name}?a=1",
    )
    edition.state = "withdrawn"
    edition.save()
    gone = client.get(f"/en/editions/2026-chengdu/programme.{name}")
    assert gone.status_code == 410
    assert client.get(f"/en/editions/none/programme.{name}").status_code == 404
    neutral = client.get(f"/editions/2026/programme.{name}")
    assert (neutral.status_code, neutral["Location"]) == (
        302,
        f"/en/editions/2026/programme.{name}",
    )


@pytest.mark.parametrize("name", ["xml", "json"])
def test_a_file_is_the_same_to_the_byte_until_its_content_changes(
    client, edition, name
):
    address = f"/en/editions/2026/programme.{name}"
    session = make_session(edition=edition, starts_at=MORNING, title_en="Before")
    long_ago = timezone.now() - 72 * HOUR
    for model in (type(session), type(edition)):
        model.history.update(history_date=long_ago)
    first = client.get(address)
    assert client.get(address).content == first.content
    seen = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    weak = {"HTTP_IF_NONE_MATCH": f'"other", W/{first["ETag"]}'}
    since = {"HTTP_IF_MODIFIED_SINCE": first["Last-Modified"]}
    any_at_all = {"HTTP_IF_NONE_MATCH": "*"}
    for condition in (seen, weak, since, any_at_all):
        answer = client.get(address, **condition)
        assert (answer.status_code, answer.content) == (304, b"")
    head = client.head(address)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", first["ETag"])
    session.save()
    assert client.get(address).content == first.content
    session.title_en = "After"
    session.save()
    for condition in (seen, since):
        second = client.get(address, **condition)
        assert (second.status_code, second["ETag"] != first["ETag"]) == (200, True)


@pytest.mark.parametrize("name", ["xml", "json"])
def test_a_part_that_goes_is_a_change_as_well(client, edition, name):
    address = f"/en/editions/2026/programme.{name}"
    session = make_session(edition=edition, starts_at=MORNING)
    spoken = SpokenLanguage.objects.create(session=session, language="en")
    long_ago = timezone.now() - 72 * HOUR
    for model in (type(session), type(edition), SpokenLanguage):
        model.history.update(history_date=long_ago)
    since = {"HTTP_IF_MODIFIED_SINCE": client.get(address)["Last-Modified"]}
    assert client.get(address, **since).status_code == 304
    spoken.delete()
    assert client.get(address, **since).status_code == 200


@pytest.mark.either_database
@pytest.mark.parametrize("name", ["xml", "json"])
def test_a_file_costs_the_same_queries_for_any_number_of_sessions(
    client, edition, name, django_assert_num_queries
):
    def add(count):
        for n in range(count):
            room = Room.objects.create(edition=edition, slug=f"r{count}-{n}")
            session = make_session(edition=edition, starts_at=MORNING, room=room)
            make_contribution(session, make_person())
            SpokenLanguage.objects.create(session=session, language="en")
            Material.objects.create(session=session, kind="paper", url="https://a.b")

    for count in (1, 30):
        add(count)
        with django_assert_num_queries(8):
            client.get(f"/en/editions/2026/programme.{name}")
