"""One record as a file: the sibling addresses of its page."""

import itertools

import pytest
from django.utils.translation import override

from exchange.record_files import FORMATS, TABLE_OF, address
from tests.exchange.citing.reading import TYPES, read_citations
from tests.exchange.tables.reading import read_bib, read_ris

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


@pytest.fixture(autouse=True)
def with_content(content):
    return content


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("model", TABLE_OF, ids=lambda model: model.__name__)
def test_a_record_of_each_kind_has_a_file_that_its_page_names(client, model, ending):
    record = model.objects.published().order_by("pk").first()
    if record is None:
        pytest.skip("none in the content")
    page = client.get(record.get_absolute_url()).content.decode()
    assert page.count(f'href="{address(record, ending)}"') == 2  # in head and body
    answer = client.get(address(record, ending))
    assert answer.status_code == 200
    assert answer["Content-Type"] == FORMATS[ending].media_type
    assert answer.content
    again = client.get(
        address(record, ending), headers={"If-None-Match": answer["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_citation_file_has_the_one_record(client):
    bib = client.get("/en/regulations/eu-batteries-regulation.bib").content
    assert list(read_bib(bib)) == ["regulations-eu-batteries-regulation"]
    ris = client.get("/zh-hans/regulations/eu-batteries-regulation.ris").content
    assert [dict(record)["ID"] for record in read_ris(ris)] == [
        "regulations-eu-batteries-regulation"
    ]


@pytest.mark.parametrize("ending", FORMATS)
def test_a_draft_has_no_file_and_a_withdrawn_record_is_gone(client, ending):
    model = next(iter(TABLE_OF))
    record = model.objects.published().first()
    where = address(record, ending)
    model.objects.filter(pk=record.pk).update(state="draft")
    assert client.get(where).status_code == 404
    record.state = "withdrawn"
    record.save()
    assert client.get(where).status_code == 410


def test_programs_read_the_citations_of_every_record():
    languages = itertools.cycle(["en", "zh-hans"])
    found = []
    for model in TABLE_OF:
        for record in model.objects.published():
            with override(next(languages)):
                found.append(read_citations(record))
    assert set(found) == set(TYPES)
