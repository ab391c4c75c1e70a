"""Since when a record is as it is, for those who harvest only what has changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exchange.oai.arguments import Selection
from exchange.oai.items import TABLES, Holdings
from sessions.models import EditionDay
from tests.exchange.oai.harvester import ask, headers
from tests.factories import (
    make_affiliation,
    make_contribution,
    make_edition,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_relation,
    make_session,
    make_topic,
)
from topics.models import IssuingBody, Milestone

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def holdings(now):
    return Holdings(now, lambda records, table: records.only("uid"))


def items(now=None, **selected):
    """Return {uid: datestamp} of what is public and selected; None of a tombstone."""
    held, place = holdings(now or timezone.now()), (0, "")
    found = []
    while place:
        chosen = Selection(**selected)._replace(kind=place[0], after=place[1])
        part, place = held.part(chosen, 3)
        found += part
    assert held.count(Selection(**selected)) == len(found)
    for item in found:  # each is found by its own datestamp, and not outside of it
        moment = item.datestamp
        for since, before, there in [
            (moment, moment + timedelta(microseconds=1), True),
            (moment + timedelta(microseconds=1), None, False),
            (None, moment, False),
        ]:
            one = Selection(since, before, item.set)
            keys = [item.uid for item in held.gone(one)]
            kinds = {number for number, _key in held.live_keys(one, uid=item.uid)}
            assert (item.uid in keys or bool(kinds)) == there
            assert all(TABLES[number].name == item.set for number in kinds)
    return {item.uid: item.datestamp for item in found}


@pytest.fixture
def web():
    """Return records that name each other, by what they are."""
    edition = make_edition()
    person, host = make_person(), make_organization()
    topic, law = make_topic(), make_regulation()
    day = EditionDay.objects.create(edition=edition, number=1)
    session = make_session(edition=edition, topics=[topic], regulations=[law], day=day)
    speech = make_contribution(session, person, organization=host)
    place = make_affiliation(person=person, organization=host)
    outcome = make_outcome(edition=edition, session=session, people=[person])
    other = make_regulation(topics=[topic])
    make_relation(other, "amends", law)
    IssuingBody.objects.create(regulation=other, organization=host)
    return {**locals(), "milestone": make_milestone("2026-01-01", "signed")}


CHANGES = {
    "session": ("session", "outcome"),
    "edition": ("edition", "session", "outcome"),
    "day": ("session",),
    "person": ("person", "session", "outcome"),
    "host": ("host", "person", "session", "other"),
    "topic": ("topic", "session", "other"),
    "law": ("law", "session", "other"),
    "speech": ("session",),
    "place": ("person",),
}


@pytest.mark.parametrize("changed", CHANGES)
def test_a_change_shows_in_all_that_tell_of_it(web, changed):
    before = items()
    web[changed].save()
    after = items()
    named = {one.uid: name for name, one in web.items() if hasattr(one, "uid")}
    moved = {named[uid] for uid in after if after[uid] != before[uid]}
    assert moved == set(CHANGES[changed])


def test_what_is_tied_cut_or_changed_in_bulk_shows_as_well(web):
    session, law, speech = web["session"], web["law"], web["speech"]
    for change in (
        lambda: session.topics.clear(),
        lambda: speech.delete(),
        lambda: type(session).objects.filter(pk=session.pk).update(title_en="New"),
    ):
        before = items()[session.uid]
        change()
        assert items()[session.uid] > before
    before = items()[law.uid]
    Milestone.objects.bulk_create(
        [Milestone(regulation=law, date="2026-02-02", kind="applies")]
    )
    assert items()[law.uid] > before


def test_an_embargo_that_passes_changes_all_that_it_lets_be_told():
    start = timezone.now() + HOUR
    edition = make_edition()
    guest = make_person(publish_at=start)
    session = make_session(edition=edition)
    make_contribution(session, guest)
    late = make_edition(publish_at=start)
    hidden = make_session(edition=late)
    assert set(items()) == {edition.uid, session.uid}
    later = items(start + HOUR)
    assert later.pop(edition.uid) < start
    both = [guest.uid, session.uid, late.uid, hidden.uid]
    assert later == dict.fromkeys(both, start)
    assert set(items(start + HOUR, since=start)) == set(both)


def test_from_and_until_take_in_their_second(client):
    topic = make_topic()
    [(stamp, _set, _status)] = headers(
        ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc")
    ).values()
    asked = {"verb": "ListIdentifiers", "metadataPrefix": "oai_dc"}
    for bound in (stamp, stamp[:10]):
        tree = ask(client, **asked, **{"from": bound, "until": bound})
        assert list(headers(tree)) == [str(topic.uid)]
    earliest = ask(client, verb="Identify").findtext(".//{*}earliestDatestamp")
    assert earliest <= stamp
