"""What an import makes of a file, and what a second one changes."""

import datetime

import pytest
from django.core.management import CommandError, call_command

from exchange.models import ImportedRow
from organizations.models import Person
from records import content_version
from records.models import ExternalId
from sessions.models import Contribution, Edition, Material, Session
from tests.exchange.schedules import (
    FOSDEM,
    FRAB,
    GUID,
    event,
    load,
    schedule_json,
    section,
)
from tests.factories import make_edition, make_organization, make_person, make_topic

pytestmark = pytest.mark.django_db
LOST = "What the file says and cannot be kept"
DUPLICATES = "Possible duplicates of people, not merged"
KEPT = "Kept as on record: edited since the last import"


def moments(session):
    return session.starts_at.isoformat(), session.ends_at.isoformat()


def test_frab_xml_makes_an_edition_with_all_it_says():
    report = load(FRAB)
    edition = Edition.objects.get()
    assert (edition.slug, edition.name_en, edition.year, edition.state) == (
        "2025",
        "Rivers 2025",
        2025,
        "draft",
    )
    assert edition.time_zone == "Europe/Berlin"
    assert [(d.number, str(d.date)) for d in edition.days.all()] == [(1, "2025-03-29")]
    dams, night = Session.objects.order_by("position")
    assert (dams.code, dams.slug, str(dams.guid)) == (
        "ABC7XY",
        "2025-dams",
        GUID.format(1),
    )
    assert (dams.title_en, dams.name_language, dams.format) == (
        "Dams",
        "de",
        "workshop",
    )
    assert dams.abstract_en == "Short.\n\nLonger <your name>."
    assert (dams.room.name_en, dams.track, dams.state) == ("Hall 1", "Mud", "draft")
    assert [one.language for one in dams.spoken_languages.all()] == ["de"]
    assert moments(dams) == ("2025-03-29T09:00:00+00:00", "2025-03-29T09:45:00+00:00")
    said = dams.contributions.values_list(
        "person__name_en", "role", "recording_consent"
    )
    assert list(said) == [
        ("Ana Ruiz", "speaker", "refused"),
        ("Li Wei", "speaker", "refused"),
    ]
    assert Material.objects.get().url == "https://talks.example.org/a.pdf"
    assert (night.day.number, night.code) == (1, "8")
    assert report.count("session") == (2, 0, 0)
    assert sorted(section(report, LOST)) == [
        "conference/acronym: 1 time, such as “rv”",
        "conference/url: 1 time, such as “https://talks.example.org/rivers/”",
        "event/feedback_url: 1 time, such as “https://talks.example.org/7/feedback/”",
        "event/logo: 1 time, such as “/logo.png?1”",
        "event/mood: 1 time, such as “calm”",
        "event/recording license: 1 time, such as “CC BY 4.0”",
        "event/slug: 1 time, such as “rv-7-dams”",
        "event/url: 1 time, such as “https://talks.example.org/7”",
        "track/color: 1 time, such as “#aabbcc”",
    ]


def test_fosdem_xml_hangs_sessions_on_days_and_turns_html_into_markdown():
    report = load(FOSDEM, "2010", time_zone="Europe/Brussels")
    edition = Edition.objects.get()
    assert (edition.city_en, edition.venue_en) == ("Leuven", "Old Mill")
    silt, late = Session.objects.order_by("position")
    assert (silt.title_en, silt.abstract_en) == (
        "Silt & sand",
        "On **silt** and\nsand.",
    )
    assert Material.objects.get().kind == "recording"
    # Before the day changes at nine, the clock is past midnight.
    assert moments(late)[0] == "2010-02-06T23:30:00+00:00"
    assert (late.day.number, late.code) == (1, "21")
    assert "<u>: 1 time" in section(report, LOST)


def test_what_lasts_over_a_change_of_clocks_lasts_as_long_as_it_says():
    over = event(1, date="2025-10-26", start="01:30", duration="02:00")
    load(schedule_json(over, zone="Europe/Berlin"))
    session = Session.objects.get()
    assert session.ends_at - session.starts_at == datetime.timedelta(hours=2)


def test_a_second_import_changes_nothing_at_all():
    load(FRAB)
    version = content_version.current()
    histories = [Session.history, Person.history, Edition.history, Contribution.history]
    before = [history.count() for history in histories]
    report = load(FRAB)
    assert not report.changes_anything
    assert report.count("session") == (0, 0, 2)
    assert [history.count() for history in histories] == before
    assert content_version.current() == version


def test_what_an_organizer_edited_is_kept_and_told():
    load(schedule_json(event(title="Old title")))
    Session.objects.update(title_en="Edited")
    report = load(schedule_json(event(title="New title", subtitle="More")))
    session = Session.objects.get()
    assert (session.title_en, session.subtitle_en) == ("Edited", "More")
    assert section(report, KEPT) == [
        "1 Edited, Title (English): “Edited” stays, the file has “New title”"
    ]
    assert section(load(schedule_json(event(title="New title", subtitle="More"))), KEPT)


