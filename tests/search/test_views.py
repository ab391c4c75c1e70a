import random
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.filters import OrganizationFilter, PersonFilter
from search.kinds import BY_WORD
from search.models import Document
from sessions.filters import EditionFilter, OutcomeFilter, SessionFilter
from tests.factories import (
    make_contribution,
    make_edition,
    make_milestone,
    make_mineral,
    make_organization,
    make_outcome,
    make_person,
    make_regulation,
    make_session,
    make_stage,
    make_topic,
)
from tests.search.reading import count, facet, notes, tabs, titles
from tests.search.test_results import BAD, everything
from tests.topics.reading import words
from topics.filters import MineralFilter, RegulationFilter, StageFilter, TopicFilter

pytestmark = pytest.mark.django_db
FILTERS = {
    "editions": EditionFilter,
    "minerals": MineralFilter,
    "organizations": OrganizationFilter,
    "outcomes": OutcomeFilter,
    "people": PersonFilter,
    "regulations": RegulationFilter,
    "sessions": SessionFilter,
    "stages": StageFilter,
    "topics": TopicFilter,
}


def get(client, query, language="en"):
    response = client.get(f"/{language}/search/?{query}")
    assert response.status_code == 200
    return response


# Results


def test_a_page_without_words_says_what_can_be_searched(client):
    page = get(client, "")
    text = words(page.text)
    assert "What there is" in text
    assert "How to ask" in text
    assert 'href="/en/minerals/"' in page.text


def test_results_are_counted_in_one_sentence_and_the_best_comes_first(client):
    make_session(title_en="About the zebra trade")
    zebra = make_topic(label_en="Zebra", label_zh_hans="斑马")
    page = get(client, "q=zebra")
    assert count(page) == "2 results for “zebra”"
    assert titles(page) == ["Zebra", "About the zebra trade"]
    assert tabs(page) == {"All": 2, "Topics": 1, "Sessions": 1}
    main = page.text[page.text.index("<main") :]
    links = re.findall(r'href="(/en/[^"]*)"', main)
    records = [link for link in links if re.fullmatch(r"/en/\w+/[\w-]+/", link)]
    assert records[0] == zebra.get_absolute_url()
    assert count(get(client, "q=zebra&kind=topics")) == "1 result for “zebra”"
    assert count(get(client, "q=giraffe")) == "0 results for “giraffe”"


def test_the_same_page_in_chinese_keeps_words_and_filters_in_its_language_link(client):
    make_topic(label_en="Zebra", label_zh_hans="斑马")
    page = get(client, "q=zebra&kind=topics", "zh-hans")
    assert titles(page) == ["斑马"]
    assert 'href="/en/search/?q=zebra&amp;kind=topics"' in page.text
    assert '<p class="other" lang="en"><mark>Zebra</mark></p>' in page.text


def test_a_result_names_the_field_that_matched_and_marks_it(client):
    topic = make_topic(label_en="Striped animals")
    topic.alt_names.create(text="Zebra")
    make_session(title_en="Talk", abstract_en="They spoke of the zebra.")
    make_mineral(label_en="Ore", note_en="Named after the zebra.")
    speaker = make_person(name_en="Zoe Zebra")
    make_contribution(make_session(title_en="Panel"), speaker)
    text = words(get(client, "q=zebra").text)
    assert "Other name or number: Zebra" in text
    assert "Abstract: They spoke of the zebra ." in text
    assert "Public note: Named after the zebra ." in text
    assert "Who took part: Zoe Zebra" in text


def test_a_result_carries_identifier_status_year_and_core(client):
    stage = make_stage(label_en="Mining", core_place=1)
    act = make_regulation(short_name_en="Zebra act", stages=[stage])
    act.identifiers.create(scheme="CELEX", value="32031R0007")
    make_milestone("2020-01-01", "in-force", regulation=act)
    make_session(
        title_en="Zebra talk", edition=make_edition(year=2023), format="keynote"
    )
    page = get(client, "q=zebra")
    rows = re.findall(r'<li class="row result">(.*?)</h3>', page.text, re.S)
    assert [words(row) for row in rows] == [
        "Regulation 32031R0007 In force Zebra act",
        "Session, 2023 Keynote Zebra talk",
    ]
    assert (
        '<li class="stage-1"><span class="core-label">Mining</span></li>' in page.text
    )


