"""
What is not public is found nowhere: drafts, what is embargoed or withdrawn, proposals.

One walk through all public addresses, by a visitor without a session, past the page
cache. That it can find something is shown by the public words that it finds.
"""

import logging
from collections import Counter

import pytest
from django.db import transaction
from django.test import override_settings

from exchange.record_files import FORMATS as RECORD_FORMATS
from exchange.tables.kinds import TABLES
from exchange.tables.views import FORMATS
from tests.connections import kept_open
from tests.exchange.dataset.releases import kept_in, release
from tests.leaks.planting import KINDS, PARTS, Planted
from tests.leaks.walking import Walk

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

# These say the same whatever is on record, or need what no walk can send.
WITHOUT_RECORDS = {
    *("api:root", "api:schema", "oai", "oai Identify", "oai ListSets"),
    *("oai ListIdentifiers", "oai ListMetadataFormats", "opensearch"),
    *("robots", "search:suggest", "sitemap", "speculation-rules", "worker"),
}


@pytest.fixture(scope="module")
def walk(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("var")
    media = override_settings(MEDIA_ROOT=folder / "media")
    refused = logging.getLogger("django.request")
    level = refused.level
    refused.setLevel(logging.ERROR)
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        kept_in(folder),
        media,
        kept_open(),
    ):
        planted = Planted()
        release()
        yield Walk(planted).go()
        transaction.set_rollback(True)
    refused.setLevel(level)


def test_no_hidden_word_is_found_at_any_public_address(walk):
    assert walk.leaks == []


def test_the_walk_was_whole_and_finds_what_is_public_in_every_channel(walk):
    silent = {
        name
        for name, (answers, words) in walk.channels.items()
        if answers and not words
    }
    assert silent <= WITHOUT_RECORDS
    files = {f"exchange:{table.name}-{e}" for table in TABLES.values() for e in FORMATS}
    files |= {
        f"exchange:{table.name}-record-{ending.replace('.', '-')}"
        for table in TABLES.values()
        for ending in RECORD_FORMATS
    }
    assert files <= walk.channels.keys()
    statuses = Counter(walk.statuses.values())
    assert statuses.keys() <= {200, 301, 302, 400, 404, 410}
    assert statuses[200] > 600
    assert statuses[404] > 300
    assert statuses[410] > 50
    media = {address for address in walk.statuses if address.startswith("/media/")}
    hidden = {f"/media/{name}" for name in walk.planted.files}
    assert {walk.statuses[address] for address in hidden} == {404}
    assert {walk.statuses[address] for address in media - hidden} == {200}


def test_everything_there_is_was_planted(walk):
    assert len(KINDS) == 9
    assert {part._meta.model_name for part in PARTS} >= {"contribution", "milestone"}
    assert len(walk.planted.words.place) > 2000