def test_speakers_added_by_an_organizer_stay_beside_those_of_the_file():
    ana, bo, cy = (
        {"id": n, "name": name} for n, name in enumerate(["Ana", "Bo", "Cy"])
    )
    load(schedule_json(event(persons=[ana, bo])))
    session = Session.objects.get()
    session.contributions.filter(person__name_en="Bo").delete()
    added = make_person(name_en="Dee")
    Contribution.objects.create(session=session, person=added, role="moderator")
    load(schedule_json(event(persons=[ana, bo, cy])))
    names = session.contributions.values_list("person__name_en", flat=True)
    assert sorted(names) == ["Ana", "Cy", "Dee"]


def test_a_session_gone_from_the_file_stays_on_record():
    load(schedule_json(event(1), event(2)))
    report = load(schedule_json(event(2)))
    assert report.gone == ["1 Session 1"]
    assert Session.objects.count() == 2


def test_a_session_deleted_since_is_not_made_again():
    load(schedule_json(event(1), event(2)))
    Session.objects.get(title_en="Session 1").delete()
    report = load(schedule_json(event(1), event(2)))
    assert report.deleted == ["Session 1"]
    assert Session.objects.count() == 1


def test_everything_is_a_draft_until_it_is_published_and_then_stays_so():
    file = schedule_json(event(persons=[{"id": 1, "name": "Ana Ruiz"}]))
    load(file)
    assert not Session.objects.published().exists()
    report = load(file, publish=True)
    assert report.count("session") == (0, 1, 0)
    assert Session.objects.published().exists()
    assert Person.objects.published().exists()
    assert not load(file).changes_anything
    assert not load(file, publish=True).changes_anything
    assert Session.objects.published().exists()


def test_a_draft_that_an_organizer_took_back_is_not_published_again():
    load(schedule_json(event()), publish=True)
    Session.objects.update(state="draft")
    load(schedule_json(event()), publish=True)
    assert Session.objects.get().state == "draft"


def test_a_dry_run_reports_the_same_and_writes_nothing():
    dry = load(FRAB, dry_run=True)
    assert (Edition.objects.count(), ImportedRow.objects.count()) == (0, 0)
    assert dry.sections() == load(FRAB).sections()


def test_a_dry_run_over_a_published_edition_leaves_the_content_version():
    load(schedule_json(event()), publish=True)
    version = content_version.current()
    report = load(schedule_json(event(title="New")), publish=True, dry_run=True)
    assert report.changes_anything
    assert content_version.current() == version
    assert Session.objects.get().title_en == "Session 1"


def test_people_are_matched_across_editions_by_their_id_alone():
    ana = {"id": 31, "name": "Ana Ruiz"}
    load(schedule_json(event(persons=[ana])))
    report = load(schedule_json(event(persons=[ana])), "2026")
    assert report.matched == ["Ana Ruiz"]
    assert Person.objects.count() == 1
    assert list(ExternalId.objects.values_list("system", "value")) == [
        ("talks.example.org", "31")
    ]


def test_an_equal_name_across_editions_is_told_and_never_merged():
    load(schedule_json(event(persons=[{"name": "Ana Ruiz"}])))
    report = load(schedule_json(event(persons=[{"name": "Ana Ruiz"}])), "2026")
    assert Person.objects.count() == 2
    assert section(report, DUPLICATES) == [
        "Ana Ruiz (ana-ruiz-2) may be ana-ruiz, who is on record"
    ]


def test_an_equal_name_joins_within_a_file_without_ids():
    load(
        schedule_json(
            event(1, persons=[{"name": "Ana Ruiz"}]),
            event(2, persons=[{"name": "ana  ruiz"}]),
        )
    )
    assert Person.objects.count() == 1


def test_two_ids_with_one_name_are_two_people():
    file = schedule_json(
        event(1, persons=[{"id": 1, "name": "Li Wei"}]),
        event(2, persons=[{"id": 2, "name": "Li Wei"}]),
    )
    report = load(file)
    assert Person.objects.count() == 2
    assert section(report, DUPLICATES)


def test_an_id_without_a_trusted_source_needs_a_name_in_common():
    load(FOSDEM, "2010", time_zone="UTC")
    report = load(
        FOSDEM.replace("Ana Ruiz", "Bo Lind").replace("Rivers 2010", "Rivers 2011"),
        "2011",
        time_zone="UTC",
    )
    assert Person.objects.count() == 2
    assert section(report, DUPLICATES) == [
        "Bo Lind has the id of Ana Ruiz, but not the name: two people."
    ]


