"""How the files of lists are asked for, and what their pages say of them."""

import pytest
from django.db import OperationalError, ProgrammingError, connection
from django.test import Client

from exchange.tables.views import FORMATS
from tests.exchange.tables.reading import READERS, fetch
from tests.factories import make_edition, make_regulation, make_session, make_topic

pytestmark = pytest.mark.django_db
BAD = [
    ("regulations", "jurisdiction=XX", "jurisdiction: 'XX'"),
    ("regulations", "as_of=99999-01-01", "as_of: '99999-01-01'"),
    ("sessions", "topic=nope&sort=name", "topic: 'nope'"),
    ("sessions", "year_from=abc", "year_from: 'abc'"),
    ("people", "sort=age", "sort: 'age'"),
    ("topics", "q=" + "x" * 300, "q: 'xxx"),
    ("outcomes", "kind=%FF", "kind: "),
]


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(("name", "query", "said"), BAD)
def test_a_value_that_is_not_understood_is_refused_by_name(
    client, name, query, said, ending
):
    response = client.get(f"/en/{name}.{ending}?{query}")
    assert response.status_code == 400
    assert said in response.content.decode()


@pytest.mark.parametrize("part", ["0", "-1", "x", "²", "1" * 30, ""])
def test_a_part_of_a_feed_that_cannot_be_is_refused(client, part):
    response = client.get(f"/en/topics.atom?page={part}")
    assert response.status_code == 400
    assert "page: " in response.content.decode()


def test_what_is_no_filter_changes_nothing(client):
    make_topic()
    plain = fetch(client, "/en/topics.csv")
    for query in ("page=-1", "page_size=1000000", "fields=nonsense", "view=grid"):
        assert fetch(client, f"/en/topics.csv?{query}") == plain


def test_other_formats_and_methods_do_not_exist(client):
    assert client.get("/en/topics.doc").status_code == 404
    assert client.get("/en/nothing.csv").status_code == 404
    assert client.post("/en/topics.csv").status_code == 405


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize(
    ("error", "status"), [(ProgrammingError, 500), (OperationalError, 503)]
)
def test_a_file_whose_rows_cannot_be_read_is_a_page_that_says_so(ending, error, status):
    make_topic()

    def fail(execute, sql, params, many, context):
        if "records_citation" in sql:  # asked for with the rows
            raise error
        return execute(sql, params, many, context)

    client = Client(raise_request_exception=False)
    with connection.execute_wrapper(fail):
        response = client.get(f"/en/topics.{ending}")
        assert response.status_code == status
        assert response["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" in response


@pytest.mark.parametrize("ending", FORMATS)
def test_head_tells_what_get_would_send(client, ending):
    make_topic()
    address = f"/en/topics.{ending}"
    head, get = client.head(address), client.get(address)
    names = ["Content-Type", "Content-Disposition", "ETag", "Content-Language"]
    assert [head[name] for name in names] == [get[name] for name in names]
    assert head.content == b""


@pytest.mark.usefixtures("transactional_db")
def test_who_has_a_file_gets_it_again_only_when_something_has_changed(client):
    topic = make_topic()
    addresses = [f"/en/topics.{ending}" for ending in FORMATS]

    def statuses(tags):
        asked = [{"if-none-match": tag} for tag in tags]
        both = zip(addresses, asked, strict=True)
        return {client.get(one, headers=tag).status_code for one, tag in both}

    tags = [client.get(address)["ETag"] for address in addresses]
    assert len(set(tags)) == len(FORMATS)
    assert statuses(tags) == {304}
    assert client.get(f"{addresses[0]}?q=a")["ETag"] != tags[0]
    topic.label_en = "Another"
    topic.save()
    assert statuses(tags) == {200}


def test_the_name_of_a_file_tells_what_is_in_it(client):
    make_topic(slug="labour")
    response = client.get("/zh-hans/sessions.csv?topic=labour&format=plenary&q=矿")
    assert response["Content-Disposition"] == (
        'attachment; filename="sessions-plenary-labour-zh-hans.csv"'
    )
    response = client.get("/en/sessions.atom")
    assert response["Content-Disposition"] == 'inline; filename="sessions-en.atom"'


def test_an_empty_list_is_a_file_without_rows(client):
    for ending in FORMATS:
        assert not READERS[ending](fetch(client, f"/en/sessions.{ending}"))


def test_files_are_packed_for_those_who_can_unpack(client):
    make_topic()
    response = client.get("/en/topics.csv", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert response.streaming


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_list_offers_its_files_with_its_filters(client, language):
    for code in ("EU", "EU", "CN"):
        make_regulation(jurisdiction=code)
    page = client.get(f"/{language}/regulations/?jurisdiction=EU").content.decode()
    for ending in FORMATS:
        address = f"/{language}/regulations.{ending}?jurisdiction=EU"
        assert page.count(f'href="{address}"') == 2  # in the head and on the page
    assert "All 2 rows with these filters" in page or language != "en"
    page = client.get("/en/regulations/").content.decode()
    assert "All 3 rows:" in " ".join(page.split())


def test_an_empty_list_and_other_pages_offer_none(client):
    session = make_session(edition=make_edition())
    for address in (
        "/en/topics/",
        "/en/sessions/?format=keynote",
        session.get_absolute_url(),
        session.edition.get_programme_url(),
    ):
        assert b"download-heading" not in client.get(address).content
