"""Every model in the admin, walked through as an organizer would."""

import datetime
import re

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from records.admin import RecordAdmin
from records.languages import TAGS
from records.models import AltName, Citation, ExternalId, Source
from tests import factories
from tests.adminforms import filled_in

MODELS = {
    "edition": factories.make_edition,
    "session": factories.make_session,
    "person": factories.make_person,
    "organization": factories.make_organization,
    "topic": factories.make_topic,
    "mineral": factories.make_mineral,
    "lifecyclestage": factories.make_stage,
    "regulation": factories.make_regulation,
    "outcome": factories.make_outcome,
    "forum": factories.make_forum,
    "source": lambda: Source.objects.create(title_en="An article"),
}
RECORDS = {
    model._meta.model_name: model
    for model, site in admin.site._registry.items()
    if isinstance(site, RecordAdmin)
}
ALT_NAMES = "records-altname-content_type-object_id"
CITATIONS = "records-citation-content_type-object_id"
EXTERNAL_IDS = "records-externalid-content_type-object_id"

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def address(model, page, *args):
    return reverse(
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args
    )


def pages(thing):
    """Return the addresses of everything the admin shows of one thing."""
    model = type(thing)
    return {
        "list": address(model, "changelist"),
        "search": address(model, "changelist") + "?q=%E9%92%B4",
        "change": address(model, "change", thing.pk),
        "history": address(model, "history", thing.pk),
        "restore": address(model, "restore", thing.pk),
        "deleted": address(model, "deleted"),
    }


def test_all_that_is_edited_in_the_admin_is_tried_here():
    edited = {
        model._meta.model_name
        for model in admin.site._registry
        if hasattr(model, "history")
    }
    assert edited == set(MODELS)


@pytest.mark.parametrize("language", TAGS)
@pytest.mark.parametrize("name", MODELS)
def test_every_page_of_every_model_opens(admin_client, name, language):
    thing = MODELS[name]()
    admin_client.cookies["django_language"] = language
    answers = {
        page: admin_client.get(path, follow=name == "forum").status_code
        for page, path in pages(thing).items()
    }
    assert answers == dict.fromkeys(answers, 200)


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_has_a_page_to_add_one_and_a_page_to_delete_it(admin_client, name):
    record = MODELS[name](state="draft")
    for page, args in (("add", ()), ("delete", (record.pk,))):
        response = admin_client.get(address(type(record), page, *args))
        assert response.status_code == 200


@pytest.mark.parametrize("name", MODELS)
def test_anonymous_visitors_are_sent_to_the_login(client, name):
    for path in pages(MODELS[name]()).values():
        response = client.get(path)
        assert (response.status_code, response.url.partition("?")[0]) == (
            302,
            "/admin/login/",
        )


@pytest.mark.parametrize("name", MODELS)
def test_forms_show_every_translated_field_in_both_languages_and_never_without(
    admin_client, name
):
    thing = MODELS[name]()
    response = admin_client.get(address(type(thing), "change", thing.pk))
    forms = [response.context["adminform"].form]
    forms += [i.formset.empty_form for i in response.context["inline_admin_formsets"]]
    for form in forms:
        columns = [f.name for f in form._meta.model._meta.concrete_fields]
        translated = [f for f in columns if f"{f}_zh_hans" in columns]
        assert [f for f in translated if f in form.fields] == []
        english = [f for f in form.fields if f.endswith("_en")]
        chinese = [f for f in form.fields if f.endswith("_zh_hans")]
        assert [f[:-3] for f in english] == [f[:-8] for f in chinese]
        if form._meta.model is type(thing):
            derived = {"sort_key", "withdrawn_reason"}
            assert {f[:-3] for f in english} == set(translated) - derived


@pytest.mark.parametrize("name", RECORDS)
def test_an_empty_form_is_refused_and_says_what_is_missing(admin_client, name):
    path = address(RECORDS[name], "add")
    sent = filled_in(admin_client.get(path), slug="")
    response = admin_client.post(path, sent)
    form = response.context["adminform"].form
    heading = RECORDS[name]().heading_field
    assert form.errors["slug"] == ["This field is required."]
    assert form.errors[f"{heading}_en"] == ["Give a name in at least one language."]


# The login, its user, the forum's name, two counts and the rows; filters by edition or
# country, hierarchies of dates and the organizations of people cost more.
QUERIES = {
    "edition": 8,
    "session": 10,
    "outcome": 10,
    "person": 9,
    "organization": 8,
    "topic": 7,
    "mineral": 7,
    "lifecyclestage": 7,
    "regulation": 8,
}


