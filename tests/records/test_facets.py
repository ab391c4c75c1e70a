import datetime
import threading
import time

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from records import change_log
from records.bitmaps import Store
from records.facets import count_facets, count_found, count_hits, count_related, warm
from records.paging import page_keys
from records.previewing import showing
from sessions.filters import SessionFilter
from sessions.models import Session
from tests.factories import (
    make_contribution,
    make_edition,
    make_mineral,
    make_organization,
    make_regulation,
    make_session,
    make_topic,
)
from topics.filters import RegulationFilter
from topics.models import Regulation, Topic

pytestmark = pytest.mark.django_db


def counted(query="", filterset_class=SessionFilter):
    records = filterset_class.Meta.model.objects.published()
    return count_facets(filterset_class(QueryDict(query), records))


def facet(query, name, filterset_class=SessionFilter):
    """Return {value: (count, chosen)} of one facet, in its order."""
    facets = counted(query, filterset_class).facets
    values = next((one.values for one in facets if one.name == name), [])
    return {value.value: (value.count, value.chosen) for value in values}


@pytest.fixture
def sessions():
    rights = make_topic(slug="rights", label_en="Rights")
    labour = make_topic(slug="labour", label_en="Labour", parent=rights)
    tin = make_mineral(slug="tin")
    make_session(slug="a", topics=[rights, labour], minerals=[tin], format="keynote")
    make_session(slug="b", topics=[labour], format="keynote")
    make_session(slug="c", minerals=[tin], format="plenary")
    make_session(slug="d", topics=[labour], minerals=[tin], state="draft")


def test_a_parent_counts_each_record_below_it_once(sessions):
    assert facet("", "topic") == {
        "labour": (2, False),
        "rights": (2, False),
        "none": (1, False),
    }


def test_a_facet_leaves_its_own_choice_out_of_account_and_the_others_in(sessions):
    assert facet("topic=labour&mineral=tin", "topic") == {
        "labour": (1, True),
        "rights": (1, False),
        "none": (1, False),
    }
    assert facet("topic=labour&mineral=tin", "mineral") == {
        "tin": (1, True),
        "none": (1, False),
    }


def test_what_is_chosen_stays_though_it_gives_nothing(sessions):
    make_topic(slug="unused")
    assert facet("topic=unused", "topic")["unused"] == (0, True)
    assert facet("q=nothing-like-it&topic=labour", "topic")["labour"] == (0, True)


def test_none_is_a_value_that_filters_too(sessions):
    assert facet("mineral=none", "mineral") == {"tin": (2, False), "none": (1, True)}
    found = SessionFilter(QueryDict("mineral=none"), Session.objects.published())
    assert [session.slug for session in found.qs] == ["b"]
    assert found.active()[0]["label"] == "Not recorded"


def test_an_address_in_any_order_is_told_in_one(sessions):
    queries = [
        SessionFilter(QueryDict(query), Session.objects.published()).query()
        for query in ("topic=rights&topic=labour", "topic=labour&topic=rights")
    ]
    assert queries == ["topic=labour&topic=rights"] * 2


def test_an_embargo_that_passes_needs_no_write(sessions):
    assert len(counted().found) == 3
    soon = timezone.now() + datetime.timedelta(seconds=0.5)
    Session.objects.filter(slug="c").update(publish_at=soon)
    assert len(counted().found) == 2
    time.sleep(0.6)
    assert len(counted().found) == 3
    assert facet("", "format") == {"keynote": (2, False), "plenary": (1, False)}


def test_the_status_is_that_of_the_day_that_is_asked_for():
    law = make_regulation(slug="law")
    law.milestones.create(date="2024-01-01", kind="in-force")
    for query, status in (("", "in-force"), ("as_of=2023-05-01", "none")):
        assert facet(query, "status", RegulationFilter) == {status: (1, False)}


def test_a_draft_session_ties_no_organization(sessions):
    ilo = make_organization(slug="ilo")
    for slug in ("a", "d"):
        make_contribution(Session.objects.get(slug=slug), ilo)
    assert facet("", "organization")["ilo"] == (1, False)


def test_names_are_in_the_language_of_the_reader_and_marked_if_they_are_not(sessions):
    with translation.override("zh-hans"):
        topic = next(one for one in counted().facets if one.name == "topic")
    assert [(v.label, v.lang) for v in topic.values] == [
        ("Labour", "en"),
        ("Rights", "en"),
        ("未记录", ""),
    ]


def test_a_search_counts_among_its_hits_over_several_kinds(sessions):
    make_regulation(slug="law", jurisdiction="EU")
    pks = {
        SessionFilter: Session.objects.exclude(slug="b").values_list("pk", flat=True),
        RegulationFilter: Regulation.objects.values_list("pk", flat=True),
    }
    facets = ["topic", "jurisdiction"]
    hits = count_hits(pks, {}, facets)
    assert [len(found) for found in hits.found.values()] == [2, 1]
    assert {
        one.name: {v.value: v.count for v in one.values} for one in hits.facets
    } == {"topic": {"labour": 1, "rights": 1, "none": 2}, "jurisdiction": {"EU": 1}}
    chosen = count_hits(pks, {"topic": {"labour"}}, facets)
    assert [len(found) for found in chosen.found.values()] == [1, 0]
    assert chosen.without("topic", "labour") == 3


