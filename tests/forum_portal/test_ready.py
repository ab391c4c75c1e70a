import pytest
from django.db import connection

from search.index import drain
from tests.factories import make_topic

pytestmark = pytest.mark.django_db


def test_readiness_tells_what_search_has_not_caught_up_with(client):
    topic = make_topic(label_en="Zebra")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"missing_migrations": 0, "search_out_of_step": 0},
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE topics_topic SET label_en = 'Giraffe' WHERE id = %s", [topic.pk]
        )
    assert client.get("/readyz").json()["search_out_of_step"] == 1
    drain()
    assert client.get("/readyz").json()["search_out_of_step"] == 0
