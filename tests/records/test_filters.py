import pytest
from django.http import QueryDict

from sessions.filters import SessionFilter
from sessions.models import Session
from tests.factories import make_session, make_topic

pytestmark = pytest.mark.django_db


def filtered(query):
    return SessionFilter(QueryDict(query), Session.objects.published())


def test_the_form_offers_the_sort_and_gives_the_default_no_value():
    sort = filtered("sort=name").form["sort"]
    assert [(value, str(label)) for value, label in sort.field.choices] == [
        ("", "Newest first"),
        ("name", "Name"),
    ]
    assert sort.value() == "name"


@pytest.mark.parametrize(
    ("query", "sort", "ignored", "canonical"),
    [
        ("", "newest", [], ""),
        ("sort=newest", "newest", [], ""),
        ("sort=name", "name", [], "sort=name"),
        ("sort=x", "newest", [("sort", "x")], ""),
    ],
)
def test_a_sort_that_means_nothing_is_named_and_left_out(
    query, sort, ignored, canonical
):
    filterset = filtered(query)
    assert filterset.sort == sort
    assert filterset.ignored == ignored
    assert filterset.query() == canonical


def test_the_sort_orders_the_list():
    make_session(title_en="Beta", position=1)
    make_session(title_en="Alpha", position=2)
    assert [s.title_en for s in filtered("sort=name").qs] == ["Alpha", "Beta"]


def test_repeated_names_are_or_and_different_names_are_and():
    one, two = make_topic(slug="one"), make_topic(slug="two")
    make_session(slug="a", topics=[one], format="keynote")
    make_session(slug="b", topics=[two], format="keynote")
    make_session(slug="c", topics=[one], format="plenary")

    def slugs(query):
        return sorted(filtered(query).qs.values_list("slug", flat=True))

    assert slugs("topic=one&topic=two") == ["a", "b", "c"]
    assert slugs("topic=one&format=keynote") == ["a"]


def test_what_is_not_understood_is_left_out_and_named():
    make_topic(slug="one")
    filterset = filtered("topic=one&topic=nope&format=opera&year_from=soon&day=x")
    assert filterset.ignored == [
        ("format", "opera"),
        ("topic", "nope"),
        ("day", "x"),
        ("year_from", "soon"),
    ]
    assert filterset.query() == "topic=one"


def test_each_active_filter_links_to_the_list_without_it():
    make_topic(slug="one", label_en="One")
    assert filtered("topic=one&year_from=2020&sort=name").active() == [
        {
            "name": "topic",
            "value": "one",
            "label": "One",
            "remove_url": "?year_from=2020&sort=name",
        },
        {
            "name": "year_from",
            "value": "2020",
            "label": "From year: 2020",
            "remove_url": "?topic=one&sort=name",
        },
    ]


def test_a_filter_that_is_not_shown_stays_in_the_form_unseen():
    topic = make_topic(slug="one")
    make_session(topics=[topic])
    form = filtered("year_from=2020&topic=one").form
    assert list(form.fields) == [
        "q",
        "topic",
        "year_from",
        "sort",
    ]


def test_bytes_that_are_no_text_are_named_and_left_out():
    filterset = filtered("q=%ff%fe&format=%ff")
    assert sorted(filterset.ignored) == [("format", "\ufffd"), ("q", "\ufffd\ufffd")]
    assert filterset.query() == ""


@pytest.mark.parametrize(("page", "shown"), [("0", 1), ("00", 1), ("2", 2), ("9", 2)])
def test_a_page_below_the_first_shows_the_first(client, page, shown):
    for _number in range(51):
        make_session()
    context = client.get(f"/en/sessions/?page={page}").context
    assert context["page_obj"].number == shown
    assert context["ignored"] == ([] if page == "2" else [("page", page)])
