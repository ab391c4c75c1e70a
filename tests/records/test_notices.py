"""Who is told what by e-mail, in which language, and when."""

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from simple_history.models import HistoricalRecords

from records.models import Subscription
from records.notices import tell

PAGE = reverse("admin:records_subscription_changelist")

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_reader(django_user_model):
    """Return what makes a subscriber who may view corrections."""

    def make(name, kinds=("correction",), language="en", **fields):
        fields = {"email": f"{name}@example.org", "is_staff": True, **fields}
        user = django_user_model.objects.create_user(name, **fields)
        user.user_permissions.add(Permission.objects.get(codename="view_correction"))
        Subscription.objects.create(user=user, kinds=list(kinds), language=language)
        return user

    return make


def test_those_who_asked_and_may_see_it_are_told_in_their_language(
    make_reader, settings, django_capture_on_commit_callbacks
):
    settings.SITE_URL = "https://record.example.org"
    make_reader("english")
    make_reader("chinese", language="zh-hans")
    make_reader("gone", is_active=False)
    make_reader("reader", is_staff=False)
    make_reader("silent", email="")
    make_reader("other", kinds=["links"])
    make_reader("blind").user_permissions.clear()
    with django_capture_on_commit_callbacks(execute=True):
        tell(
            "correction",
            lambda: gettext("Report an error") + "\nBcc: all@example.org",
            gettext_lazy("Privacy"),
            "/admin/",
        )
        assert mail.outbox == []
    assert [(one.to, one.subject) for one in mail.outbox] == [
        (["english@example.org"], "Report an error Bcc: all@example.org"),
        (["chinese@example.org"], "报告错误 Bcc: all@example.org"),
    ]
    assert mail.outbox[0].body.splitlines() == [
        "Privacy",
        "",
        "https://record.example.org/admin/",
        "",
        "You asked for this notice on the page “My notices”.",
    ]


@pytest.mark.parametrize(
    ("hosts", "line"),
    [
        (["portal.example"], "http://portal.example/admin/records/"),
        (["*"], "On this page of the admin: /admin/records/"),
    ],
)
def test_without_an_address_of_the_site_a_letter_names_the_host_that_was_asked(
    make_reader, rf, settings, monkeypatch, django_capture_on_commit_callbacks,
    hosts, line,
):  # fmt: skip
    settings.SITE_URL, settings.ALLOWED_HOSTS = "", hosts
    make_reader("english")
    asked = rf.get("/", headers={"host": "portal.example"})
    monkeypatch.setattr(HistoricalRecords.context, "request", asked, raising=False)
    with django_capture_on_commit_callbacks(execute=True):
        tell("correction", "A report", "It says", "/admin/records/")
    assert mail.outbox[0].body.splitlines()[2] == line


def test_nobody_is_told_of_what_was_rolled_back(
    make_reader, django_capture_on_commit_callbacks
):
    make_reader("english")
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        tell("correction", "Something", "")
        transaction.set_rollback(True)
    assert mail.outbox == []


def test_a_kind_of_notice_that_does_not_exist_is_a_mistake():
    with pytest.raises(ValueError, match="No kind of notice: gossip"):
        tell("gossip", "Something", "")


def test_a_mail_server_that_is_down_is_logged_and_breaks_nothing(
    make_reader, settings, caplog, django_capture_on_commit_callbacks
):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    make_reader("english")
    with django_capture_on_commit_callbacks(execute=True):
        tell("correction", "Something", "")
    assert caplog.messages == ["The mail server did not answer."]


def test_staff_choose_among_the_notices_that_they_may_see(client, make_reader):
    assert client.get(PAGE).status_code == 302
    client.force_login(make_reader("english", kinds=[]))
    page = client.get(PAGE).content.decode()
    assert 'value="correction"' in page
    assert 'value="links"' not in page
    assert "english@example.org" in page
    refused = client.post(PAGE, {"kinds": ["links"], "language": "fr"})
    assert set(refused.context["form"].errors) == {"kinds", "language"}
    client.post(PAGE, {"kinds": ["correction"], "language": "zh-hans"})
    rows = Subscription.objects.values_list("user__username", "kinds", "language")
    assert list(rows) == [("english", ["correction"], "zh-hans")]