@pytest.mark.either_database
@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("total", [1, 30])
def test_lists_cost_the_same_however_many_records(
    admin_client, django_assert_num_queries, name, total
):
    for _ in range(total):
        record = MODELS[name]()
        factories.make_citation(record)
        if name == "person":
            factories.make_affiliation(person=record)
    path = address(type(record), "changelist")
    admin_client.get(path)
    with django_assert_num_queries(QUERIES[name]):
        admin_client.get(path)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("刚果", ["Congo"]), ("cONGO", ["Congo"]), ("Zaïre", ["Congo"]), ("Peru", [])],
)
def test_search_finds_either_language_and_other_names(admin_client, typed, found):
    congo = factories.make_topic(label_en="Congo", label_zh_hans="刚果")
    AltName.objects.create(record=congo, text="Zaïre", language="fr")
    factories.make_topic(label_en="Chile", label_zh_hans="智利")
    response = admin_client.get(address(type(congo), "changelist"), {"q": typed})
    assert [str(topic) for topic in response.context["cl"].result_list] == found


def test_lists_say_what_the_public_sees_and_what_is_missing(admin_client):
    later = datetime.datetime(2099, 5, 1, 9, tzinfo=datetime.UTC)
    whole = factories.make_topic(
        label_en="A", label_zh_hans="甲", definition_en="First letter"
    )
    factories.make_citation(whole)
    factories.make_topic(label_en="B", state="draft")
    factories.make_topic(label_en="C", state="withdrawn")
    factories.make_topic(label_en="", label_zh_hans="Z", publish_at=later)
    hidden = factories.make_session(
        edition=factories.make_edition(state="draft"), abstract_en="Words"
    )
    factories.make_citation(hidden)
    assert rows(admin_client, type(whole)) == [
        ("A甲", "Published", ""),
        ("B", "Nothing: a draft", "Chinese name, definition, source"),
        ("C", "Withdrawn", "Chinese name, definition, source"),
        ("Z", "Nothing until 1 May 2099, 17:00", "English name, definition, source"),
    ]
    assert [row[1:] for row in rows(admin_client, type(hidden))] == [
        ("Nothing: what it belongs to is not public", "Chinese name")
    ]


def rows(client, model):
    """Return name, state and what is missing of each row of a list."""
    listed = client.get(address(model, "changelist")).context["cl"]
    site = admin.site._registry[model]
    return [
        (
            strip_tags(site.names(record)),
            strip_tags(site.standing(record)),
            site.missing(record),
        )
        for record in listed.result_list
    ]


@pytest.mark.parametrize(
    ("needs", "found"),
    [
        ("en", ["乙"]),
        ("zh-hans", ["C"]),
        ("sources", ["C", "乙"]),
        ("none of ours", ["A", "C", "D", "乙"]),
    ],
)
def test_lists_can_show_only_what_needs_a_hand(admin_client, needs, found):
    whole = factories.make_topic(label_en="A", label_zh_hans="甲")
    factories.make_citation(whole)
    factories.make_topic(label_en="", label_zh_hans="乙")
    factories.make_topic(label_en="C")
    factories.make_topic(label_en="D", state="withdrawn")
    response = admin_client.get(address(type(whole), "changelist"), {"needs": needs})
    listed = response.context["cl"].result_list
    assert sorted(str(topic) for topic in listed) == sorted(found)


def test_only_public_records_link_to_their_page(admin_client):
    shown = factories.make_topic()
    draft = factories.make_topic(state="draft")
    hidden = factories.make_session(edition=factories.make_edition(state="draft"))
    links = [
        admin_client.get(address(type(record), "change", record.pk)).context.get(
            "absolute_url"
        )
        for record in (shown, draft, hidden)
    ]
    assert links == [shown.get_absolute_url(), None, None]


def test_a_new_address_of_a_public_record_leaves_the_old_one_behind(admin_client):
    topic = factories.make_topic(slug="old")
    path = address(type(topic), "change", topic.pk)
    admin_client.post(path, filled_in(admin_client.get(path), slug="new"))
    with translation.override("en"):
        response = admin_client.get("/en/topics/old/")
    assert (response.status_code, response.url) == (301, "/en/topics/new/")


def test_other_names_sources_and_identifiers_are_edited_on_the_page(admin_client):
    topic = factories.make_topic()
    source = Source.objects.create(title_en="An article")
    path = address(type(topic), "change", topic.pk)
    sent = filled_in(
        admin_client.get(path),
        **{
            ALT_NAMES: [{"text": "劳动", "language": "zh-Hans", "in_source": "on"}],
            CITATIONS: [{"source": source.pk, "certainty": "stated", "about": ""}],
            EXTERNAL_IDS: [{"system": "wikidata", "value": "Q1"}],
        },
    )
    assert admin_client.post(path, sent).status_code == 302
    assert list(topic.alt_names.values_list("text", "language", "in_source")) == [
        ("劳动", "zh-Hans", True)
    ]
    assert list(topic.citations.values_list("source", "certainty", "about")) == [
        (source.pk, "stated", "")
    ]
    assert list(topic.external_ids.values_list("system", "value")) == [
        ("wikidata", "Q1")
    ]