def test_a_number_alone_needs_a_name_in_common_too():
    load(schedule_json(event(persons=[{"id": 31, "name": "Ana Ruiz"}])))
    other = {"id": 31, "name": "Bo Lind"}
    report = load(schedule_json(event(persons=[other])), "2026")
    assert Person.objects.count() == 2
    assert section(report, DUPLICATES) == [
        "Bo Lind has the id of Ana Ruiz, but not the name: two people."
    ]
    coded = {"code": "ABC7XY", "name": "Cy Holm"}
    load(schedule_json(event(persons=[coded])), "2027")
    load(schedule_json(event(persons=[coded | {"name": "Dee Moor"}])), "2028")
    assert Person.objects.count() == 3


def test_the_same_guids_may_come_again_in_another_edition():
    load(FRAB)
    load(FRAB, "2025-online")
    slugs = Session.objects.values_list("slug", flat=True)
    assert sorted(slugs) == [
        "2025-dams",
        "2025-night-owls",
        "2025-online-dams",
        "2025-online-night-owls",
    ]


def test_slugs_are_ascii_by_pinyin_and_numbered_when_taken():
    load(
        schedule_json(
            event(1, title="河流与边界"),
            event(2, title="河流与边界"),
            event(3, title="⚡"),
        )
    )
    assert [s.slug for s in Session.objects.order_by("position")] == [
        "2025-he-liu-yu-bian-jie",
        "2025-he-liu-yu-bian-jie-2",
        "2025-3",
    ]


def test_texts_go_to_the_column_of_their_script():
    load(schedule_json(event(1, title="河流"), event(2, title="Rivers")))
    first, second = Session.objects.order_by("position")
    assert (first.title_en, first.title_zh_hans) == ("", "河流")
    assert (second.title_en, second.title_zh_hans) == ("Rivers", "")


def test_tracks_become_topics_only_by_the_mapping(tmp_path):
    topic = make_topic(slug="silt")
    file = schedule_json(event(1, track="Mud"), event(2, track="Stone"))
    load(file, topics={"Mud": ("silt", "row 2")})
    first, second = Session.objects.order_by("position")
    assert list(first.topics.all()) == [topic]
    assert list(second.topics.all()) == []
    mapping = {"Mud": ("silt", "row 2"), "Mood": ("silt", "row 3")}
    report = load(file, topics=mapping)
    assert not report.changes_anything
    told = section(report, "Problems")
    assert told == ["row 3: No session is in the track “Mood”."]


def test_an_edition_on_record_keeps_what_it_says_and_gets_its_blanks_filled():
    edition = make_edition(slug="2025", name_en="Our name", year=2025)
    load(schedule_json(event(), city="Chengdu"))
    edition.refresh_from_db()
    assert (edition.name_en, edition.city_en) == ("Our name", "Chengdu")
    assert edition.starts_on == datetime.date(2025, 5, 1)


def test_an_organization_is_named_only_if_it_is_on_record():
    giz = make_organization(name_en="GIZ")
    persons = [
        {"id": 1, "name": "Ana", "organization": "giz"},
        {"id": 2, "name": "Bo", "organization": "Unknown Ltd"},
    ]
    report = load(schedule_json(event(persons=persons)))
    said = Contribution.objects.values_list("person__name_en", "organization")
    assert list(said) == [("Ana", giz.pk), ("Bo", None)]
    assert any("Unknown Ltd" in line for line in section(report, LOST))


def test_clashes_of_rooms_and_speakers_are_told():
    ana = [{"id": 1, "name": "Ana"}]
    file = schedule_json(
        event(1, persons=ana, duration="02:00"),
        event(2, persons=ana),
    )
    assert load(file).clashes == [
        "Room Hall: “Session 1” and “Session 2” overlap",
        "Ana: “Session 1” and “Session 2” overlap",
    ]


def test_a_moved_session_keeps_its_address_and_record():
    load(schedule_json(event()), publish=True)
    before = Session.objects.get()
    load(schedule_json(event(date="2025-05-01T15:00:00+08:00", start="15:00")))
    after = Session.objects.get()
    assert (after.pk, after.slug, after.state) == (before.pk, before.slug, "published")
    assert after.starts_at.isoformat() == "2025-05-01T07:00:00+00:00"


def test_the_command_prints_the_report_and_refuses_with_the_place(tmp_path, capsys):
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_text(FRAB)
    bad.write_text("<schedule>\n<conference></schedule>")
    call_command("import_schedule", str(good), edition="2025")
    said = capsys.readouterr()
    assert "Sessions: 2 created, 0 updated, 0 unchanged" in said.out
    assert said.err == ""
    with pytest.raises(
        CommandError, match=r"bad.xml: line 2, column 15: .*well-formed"
    ):
        call_command("import_schedule", str(bad), edition="2026")
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("import_schedule", str(tmp_path / "none"), edition="2026")
    assert Edition.objects.count() == 1
