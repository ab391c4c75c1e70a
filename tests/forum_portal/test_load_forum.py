"""Loading a content folder: again, after edits, another forum."""

import datetime

import pytest
from django.core.management import CommandError, call_command

from forum_portal.models import Forum, LoadedRow
from organizations.models import Organization, Person
from records import content_version
from records.models import AltName, Citation, State, record_kinds
from sessions.models import Contribution, EditionRole, Outcome, Session
from tests.factories import make_topic
from tests.forum_portal.folders import copy_rivers, edit, load, totals
from topics.models import Topic

RIVERS_AGAIN = """\
forum.csv: 1 unchanged
sources.csv: 1 unchanged
topics.csv: 2 unchanged
organizations.csv: 1 unchanged
forum_editions.csv: 1 unchanged
people.csv: 1 unchanged
sessions.csv: 3 unchanged
statements.csv: 1 unchanged
"""


@pytest.fixture
def rivers(tmp_path, db):
    """Return the folder of the small forum, loaded once."""
    folder = copy_rivers(tmp_path)
    load(folder)
    return folder


def test_loading_again_changes_nothing(rivers):
    before = totals(), content_version.current()
    assert load(rivers) == RIVERS_AGAIN
    assert (totals(), content_version.current()) == before


def test_the_history_of_a_record_begins_with_one_entry(rivers):
    histories = [kind.history.model for kind in record_kinds()]
    entries = [
        (entry.history_type, entry.history_change_reason)
        for history in histories
        for entry in history.objects.all()
    ]
    assert entries == [("+", "load_forum")] * 9
    first = Session.history.get(slug="2026-floods")
    assert [row.topic.slug for row in first.topics.all()] == ["floods"]


def test_another_forum_brings_its_own_name_and_programme(rivers):
    forum = Forum.objects.get()
    assert (forum.name_en, forum.contact) == (
        "Rivers and Borders Forum",
        "record@rivers.example",
    )
    floods = Session.objects.get(slug="2026-floods")
    assert floods.starts_at == datetime.datetime(2026, 5, 4, 7, 30, tzinfo=datetime.UTC)
    assert (floods.code, floods.day.number, floods.room.name) == ("S02", 1, "Hall A")
    assert floods.edition.time_zone == "Europe/Vienna"
    spoke = Contribution.objects.filter(session=floods).values_list(
        "person__slug", "role"
    )
    assert list(spoke) == [("ada-novak", "speaker")]
    assert [room.name for room in floods.edition.rooms.all()] == ["Hall A", "Room 2"]
    opening = Session.objects.get(slug="2026-opening")
    assert [spoken.language for spoken in opening.spoken_languages.all()] == [
        "en",
        "de",
    ]


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "Rivers and Borders Forum"), ("zh-hans", "河流与边界论坛")],
)
def test_the_pages_of_another_forum_bear_its_name(rivers, client, language, name):
    home = client.get(f"/{language}/").content.decode()
    assert name in home
    assert "SMISC" not in home
    contact = client.get(f"/{language}/about/contact/").content.decode()
    assert "mailto:record@rivers.example" in contact


def test_an_edit_in_the_admin_is_kept_and_reported(rivers):
    topic = Topic.objects.get(slug="floods")
    topic.label_en = "High floods"
    topic.save()
    said = load(rivers)
    topic.refresh_from_db()
    assert topic.label_en == "High floods"
    kept = """\
Kept, because edited in the admin (--overwrite to replace):
  topics.csv:2 (floods) label_en:
    file:   Floods
    record: High floods
"""
    assert said == RIVERS_AGAIN + kept


def test_a_new_cell_does_not_replace_an_edit(rivers):
    Topic.objects.filter(slug="floods").update(label_en="High floods")
    edit(rivers, "topics.csv", "water,Floods,洪水", "water,Flooding,洪涝")
    said = load(rivers)
    topic = Topic.objects.get(slug="floods")
    assert (topic.label_en, topic.label_zh_hans) == ("High floods", "洪涝")
    assert "Updated:\n  topics.csv floods\n" in said
    assert "    file:   Flooding\n    record: High floods\n" in said


