import uuid
from xml.etree import ElementTree

import pytest

from sessions.models import Session
from tests.factories import make_contribution, make_edition, make_person, make_session
from tests.sessions.past import age

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

ATOM = "{http://www.w3.org/2005/Atom}"
PATH = "/en/editions/2026/changes.atom"


@pytest.fixture
def session():
    edition = make_edition(slug="2026", name_en="Forum", name_zh_hans="论坛")
    session = make_session(
        edition=edition, slug="opening", title_en="A <b> & C", title_zh_hans="开幕"
    )
    age()
    return session


def read(client, path=PATH):
    response = client.get(path)
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)  # noqa: S314 — our own feed


def texts(feed, name):
    return [element.text for element in feed.iter(f"{ATOM}{name}")]


def test_a_feed_has_all_that_rfc_4287_asks_for(session, client):
    Session.objects.update(event_status="cancelled")
    make_contribution(session, make_person(slug="ana", name_en="Ana"))
    feed = read(client)
    [entry] = feed.iter(f"{ATOM}entry")
    for element in (feed, entry):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
    assert feed.find(f"{ATOM}author/{ATOM}name").text == "Forum"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {
        "self": f"http://testserver{PATH}",
        "alternate": "http://testserver/en/editions/2026/changes/",
    }
    assert [uuid.UUID(one).version for one in texts(feed, "id")] == [5, 5]
    assert entry.find(f"{ATOM}title").text == "A <b> & C: Cancelled, Added"
    link = entry.find(f"{ATOM}link").get("href")
    assert link == "http://testserver/en/sessions/opening/"
    summary = entry.find(f"{ATOM}summary")
    assert summary.get("type") == "html"
    assert summary.text.strip() == (
        "<ul><li>Cancelled</li><li>Added: "
        '<a href="http://testserver/en/people/ana/">Ana</a> (Speaker)</li></ul>'
    )


def test_a_feed_of_no_changes_is_as_old_as_the_edition(session, client):
    session.edition.refresh_from_db()
    since = session.edition.first_published_at.isoformat()
    feed = read(client)
    assert texts(feed, "updated") == [since]
    assert feed.findall(f"{ATOM}entry") == []


def test_a_feed_is_byte_for_byte_the_same_until_something_changes(session, client):
    Session.objects.update(event_status="cancelled")
    first = client.get(PATH)
    tag = first.headers["ETag"]
    assert client.get(PATH).content == first.content
    again = client.get(PATH, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    age()
    Session.objects.update(event_status="scheduled")
    after = client.get(PATH, headers={"If-None-Match": tag})
    assert after.status_code == 200


def test_each_entry_keeps_its_id_and_each_language_has_its_own(session, client):
    Session.objects.update(event_status="cancelled")
    [_feed, first] = texts(read(client), "id")
    age()
    Session.objects.update(event_status="scheduled")
    [_feed, newest, second] = texts(read(client), "id")
    assert (second, newest == first) == (first, False)
    chinese = read(client, PATH.replace("/en/", "/zh-hans/"))
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert chinese.get(lang) == "zh-Hans"
    assert not {first, newest} & set(texts(chinese, "id"))
    assert [t.partition("：")[0].partition(":")[0] for t in texts(chinese, "title")][
        1:
    ] == ["开幕", "开幕"]


def test_characters_that_xml_forbids_are_left_out(session, client):
    Session.objects.update(title_en="Bell \x07 and \ufffe", event_status="cancelled")
    assert "Bell  and : " in texts(read(client), "title")[1]


@pytest.mark.parametrize(
    "path", ["nowhere/changes.atom", "2026/changes.atom/", "2026/changes.xml"]
)
def test_an_address_that_is_none_is_not_found(session, client, path):
    assert client.get(f"/en/editions/{path}").status_code == 404


def test_a_feed_only_answers_reading(session, client):
    assert client.post(PATH).status_code == 405
    assert client.head(PATH).status_code == 200