def test_pages_hold_twenty_and_are_numbered(client):
    for n in range(25):
        make_topic(label_en=f"Zebra {n:02}")
    first, second = (
        get(client, "q=zebra&sort=name"),
        get(client, "q=zebra&sort=name&page=2"),
    )
    assert titles(first) + titles(second) == [f"Zebra {n:02}" for n in range(25)]
    assert count(first) == count(second) == "25 results for “zebra”"
    assert "Page 2 of 2" in words(second.text)
    too_far = get(client, "q=zebra&sort=name&page=9")
    assert titles(too_far) == titles(second)
    assert "page “9”" in words(too_far.text)


def test_results_can_be_sorted_by_name_and_by_date(client):
    old = make_edition(year=2019, slug="e2019")
    new = make_edition(year=2030, slug="e2030")
    make_session(title_en="Zebra A", edition=old)
    make_session(title_en="Zebra C", edition=new)
    make_milestone(
        "2024-05-01", "adopted", regulation=make_regulation(short_name_en="Zebra B")
    )
    make_topic(label_en="Zebra")
    names = ["Zebra", "Zebra A", "Zebra B", "Zebra C"]
    assert titles(get(client, "q=zebra&sort=name")) == names
    assert titles(get(client, "q=zebra&sort=newest")) == [
        *names[3:1:-1],
        "Zebra A",
        "Zebra",
    ]


def test_a_slip_of_the_pen_is_said_and_mended(client):
    make_topic(label_en="Governance")
    page = get(client, "q=govrnance")
    assert titles(page) == ["Governance"]
    assert notes(page) == [
        "Nothing on record has “govrnance”. These are the results for “governance”."
    ]


def test_filters_without_words_choose_from_everything(client):
    topic = make_topic(slug="zebras")
    make_session(title_en="Talk", topics=[topic])
    make_regulation(short_name_en="Act")
    page = get(client, "topic=zebras")
    assert (count(page), titles(page)) == ("1 result", ["Talk"])


# Filters and their counts


def filed_records():
    """Make records of all kinds that are filed under few subjects at random."""
    chance = random.Random(7)  # noqa: S311 — repeatable, not secret
    broad = make_topic(slug="broad", label_en="Broad zebra")
    hidden = make_topic(slug="hidden", state="draft", parent=broad)
    topics = [broad, make_topic(slug="narrow", label_en="Zebra b", parent=broad)]
    topics += [hidden, make_topic(slug="cut-off", parent=hidden)]
    minerals = [make_mineral(slug=f"m{n}", label_en=f"Zebra m{n}") for n in range(3)]
    stages = [make_stage(slug=f"s{n}", core_place=n) for n in (1, 2, 3)]
    editions = [make_edition(slug=f"e{y}", year=y) for y in (2021, 2022)]
    editions.append(make_edition(slug="secret", year=2023, state="draft"))
    organizations = [
        make_organization(
            name_en=f"Zebra o{n}", country=chance.choice(["CN", "DE", ""])
        )
        for n in range(5)
    ]
    people = [make_person(name_en=f"Zebra p{n}") for n in range(4)]

    def some(of):
        return chance.sample(of, chance.randint(0, 2))

    regulations = [
        make_regulation(
            short_name_en=f"Zebra r{n}",
            jurisdiction=chance.choice(["EU", "CN"]),
            topics=some(topics),
            minerals=some(minerals),
            stages=some(stages),
        )
        for n in range(8)
    ]
    for regulation in regulations[:5]:
        make_milestone("2021-03-01", "adopted", regulation=regulation)
    for n in range(14):
        session = make_session(
            title_en=f"Zebra {n}",
            edition=chance.choice(editions),
            state=chance.choice(["published", "published", "draft"]),
            topics=some(topics),
            minerals=some(minerals),
            stages=some(stages),
            regulations=some(regulations),
        )
        for who in some(organizations) + some(people):
            make_contribution(session, who)
        make_outcome(
            title_en=f"Zebra outcome {n}", edition=session.edition, topics=some(topics)
        )