@pytest.mark.parametrize(
    ("prefix", "twins", "said"),
    [
        (ALT_NAMES, [{"text": "X"}, {"text": "X"}], "This row is given twice."),
        (ALT_NAMES, [{"text": "Known"}], "This row is given twice."),
        (
            EXTERNAL_IDS,
            [{"system": "wikidata", "value": "Q9"}],
            "Another record has this identifier.",
        ),
        (
            CITATIONS,
            [{"source": "", "certainty": "stated"}],
            "Name the source, or say “from memory”.",
        ),
    ],
)
def test_what_the_database_would_refuse_is_said_beside_the_row(
    admin_client, prefix, twins, said
):
    topic = factories.make_topic()
    AltName.objects.create(record=topic, text="Known")
    ExternalId.objects.create(
        record=factories.make_topic(), system="wikidata", value="Q9"
    )
    path = address(type(topic), "change", topic.pk)
    response = admin_client.post(
        path, filled_in(admin_client.get(path), **{prefix: twins})
    )
    assert response.status_code == 200
    formset = next(
        inline.formset
        for inline in response.context["inline_admin_formsets"]
        if inline.formset.prefix == prefix
    )
    assert [list(errors.values()) for errors in formset.errors if errors] == [[[said]]]


def test_a_source_needs_a_title_or_an_address(admin_client):
    path = address(Source, "add")
    response = admin_client.post(path, filled_in(admin_client.get(path), publisher="P"))
    form = response.context["adminform"].form
    assert form.non_field_errors() == ["Give a title or an address."]
    assert form["publisher"].value() == "P"


def test_a_cited_source_is_not_deleted_and_the_page_names_what_cites_it(admin_client):
    citation = factories.make_citation(factories.make_topic())
    path = address(Source, "delete", citation.source.pk)
    response = admin_client.post(path, {"post": "yes"})
    topic = citation.record
    link = f'<a href="{address(type(topic), "change", topic.pk)}">{topic}</a>'
    assert response.context["protected"] == [f"Topic: {link}"]
    assert list(Citation.objects.all()) == [citation]


def test_the_admin_speaks_chinese_and_names_the_forum(admin_client):
    factories.make_forum(name_zh_hans="测试论坛", short_name_zh_hans="论坛")
    admin_client.cookies["django_language"] = "zh-hans"
    html = admin_client.get("/admin/").content.decode()
    assert '<html lang="zh-hans"' in html
    assert "论坛</a>" in html


@pytest.mark.parametrize("name", RECORDS)
def test_pages_of_the_admin_in_chinese_say_nothing_in_english(admin_client, name):
    record = MODELS[name]()
    admin_client.cookies["django_language"] = "zh-hans"
    shown = pages(record)
    html = admin_client.get(shown["list"]).content.decode()
    headings = re.findall(r'<th scope="col".*?</th>', html, re.DOTALL)
    words = [strip_tags(heading).strip() for heading in headings]
    assert [w for w in words if re.search("[a-z]{2}", w) and w != "OECD"] == []
    html = admin_client.get(shown["restore"]).content.decode()
    trail = re.search(r'<div class="breadcrumbs">(.*?)</div>', html, re.DOTALL)[1]
    trail = strip_tags(trail).replace("&rsaquo;", "").replace(str(record), "")
    assert not re.search("[a-z]{2}", trail)
    html = admin_client.get(address(type(record), "add")).content.decode()
    assert ">None<" not in html


def test_pages_of_the_admin_have_no_inline_script_or_style(admin_client):
    session = factories.make_session()
    paths = [*pages(session).values(), address(type(session), "delete", session.pk)]
    for path in [*paths, "/admin/", address(type(session), "add")]:
        html = admin_client.get(path).content.decode()
        assert (
            re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)[^>]*>|\son\w+=", html)
            == []
        )


def test_who_may_only_read_sees_fields_called_as_in_the_form(client):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name="Viewer"))
    client.force_login(viewer)
    path = f"/admin/forum_sessions/session/{factories.make_session().pk}/change/"
    for language, label in {"en": "Title (English)", "zh-hans": "（English）"}.items():
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        page = client.get(path).content.decode()
        assert label in page
        assert "[en]" not in page


def test_a_list_that_is_asked_for_nonsense_says_so(admin_client):
    topic = factories.make_topic()
    path = address(type(topic), "changelist")
    assert admin_client.get(f"{path}?slug__regex=(").status_code == 400
    for key in ("abc", "9" * 30):
        chosen = {"action": "publish", "_selected_action": key}
        assert admin_client.post(path, chosen).status_code == 400


@pytest.mark.parametrize("state", ["withdrawn", "published"])
def test_the_form_of_a_withdrawn_record_says_that_its_page_still_names_it(
    admin_client, client, state
):
    topic = factories.make_topic(label_en="Before")
    topic.state = state
    topic.save()
    path = reverse("admin:topics_topic_change", args=[topic.pk])
    words = "Its page and its files still name it"
    response = admin_client.get(path)
    assert (words in response.text) == (state == "withdrawn")
    if state == "withdrawn":
        admin_client.post(path, filled_in(response, label_en="After"))
        assert "After" in client.get(topic.get_absolute_url()).text
