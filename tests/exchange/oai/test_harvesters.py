"""The starting content, as a harvester gets it in small parts."""

import datetime

import pytest

from records.models import record_kinds
from tests.exchange.oai.harvester import ADDRESS, Harvester
from tests.factories import make_regulation, make_session

pytestmark = pytest.mark.django_db


def published():
    return sorted(
        str(uid)
        for kind in record_kinds()
        for uid in kind.objects.published().values_list("uid", flat=True)
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_harvester_gets_exactly_what_is_public(content, settings, method):
    settings.OAI_PAGE_SIZE = 30
    draft = make_session(state="draft", title_en="Planted")
    make_regulation(publish_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
    harvester = Harvester(ADDRESS, http_method=method)
    found = list(harvester.ListRecords(metadataPrefix="oai_dc"))
    uids = [record.header.identifier.split(":")[-1] for record in found]
    assert sorted(uids) == published()
    assert str(draft.uid) not in uids
    assert "Planted" not in "".join(record.raw for record in found)
    assert {record.deleted for record in found} == {False}
    if method == "GET":
        names = [str(one.header.setSpecs[0]) for one in found]
        for one in harvester.ListSets():
            of_set = harvester.ListIdentifiers(metadataPrefix="oai_dc", set=one.setSpec)
            assert len(list(of_set)) == names.count(one.setSpec)