def test_a_filter_keeps_what_the_list_of_each_kind_keeps(client):
    filed_records()
    every = Document.objects.search("zebra")
    for query in (
        "topic=broad",
        "topic=narrow&topic=cut-off",
        "mineral=m0&mineral=m1",
        "stage=s1",
        "edition=e2021",
        "jurisdiction=EU",
        "country=CN&country=DE",
        "year_from=2021&year_to=2021",
        "topic=broad&edition=e2022",
    ):
        names = {pair.partition("=")[0] for pair in query.split("&")}
        request = client.get(f"/en/about/?{query}").wsgi_request
        expected = {}
        for word, filterset in FILTERS.items():
            if not names <= filterset.base_filters.keys():
                continue
            public = BY_WORD[word].model.objects.published()
            listed = filterset(request.GET, public).qs
            if total := len({r.pk for r in listed} & set(every.pks(word))):
                expected[word] = total
        assert expected, query
        found = facet(get(client, f"q=zebra&{query}"), "kind")
        found = {word: total for word, total in found.items() if total}
        assert found == expected, query


def test_a_count_says_what_choosing_the_value_brings(client):
    filed_records()
    chosen = "q=zebra&topic=broad"
    page = get(client, chosen)
    checked = 0
    for name in ("kind", "stage", "mineral", "jurisdiction", "edition"):
        for value, total in facet(page, name).items():
            after = count(get(client, f"{chosen}&{name}={value}"))
            assert after.startswith(f"{total} result"), (name, value)
            checked += 1
    assert checked > 10
    # Within one facet the values are alternatives: the choice itself does not count.
    assert facet(page, "topic") == facet(get(client, "q=zebra"), "topic")


def test_a_chosen_value_stays_at_0_and_the_way_out_is_named(client):
    make_topic(label_en="Zebra")
    make_regulation(short_name_en="Zebra act", jurisdiction="EU")
    page = get(client, "q=zebra&jurisdiction=EU&kind=topics")
    assert count(page) == "0 results for “zebra”"
    assert facet(page, "kind") == {"regulations": 1, "topics": 0}
    text = words(page.text)
    assert "without Topics : 1 result without European Union : 1 result" in text
    assert "without any filter : 2 results" in text
    assert 'href="?q=zebra&amp;jurisdiction=EU"' in page.text


def test_broader_topics_are_a_way_on(client):
    broad = make_topic(label_en="Animals")
    make_topic(label_en="Zebra", parent=broad)
    for query in ("q=zebra", "q=giraffe"):
        page = get(client, query)
        assert (
            f'<a class="chip" href="{broad.get_absolute_url()}">Animals</a>'
            in page.text
        )


