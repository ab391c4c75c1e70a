import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation

from organizations.models import Organization
from records.models import AltName, Citation, ExternalId, Record, Source, record_kinds
from sessions.models import Outcome, Session
from tests.factories import (
    make_citation,
    make_contribution,
    make_edition,
    make_edition_role,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_stage,
    make_topic,
)
from topics.models import Topic

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)


def slugs(queryset):
    return sorted(queryset.values_list("slug", flat=True))


def test_there_are_nine_kinds_of_record():
    assert sorted(kind.__name__ for kind in record_kinds()) == [
        "Edition",
        "LifecycleStage",
        "Mineral",
        "Organization",
        "Outcome",
        "Person",
        "Regulation",
        "Session",
        "Topic",
    ]


def test_published_leaves_out_drafts_embargoed_and_withdrawn():
    now = timezone.now()
    make_topic(slug="shown")
    make_topic(slug="shown-since", publish_at=now - HOUR)
    make_topic(slug="draft", state="draft")
    make_topic(slug="embargoed", publish_at=now + HOUR)
    make_topic(slug="withdrawn", state="withdrawn")
    assert slugs(Topic.objects.published()) == ["shown", "shown-since"]
    assert slugs(Topic.objects.published(now + 2 * HOUR)) == [
        "embargoed",
        "shown",
        "shown-since",
    ]


@pytest.mark.parametrize("make", [make_session, make_outcome])
def test_what_belongs_to_an_edition_is_published_only_if_the_edition_is(make):
    kind = type(make(slug="of-a-public-edition"))
    make(slug="of-a-draft", edition=make_edition(state="draft"))
    later = timezone.now() + HOUR
    make(slug="of-an-embargoed", edition=make_edition(publish_at=later))
    assert slugs(kind.objects.published()) == ["of-a-public-edition"]


def test_a_contribution_is_published_only_if_everyone_it_names_is():
    session = make_session()
    shown = make_contribution(session, make_organization())
    make_contribution(session, make_organization(state="draft"))
    make_contribution(session, make_person(state="withdrawn"))
    make_contribution(
        session, make_person(), organization=make_organization(state="draft")
    )
    make_contribution(make_session(state="draft"), make_organization())
    assert list(type(shown).objects.published()) == [shown]


def test_a_role_is_published_only_if_its_edition_and_its_holder_are():
    edition = make_edition()
    shown = make_edition_role(edition, make_organization(), "organizer")
    make_edition_role(edition, make_organization(state="draft"), "supporter")
    make_edition_role(edition, make_person(state="draft"), "speaker")
    make_edition_role(make_edition(state="draft"), make_organization(), "organizer")
    assert list(type(shown).objects.published()) == [shown]


def test_withdrawn_keeps_only_what_the_public_once_saw():
    for slug, first in [("seen", "published"), ("never-seen", "draft")]:
        topic = make_topic(slug=slug, state=first)
        topic.state = "withdrawn"
        topic.save()
    embargoed = make_topic(slug="embargoed", publish_at=timezone.now() + HOUR)
    embargoed.state = "withdrawn"
    embargoed.save()
    assert slugs(Topic.objects.withdrawn()) == ["seen"]


def test_a_session_withdrawn_before_its_edition_was_public_leaves_no_trace():
    edition = make_edition(state="draft")
    session = make_session(edition=edition)
    Session.objects.filter(pk=session.pk).update(state="withdrawn")
    edition.state = "published"
    edition.save()
    assert slugs(Session.objects.withdrawn()) == []


def test_update_sets_the_life_of_a_record_as_save_does():
    topic = make_topic(state="draft")
    assert topic.first_published_at is None
    Topic.objects.filter(pk=topic.pk).update(state="published")
    topic.refresh_from_db()
    assert topic.first_published_at <= timezone.now()
    Topic.objects.filter(pk=topic.pk).update(state="withdrawn")
    topic.refresh_from_db()
    assert topic.withdrawn_at <= timezone.now()


