"""Many writes as one operation, and taking it back."""

from contextlib import suppress

import pytest
from django.core.management import call_command
from django.db import transaction

from organizations.models import Affiliation, Organization, Person
from records.models import AltName, FormerSlug, Operation, record_kinds
from records.operations import recording
from records.undo import UndoRefusedError
from sessions.models import Session
from tests import factories as make
from tests.forum_portal.folders import copy_rivers
from topics.models import Topic

pytestmark = pytest.mark.django_db


def everything():
    """Return what stands in the tables of records, parts and tags."""
    found = {}
    models = [*record_kinds(), Affiliation, AltName, FormerSlug]
    models += [f.remote_field.through for m in models for f in m._meta.many_to_many]
    for model in models:
        names = [f.attname for f in model._meta.concrete_fields]
        names = [n for n in names if n not in {"updated_at", "withdrawn_at"}]
        if model._meta.auto_created:
            names.remove("id")
        found[model] = sorted(model._base_manager.values_list(*names), key=str)
    return found


def test_an_operation_is_taken_back_row_by_row_and_that_too():
    topic, other = make.make_topic(), make.make_topic()
    gone = make.make_regulation(topics=[topic])
    gone.alt_names.create(text="The old law")
    kept = make.make_regulation(topics=[topic], summary_en="Before")
    person = make.make_person(state="draft")
    before = everything()
    with recording("bulk", "A tidy-up") as operation:
        gone.delete()
        kept.summary_en, kept.slug = "After", "another-address"
        kept.save()
        kept.topics.set([other])
        new = make.make_organization(state="draft")
        make.make_affiliation(person=person, organization=new)
        Person.objects.filter(pk=person.pk).update(role_en="Host")
    after = everything()
    assert operation.counts["topics.regulation"] == [0, 1, 1]
    assert operation.counts["organizations.person"] == [0, 1, 0]
    undone = operation.undo()
    kept.refresh_from_db()
    # The public has seen the address in between: it leads on for good.
    assert [f.slug for f in kept.former_slugs.all()] == ["another-address"]
    kept.former_slugs.all().delete()
    now = everything()
    assert {m: now[m] for m in now if now[m] != before[m]} == {}
    with pytest.raises(UndoRefusedError, match="taken back already"):
        operation.undo()
    assert undone.undoes == operation
    assert len(after[Organization]) == 1


def test_what_was_taken_back_can_be_done_again():
    session = make.make_session(state="draft")
    with recording("bulk", "A shift") as operation:
        session.delete()
        make.make_person(slug="ada", state="draft")
    operation.undo().undo()
    assert not Session.objects.exists()
    assert Person.objects.get().slug == "ada"


def test_what_was_edited_since_is_named_and_nothing_is_written():
    people = [make.make_person(name_en=name) for name in ("Ada", "Grace")]
    with recording("bulk", "Roles") as operation:
        Person.objects.update(role_en="Host")
    people[0].role_en = "Speaker"
    people[0].save()
    with pytest.raises(UndoRefusedError) as refused:
        operation.undo()
    assert [row.thing for row in refused.value.rows] == ["person: Ada"]
    assert Person.objects.get(pk=people[1].pk).role_en == "Host"


def test_what_others_added_to_or_tagged_with_stands_in_the_way():
    with recording("import", "new.csv") as operation:
        topic = make.make_topic(state="draft")
        person = make.make_person(state="draft")
    session = make.make_session(topics=[topic], title_en="Tagged since")
    make.make_affiliation(person=person)
    with pytest.raises(UndoRefusedError) as refused:
        operation.undo()
    things = sorted(row.thing.partition(":")[0] for row in refused.value.rows)
    assert things == ["affiliation", "session"]
    session.topics.clear()
    Affiliation.objects.all().delete()
    operation.undo()
    assert not Topic.objects.exists()


def test_what_the_public_has_seen_is_withdrawn_and_keeps_its_parts():
    with recording("import", "new.csv") as operation:
        person, draft = make.make_person(), make.make_person(state="draft")
        make.make_affiliation(person=person, organization=make.make_organization())
        hidden = make.make_organization(state="draft", slug="hidden")
    operation.undo()
    person.refresh_from_db()
    assert person.state == "withdrawn"
    assert Affiliation.objects.filter(person=person).exists()
    assert not Person.objects.filter(pk=draft.pk).exists()
    assert not Organization.objects.filter(pk=hidden.pk).exists()


def test_a_publication_that_is_taken_back_leaves_a_withdrawn_record():
    person = make.make_person(state="draft")
    with recording("bulk", "Publish") as operation:
        Person.objects.update(state="published")
    operation.undo()
    person.refresh_from_db()
    assert (person.state, person.first_published_at is None) == ("withdrawn", False)


def test_an_operation_that_writes_nothing_or_fails_leaves_nothing():
    with recording("bulk", "Nothing"):
        pass
    with suppress(RuntimeError), recording("bulk", "Half"):
        make.make_person()
        raise RuntimeError
    assert not Operation.objects.exists()
    make.make_person()
    assert not Operation.objects.exists()


def test_what_a_savepoint_took_back_is_no_part_of_it():
    person = make.make_person(name_en="Ada")
    with recording("bulk", "Names") as operation:
        with suppress(RuntimeError), transaction.atomic():
            person.name_en = "Lost"
            person.save()
            raise RuntimeError
        make.make_person(state="draft")
    assert operation.counts == {"organizations.person": [1, 0, 0]}


def test_a_loaded_folder_is_taken_back(tmp_path):
    call_command("load_forum", str(copy_rivers(tmp_path)), verbosity=0)
    operation = Operation.objects.get()
    operation.undo()
    states = {record.state for kind in record_kinds() for record in kind.objects.all()}
    assert states == {"withdrawn"}
    assert operation.counts["forum_sessions.session"][0] == Session.objects.count()


def test_operations_are_taken_back_in_the_other_order():
    person = make.make_person(role_en="Host")
    for role in ("Speaker", "Moderator"):
        with recording("bulk", role):
            Person.objects.update(role_en=role)
    for operation in Operation.objects.all():
        operation.undo()
    person.refresh_from_db()
    assert person.role_en == "Host"
