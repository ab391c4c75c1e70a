"""The API for reading: what it answers, and how it says what went wrong."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exchange.api.kinds import SERIALIZERS
from search import index
from tests.exchange.tables.test_lists import hidden, make_rows
from tests.factories import (
    make_affiliation,
    make_citation,
    make_contribution,
    make_edition,
    make_milestone,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

assert hidden  # a fixture
pytestmark = pytest.mark.django_db
ROOT = "/api/v1/"


def expanded(serializer):
    return {"expand": ",".join(serializer.expandable())}


def read(client, address, asked=None, status=200, **headers):
    """Return a JSON document of the API."""
    answer = client.get(ROOT + address, asked or {}, headers=headers)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_no_answer_names_what_is_not_public(client, hidden):
    leaks = []
    for serializer in SERIALIZERS:
        name = serializer.table.name
        page = read(client, f"{name}/", expanded(serializer))
        texts = [json.dumps(page)]
        for one in page["results"]:
            alone = read(client, f"{name}/{one['id']}/", expanded(serializer))
            texts.append(json.dumps(alone))
        leaks += [(name, text) for text in texts if "Hidden" in text]
        for record in serializer.model.objects.all():
            public = serializer.model.objects.published().filter(pk=record.pk).exists()
            status = client.get(f"{ROOT}{name}/{record.slug}/").status_code
            assert (status == 200) == public
    assert leaks == []
    (session,) = read(client, "sessions/")["results"]
    assert (session["organizations"], len(session["topics"])) == ([], 1)
    (topic,) = read(client, "topics/", {"expand": "sessions"})["results"]
    assert topic["parent"] is None
    assert (topic["sessions_count"], len(topic["sessions"]["results"])) == (1, 1)


def test_who_asks_to_be_shown_by_name_only_is(client):
    session, house = make_session(), make_organization(name_en="House")
    shy = make_person(
        name_en="Shy", listed=False, role_en="Boss", bio_en="Life", note_en="Said",
        sort_name="Shy, S", orcid="0000-0002-1825-0097",
    )  # fmt: skip
    make_affiliation(person=shy, organization=house)
    make_contribution(session, shy, organization=house)
    make_citation(shy)
    (row,) = read(client, "people/")["results"]
    told = {name for name, value in row.items() if value not in (None, [])}
    assert told == {
        "id", "name", "url", "api_url", "session_count", "sessions",
        "first_published_at", "updated_at", "uid",
    }  # fmt: skip
    for relation in ("people", "contributions"):
        (row,) = read(client, "sessions/", {"expand": relation})["results"]
        assert row["organizations"] == []
        assert [one["organization"] for one in row["contributions"]] == [None]
        said = json.dumps(row)
        assert [word for word in ("Boss", "0000-0002", "House") if word in said] == []


@pytest.mark.either_database
def test_the_number_of_queries_does_not_grow_with_the_rows(client):
    def cost():
        read(client, "topics/")  # the version is known now
        found = {}
        for serializer in SERIALIZERS:
            with CaptureQueriesContext(connection) as queries:
                read(client, f"{serializer.table.name}/", expanded(serializer))
            found[serializer.table.name] = len(queries)
        return found

    make_rows(1)
    cost()  # the counts are kept after that, and brought up to date
    few = cost()
    with index.together():
        make_rows(29)
    cost()
    assert cost() == few
    assert max(few.values()) <= 12, few


def test_texts_are_in_both_languages_or_in_the_one_asked_for(client):
    topic = make_topic(label_en="Labour", label_zh_hans="劳工", definition_en="Work.")
    law = make_regulation(
        official_title_en="Loi n° 1", official_title_zh_hans="法", name_language="fr"
    )

    def told(lang):
        asked = {"lang": lang} if lang else {}
        answer = client.get(f"{ROOT}topics/{topic.slug}/", asked)
        one, two = answer.json(), read(client, f"regulations/{law.slug}/", asked)
        title = two["official_title"]
        return answer["Content-Language"], one["name"], one["definition"], title

    assert told("") == (
        "en, zh-Hans",
        {"en": "Labour", "zh-Hans": "劳工"},
        {"en": "Work."},
        {"fr": "Loi n° 1", "zh-Hans": "法"},
    )
    assert told("en") == ("en", "Labour", "Work.", "Loi n° 1")
    assert told("zh-hans") == told("zh-Hans") == ("zh-Hans", "劳工", "Work.", "法")


def test_relations_are_links_until_they_are_expanded(client):
    edition = make_edition(year=2026)
    topic = make_topic(label_en="Labour", oecd_annex_ii="Worst forms")
    sessions = [make_session(edition=edition, topics=[topic]) for _ in range(30)]
    link = {
        "id": topic.slug,
        "name": "Labour",
        "url": f"http://testserver/topics/{topic.slug}/",
        "api_url": f"http://testserver/api/v1/topics/{topic.slug}/",
    }
    address, asked = f"sessions/{sessions[0].slug}/", {"lang": "en"}
    assert read(client, address, asked)["topics"] == [link]
    (told,) = read(client, address, asked | {"expand": "topics"})["topics"]
    assert told == {**link, "oecd_annex_ii": "Worst forms"}
    listed = f"http://testserver/api/v1/sessions/?topic={topic.slug}"
    one = read(client, f"topics/{topic.slug}/")
    assert (one["sessions"], one["sessions_count"]) == ({"url": listed}, 30)
    one = read(client, f"topics/{topic.slug}/?expand=sessions")["sessions"]
    first = [session.slug for session in sessions[:25]]
    assert (one["url"], [record["id"] for record in one["results"]]) == (listed, first)
    assert client.get(listed).json()["count"] == 30


def test_the_sessions_of_a_person_are_told_once_each(client):
    person, session = make_person(), make_session()
    for role in ("speaker", "moderator"):
        make_contribution(session, person, role)
    asked = {"expand": "sessions", "fields": "sessions"}
    told = read(client, f"people/{person.slug}/", asked)
    assert list(told) == ["id", "sessions"]
    assert [one["id"] for one in told["sessions"]["results"]] == [session.slug]


def test_fields_and_a_page_with_its_links(client):
    for number in range(5):
        make_topic(label_en=f"Topic {number}", slug=f"t{number}")
    asked = {"page": 2, "page_size": 2, "fields": "name", "lang": "en", "nothing": "x"}
    answer = client.get(f"{ROOT}topics/", asked)
    page = answer.json()
    assert page["results"] == [
        {"id": "t2", "name": "Topic 2"},
        {"id": "t3", "name": "Topic 3"},
    ]
    before, after = page["previous"], page["next"]
    assert [one["id"] for one in client.get(before).json()["results"]] == ["t0", "t1"]
    assert [one["id"] for one in client.get(after).json()["results"]] == ["t4"]
    assert client.get(after).json()["next"] is None
    assert answer["Link"] == (
        f'<{before}>; rel="first", <{before}>; rel="prev", '
        f'<{after}>; rel="next", <{after}>; rel="last"'
    )


def test_links_that_servers_in_front_would_not_take_stand_in_the_body_alone(client):
    for name in "ab":
        make_topic(label_en=f"矿 {name}")
    answer = client.get(f"{ROOT}topics/", {"page_size": 1, "q": "矿" + " " * 9_000})
    assert answer.status_code == 200
    assert "Link" not in answer
    assert len(answer.json()["next"]) > 9_000


def test_the_status_is_that_of_the_day_asked_about(client):
    law = make_regulation()
    make_milestone("2020-01-01", "in-force", regulation=law)
    make_milestone("2024-01-01", "repealed", regulation=law)
    make_session(regulations=[law])

    def status(**asked):
        told = read(client, f"regulations/{law.slug}/", asked)
        return told["status_id"], told["status"]["en"]

    assert status() == ("repealed", "Repealed")
    assert status(as_of="2023-09-22") == ("in-force", "In force")
    asked = {"as_of": "2023-09-22", "status": "in-force"}
    (listed,) = read(client, "regulations/", asked)["results"]
    assert (listed["status_id"], listed["status_day"]) == ("in-force", "2023-09-22")
    (session,) = read(client, "sessions/", {"expand": "regulations"})["results"]
    assert session["regulations"][0]["status_id"] == "repealed"


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("topics/?fields=nonsense", ["fields"]),
        ("topics/?page=-1", ["page"]),
        ("topics/?page=0", ["page"]),
        ("topics/?page=2", ["page"]),
        ("topics/?page=99999999999999999999999", ["page"]),
        ("topics/?page=²", ["page"]),
        ("topics/?page_size=1000000", ["page_size"]),
        ("topics/?page_size=201", ["page_size"]),
        ("topics/?lang=fr", ["lang"]),
        ("topics/?expand=parent,money", ["expand"]),
        ("topics/?sort=-id", ["sort"]),
        ("topics/?q=%00", ["q"]),
        ("topics/?q=" + "x" * 201, ["q"]),
        ("topics/?edition=1&regulation=none&regulation=A", ["regulation", "edition"]),
        ("regulations/?as_of=99999-01-01", ["as_of"]),
        ("regulations/?as_of=99999-01-01&jurisdiction=Europe&lang=x&page=x",
         ["lang", "as_of", "jurisdiction", "page"]),
        ("regulations/x/?as_of=99999-01-01", ["as_of"]),
        ("schema/?lang=fr", ["lang"]),
        ("?lang=fr", ["lang"]),
    ],
)  # fmt: skip
def test_a_value_that_means_nothing_is_named(client, address, names):
    answer = client.get(ROOT + address)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    told = answer.json()
    members = (told["type"], told["title"], told["status"], answer.status_code)
    assert members == ("about:blank", "Bad Request", 400, 400)
    assert sorted({one["parameter"] for one in told["errors"]}) == sorted(names)


def test_an_error_says_what_a_parameter_takes(client):
    answer = client.get(
        ROOT + "regulations/?kind=law&topic=No&as_of=1.2.2023&year_from=x&sort=y"
    )
    told = {one["parameter"]: one["detail"] for one in answer.json()["errors"]}
    assert told.pop("kind").startswith("Known are: regulation, directive")
    assert told.pop("sort").startswith("Known are: ")
    assert told == {
        "topic": "The id of a public record: the last part of its address.",
        "as_of": "A date such as 2023-09-22.",
        "year_from": "A year such as 2023.",
    }


def test_what_never_reaches_the_api_is_answered_in_its_manner_too(client):
    answer = client.get(f"{ROOT}topics/?q={'x' * 33_000}")
    assert (answer.status_code, answer["Content-Type"]) == (
        414,
        "application/problem+json",
    )
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["detail"] == "The address is too long."


def test_what_is_gone_moved_or_never_was(client):
    make_edition(slug="2023")
    topic = make_topic(slug="labour", label_en="Labour", label_zh_hans="劳工")
    topic.slug = "labour-rights"
    topic.save()
    answer = client.get(f"{ROOT}topics/labour/?lang=en")
    moved = "http://testserver/api/v1/topics/labour-rights/?lang=en"
    assert (answer.status_code, answer["Location"]) == (301, moved)
    topic.state, topic.withdrawn_reason_en = "withdrawn", "Asked for"
    topic.save()
    gone = read(client, "topics/labour-rights/?lang=zh-hans", status=410)
    assert gone == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "detail": gone["detail"],
        "id": "labour-rights",
        "name": "劳工",
        "withdrawn_on": timezone.localdate(topic.withdrawn_at).isoformat(),
        "reason": "Asked for",
    }
    for address in ("topics/never/", "nonsense/", "nonsense", "topics/a/b/"):
        answer = client.get(ROOT + address)
        told = answer.headers["Content-Type"], answer.json()["status"]
        assert told == ("application/problem+json", 404), address
    assert client.get("/api/").json()["title"] == "Not Found"
    answer = client.get("/api/v1/editions/2023?lang=en")
    slash = "/api/v1/editions/2023/?lang=en"
    assert (answer.status_code, answer["Location"]) == (301, slash)
    answer = client.get("/api/v1/docs/?x=1", headers={"accept-language": "zh-CN"})
    docs = "/zh-hans/api/v1/docs/?x=1"
    assert (answer.status_code, answer["Location"]) == (302, docs)


def test_only_reading_is_possible_by_anybody_from_anywhere(client):
    topic = make_topic()
    address = f"{ROOT}topics/{topic.slug}/"
    for method in (client.post, client.put, client.patch, client.delete):
        answer = method(address)
        allowed = answer["Allow"], answer.json()["title"]
        assert allowed == ("GET, HEAD, OPTIONS", "Method Not Allowed")
        assert answer.status_code == 405
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "if-none-match",
    }
    answer = client.options(address, headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert answer["Access-Control-Allow-Headers"] == "*"
    whole = client.get(address, headers={"accept": "text/html"})
    head = client.head(address)
    assert (head.status_code, head.content) == (200, b"")
    for one in (answer, whole, head):
        assert one["Access-Control-Allow-Origin"] == "*"
        assert not one.cookies
    assert (whole["Content-Type"], head["ETag"]) == ("application/json", whole["ETag"])


def test_nothing_is_sent_again_until_something_changes(client):
    topic = make_topic()
    for address in ("topics/", f"topics/{topic.slug}/", "", "schema/"):
        tag = client.get(ROOT + address)["ETag"]
        asked = {"headers": {"if-none-match": tag}}
        answer = client.get(ROOT + address, **asked)
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", tag)
        make_topic()
        # Here all is one transaction: what PostgreSQL counts when it ends is not yet.
        if connection.vendor == "sqlite":
            assert client.get(ROOT + address, **asked).status_code == 200


def test_too_many_requests_have_to_wait(client, settings):
    settings.RATES = settings.RATES | {"api": "3/minute"}
    make_topic()
    answers = [client.get(f"{ROOT}topics/?lang=en") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    policies = {answer["RateLimit-Policy"] for answer in answers}
    assert policies == {'"anonymous";q=3;w=60'}
    limits = [answer["RateLimit"].partition(";t=") for answer in answers]
    assert [one[0] for one in limits] == [f'"anonymous";r={n}' for n in (2, 1, 0, 0)]
    assert all(0 <= int(one[2]) <= 60 for one in limits)
    last = answers[-1]
    assert last.json()["title"] == "Too Many Requests"
    assert 1 <= int(last["Retry-After"]) <= 60
    assert last["Access-Control-Allow-Origin"] == "*"
    assert client.options(f"{ROOT}topics/").status_code == 204
    other = client.get(f"{ROOT}topics/", REMOTE_ADDR="192.0.2.1")
    assert other.status_code == 200
    claimed = client.get(f"{ROOT}topics/", headers={"x-forwarded-for": "192.0.2.9"})
    assert claimed.status_code == 429  # no proxy stands there to say so


def test_the_file_beside_a_page_is_the_same_in_the_language_of_the_page(client):
    outcome = make_outcome(statement_en="It came.", statement_zh_hans="成果")
    make_citation(outcome)
    for language in ("en", "zh-hans"):
        file = client.get(f"/{language}/outcomes/{outcome.slug}.json").json()
        told = read(client, f"outcomes/{outcome.slug}/", {"lang": language})
        assert file == told
    assert reverse("api:root") == ROOT
