"""A session is cancelled with a reason, which is told wherever its status is."""

import json

import pytest

from records.models import Operation
from tests.factories import make_edition, make_session

pytestmark = pytest.mark.django_db


def test_a_reason_is_told_on_the_page_in_calendars_and_in_files(
    edition, held, desk, admin_client, client
):
    session = held("Talk", 9, slug="talk", state="published")
    sent = {
        "event_status": "cancelled",
        "status_reason_en": "The speaker is <ill>",
        "status_reason_zh_hans": "发言人因病缺席",
    }
    page = admin_client.get(desk("status", session.pk)).content.decode()
    assert "The public sees this session." in page
    assert admin_client.post(desk("status", session.pk), sent)["Location"] == desk()
    read = {
        name: client.get(f"/{address}").getvalue().decode()
        for name, address in {
            "page": "en/sessions/talk/",
            "page in Chinese": "zh-hans/sessions/talk/",
            "calendar": "zh-hans/sessions/talk.ics",
            "table": "en/sessions.csv",
            "record": "en/sessions/talk.jsonld",
            "changes": "en/editions/2026/changes/",
            "api": "api/v1/sessions/talk/",
        }.items()
    }
    assert "<p>Reason: The speaker is &lt;ill&gt;</p>" in read["page"]
    assert "发言人因病缺席" in read["page in Chinese"]
    assert "已取消：发言人因病缺席" in read["calendar"].replace("\r\n ", "")
    assert "The speaker is <ill>" in read["table"]
    assert "The speaker is &lt;ill&gt;" in read["changes"]
    assert "发言人因病缺席" in str(json.loads(read["record"]))
    assert "The speaker is <ill>" in str(json.loads(read["api"]))
    # Taken back, the reason goes with it.
    admin_client.post(desk("status", session.pk), {**sent, "event_status": "scheduled"})
    session.refresh_from_db()
    assert (session.event_status, session.status_reason_en) == ("scheduled", "")
    Operation.objects.first().undo()
    session.refresh_from_db()
    assert session.event_status == "cancelled"


def test_a_session_of_another_edition_is_not_found(edition, desk, admin_client):
    other = make_session(edition=make_edition(year=2025))
    assert admin_client.get(desk("status", other.pk)).status_code == 404


def test_a_cancellation_without_a_reason_is_refused(held, desk, admin_client):
    session = held("Talk", 9)
    page = admin_client.post(desk("status", session.pk), {"event_status": "cancelled"})
    assert "Give the reason in at least one language." in page.content.decode()
    session.refresh_from_db()
    assert session.event_status == "scheduled"
