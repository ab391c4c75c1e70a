"""Readers report errors; the people who keep the record answer them."""

import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail, signing
from django.test import Client
from django.urls import reverse

from forum_portal.page_cache import PageCache
from records.models import Correction, Subscription
from tests.factories import make_session, make_topic

pytestmark = pytest.mark.django_db

FORM = "/en/corrections/"
OK = "/en/corrections/?sent=1"


def filled_in(ago=10, **changes):
    opened = signing.Signer(salt="correction").sign(str(int(time.time()) - ago))
    return {"wrong": "It was in May.", "opened": opened} | changes


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_report_lands_with_its_record(
    client, language, django_capture_on_commit_callbacks, admin_user
):
    Subscription.objects.create(user=admin_user, kinds=["correction"])
    session = make_session(slug="labour", title_en="Labour relations")
    url = f"/{language}/corrections/?about=sessions/labour"
    page = client.get(url)
    assert f'<a href="/{language}/sessions/labour/">' in page.text
    assert page["Cache-Control"] == "private, no-store"
    sent = filled_in(
        correct="In June.",
        evidence="example.org/a",
        email="reader@example.org",
        name="李 Reader",
    )
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(url, sent)
    assert response.status_code == 302
    assert f'<a class="button" href="/{language}/sessions/labour/">' in (
        client.get(response.url).text
    )
    (kept,) = Correction.objects.all()
    told = ["page", "language", "wrong", "correct", "evidence", "email", "name"]
    assert (kept.record, kept.state, [getattr(kept, name) for name in told]) == (
        session,
        "new",
        [
            "/sessions/labour/",
            language,
            "It was in May.",
            "In June.",
            "https://example.org/a",
            "reader@example.org",
            "李 Reader",
        ],
    )
    assert [one.subject for one in mail.outbox] == [
        "A reader reported an error: /sessions/labour/"
    ]


def test_every_page_and_every_record_leads_to_the_form(client):
    make_session(slug="labour")
    page = client.get("/en/sessions/labour/").text
    assert page.count('href="/en/corrections/?about=sessions/labour"') == 3
    assert 'href="/en/corrections/?about=topics"' in client.get("/en/topics/").text
    strange = client.get("/en/topics/a&b%22/").text
    assert "?about=topics/a%26b%22" in strange


def test_a_report_of_a_trace_goes_to_the_record_it_begins_at(client):
    topic = make_topic(slug="water")
    trace = client.get("/en/trace/topics/water/").text
    assert 'href="/en/corrections/?about=trace/topics/water"' in trace
    client.post(f"{FORM}?about=trace/topics/water", filled_in())
    (kept,) = Correction.objects.all()
    assert (kept.page, kept.record) == ("/trace/topics/water/", topic)
    assert client.get("/en/about/contact/?about=/trace/topics/water/").status_code < 300


@pytest.mark.parametrize(
    "asked",
    ["sessions/secret", "sessions/none", "trace/topics/none", "//evil.example"],
)
def test_about_what_is_not_public_the_form_is_the_general_one(client, asked):
    make_session(slug="secret", title_en="Secret title", state="draft")
    page = client.get(FORM, {"about": asked})
    assert (page.status_code, page.context["about_page"]) == (200, None)
    assert "Secret title" not in page.text
    client.post(f"{FORM}?about={asked}", filled_in())
    (kept,) = Correction.objects.all()
    assert (kept.page, kept.record, kept.object_id) == ("", None, None)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"wrong": " \n "}, {"wrong": ["Say what is wrong."]}),
        (
            {"wrong": "x" * 2001, "email": "nobody", "evidence": "javascript:alert(1)"},
            {
                "wrong": [
                    "Ensure this value has at most 2000 characters (it has 2001)."
                ],
                "evidence": ["Enter a valid URL."],
                "email": ["Enter a valid email address."],
            },
        ),
        ({"wrong": "a\0b"}, {"wrong": ["Null characters are not allowed."]}),
        ({"ago": 0}, {"__all__": ["fast"]}),
        ({"ago": 90_000}, {"__all__": ["fast"]}),
        ({"opened": "forged"}, {"__all__": ["fast"]}),
    ],
)
def test_what_cannot_be_kept_is_named_and_what_was_typed_stays(client, changes, errors):
    if errors.get("__all__"):
        errors = {
            "__all__": ["This form was sent too fast, or it is too old. Send it again."]
        }
    sent = filled_in(correct="<b>In June</b>", **changes)
    page = client.post(FORM, sent)
    assert (page.status_code, dict(page.context["form"].errors)) == (422, errors)
    assert "&lt;b&gt;In June&lt;/b&gt;" in page.text
    assert not Correction.objects.exists()


def test_programs_are_thanked_and_forgotten(client):
    assert client.post(FORM, filled_in(homepage="https://spam.example")).url == OK
    assert not Correction.objects.exists()


