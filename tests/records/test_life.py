"""Drafts are scheduled, published and withdrawn by buttons that ask first."""

import datetime

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from sessions.models import Edition, Session
from tests import factories
from tests.adminforms import filled_in
from topics.models import Topic

pytestmark = pytest.mark.django_db

LATER = {"publish_at_0": "2099-05-01", "publish_at_1": "09:00"}
TOPICS = "/admin/topics/topic/"


def step(record, name):
    opts = record._meta
    page = f"admin:{opts.app_label}_{opts.model_name}_step"
    return reverse(page, args=[record.pk, name])


def state_of(record):
    record = type(record).objects.get(pk=record.pk)
    when = record.publish_at and record.publish_at.isoformat()
    return record.state, when, record.withdrawn_reason_zh_hans


def test_a_record_lives_by_its_buttons(admin_client):
    topic = factories.make_topic(state="draft")
    lived = []
    for name, details in (
        ("schedule", LATER),
        ("draft", {}),
        ("publish", {}),
        ("withdraw", {"zh-hans": "有误"}),
        ("publish", {}),
    ):
        answer = admin_client.post(step(topic, name), {"confirm": "1", **details})
        assert answer.status_code == 302
        lived.append(state_of(topic))
    assert lived == [
        ("published", "2099-05-01T01:00:00+00:00", ""),  # 09:00 in Shanghai
        ("draft", None, ""),
        ("published", None, ""),
        ("withdrawn", None, "有误"),
        ("published", None, ""),
    ]


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({"state": "draft"}, ["Publish…", "Schedule…"]),
        (
            {"publish_at": datetime.datetime(2099, 5, 1, 1, tzinfo=datetime.UTC)},
            ["Publish…", "Schedule…", "Back to draft…"],
        ),
        ({}, ["Withdraw…"]),
        ({"state": "withdrawn"}, ["Publish…", "Schedule…", "Back to draft…"]),
    ],
)
def test_only_possible_steps_are_offered_and_taken(admin_client, fields, offered):
    topic = factories.make_topic(**fields)
    before = state_of(topic)
    response = admin_client.get(f"{TOPICS}{topic.pk}/change/")
    assert [label for label, _url in response.context["life_steps"]] == offered
    possible = [url for _label, url in response.context["life_steps"]]
    for name in ("publish", "schedule", "withdraw", "draft", "burn"):
        if step(topic, name) not in possible:
            sent = {"confirm": "1", "en": "Why", **LATER}
            assert admin_client.post(step(topic, name), sent).status_code == 302
    assert state_of(topic) == before


@pytest.mark.parametrize(
    ("name", "sent", "said"),
    [
        ("withdraw", {"en": " "}, "Give the reason in at least one language."),
        ("schedule", {**LATER, "publish_at_0": "2000-01-01"}, "still to come"),
        ("schedule", {**LATER, "publish_at_0": "soon"}, "Enter a valid"),
    ],
)
def test_a_step_with_bad_details_asks_again(admin_client, name, sent, said):
    topic = factories.make_topic(**({"state": "draft"} if name == "schedule" else {}))
    before = state_of(topic)
    html = admin_client.post(step(topic, name), {"confirm": "1", **sent})
    assert (said in html.content.decode()) is True
    assert state_of(topic) == before


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_says_what_becomes_visible_and_what_is_missing(admin_client, language):
    edition = factories.make_edition(state="draft", slug="2030")
    topic = factories.make_topic(label_en="Labour")
    ready = factories.make_session(edition=edition, title_en="Ready", topics=[topic])
    factories.make_session(edition=edition, title_en="Not ready", state="draft")
    host = factories.make_organization(name_en="The Host")
    factories.make_edition_role(edition, host, "organizer")
    admin_client.cookies["django_language"] = language
    context = admin_client.get(step(edition, "publish")).context
    assert [(g.model, g.first) for g in context["belonging"]] == [(Session, [ready])]
    assert [(g.total, g.first) for g in context["pages"]] == [(1, [host])]
    assert [number for _name, number in context["parts"]] == [1]
    (row,) = context["rows"]
    assert [url for *_tag, url in row["addresses"]] == [
        "/en/editions/2030/",
        "/zh-hans/editions/2030/",
    ]
    assert row["missing"]
    context = admin_client.get(step(ready, "draft")).context
    assert (context["hidden"], context["one"]) == ([ready], ready)


