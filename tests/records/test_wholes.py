"""What is public only with its edition is never moved out of the public's sight."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.urls import reverse
from django.utils import timezone

from exchange.sheets.plan import Plan
from exchange.sheets.reading import read_sheets
from exchange.sheets.tables import tables_of
from records.life import Step, steps, take
from records.merging import Merge, MergeError
from records.models import Operation
from records.operations import recording
from records.permissions import may_delete, was_seen
from records.restoring import restore
from records.splitting import Split
from records.timeline import Timeline
from records.undo import UndoRefusedError
from sessions.models import Edition, Outcome, Session
from tests import factories
from tests.adminforms import filled_in
from tests.forum_portal.folders import copy_rivers, edit, load

pytestmark = pytest.mark.django_db

REFUSED = (
    "The public has seen this record: with this edition it would vanish without a "
    "word. Publish the edition first, or leave the record where it is and withdraw it."
)
MAKE = pytest.mark.parametrize("make", [factories.make_session, factories.make_outcome])


def change(thing):
    name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
    return reverse(name, args=[thing.pk])


@MAKE
@pytest.mark.parametrize(
    "life", [{"state": "draft"}, {"state": "withdrawn"}, {"publish_at": "2099-01-01"}]
)
def test_the_form_of_what_is_public_takes_no_edition_that_is_not(
    admin_client, client, make, life
):
    if "publish_at" in life:
        life = {"publish_at": timezone.now() + datetime.timedelta(days=9)}
    record, hidden = make(), factories.make_edition(**life)
    sent = filled_in(admin_client.get(change(record)), edition=hidden.pk)
    form = admin_client.post(change(record), sent).context["adminform"].form
    assert form.errors == {"edition": [REFUSED]}
    assert client.get(record.get_absolute_url()).status_code == 200
    sent["edition"] = factories.make_edition().pk
    assert admin_client.post(change(record), sent).status_code == 302
    assert client.get(record.get_absolute_url()).status_code == 200


@MAKE
def test_what_nobody_has_seen_goes_to_any_edition(make):
    hidden, other = (factories.make_edition(state="draft") for _ in range(2))
    for record in (make(state="draft"), make(edition=other)):
        record.edition = hidden
        record.clean()


@MAKE
def test_what_stays_in_an_edition_that_was_withdrawn_can_be_edited(make):
    record = make()
    take(Step.WITHDRAW, [record.edition], reason={"en": "Called off."})
    record.refresh_from_db()
    record.title_en = "As it should read"
    record.clean()


@MAKE
def test_what_was_withdrawn_keeps_an_address_that_says_so(client, make):
    record = make()
    take(Step.WITHDRAW, [record], reason={"en": "Never held."})
    record.refresh_from_db()
    later = factories.make_edition()
    for edition in (later, factories.make_edition(state="draft")):
        record.edition = edition
        with pytest.raises(ValidationError, match="would vanish"):
            record.clean()
    assert client.get(record.get_absolute_url()).status_code == 410


def test_a_sheet_tells_of_it_in_the_column_of_the_edition(admin_user):
    factories.make_session(slug="one")
    factories.make_edition(slug="2030", state="draft")
    sheets = read_sheets(b"slug,edition\none,2030\n", "session")
    (row,) = Plan(tables_of(Session), sheets, admin_user).compared().parts[0].rows
    assert row.errors == [("edition", REFUSED)]


def test_a_version_of_another_edition_is_not_brought_back():
    record = factories.make_session(edition=factories.make_edition(state="draft"))
    then = timezone.now()
    record.edition = factories.make_edition()
    record.save()
    with pytest.raises(ValidationError) as refused:
        restore(Timeline(Session, record.pk), then)
    assert refused.value.message_dict == {"edition": [REFUSED]}


@pytest.mark.parametrize("before", ["draft", "published"])
def test_an_operation_that_made_it_public_is_not_taken_back_into_the_dark(
    client, before
):
    hidden = factories.make_edition(state="draft")
    record = factories.make_session(edition=hidden, state=before)
    with recording("bulk", "To the public one") as operation:
        record.edition, record.state = factories.make_edition(), "published"
        record.save()
    with pytest.raises(UndoRefusedError) as refused:
        operation.undo()
    assert [row.why for row in refused.value.rows] == [REFUSED]
    assert client.get(record.get_absolute_url()).status_code == 200


def test_a_public_session_does_not_go_to_the_draft_that_an_edition_is_split_into():
    record = factories.make_session()
    split = Split(record.edition)
    here = next(one for one in split.things if one.model is Session)
    given = {"name_en": "Another", "slug": "another"}
    with pytest.raises(MergeError, match="would vanish"):
        split.do(given, ["year"], {here: {record.pk}})
    assert (Edition.objects.count(), Operation.objects.count()) == (1, 0)


def test_two_records_become_one_only_where_what_was_seen_stays_on_record():
    seen = factories.make_session()
    hidden = factories.make_session(edition=factories.make_edition(state="draft"))
    with pytest.raises(MergeError, match="would vanish"):
        Merge(seen, [hidden]).do({"edition": hidden.pk})
    take(Step.WITHDRAW, [seen], reason={"en": "Twice on record."})
    seen.refresh_from_db()
    with pytest.raises(MergeError, match="as public as the others"):
        Merge(hidden, [seen])


def test_a_folder_is_not_loaded_that_would_hide_a_public_outcome(tmp_path):
    folder = copy_rivers(tmp_path)
    with (folder / "forum_editions.csv").open("a") as file:
        file.write("2027,Rivers and Borders 2027,,2027,,,,,,,,,,,,minutes,,\n")
    load(folder)
    take(Step.WITHDRAW, [Edition.objects.get(slug="2027")], reason={"en": "No."})
    edit(folder, "statements.csv", "commitment,2026-spring", "commitment,2027")
    edit(folder, "statements.csv", "2026-floods", "")
    with pytest.raises(CommandError, match="with this edition it would vanish"):
        load(folder)
    assert Outcome.objects.published().filter(edition__slug="2026-spring").exists()


@MAKE
def test_what_the_public_saw_in_another_edition_is_never_a_draft_again(
    make, django_user_model
):
    """No form writes this any more; some may have been written before."""
    admin = django_user_model.objects.create_superuser("admin")
    hidden = factories.make_edition(state="draft")
    seen, unseen = make(), make(edition=hidden)
    for row in (*seen.history.all(), *seen.edition.history.all()):
        row.history_date -= datetime.timedelta(hours=1)
        row.save()
    seen.edition = hidden
    seen.save()
    seen, unseen = (type(seen).objects.get(pk=one.pk) for one in (seen, unseen))
    assert (was_seen(seen), steps(seen)) == (True, [Step.WITHDRAW])
    assert (was_seen(unseen), steps(unseen)) == (False, [Step.DRAFT])
    assert (may_delete(admin, seen), may_delete(admin, unseen)) == (False, True)


@MAKE
def test_what_was_public_by_itself_alone_is_a_draft_that_nobody_has_seen(make):
    edition = factories.make_edition(state="draft")
    record = make(edition=edition)
    take(Step.DRAFT, [record])
    take(Step.PUBLISH, [edition])
    record = type(record).objects.get(pk=record.pk)
    assert (was_seen(record), record.first_published_at) == (False, None)
