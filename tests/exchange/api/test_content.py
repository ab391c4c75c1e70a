"""The API with the starting content: it agrees with the pages and its description."""

import random

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from exchange.tables.kinds import TABLES
from forum_portal.wsgi import application
from tests.connections import kept_open
from tests.exchange.tables.test_lists import random_query

pytestmark = pytest.mark.either_database

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]

BOUNDED = settings(  # few requests, the same in each run
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def with_content(content, db):
    return content


def test_the_root_leads_to_all_lists_and_each_record_of_them_is_told_alone(client):
    root = client.get("/api/v1/").json()
    assert list(root) == [*(table.name for table in TABLES.values()), "schema", "docs"]
    found = {}
    for name in list(root)[:-2]:
        page = client.get(root[name], {"page_size": 2}).json()
        for record in page["results"]:
            assert client.get(record["api_url"]).json() == record
            assert client.get(record["url"], follow=True).status_code == 200
        found[name] = page["count"]
    assert found == {
        table.name: table.model.objects.published().count() for table in TABLES.values()
    }


@pytest.mark.parametrize("page", TABLES)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), language=st.sampled_from(["en", "zh-hans"]))
def test_any_filters_leave_as_many_records_as_on_the_page(client, page, seed, language):
    table, chance = TABLES[page], random.Random(seed)  # noqa: S311
    asked = random_query(table, chance)
    count = client.get(f"/{language}/{table.name}/", asked).context["count"]
    asked |= {"lang": language}
    answer = client.get(f"/api/v1/{table.name}/", asked).json()
    assert answer["count"] == count, asked
    assert len(answer["results"]) == min(count, 50)


@pytest.fixture
def one_connection():
    with kept_open():
        yield


@pytest.mark.usefixtures("one_connection")
@pytest.mark.parametrize("mode", GenerationMode)
def test_no_request_gets_an_answer_that_is_not_described(mode):
    described = schemathesis.openapi.from_wsgi("/api/v1/schema/", application)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 19  # all but the description itself
    for operation in operations:

        @BOUNDED
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            # The client cannot unpack what it says it would like packed.
            plain = {"Accept-Encoding": "identity"}
            case.call_and_validate(checks=CHECKS, headers=plain)

        ask()
