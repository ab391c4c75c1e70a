"""Only what was public once leaves a tombstone, and that tells nothing of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exchange.oai.arguments import Selection
from sessions.models import Session
from tests.exchange.oai.harvester import ask, errors, headers, told
from tests.exchange.oai.test_datestamps import holdings
from tests.factories import make_edition, make_outcome, make_session, make_topic

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def gone(now=None):
    found = holdings(now or timezone.now()).gone(Selection())
    return {item.uid: item.set for item in found}


def put(record, **fields):
    for name, value in fields.items():
        setattr(record, name, value)
    record.save()
    return record


def test_what_was_public_leaves_a_header_and_no_more(client):
    topic = make_topic(label_en="Secret label", slug="secret-slug")
    put(topic, state="withdrawn", withdrawn_reason_en="Secret reason")
    tree = ask(client, verb="ListRecords", metadataPrefix="oai_dc")
    [(uid, (_stamp, set_, status))] = headers(tree).items()
    assert (uid, set_, status) == (str(topic.uid), "topics", "deleted")
    assert told(tree) == []
    assert "ecret" not in client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc").text
    identifier = f"oai:testserver:{uid}"
    tree = ask(client, verb="GetRecord", metadataPrefix="oai_dc", identifier=identifier)
    assert (list(headers(tree)), told(tree)) == ([uid], [])
    ask(client, verb="ListMetadataFormats", identifier=identifier)


def test_its_datestamp_is_when_it_went_and_no_later_edit_of_it():
    topic = make_topic()
    put(topic, state="withdrawn")
    went = holdings(timezone.now()).gone(Selection())[0].datestamp
    put(topic, state="draft")
    put(topic, label_en="Edited in secret")
    [item] = holdings(timezone.now()).gone(Selection())
    assert item.datestamp == went


def test_there_are_as_many_ways_to_go():
    drafted, deleted, embargoed = make_topic(), make_topic(), make_topic()
    uids = {one.uid for one in (drafted, deleted, embargoed)}
    put(drafted, state="draft")
    deleted.delete()
    put(embargoed, publish_at=timezone.now() + HOUR)
    assert gone() == dict.fromkeys(uids, "topics")
    assert gone(timezone.now() + 2 * HOUR) == dict.fromkeys(
        uids - {embargoed.uid}, "topics"
    )
    put(drafted, state="published")
    assert drafted.uid not in gone()


def test_what_was_never_public_leaves_nothing(client):
    start = timezone.now() + HOUR
    make_topic(state="draft").delete()
    scheduled = make_topic(publish_at=start)
    put(scheduled, state="withdrawn")
    unscheduled = make_topic(publish_at=start)
    put(unscheduled, state="draft")
    hidden = make_edition(state="draft")
    put(make_session(edition=hidden), state="withdrawn")
    make_session(edition=hidden).delete()
    early = make_session(edition=hidden)
    put(early, state="draft")
    put(hidden, state="published")
    for now in (timezone.now(), start + HOUR):
        assert gone(now) == {}
    for uid in (scheduled.uid, early.uid):
        asked = {"metadataPrefix": "oai_dc", "identifier": f"oai:testserver:{uid}"}
        code, _asked = errors(ask(client, verb="GetRecord", **asked))
        assert code == "idDoesNotExist"


def test_what_belongs_to_an_edition_goes_and_comes_with_it():
    edition = make_edition()
    session, outcome = make_session(edition=edition), make_outcome(edition=edition)
    draft = make_session(edition=edition, state="draft")
    put(edition, state="withdrawn")
    later = make_session(edition=edition)
    assert gone() == {
        edition.uid: "editions",
        session.uid: "sessions",
        outcome.uid: "outcomes",
    }
    put(edition, state="published")
    assert gone() == {}
    assert {draft.uid, later.uid}.isdisjoint(gone())


def test_what_went_in_bulk_leaves_tombstones_too():
    edition = make_edition()
    uids = [make_session(edition=edition).uid for _ in range(2)]
    Session.objects.update(state="withdrawn")
    assert gone() == dict.fromkeys(uids, "sessions")