def test_what_is_not_understood_is_named_and_the_rest_holds(client):
    make_topic(label_en="Zebra")
    page = get(client, "q=the+zebra&topic=nope&sort=odd&kind=topics&colour=red")
    assert titles(page) == ["Zebra"]
    assert notes(page) == [
        "Not understood and left out: topic “nope”, sort “odd”. "
        "The rest of the address still holds.",
        "Not searched for: the",
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_bad_input_is_answered_by_a_page(client, text, language):
    make_topic(label_en="Zebra")
    text = text.encode("utf-8", "replace").decode()
    page = get(client, f"q={quote(text)[:32_000]}", language)
    assert "<script>alert" not in page.text
    assert set(titles(page)) <= {"Zebra"}
    client.get(f"/{language}/search/suggest/?q={quote(text)[:32_000]}").json()


def test_five_hundred_parameters_are_answered(client):
    make_topic(label_en="Zebra", slug="z")
    page = get(client, "q=zebra&" + "&".join(f"topic=t{n}" for n in range(500)))
    assert titles(page) == ["Zebra"]
    assert "and 495 more" in notes(page)[0]
    page = get(client, "&".join(f"q=zebra{n}" for n in range(500)) + "&q=zebra")
    assert titles(page) == ["Zebra"]


def test_too_many_words_are_cut_and_said_to_be(client):
    make_topic(label_en="Zebra")
    page = get(client, "q=" + "+".join(f"word{n}" for n in range(60)))
    assert any("Only the beginning was searched for." in note for note in notes(page))


# What must not leak, and what it costs


def test_nothing_hidden_is_found_counted_or_suggested(client):
    shown = everything()
    topic = make_topic(label_en="Unseen subject", slug="unseen", state="draft")
    make_regulation(short_name_en="Zebra rule", topics=[topic])
    page = get(client, "q=zebra")
    assert sorted(titles(page)) == sorted([*shown, "Zebra rule"])
    assert facet(page, "topic") == {}
    for query in ("q=zebrahidden", "q=zebrahiddn", "topic=unseen&q=zebra", ""):
        assert not re.search(
            "zebrahidden \\d|unseen subject", get(client, query).text, re.I
        )
    suggested = client.get("/en/search/suggest/?q=zebra").text
    assert "hidden" not in suggested.lower()
    assert client.get("/en/search/suggest/?q=unseen").json()["groups"] == []


def test_the_page_asks_robots_to_stay_out(client):
    make_topic(label_en="Zebra")
    assert (
        '<meta name="robots" content="noindex, nofollow">'
        in get(client, "q=zebra").text
    )


@pytest.mark.either_database
@pytest.mark.parametrize("sort", ["best", "name", "newest"])
def test_a_page_costs_the_same_however_many_results(client, sort):
    def cost(total):
        edition = make_edition(name_en="Forum")
        stage, topic = make_stage(), make_topic()
        for n in range(total):
            kinds = {"topics": [topic], "stages": [stage]}
            make_regulation(short_name_en=f"Zebra act {n}", **kinds)
            session = make_session(title_en=f"Zebra {n}", edition=edition, **kinds)
            body = make_organization(name_en=f"Zebra body {n}")
            make_contribution(session, body)
            make_outcome(title_en=f"Zebra outcome {n}", edition=edition)
        query = f"q=zebra&sort={sort}&stage={stage.slug}"
        get(client, query)  # the facets take in what was written
        with CaptureQueriesContext(connection) as queries:
            get(client, query)
        return len(queries)

    few, many = cost(1), cost(30)
    assert few == many <= 15


# Suggestions


def test_suggestions_come_by_kind_with_their_words_marked(client):
    make_topic(label_en="Batteries", label_zh_hans="电池", slug="batteries")
    make_regulation(short_name_en="EU Batteries Regulation", slug="act")
    answer = client.get("/en/search/suggest/?q=batt").json()
    assert answer == {
        "status": "2 suggestions",
        "groups": [
            {
                "label": "Topics",
                "items": [
                    {
                        "url": "/en/topics/batteries/",
                        "title": "<mark>Batteries</mark>",
                        "lang": "",
                        "matched": "",
                        "matched_lang": "en",
                    }
                ],
            },
            {
                "label": "Regulations",
                "items": [
                    {
                        "url": "/en/regulations/act/",
                        "title": "EU <mark>Batteries</mark> Regulation",
                        "lang": "",
                        "matched": "",
                        "matched_lang": "en",
                    }
                ],
            },
        ],
    }
    by_sound = client.get("/en/search/suggest/?q=dianchi").json()["groups"][0]["items"]
    assert [(i["title"], i["matched"], i["matched_lang"]) for i in by_sound] == [
        ("Batteries", "<mark>电池</mark>", "zh-Hans")
    ]
    chinese = client.get("/zh-hans/search/suggest/?q=batt").json()
    assert chinese["groups"][1]["items"][0]["lang"] == "en"
    for nothing in ("", "?q=", "?q=%20", "?q=zzzz"):
        answer = client.get(f"/en/search/suggest/{nothing}").json()
        assert answer == {"status": "No suggestions", "groups": []}


def test_every_page_has_the_search_form_and_works_without_a_script(client):
    make_topic(label_en="Zebra")
    for path in ("", "topics/", "no-such-page/"):
        page = client.get(f"/en/{path}").text
        assert 'role="search" method="get" action="/en/search/"' in page
    assert client.get("/search/?q=zebra")["Location"] == "/en/search/?q=zebra"
    assert 'value="zebra crossing"' in client.get("/en/zebra-crossing/").text


def test_a_browser_can_add_the_search_of_either_language(client):
    page = client.get("/zh-hans/").text
    address = re.search(r'<link rel="search"[^>]*href="([^"]*)"', page)[1]
    answer = client.get(address)
    assert answer["Content-Type"].startswith("application/opensearchdescription+xml")
    assert 'template="http://testserver/zh-hans/search/?q={searchTerms}"' in answer.text
    english = client.get("/opensearch.xml?language=en").text
    assert 'template="http://testserver/en/search/?q={searchTerms}"' in english
