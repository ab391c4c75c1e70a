"""Two organizers save the same record: nothing that either of them wrote is lost."""

import threading

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from records.merging import Merge
from records.models import AltName
from sessions.models import Session
from tests import factories
from tests.adminforms import filled_in
from topics.models import Topic

ALT_NAMES = "records-altname-content_type-object_id"


def address(thing):
    meta = thing._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk])


def opened(client, thing, **changes):
    """Return what a browser would send of the form, with the versions it carries."""
    page = client.get(address(thing))
    return filled_in(page, **changes) | {"_opened": page.context["opened"]}


def again(page, **changes):
    """Return what a browser would send of a form that was refused."""
    sent = filled_in(page) | {"_opened": page.context["opened"]}
    for inline in page.context["inline_admin_formsets"]:
        name = f"{inline.formset.prefix}-TOTAL_FORMS"
        sent[name] = len(inline.formset.forms)
    return sent | changes


@pytest.fixture
def ann(db):
    return signed_in("ann")


@pytest.fixture
def ben(db):
    return signed_in("ben")


def signed_in(name):
    client = Client()
    client.force_login(User.objects.create_superuser(name))
    return client


def found(page):
    """Return (what only the others changed, what both changed), as shown."""
    meanwhile = page.context["meanwhile"]
    return (
        [(one.label, one.theirs) for one in meanwhile.taken],
        [(one.label, one.theirs, one.yours, one.name) for one in meanwhile.both],
    )


def test_a_second_save_is_refused_with_both_texts_and_one_of_each_is_taken(ann, ben):
    topic = factories.make_topic(label_en="Water", definition_en="Old", note_en="Old")
    anns = opened(ann, topic, label_en="Hers", definition_en="Hers", note_zh_hans="她")
    bens = opened(
        ben, topic, label_en="His", definition_en="His", note_en="His", editor_note="?"
    )
    assert ann.post(address(topic), anns).status_code == 302
    page = ben.post(address(topic), bens)
    assert page.status_code == 200
    assert found(page) == (
        [("Public note (中文)", "她")],
        [
            ("Label (English)", "Hers", "His", "label_en"),
            ("Definition (English)", "Hers", "His", "definition_en"),
        ],
    )
    error = page.context["adminform"].form.non_field_errors()[0]
    assert error.startswith("ann saved this on ")
    assert Topic.objects.get(pk=topic.pk).label_en == "Hers"
    sent = again(page, _theirs=["label_en"])
    assert ben.post(address(topic), sent).status_code == 302
    topic = Topic.objects.get(pk=topic.pk)
    assert (topic.label_en, topic.definition_en) == ("Hers", "His")
    assert (topic.note_en, topic.note_zh_hans) == ("His", "她")
    assert topic.editor_note == "?"


def test_a_third_save_meanwhile_is_noticed_again(ann, ben):
    topic = factories.make_topic(label_en="Water")
    bens = opened(ben, topic, label_en="His")
    ann.post(address(topic), opened(ann, topic, label_en="Hers"))
    page = ben.post(address(topic), bens)
    ann.post(address(topic), opened(ann, topic, label_en="Hers, again"))
    page = ben.post(address(topic), again(page))
    assert found(page)[1] == [("Label (English)", "Hers, again", "His", "label_en")]
    assert ben.post(address(topic), again(page)).status_code == 302
    assert Topic.objects.get(pk=topic.pk).label_en == "His"