def test_markdown_becomes_safe_html_when_the_record_is_written():
    session = make_session(
        abstract_en="# Hard\n\n*Soft* <script>alert(1)</script> "
        "[x](javascript:alert(1))",
        abstract_zh_hans="正文",
    )
    assert session.html == {
        "abstract_en": "<h3>Hard</h3>\n<p><em>Soft</em> &lt;script&gt;alert(1)&lt;"
        "/script&gt; [x](javascript:alert(1))</p>",
        "abstract_zh-hans": "<p>正文</p>",
    }


@pytest.mark.parametrize("way", ["update", "bulk_update", "bulk_create"])
def test_bulk_writes_keep_html_and_sort_keys_in_step(way):
    topic = make_topic(label_en="Water", definition_en="old")
    if way == "update":
        Topic.objects.filter(pk=topic.pk).update(label_en="Éclair", definition_en="new")
    elif way == "bulk_update":
        topic.label_en, topic.definition_en = "Éclair", "new"
        Topic.objects.bulk_update([topic], ["label_en", "definition_en"])
    else:
        topic = Topic(slug="t", label_en="Éclair", definition_en="new")
        Topic.objects.bulk_create([topic])
    topic = Topic.objects.get(pk=topic.pk)
    assert topic.html == {"definition_en": "<p>new</p>"}
    assert (topic.sort_key_en, topic.sort_key_zh_hans) == ("eclair", "eclair")


def test_chinese_readers_get_names_sorted_by_pinyin():
    for slug, name in [("wu", "武汉大学"), ("guo", "国际劳工组织"), ("a", "阿根廷")]:
        make_organization(slug=slug, name_zh_hans=name)
    with translation.override("zh-hans"):
        found = Organization.objects.order_by("sort_key")
        assert [o.slug for o in found] == ["a", "guo", "wu"]


def test_a_new_slug_leaves_the_former_one_behind_once_the_record_was_public():
    public, draft = make_topic(slug="old"), make_topic(slug="idea", state="draft")
    public.slug, draft.slug = "new", "better-idea"
    public.save()
    draft.save()
    assert [f.slug for f in public.former_slugs.all()] == ["old"]
    assert [f.slug for f in draft.former_slugs.all()] == []


def test_going_back_to_a_former_slug_needs_no_redirect_to_itself():
    topic = make_topic(slug="first")
    for slug in ("second", "first"):
        topic.slug = slug
        topic.save()
    assert [f.slug for f in topic.former_slugs.all()] == ["second"]


def test_update_refuses_to_change_a_slug():
    make_topic(slug="kept")
    with pytest.raises(ValueError, match="save"):
        Topic.objects.update(slug="lost")
    assert slugs(Topic.objects.all()) == ["kept"]


def test_a_slug_is_never_used_again():
    moved = make_topic(slug="moved")
    moved.slug = "elsewhere"
    moved.save()
    make_topic(slug="deleted").delete()
    make_topic(slug="deleted-draft", state="draft").delete()
    refused = {}
    for slug in ("moved", "deleted", "deleted-draft"):
        topic = Topic(slug=slug, label_en="Another")
        try:
            topic.full_clean()
        except ValidationError as error:
            refused[slug] = list(error.message_dict)
    assert refused == {"moved": ["slug"], "deleted": ["slug"]}
    moved.slug = "moved"
    moved.full_clean()


def test_the_address_of_the_comparison_is_no_regulation():
    regulation = make_regulation()
    regulation.slug = "compare"
    with pytest.raises(ValidationError) as refused:
        regulation.full_clean()
    assert list(refused.value.message_dict) == ["slug"]


def test_a_record_needs_a_name_in_one_language_whichever():
    Topic(slug="only-chinese", label_zh_hans="人权").full_clean()
    with pytest.raises(ValidationError) as refused:
        Topic(slug="nameless").full_clean()
    assert list(refused.value.message_dict) == ["label_en"]


def test_with_published_shows_no_hidden_relation():
    hidden = make_topic(slug="hidden", state="draft")
    make_topic(slug="child", parent=hidden)
    stage = make_stage(slug="shown")
    session = make_session(stages=[stage, make_stage(state="draft")], topics=[hidden])
    child = Topic.objects.with_published("parent").get(slug="child")
    assert child.parent is None
    loaded = Session.objects.with_published("stages", "topics").get(pk=session.pk)
    assert [s.slug for s in loaded.stages.all()] == ["shown"]
    assert list(loaded.topics.all()) == []