def test_an_edit_taken_back_lets_the_new_cell_in(rivers):
    Topic.objects.filter(slug="floods").update(label_en="High floods")
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    load(rivers)
    Topic.objects.filter(slug="floods").update(label_en="Floods")
    load(rivers)
    assert Topic.objects.get(slug="floods").label_en == "Flooding"


def test_the_same_edit_in_both_places_is_no_conflict(rivers):
    Topic.objects.filter(slug="floods").update(label_en="Flooding")
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    assert load(rivers) == RIVERS_AGAIN


def test_overwrite_lets_the_files_win(rivers):
    Topic.objects.filter(slug="floods").update(label_en="High floods")
    AltName.objects.get(text="汛情").delete()
    Session.objects.get(slug="2026-floods").contributions.all().delete()
    said = load(rivers, "--overwrite")
    assert "Kept" not in said
    topic = Topic.objects.get(slug="floods")
    assert topic.label_en == "Floods"
    assert {name.text for name in topic.alt_names.all()} == {"high water", "汛情"}
    assert Contribution.objects.filter(session__slug="2026-floods").count() == 1
    assert load(rivers) == RIVERS_AGAIN


def test_a_record_that_no_load_made_counts_as_edited(rivers):
    LoadedRow.objects.filter(file="topics.csv", slug="floods").delete()
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    said = load(rivers)
    assert Topic.objects.get(slug="floods").label_en == "Floods"
    assert "    file:   Flooding\n    record: Floods\n" in said


def test_a_record_made_in_the_admin_is_taken_over_and_its_blanks_are_filled(
    tmp_path, db
):
    make_topic(slug="floods", label_en="High floods", state=State.DRAFT)
    said = load(copy_rivers(tmp_path))
    topic = Topic.objects.get(slug="floods")
    assert (topic.label_en, topic.label_zh_hans) == ("High floods", "洪水")
    assert (topic.state, topic.citations.count()) == (State.DRAFT, 1)
    assert "    file:   Floods\n    record: High floods\n" in said


def test_states_set_in_the_admin_stay(rivers):
    Topic.objects.filter(slug="floods").update(state=State.WITHDRAWN)
    Person.objects.update(state=State.DRAFT)
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    edit(rivers, "people.csv", "Hydrologist", "Engineer")
    load(rivers)
    assert Topic.objects.get(slug="floods").state == State.WITHDRAWN
    assert Person.objects.get().state == State.DRAFT
    assert Person.objects.get().role_en == "Engineer"


def test_a_record_whose_address_was_changed_is_still_found(rivers):
    topic = Topic.objects.get(slug="floods")
    topic.slug = "high-water"
    topic.save()
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    said = load(rivers)
    assert "Kept" not in said
    topic.refresh_from_db()
    assert (topic.slug, topic.label_en) == ("high-water", "Flooding")
    assert [t.slug for t in Session.objects.get(code="S02").topics.all()] == [
        "high-water"
    ]


def test_a_draft_whose_address_was_changed_is_still_found(rivers):
    # A draft leaves no former address behind; its history knows the one it had.
    topic = Topic.objects.get(slug="floods")
    topic.state, topic.first_published_at = State.DRAFT, None
    topic.slug = "high-water"
    topic.save()
    topic.former_slugs.all().delete()
    edit(rivers, "topics.csv", "water,Floods", "water,Flooding")
    load(rivers)
    topic.refresh_from_db()
    assert (Topic.objects.count(), topic.label_en) == (2, "Flooding")


def test_a_record_deleted_in_the_admin_stays_away_until_overwrite(rivers):
    gone = Outcome.objects.get()
    gone.delete()
    said = load(rivers)
    assert "statements.csv: 1 deleted\n" in said
    assert "Deleted in the admin, not loaded again:\n  statements.csv shared" in said
    load(rivers, "--overwrite")
    back = Outcome.objects.get()
    assert (back.uid, back.slug) == (gone.uid, "shared-gauges")


