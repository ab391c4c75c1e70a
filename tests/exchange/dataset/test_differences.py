"""Releases one after the other: what changed, and when there is nothing to release."""

import csv
import io
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from exchange.dataset.release import NotReleasedError, check_still_public
from exchange.models import DatasetRelease
from records.models import AltName
from tests.exchange.dataset.releases import (
    SITE,
    archive,
    kept_in,
    release,
    text,
    unpacked,
)
from tests.factories import (
    make_contribution,
    make_forum,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


@pytest.fixture(autouse=True)
def folder(tmp_path):
    make_forum(short_name_en="Test Forum")
    with kept_in(tmp_path):
        yield tmp_path


def test_the_second_release_tells_what_changed_by_field_and_what_is_gone_by_uid():
    topic = make_topic(slug="labour", label_en="Labour")
    gone = make_topic(slug="mistake", label_en="A grave mistake")
    moved = make_topic(slug="old-address", label_en="Water")
    session = make_session(slug="talk", topics=[topic, gone])
    same = make_regulation(slug="same")
    make_contribution(session, make_person(slug="ann"))
    first = release()

    new = make_organization(slug="newcomer", name_en="In two\nlines")
    topic.label_zh_hans, topic.definition_en = "劳工", "Work for pay."
    topic.save()
    gone.state, gone.withdrawn_at = "withdrawn", timezone.now()
    gone.save()
    moved.slug = "water"
    moved.save()
    make_contribution(session, new)
    AltName.objects.create(record=session, text="Another name")
    same.editor_note = "Nobody sees this."
    same.save()
    second = release()

    rows = csv.reader(io.StringIO(text(second, "changes.csv"), newline=""))
    assert list(rows) == [
        ["kind", "uid", "id", "change", "field"],
        ["organizations", str(new.uid), "newcomer", "added", ""],
        ["sessions", str(session.uid), "talk", "changed", "alt_names"],
        ["sessions", str(session.uid), "talk", "changed", "contributions"],
        ["sessions", str(session.uid), "talk", "changed", "session_topics"],
        ["topics", str(topic.uid), "labour", "changed", "definition_en"],
        ["topics", str(topic.uid), "labour", "changed", "label_zh_hans"],
        ["topics", str(moved.uid), "water", "changed", "id"],
        ["topics", str(gone.uid), "", "removed", ""],
    ]
    assert second.changes == {
        "organizations": {"added": 1},
        "sessions": {"changed": 1},
        "topics": {"changed": 2, "removed": 1},
    }
    told = text(second, "CHANGES.md")
    assert f"uid `{gone.uid}`" in told
    assert "- `newcomer` In two lines\n" in told
    assert "`labour` Labour: definition_en, label_zh_hans" in told
    assert [word for word in ("mistake", "old-address") if word in told] == []
    assert (first.name, second.name) == (first.name, f"{first.name}-2")
    assert second.former == first.name


def test_the_same_content_makes_the_same_bytes():
    make_session(topics=[make_topic(), make_topic()])
    made = release()
    first = archive(made).read_bytes()
    made.delete()
    assert archive(release()).read_bytes() == first


def test_a_release_of_nothing_new_is_refused_unless_it_is_forced():
    topic = make_topic()
    first = release()
    topic.editor_note = "Only the time of the last change differs."
    topic.save()
    with pytest.raises(CommandError, match=f"changed since the release {first.name}"):
        release()
    assert release("--force").changes == {}
    assert DatasetRelease.objects.count() == 2


def test_a_dry_run_keeps_nothing(folder, capsys):
    make_topic()
    call_command("release_dataset", "--dry-run", site=SITE)
    assert "1 records" in capsys.readouterr().out
    assert DatasetRelease.objects.count() == 0
    assert [path for path in Path(folder).rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("site", ["", "record.example.org", "ftp://example.org"])
def test_a_release_wants_a_permanent_address(site):
    with pytest.raises(CommandError, match="SITE_URL"):
        release(site=site)


def test_a_release_whose_file_is_lost_is_no_ground_to_guess_what_changed():
    make_topic()
    first = release()
    storages["releases"].delete(first.path_of(first.archive))
    make_topic()
    with pytest.raises(CommandError, match="cannot be read"):
        release()
    assert release("--force").changes == {}


def test_what_is_withdrawn_while_a_release_is_made_is_not_released(folder):
    topic = make_topic()
    unpacked(release(), folder)
    check_still_public(folder / "forum.sqlite3")
    type(topic).objects.update(state="withdrawn")
    with pytest.raises(NotReleasedError, match="withdrawn"):
        check_still_public(folder / "forum.sqlite3")


@pytest.mark.django_db(transaction=True)
def test_a_release_reads_at_one_moment_and_leaves_the_connection_as_it_was():
    make_topic(slug="first")
    release()
    make_topic(slug="second")
    assert release().changes == {"topics": {"added": 1}}


def test_a_release_that_is_deleted_in_the_admin_takes_its_files_along(
    admin_client, folder
):
    make_topic()
    made = release()
    address = f"/admin/exchange/datasetrelease/{made.pk}"
    assert admin_client.get(f"{address}/change/").status_code == 200
    admin_client.post(f"{address}/delete/", {"post": "yes"})
    assert DatasetRelease.objects.count() == 0
    assert [path for path in folder.rglob("*") if path.is_file()] == []
