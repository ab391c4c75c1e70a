"""Documents are in step after every way to write."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from organizations.models import Organization
from records.models import AltName
from search import index
from search.kinds import SPAN
from search.models import Dirty, Document
from sessions.models import Contribution, Material, Session
from tests.factories import (
    make_contribution,
    make_edition,
    make_edition_role,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)
from topics.models import Identifier, IssuingBody, Topic


def raw(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_a_record_is_found_when_saved_and_not_when_deleted(find):
    topic = make_topic(label_en="Zinc smelting", label_zh_hans="锌冶炼")
    assert find("zinc") == find("锌") == ["Zinc smelting"]
    topic.label_en = "Tin smelting"
    topic.save()
    assert (find("zinc"), find("tin")) == ([], ["Tin smelting"])
    topic.delete()
    assert find("smelting") == []
    assert Document.objects.count() == index.dirty_count() == 0


def test_update_and_the_bulk_methods_are_followed(find):
    Topic.objects.bulk_create(
        [
            Topic(slug="one", label_en="Quartz one", state="published"),
            Topic(slug="two", label_en="Quartz two", state="published"),
        ]
    )
    assert sorted(find("quartz")) == ["Quartz one", "Quartz two"]
    Topic.objects.filter(slug="one").update(label_en="Granite one")
    assert (find("quartz"), find("granite")) == (["Quartz two"], ["Granite one"])
    topics = list(Topic.objects.all())
    for topic in topics:
        topic.label_en = f"Basalt {topic.slug}"
    Topic.objects.bulk_update(topics, ["label_en"])
    assert sorted(find("basalt")) == ["Basalt one", "Basalt two"]
    Topic.objects.filter(slug="one").update(state="draft")
    assert find("basalt") == ["Basalt two"]
    Topic.objects.all().delete()
    assert Document.objects.count() == index.dirty_count() == 0


def test_other_names_are_followed_however_they_are_written(find):
    topic = make_topic(label_en="Topic")
    name = topic.alt_names.create(text="Zebrafish")
    assert find("zebrafish") == ["Topic"]
    name.text = "Giraffe"
    name.save()
    assert (find("zebrafish"), find("giraffe")) == ([], ["Topic"])
    AltName.objects.filter(pk=name.pk).update(text="Elephant")
    assert (find("giraffe"), find("elephant")) == ([], ["Topic"])
    other = make_topic(label_en="Other")
    name.refresh_from_db()
    name.record = other
    name.save()
    assert find("elephant") == ["Other"]
    name.delete()
    assert find("elephant") == []
    AltName.objects.bulk_create([AltName(record=topic, text="Ostrich")])
    assert find("ostrich") == ["Topic"]
    assert index.dirty_count() == 0


def test_parts_of_a_regulation_are_found_with_it(find):
    regulation = make_regulation(short_name_en="The Act")
    regulation.identifiers.create(scheme="CELEX", value="32031R0007")
    make_milestone("2031-05-01", "proposed", regulation=regulation, note_en="Walrus")
    IssuingBody.objects.create(regulation=regulation, name_en="Penguin Parliament")
    for text in ("2031/7", "32031R0007", "walrus", "penguin parliament"):
        assert find(text) == ["The Act"]
    Identifier.objects.all().delete()
    assert find("2031/7") == []


def test_a_session_is_found_by_the_names_of_those_who_took_part(find):
    body = make_organization(name_en="Okapi Institute", acronym="OKI")
    session = make_session(title_en="Session")
    contribution = make_contribution(session, body, role="host")
    assert find("okapi") == ["Okapi Institute", "Session"]
    body.name_en = "Lemur Institute"
    body.save()
    assert (find("okapi"), find("lemur")) == ([], ["Lemur Institute", "Session"])
    person = make_person(name_en="Ngozi Okafor", name_zh_hans="奥卡福")
    contribution.person = person
    contribution.save()
    assert find("okafor") == find("奥卡福") == ["Ngozi Okafor", "Session"]
    contribution.delete()
    assert find("lemur") == ["Lemur Institute"]
    Contribution.objects.bulk_create(
        [Contribution(session=session, organization=body, role="host")]
    )
    assert find("lemur") == ["Lemur Institute", "Session"]


def test_outcomes_and_editions_are_found_by_who_is_tied_to_them(find):
    body = make_organization(name_en="Tapir Fund")
    outcome = make_outcome(title_en="Promise", edition=make_edition(name_en="Forum"))
    outcome.organizations.add(body)
    make_edition_role(outcome.edition, body, "organizer")
    assert find("tapir") == ["Tapir Fund", "Forum", "Promise"]
    body.outcomes.clear()
    assert find("tapir") == ["Tapir Fund", "Forum"]
    body.outcomes.set([outcome])
    outcome.edition.roles.all().delete()
    assert find("tapir") == ["Tapir Fund", "Promise"]
    body.delete()
    assert find("tapir") == []
    assert index.dirty_count() == 0


def test_up_to_two_hundred_dependents_follow_at_once_and_the_rest_are_marked(find):
    body = make_organization(name_en="Okapi Institute")
    edition = make_edition()
    sessions = Session.objects.bulk_create(
        Session(
            edition=edition,
            slug=f"s-{n}",
            code=f"S{n}",
            title_en=f"Session {n}",
            format="plenary",
            state="published",
        )
        for n in range(205)
    )
    Contribution.objects.bulk_create(
        Contribution(session=session, organization=body, role="host")
        for session in sessions
    )
    body.name_en = "Lemur Institute"
    body.save()
    search = Document.objects.search
    assert (len(search("lemur")), len(search("okapi"))) == (201, 5)
    assert index.dirty_count() == 5
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert (len(search("lemur")), len(search("okapi"))) == (206, 0)
    body.state = "draft"  # whether it is shown at all does not wait
    body.save()
    assert (len(search("lemur")), index.dirty_count()) == (0, 0)


def test_what_only_the_database_saw_is_marked_and_brought_up_to_date(find):
    topic = make_topic(label_en="Zebra")
    name = topic.alt_names.create(text="Horse")
    raw("UPDATE topics_topic SET label_en = 'Giraffe'")
    raw("UPDATE records_altname SET text = 'Pony' WHERE id = %s", name.pk)
    assert index.dirty_count() == 1 + 1
    output = io.StringIO()
    call_command("rebuild_search", "--dirty", stdout=output)
    assert output.getvalue() == "1 records brought up to date.\n"
    assert find("giraffe") == find("pony") == ["Giraffe"]
    assert Dirty.objects.count() == 0


def test_what_raw_sql_hides_is_not_found_from_that_moment(find):
    make_topic(label_en="Zebra")
    raw("UPDATE topics_topic SET state = 'draft'")
    assert find("zebra") == []
    raw("UPDATE topics_topic SET state = 'published'")
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert find("zebra") == ["Zebra"]
    raw("UPDATE topics_topic SET publish_at = '2096-01-01 00:00:00+00:00'")
    assert find("zebra") == []
    raw("DELETE FROM topics_topic")
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert Document.objects.count() == 0


@pytest.mark.parametrize(
    ("state", "publish_at"),
    [("withdrawn", None), ("published", "2096-01-01 00:00:00+00:00")],
)
def test_names_that_raw_sql_hides_find_nothing_else_from_that_moment(
    find, state, publish_at
):
    def put(*values):
        raw(
            "UPDATE organizations_organization SET state = %s, publish_at = %s", *values
        )
        raw("UPDATE organizations_person SET state = %s, publish_at = %s", *values)

    body, person = make_organization(name_en="Okapi"), make_person(name_en="Okafor")
    make_contribution(make_session(title_en="Session"), body, role="host")
    make_edition_role(make_edition(name_en="Edition"), person, "speaker")
    outcome = make_outcome(statement_en="Outcome")
    outcome.organizations.add(body)
    outcome.people.add(person)
    law = make_regulation(short_name_en="Law")
    IssuingBody.objects.create(regulation=law, organization=body)
    before = find("okapi"), find("okafor")
    assert [len(found) for found in before] == [4, 3]
    put(state, publish_at)
    assert (find("okapi"), find("okafor")) == ([], [])
    put("published", None)
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert (find("okapi"), find("okafor")) == before


def test_who_is_shown_by_name_only_is_found_by_no_other_name_anywhere(find):
    person = make_person(name_en="Ngozi Okafor")
    person.alt_names.create(text="Lemur")
    make_contribution(make_session(title_en="Session"), person)
    assert find("lemur") == ["Ngozi Okafor", "Session"]
    person.listed = False
    person.save()
    assert find("lemur") == []
    assert find("okafor") == ["Ngozi Okafor", "Session"]


def test_who_raw_sql_puts_to_name_only_is_found_by_no_other_name(find):
    person = make_person(name_en="Ngozi Okafor")
    person.alt_names.create(text="Lemur")
    raw("UPDATE organizations_person SET listed = %s", False)
    assert find("lemur") == []
    call_command("rebuild_search", "--dirty", stdout=io.StringIO())
    assert (find("lemur"), find("okafor")) == ([], ["Ngozi Okafor"])


def test_a_session_is_found_by_its_format(find):
    make_session(title_en="Great Lakes", format="plenary")
    assert find("plenary lakes") == find("全体会议") == ["Great Lakes"]


def test_a_write_that_is_undone_leaves_the_document_as_it_was(find):
    topic = make_topic(label_en="Zebra")
    with transaction.atomic():
        topic.label_en = "Giraffe"
        topic.save()
        assert find("giraffe") == ["Giraffe"]
        transaction.set_rollback(True)
    assert (find("zebra"), find("giraffe")) == (["Zebra"], [])


def test_together_refreshes_each_record_once_at_the_end(find):
    with index.together():
        topic = make_topic(label_en="Zebra")
        topic.alt_names.create(text="Horse")
        assert find("zebra") == []
    assert find("zebra") == find("horse") == ["Zebra"]


def test_rebuilding_finds_the_same_and_drops_what_has_no_record(find):
    make_session(title_en="Zebra")
    before = list(Document.objects.values())
    Document.objects.filter(title_en="Zebra").update(title_terms="", title_en="Lost")
    Document.objects.create(id=2 * SPAN + 99, slug="orphan", title_en="Orphan")
    output = io.StringIO()
    call_command("rebuild_search", stdout=output)
    assert list(Document.objects.values()) == before
    assert "sessions: 1 of 1\n" in output.getvalue()


def pdf(text):
    """Return the smallest PDF that says something."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 "
        b"/BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    body = b"%PDF-1.4\n"
    for number, thing in enumerate(objects, 1):
        body += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    return body + b"trailer << /Root 1 0 R /Size 5 >>\nstartxref\n0\n%%EOF\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("slides.pdf", pdf("Wombat slides")),
        ("talk.vtt", b"WEBVTT\n\n00:01.000 --> 00:02.000\nA wombat, she said.\n"),
        ("notes.txt", "袋熊 and Wombat".encode("gb18030")),
    ],
)
def test_a_session_is_found_by_the_text_of_its_files(find, name, data, settings):
    session = make_session(title_en="Session")
    material = Material(session=session, kind="slides")
    material.file.save(name, ContentFile(data))
    hit = Document.objects.search("wombat")[0]
    assert (hit.title.text, hit.field) == ("Session", "file")
    assert "<mark>" in hit.excerpt
    material.delete()
    assert find("wombat") == []


def test_a_file_that_cannot_be_read_harms_nothing(find):
    material = Material(session=make_session(title_en="Zebra"), kind="slides")
    material.file.save("broken.pdf", ContentFile(b"%PDF-1.7 nonsense"))
    assert find("zebra") == ["Zebra"]


def test_a_name_that_is_still_under_embargo_joins_the_document_when_it_is_due(find):
    soon = timezone.now() + timezone.timedelta(hours=1)
    body = make_organization(name_en="Okapi Institute", publish_at=soon)
    make_contribution(make_session(title_en="Session"), body)
    assert find("okapi") == []
    Organization.objects.filter(pk=body.pk).update(publish_at=timezone.now())
    assert find("okapi") == ["Okapi Institute", "Session"]