def test_the_page_names_every_record_that_it_counts(admin_client):
    edition = factories.make_edition()
    for n in range(12):
        factories.make_session(edition=edition, title_en=f"Talk {n:02}")
    page = admin_client.get(step(edition, "withdraw")).content.decode()
    assert "And 2 more." in page
    assert [f">Talk {n:02}</a>" in page for n in range(12)] == [True] * 12


def test_many_are_published_at_once_or_none(admin_client):
    drafts = [factories.make_topic(state="draft") for _ in range(3)]
    shown = factories.make_topic()
    sent = {
        "action": "publish",
        "_selected_action": [topic.pk for topic in (*drafts, shown)],
    }
    page = admin_client.post(TOPICS, sent)
    assert sorted(page.context["pks"]) == [topic.pk for topic in drafts]
    assert page.context["left"] == [shown]
    assert "These 3 records become visible" in strip_tags(page.content.decode())
    Topic.objects.filter(pk=drafts[0].pk).update(state="published")
    sent |= {"_selected_action": page.context["pks"], "confirm": "1"}
    answer = admin_client.post(TOPICS, sent, follow=True)
    assert "Nothing was done" in answer.content.decode()
    assert Topic.objects.published().count() == 2
    sent["_selected_action"] = [topic.pk for topic in drafts[1:]]
    admin_client.post(TOPICS, sent)
    assert Topic.objects.published().count() == 4


def test_a_form_that_is_saved_keeps_a_draft_and_may_lead_on_to_publish(admin_client):
    path = f"{TOPICS}add/"
    forged = {"state": "published", "publish_at_0": "2000-01-01", "_publish": "1"}
    sent = filled_in(admin_client.get(path), label_en="New", slug="new", **forged)
    answer = admin_client.post(path, sent)
    topic = Topic.objects.get(slug="new")
    assert state_of(topic) == ("draft", None, "")
    assert answer.url == step(topic, "publish")


def test_what_was_public_is_not_deleted_nor_what_others_name(admin_client):
    shown = factories.make_topic(label_en="Shown")
    named = factories.make_topic(state="draft")
    session = factories.make_session(topics=[named], state="draft", title_en="Namer")
    free = factories.make_topic(state="draft")
    answer = admin_client.post(f"{TOPICS}{shown.pk}/delete/", {"post": "yes"})
    assert answer.url == f"{TOPICS}{shown.pk}/change/"
    answer = admin_client.post(f"{TOPICS}{named.pk}/delete/", {"post": "yes"})
    assert [strip_tags(one) for one in answer.context["protected"]] == [
        f"Session: {session}"
    ]
    sent = {"action": "delete_selected", "post": "yes"}
    for pks in ([shown.pk, free.pk], [named.pk, free.pk]):
        admin_client.post(TOPICS, {**sent, "_selected_action": pks})
        assert Topic.objects.count() == 3
    admin_client.post(TOPICS, {**sent, "_selected_action": [free.pk]})
    assert set(Topic.objects.all()) == {shown, named}


def test_a_withdrawn_edition_takes_its_sessions_along(admin_client, client):
    session = factories.make_session()
    page = admin_client.get(step(session.edition, "withdraw"))
    assert [group.total for group in page.context["belonging"]] == [1]
    admin_client.post(step(session.edition, "withdraw"), {"confirm": "1", "en": "No"})
    assert (
        Edition.objects.published().count(),
        Session.objects.published().count(),
    ) == (
        0,
        0,
    )
    assert client.get(f"/en/editions/{session.edition.slug}/").status_code == 410
