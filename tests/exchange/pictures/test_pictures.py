"""What the pictures say: each number is that of the list it leads to."""

import random

import pytest
from django.db import transaction
from django.utils import timezone

from exchange.pictures import matrix, network
from tests.exchange.pictures.reading import addresses, check, numbers_of
from tests.exchange.tables.reading import read_json
from tests.factories import (
    make_contribution,
    make_edition,
    make_milestone,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def forum(django_db_setup, django_db_blocker):
    """Make a record once for all tests of the module, then undo it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_forum()
        transaction.set_rollback(True)


def make_forum():
    """Make three editions in which everything is tied to something."""
    chance = random.Random(7)  # noqa: S311 — to be repeatable
    editions = [make_edition(slug=str(y), year=y) for y in (2020, 2023, 2026)]
    topics = [make_topic() for _ in range(4)]
    topics += [make_topic(parent=topics[n % 2]) for n in range(4)]
    stages = [make_stage() for _ in range(3)]
    regulations = [
        make_regulation(jurisdiction=code, binding=code != "INT")
        for code in ("EU", "INT", "INT", "CN", "DE", "EU")
    ]
    for n, regulation in enumerate(regulations):
        for year in (1999, 2015 + n, 2024 + n):
            make_milestone(f"{year}-0{n + 1}-01", "amended", regulation=regulation)
    bodies = [make_organization() for _ in range(9)]
    for n in range(24):
        session = make_session(
            edition=editions[n % 3],
            topics=chance.sample(topics, 2),
            stages=chance.sample(stages, 2),
            regulations=chance.sample(regulations, n % 3),
        )
        for body in chance.sample(bodies, 1 + n % 3):
            make_contribution(session, body)
            make_contribution(session, body, role="host")
    return bodies


def plant(session, body):
    """Add what nobody may see: each is called Hidden, and most of it is tied."""
    later = timezone.now() + timezone.timedelta(days=9)
    for hidden in (
        {"state": "draft"},
        {"state": "withdrawn"},
        {"state": "published", "publish_at": later},
    ):
        topic = make_topic(label_en="Hidden topic", **hidden)
        stage = make_stage(label_en="Hidden stage", **hidden)
        law = make_regulation(short_name_en="Hidden law", jurisdiction="FR", **hidden)
        make_milestone("2031-01-01", "applies", regulation=law)
        session.topics.add(topic)
        session.stages.add(stage)
        session.regulations.add(law)
        make_contribution(session, make_organization(name_en="Hidden body", **hidden))
        make_contribution(
            session, make_person(name_en="Hidden", **hidden), organization=body
        )
        edition = make_edition(name_en="Hidden forum", year=1987, **hidden)
        for held in (
            make_session(edition=edition),
            make_session(edition=session.edition, title_en="Hidden", **hidden),
        ):
            held.topics.set(session.topics.all())
            held.stages.set(session.stages.all())
            held.regulations.set(session.regulations.all())
            make_contribution(held, body)
            make_contribution(held, make_organization())


def test_each_number_of_a_larger_record_is_that_of_its_list(client, forum, monkeypatch):
    monkeypatch.setattr(matrix, "ORGANIZATIONS", 4)  # so that there are others
    plant(forum[0].contributions.first().session, forum[0])
    check(client, "zh-hans", ["?edition=2020&edition=2026"],
          around=forum[0].slug)  # fmt: skip


def test_the_list_says_the_number_that_led_there(client, forum):
    page = client.get("/en/explore/organizations/").content.decode()
    url, number = max(numbers_of(page), key=lambda pair: (pair[1], pair[0]))
    assert f">{number} sessions</p>" in client.get(url).content.decode()


def test_what_is_not_public_is_neither_counted_nor_named(client, forum):
    body = forum[0]
    session = body.contributions.first().session
    around = [f"/en/explore/network/?organization={body.slug}"]
    todo = [*addresses(), *addresses(query=f"?edition={session.edition.slug}"), *around]
    before = [client.get(address).content for address in todo]
    plant(session, body)
    for address, content in zip(todo, before, strict=True):
        after = client.get(address).content
        assert b"Hidden" not in after, address
        assert (after == content) is True, address


def test_what_is_left_out_is_said(client, forum, monkeypatch):
    monkeypatch.setattr(network, "MOST", 4)
    monkeypatch.setattr(network, "TIES", 2)
    page = client.get("/en/explore/network/").content.decode()
    assert "5 organizations with fewer sessions are left out." in page
    assert page.count("<line ") == 2
    rows = read_json(client.get("/en/explore/network.json").content)
    assert len({row["organization_id"] for row in rows}) > 4


@pytest.mark.parametrize(
    ("path", "ignored"),
    [
        ("timeline?edition=1066", "edition"),
        ("topics?edition=none", "edition"),
        ("flow?edition=%FF", "edition"),
        ("network?organization=nobody", "organization"),
        ("network?organization=none", "organization"),
    ],
)
def test_an_unknown_value_is_named_on_the_page_and_refused_in_files(
    client, forum, path, ignored
):
    name, _mark, query = path.partition("?")
    page = client.get(f"/en/explore/{name}/?{query}")
    plain = client.get(f"/en/explore/{name}/").content.decode()
    assert page.status_code == 200
    assert f"<code>{ignored}</code>" in page.content.decode()
    assert numbers_of(page.content.decode()) == numbers_of(plain)
    for ending in ("csv", "json", "svg"):
        refused = client.get(f"/en/explore/{name}.{ending}?{query}")
        assert refused.status_code == 400
        assert f"{ignored}: " in refused.content.decode()


def test_a_name_in_another_language_says_so(client, forum):
    page = client.get("/zh-hans/explore/organizations/").content.decode()
    assert f'<span lang="en">{forum[0]}</span>' in page