def test_tags_dates_and_parts_are_compared_row_by_row(ann, ben):
    water, air = factories.make_topic(), factories.make_topic(label_en="Air")
    session = factories.make_session(topics=[water], starts_at=None)
    people = [factories.make_person(name_en=name) for name in ("A", "B", "C", "D")]
    parts = [factories.make_contribution(session, person) for person in people[:3]]
    by_both, by_ann, by_ben = (part.pk for part in parts)
    anns, bens = opened(ann, session), opened(ben, session)
    anns |= {
        "topics": [water.pk, air.pk],
        "contributions-0-role": "host",
        "contributions-1-DELETE": "on",
        f"{ALT_NAMES}-TOTAL_FORMS": 1,
        f"{ALT_NAMES}-0-text": "Another",
    }
    bens |= {
        "starts_at_0": "2026-05-01",
        "starts_at_1": "09:00:00",
        "contributions-0-role": "moderator",
        "contributions-1-role": "panelist",
        "contributions-2-DELETE": "on",
        "contributions-TOTAL_FORMS": 4,
        "contributions-3-person": people[3].pk,
        "contributions-3-role": "rapporteur",
        "contributions-3-position": 0,
    }
    assert ann.post(address(session), anns).status_code == 302
    page = ben.post(address(session), bens)
    taken, both = found(page)
    assert taken == [
        ("Topics", f"Air, {water}"),
        ("Other name 1", "Another"),
    ]
    assert both == [
        ("Contribution 1 · Role", "Host", "Moderator", "contributions-0-role"),
        ("Contribution 3", "removed", "Panelist · B", "contributions-2-DELETE"),
    ]
    sent = again(page)
    assert ben.post(address(session), sent).status_code == 302
    session = Session.objects.get(pk=session.pk)
    assert set(session.topics.all()) == {water, air}
    assert session.starts_at is not None
    assert sorted(session.contributions.values_list("person__name_en", "role")) == [
        ("A", "moderator"),
        ("B", "panelist"),
        ("D", "rapporteur"),
    ]
    assert session.contributions.filter(pk=by_both).exists()
    assert not session.contributions.filter(pk__in=[by_ann, by_ben]).exists()
    assert list(AltName.objects.values_list("text", flat=True)) == ["Another"]


def test_sending_a_form_twice_writes_it_once_and_disturbs_nobody(ann):
    topic = factories.make_topic(label_en="Water")
    sent = opened(ann, topic, **{ALT_NAMES: [{"text": "Eau", "language": "fr"}]})
    sent |= {"label_en": "Waters"}
    answers = [ann.post(address(topic), sent).status_code for _ in range(2)]
    assert answers == [302, 302]
    assert Topic.objects.get(pk=topic.pk).label_en == "Waters"
    assert [name.text for name in topic.alt_names.all()] == ["Eau"]


@pytest.mark.parametrize("nonsense", ["", "x", "topics.topic:1e9", ":,:,", "9" * 5000])
def test_a_form_without_its_versions_is_saved_as_ever(ann, nonsense):
    topic = factories.make_topic(label_en="Water")
    sent = opened(ann, topic, label_en="Air") | {"_opened": nonsense}
    assert ann.post(address(topic), sent).status_code == 302
    assert Topic.objects.get(pk=topic.pk).label_en == "Air"


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_asked():
    if connection.vendor != "postgresql":
        # There one writer at a time begins: see `transaction_mode` in the settings.
        assert "IMMEDIATE" in settings.DATABASES["default"]["OPTIONS"].values()
        return
    topic = factories.make_topic(label_en="Water")
    clients = [signed_in("ann"), signed_in("ben")]
    sent = [opened(c, topic, label_en=n) for c, n in zip(clients, "AB", strict=True)]
    start, answers = threading.Barrier(2), []

    def save(client, data):
        try:
            start.wait()
            answers.append(client.post(address(topic), data).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=save, args=pair)
        for pair in zip(clients, sent, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 302]


def test_what_was_typed_of_a_record_deleted_meanwhile_is_given_back(ann, ben):
    session = factories.make_session(state="draft", title_en="Mine", abstract_en="Old")
    AltName.objects.create(record=session, text="Another name")
    sent = opened(ann, session, abstract_en="New\nlines", title_zh_hans="矿山")
    ben.post(address(session).replace("change", "delete"), {"post": "yes"})
    assert not Session.objects.exists()
    page = ann.post(address(session), sent)
    assert page.status_code == 409
    assert "ben deleted this on " in page.context["sentence"]
    typed = {(one.label, one.lang, one.text) for one in page.context["typed"]}
    assert {
        ("Abstract (English)", "en", "New\nlines"),
        ("Title (中文)", "zh-Hans", "矿山"),
        ("Other name", "", "Another name"),
    } <= typed
    assert "New<br>lines" in page.text
    assert reverse("admin:forum_sessions_session_deleted") in page.text
    chinese = {"accept-language": "zh-hans"}
    assert "矿山" in ann.post(address(session), sent, headers=chinese).text
    # Of what never was, and of nothing sent, it is as ever.
    assert ann.get(address(session)).status_code == 302
    assert ann.post("/admin/forum_sessions/session/99/change/", {}).status_code == 302


def test_of_a_record_that_was_made_part_of_another_it_says_so(ann):
    stays, goes = factories.make_topic(), factories.make_topic()
    sent, form = opened(ann, goes, definition_en="New words"), address(goes)
    Merge(stays, [goes]).do()
    page = ann.post(form, sent)
    assert page.context["merged"] == (str(stays), address(stays))
    assert "New words" in page.text