def test_a_report_is_kept_once_and_so_many_an_hour_are_taken(client, settings):
    settings.RATES = settings.RATES | {"reports": "5/hour"}
    again = filled_in(wrong="Twice.")
    answers = [client.post(FORM, again) for _ in range(2)]
    answers += [client.post(FORM, filled_in(wrong=f"No. {n}.")) for n in range(4)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 3600
    assert "No. 3." in answers[-1].text
    assert Correction.objects.count() == 4


def test_the_form_is_guarded_and_no_two_readers_get_the_same(settings):
    strict = Client(enforce_csrf_checks=True)
    strict.get(FORM)
    assert strict.post(FORM, filled_in()).status_code == 403
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": FORM, "HTTP_HOST": "localhost"}
    environ |= {"wsgi.url_scheme": "http", "SERVER_NAME": "localhost"}
    assert PageCache(None, 1).key(environ) is None


@pytest.mark.parametrize(
    ("language", "accepted"),
    [
        ("en", ">3 March 2026</time> after a reader’s report."),
        ("zh-hans", "2026年3月3日"),
    ],
)
def test_thanks_name_only_who_asked_for_it_and_only_what_is_public(
    client, language, accepted, django_assert_max_num_queries
):
    public, hidden = make_topic(label_en="Labour"), make_topic(state="draft")
    about = {"language": "en", "wrong": "x", "closed_at": "2026-03-03T12:00Z"}
    for record, state, name in [
        (public, "accepted", "Ann"),
        (public, "accepted", ""),
        (public, "declined", "Bob"),
        (hidden, "accepted", "Mallory"),
    ]:
        Correction.objects.create(record=record, state=state, name=name, **about)
    with django_assert_max_num_queries(6):
        page = client.get(f"/{language}/about/corrections/")
    assert [one["name"] for one in page.context["reports"]] == ["", "Ann"]
    assert page.text.count(accepted) == 2
    assert "Ann" in page.text
    assert "Bob" not in page.text
    assert "Mallory" not in page.text


def test_closing_a_report_answers_the_reader_once_and_forgets_the_address(
    admin_client, django_capture_on_commit_callbacks, settings
):
    settings.SITE_URL = "https://record.example.org"
    topic = make_topic(slug="labour")
    report = Correction.objects.create(
        record=topic,
        page="/topics/labour/",
        language="en",
        wrong="It was\nin May.",
        email="reader@example.org",
    )
    inbox = reverse("admin:records_correction_changelist")
    assert "It was in May." in admin_client.get(f"{inbox}?state__in=new,in-hand").text
    record = admin_client.get(reverse("admin:topics_topic_change", args=[topic.pk]))
    assert "1 report, 1 open" in record.text
    url = reverse("admin:records_correction_change", args=[report.pk])
    sent = {
        "state": "accepted",
        "answer": "Now it says June.",
        "name": "",
        "wrong": "!",
    }
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            assert admin_client.post(url, sent).status_code == 302
    report.refresh_from_db()
    assert (report.email, report.wrong) == ("", "It was\nin May.")
    assert report.closed_at is not None
    (letter,) = mail.outbox
    assert (letter.to, letter.body) == (
        ["reader@example.org"],
        "Thank you for your report. It was accepted.\n\nNow it says June.\n\n"
        "https://record.example.org/en/topics/labour/\n\n> It was\n> in May.\n\n"
        "Your e-mail address has been deleted from our records.",
    )


def test_who_may_not_publish_the_record_accepts_no_report_about_it(
    client, django_user_model
):
    topic = make_topic()
    user = django_user_model.objects.create_user("editor", is_staff=True)
    user.groups.add(Group.objects.get(name="Editor"))
    own = ["change_correction", "delete_correction"]  # a mix of an administrator’s
    user.user_permissions.set(Permission.objects.filter(codename__in=own))
    client.force_login(user)
    about = {"record": topic, "language": "en", "wrong": "x"}
    report = Correction.objects.create(**about)
    accepted = Correction.objects.create(**about, state="accepted")
    sent = {"state": "accepted", "answer": "", "name": "Me"}
    for one, status in [(report, 200), (accepted, 403)]:
        url = reverse("admin:records_correction_change", args=[one.pk])
        assert client.post(url, sent).status_code == status
    delete = reverse("admin:records_correction_delete", args=[accepted.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    url = reverse("admin:records_correction_change", args=[report.pk])
    assert client.post(url, sent | {"state": "declined"}).status_code == 302
    rows = Correction.objects.order_by("pk").values_list("state", "name")
    assert list(rows) == [("declined", "Me"), ("accepted", "")]


@pytest.mark.parametrize(("role", "shown"), [("Editor", False), ("Publisher", True)])
def test_the_address_of_a_reader_is_for_those_who_may_answer(
    client, django_user_model, role, shown
):
    user = django_user_model.objects.create_user("one", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    report = Correction.objects.create(
        record=make_topic(), language="en", wrong="x", email="reader@example.org"
    )
    url = reverse("admin:records_correction_change", args=[report.pk])
    assert ("reader@example.org" in client.get(url).text) == shown
    inbox = reverse("admin:records_correction_changelist")
    assert client.get(inbox, {"email__startswith": "r"}).status_code == 400
