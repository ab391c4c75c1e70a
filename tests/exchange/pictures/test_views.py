"""What there is no picture of."""

import pytest
from django.utils.html import escape

from exchange.pictures.kinds import PICTURES
from tests.factories import (
    make_contribution,
    make_organization,
    make_session,
    make_topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def test_a_picture_of_few_values_is_left_out_and_its_page_says_so(client):
    make_session(topics=[make_topic()])
    for name in PICTURES:
        page = client.get(f"/en/explore/{name}/")
        assert page.status_code == 200
        assert "Not enough on record for this picture" in page.content.decode()
        assert b'class="picture"' not in page.content
        assert client.get(f"/en/explore/{name}.svg").status_code == 404
        assert client.get(f"/en/explore/{name}.csv").status_code == 200
    index = client.get("/en/explore/").content.decode()
    assert "Not enough on record for a picture" in index


def test_other_names_formats_and_methods_do_not_exist(client):
    assert client.get("/en/explore/nothing/").status_code == 404
    assert client.get("/en/explore/nothing.svg").status_code == 404
    assert client.get("/en/explore/flow.png").status_code == 404
    assert client.post("/en/explore/flow/").status_code == 405
    assert client.get("/en/explore/flow.svg?theme=pink").status_code == 400
    assert client.get("/explore/flow/?edition=2023").status_code == 302


def test_the_title_of_a_page_says_which_part_it_shows(client):
    body = make_organization(name_en="A & <b>B</b>", name_zh_hans="甲")
    session = make_session()
    make_contribution(session, body)
    address = f"explore/network/?organization={body.slug}"
    page = client.get(f"/en/{address}").content.decode()
    assert f"<h1>Organizations in the same sessions: {escape(str(body))}</h1>" in page
    page = client.get(f"/zh-hans/{address}").content.decode()
    assert "：甲</h1>" in page