def test_checkboxes_are_written_as_other_programs_expect_them(client):
    make_regulation(jurisdiction="EU")
    text = client.get("/en/regulations/?jurisdiction=EU").text
    assert '<input type="checkbox" name="jurisdiction" value="EU" checked>' in text
    assert 'id="results" tabindex="-1">1 regulation</p>' in text


def test_an_empty_list_tells_what_fewer_filters_would_bring(client, sessions):
    response = client.get("/en/sessions/?topic=labour&mineral=tin&format=plenary")
    removals = [
        {key: removal[key] for key in ("label", "remove_url", "count")}
        for removal in response.context["removals"]
    ]
    assert removals == [
        {"label": label, "remove_url": f"?{query}", "count": count}
        for label, query, count in (
            ("Plenary", "topic=labour&mineral=tin", 1),
            ("Labour", "format=plenary&mineral=tin", 1),
            (
                str(response.context["active_filters"][2]["label"]),
                "format=plenary&topic=labour",
                0,
            ),
        )
    ]


def test_pages_of_a_list_show_every_record_once_in_its_order(client):
    editions = [make_edition(year=year) for year in (2020, 2021, 2021)]
    for n in range(120):
        make_session(slug=f"s{n}", edition=editions[n % 3])
    for query in ("", "sort=name", "edition=" + editions[0].slug):
        records = Session.objects.published()
        expected = [one.slug for one in SessionFilter(QueryDict(query), records).qs]
        shown = []
        for page in (1, 2, 3):
            if (page - 1) * 50 < len(expected):
                response = client.get(f"/en/sessions/?{query}&page={page}")
                shown += [session.slug for session in response.context["sessions"]]
        assert shown == expected


@pytest.mark.usefixtures("transactional_db")
def test_two_processes_see_what_others_have_committed():
    session, topic = make_session(), make_topic()
    here, there = Store(), Store()
    filterset = SessionFilter(QueryDict(), Session.objects.published())

    def topics(store):
        with store.up_to_date() as bitmaps:
            groups, _any = bitmaps.load([filterset.filters["topic"]])["topic"]
            return {slug: list(pks) for slug, pks in groups.items()}

    assert topics(here) == topics(there) == {}
    if connection.vendor == "postgresql":

        def write():
            session.topics.add(topic)
            connection.close()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    else:
        session.topics.add(topic)
    assert topics(here) == topics(there) == {topic.slug: [session.pk]}
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM forum_sessions_session_topics")
    assert topics(there) == topics(here) == {}


def test_a_warm_worker_reads_no_column_for_the_first_page_of_any_list(sessions):
    warm()
    for filterset_class in (SessionFilter, RegulationFilter):
        with CaptureQueriesContext(connection) as queries:
            counted("", filterset_class)
        assert len(queries) == 1  # has anything changed?


def test_triggers_of_the_change_log_go_and_come_back():
    change_log.remove()
    assert triggers() == 0
    change_log.install()
    assert triggers() > 50


def triggers():
    catalogue, name = (
        ("pg_trigger", "tgname")
        if connection.vendor == "postgresql"
        else ("sqlite_master", "name")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {catalogue} "  # noqa: S608
            f"WHERE {name} LIKE 'facet_touch_%%' AND {name} NOT LIKE '%%xid'",
            [],
        )
        return cursor.fetchone()[0]


def test_records_are_told_how_many_public_ones_belong_to_them(
    django_assert_num_queries, sessions
):
    make_regulation(topics=list(Topic.objects.all()))
    make_topic(slug="empty")
    topics = list(Topic.objects.published().order_by("slug"))
    count_related(topics, "sessions", "regulations")  # which fills the store
    with django_assert_num_queries(1):
        count_related(topics, "sessions", "regulations")
    assert [(t.slug, t.sessions_count, t.regulations_count) for t in topics] == [
        ("empty", 0, 0),
        ("labour", 2, 1),
        ("rights", 2, 1),
    ]


def test_a_preview_counts_what_it_shows():
    edition = make_edition(state="draft")
    session = make_session(edition=edition, state="draft")
    with showing([edition, session]):
        count_related([edition], "sessions", "outcomes")
    assert (edition.sessions_count, edition.outcomes_count) == (1, 0)


@pytest.mark.parametrize(
    "query", ["", "topic=rights", "topic=none&mineral=tin", "q=a&format=keynote"]
)
def test_without_facets_the_same_records_are_found_in_the_same_order(sessions, query):
    records = Session.objects.published()
    filterset = SessionFilter(QueryDict(query), records)
    found = count_found(filterset)
    wanted = list(SessionFilter(QueryDict(query), records).qs.values_list("pk"))
    assert [(pk,) for pk in page_keys(filterset, found, 0, 50)] == wanted
    assert (found.facets, len(found.found)) == ([], len(wanted))
