"""What was due to be public and is not, is told once."""

import datetime

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from records.models import Subscription
from sessions.models import Session
from tests.factories import make_edition, make_session

pytestmark = pytest.mark.django_db


def test_a_scheduled_record_that_did_not_appear_is_told_once(
    admin_user, capsys, django_capture_on_commit_callbacks
):
    Subscription.objects.create(user=admin_user, kinds=["publication"])
    due = datetime.datetime(2026, 3, 1, 4, tzinfo=datetime.UTC)
    later = timezone.now() + datetime.timedelta(days=1)
    hidden = make_edition(state="draft")
    late = make_session(edition=hidden, title_en="Late", publish_at=due)
    make_session(edition=hidden, publish_at=later)
    make_session(edition=hidden)
    make_session(publish_at=due)
    make_session(publish_at=due, slug="no-name", title_en="")
    for again in range(3):
        if again == 2:
            Session.objects.filter(pk=late.pk).update(
                publish_at=due + datetime.timedelta(hours=1)
            )
        with django_capture_on_commit_callbacks(execute=True):
            call_command("check_publications")
    assert [line[0] for line in capsys.readouterr().out.splitlines()] == list("201")
    assert [letter.subject for letter in mail.outbox] == [
        "2 scheduled records are not shown",
        "1 scheduled record is not shown",
    ]
    assert mail.outbox[0].body.splitlines()[:2] == [
        "session “Late”, due 1 March 2026, 12:00: what it belongs to is not public.",
        "session “no-name”, due 1 March 2026, 12:00: it has no name.",
    ]