def test_with_published_count_counts_only_what_is_public():
    topic, idle = make_topic(slug="busy"), make_topic(slug="idle")
    make_session(topics=[topic])
    make_session(topics=[topic], state="draft")
    make_session(topics=[topic], edition=make_edition(state="draft"))
    make_outcome(topics=[topic, idle])
    counted = Topic.objects.with_published_count("sessions", "outcomes")
    assert sorted(counted.values_list("slug", "sessions_count", "outcomes_count")) == [
        ("busy", 1, 1),
        ("idle", 0, 1),
    ]


def test_history_keeps_both_languages_and_what_a_record_was_tagged_with():
    topic = make_topic(slug="first")
    session = make_session(title_en="One", title_zh_hans="一", topics=[topic])
    session.title_zh_hans = "二"
    session.save()
    kept = [(h.title_en, h.title_zh_hans) for h in session.history.all()]
    assert kept[0] == ("One", "二")
    assert kept[-1] == ("One", "一")
    newest = session.history.first()
    assert [row.topic for row in newest.topics.all()] == [topic]


def test_a_citation_names_a_source_unless_it_is_from_memory():
    topic = make_topic()
    Citation.objects.create(record=topic, certainty="memory", about="label")
    with pytest.raises(IntegrityError), transaction.atomic():
        Citation.objects.create(record=topic, certainty="official")


def test_a_source_has_its_address_for_itself_and_may_have_none():
    Source.objects.create(title_en="One")
    Source.objects.create(title_en="Two")
    Source.objects.create(url="https://example.org/a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.create(url="https://example.org/a")


def test_an_external_id_names_one_record_of_a_kind():
    ExternalId.objects.create(record=make_topic(), system="pretalx", value="1")
    ExternalId.objects.create(record=make_person(), system="pretalx", value="1")
    with pytest.raises(IntegrityError), transaction.atomic():
        ExternalId.objects.create(record=make_topic(), system="pretalx", value="1")


def test_parts_of_a_record_go_with_it_and_what_is_cited_stays():
    organization = make_organization()
    AltName.objects.create(record=organization, text="Org")
    citation = make_citation(organization)
    with pytest.raises(models.ProtectedError):
        citation.source.delete()
    organization.delete()
    assert (AltName.objects.count(), Citation.objects.count()) == (0, 0)
    assert Source.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_at": "2026-05-01T10:00Z", "ends_at": "2026-05-01T09:00Z"},
        {"code": "S01"},
    ],
)
def test_the_database_refuses_an_impossible_session(fields):
    edition = make_edition()
    make_session(edition=edition, code="S01")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_session(edition=edition, **fields)


def test_an_outcome_without_a_title_is_called_by_its_statement():
    outcome = make_outcome(statement_en="They met.", statement_zh_hans="会晤。")
    assert (str(outcome), outcome.heading_field) == ("They met.", "statement")
    outcome.title_en = "Meeting"
    assert (str(outcome), outcome.heading_field) == ("Meeting", "title")
    assert Outcome.objects.get(pk=outcome.pk).sort_key_zh_hans == "hui wu"


def test_every_kind_starts_from_the_same_queryset_vocabulary():
    assert all(issubclass(kind, Record) for kind in record_kinds())
    for kind in record_kinds():
        assert list(kind.objects.published().with_row_details()) == []


@pytest.mark.parametrize(
    ("thing", "field"),
    [
        (make_session, "format"),
        (lambda: make_contribution(make_session(), make_person()), "role"),
        (make_regulation, "kind"),
        (lambda: make_relation(make_regulation(), "amends", make_regulation()), "kind"),
        (lambda: make_milestone("2020-01-01", "adopted"), "precision"),
    ],
)
def test_no_row_lacks_the_word_by_which_pages_tell_what_it_is(thing, field):
    row = thing()
    rows = type(row)._base_manager.filter(pk=row.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**{field: ""})