def test_a_row_gone_from_its_file_is_reported_and_its_record_stays(rivers):
    (rivers / "statements.csv").write_text(
        (rivers / "statements.csv").read_text().replace("shared-gauges", "more-gauges")
    )
    said = load(rivers)
    assert said.endswith(
        "No longer in the file, still on record:\n  statements.csv shared-gauges\n"
    )
    slugs = Outcome.objects.values_list("slug", flat=True)
    assert sorted(slugs) == ["more-gauges", "shared-gauges"]


def test_a_role_that_two_files_state_goes_when_both_drop_it(rivers):
    def roles():
        return set(EditionRole.objects.values_list("organization__slug", "role"))

    edit(rivers, "forum_editions.csv", "Water House,river-board", "Water House,")
    load(rivers)
    assert ("river-board", "organizer") in roles()
    edit(rivers, "organizations.csv", "organizer|speaker", "speaker")
    load(rivers)
    assert ("river-board", "organizer") not in roles()
    assert ("river-board", "speaker") in roles()


def test_a_role_removed_in_the_admin_is_not_added_again(rivers):
    EditionRole.objects.filter(role="organizer").delete()
    said = load(rivers)
    assert not EditionRole.objects.filter(role="organizer").exists()
    assert "(2026-spring) organizers:\n    file:   river-board\n    record: \n" in said
    load(rivers, "--overwrite")
    assert EditionRole.objects.filter(role="organizer").count() == 1
    assert load(rivers) == RIVERS_AGAIN


def test_parts_that_stay_keep_their_rows(rivers):
    before = set(AltName.objects.values_list("pk", "text"))
    edit(rivers, "topics.csv", "high water|汛情", "high water|spate")
    load(rivers)
    after = set(AltName.objects.values_list("pk", "text"))
    assert {text for _pk, text in before - after} == {"汛情"}
    assert {text for _pk, text in after - before} == {"spate"}


def test_a_column_that_is_added_later_fills_what_was_empty(rivers):
    path = rivers / "people.csv"
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},note_en\n{row},Told by the board.\n")
    said = load(rivers)
    assert "Kept" not in said
    assert Person.objects.get().note_en == "Told by the board."


def test_a_dry_run_reports_and_writes_nothing(tmp_path, db):
    folder = copy_rivers(tmp_path)
    before = totals(), content_version.current()
    said = load(folder, "--dry-run")
    assert said == RIVERS_AGAIN.replace("unchanged", "created") + (
        "This was a dry run: nothing was written.\n"
    )
    assert (totals(), content_version.current()) == before


def test_if_empty_leaves_content_alone(rivers):
    Topic.objects.filter(slug="floods").update(label_en="High floods")
    said = load(rivers, "--if-empty", "--overwrite")
    assert said == "The database already holds content: nothing was loaded.\n"
    assert Topic.objects.get(slug="floods").label_en == "High floods"


def test_if_empty_loads_into_an_empty_database(tmp_path, db):
    load(copy_rivers(tmp_path), "--if-empty")
    assert Forum.objects.get().short_name_en == "Rivers Forum"


def test_quiet_says_nothing(tmp_path, db):
    assert load(copy_rivers(tmp_path), "--verbosity=0") == ""


def test_a_folder_that_is_none_is_refused(tmp_path, db):
    with pytest.raises(CommandError) as error:
        call_command("load_forum", str(tmp_path / "nowhere"))
    assert str(error.value) == f"{tmp_path / 'nowhere'} is not a folder."


def test_a_byte_order_mark_and_windows_lines_are_taken(tmp_path, db):
    folder = copy_rivers(tmp_path)
    for path in folder.glob("*.csv"):
        text = path.read_text().replace("\n", "\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    load(folder)
    assert Organization.objects.get().name_en == "River Board"
    assert Citation.objects.filter(source__title_en="Minutes of the forum").count() == 9


def test_an_empty_code_or_time_zone_is_given_by_the_portal(tmp_path, db):
    folder = copy_rivers(tmp_path)
    edit(folder, "forum_editions.csv", "Europe/Vienna", "")
    load(folder)
    session = Session.objects.get(slug="2026-opening")
    assert (session.code, session.edition.time_zone) == ("S01", "Asia/Shanghai")
    assert "kept" not in load(folder).lower()
