import pytest

from sessions.models import EditionDay
from sessions.neighbours import neighbours
from tests.factories import make_edition, make_session
from tests.sessions.samples import HOUR, MORNING, hide

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition():
    return make_edition()


def line_of(*sessions, most=6):
    """Return what stands before and after each session, by their codes."""
    around = [neighbours(session, most)[:2] for session in sessions]
    return [tuple(other and other.code for other in pair) for pair in around]


def test_the_line_goes_on_from_day_to_day(edition):
    days = [EditionDay.objects.create(edition=edition, number=n) for n in (1, 2, 3)]
    one = make_session(edition=edition, code="A", day=days[0], starts_at=MORNING)
    two = make_session(edition=edition, code="B", day=days[2], position=9)
    three = make_session(edition=edition, code="C", day=days[2], starts_at=MORNING)
    assert line_of(one, two, three) == [(None, "B"), ("A", "C"), ("B", None)]


def test_what_has_no_day_stands_where_its_smallest_position_puts_it(edition):
    first, second = (
        EditionDay.objects.create(edition=edition, number=n) for n in (1, 2)
    )
    a = make_session(edition=edition, code="A", day=first, position=1)
    b = make_session(edition=edition, code="B", day=second, position=7)
    c = make_session(edition=edition, code="C", position=3)
    d = make_session(edition=edition, code="D", position=9)
    assert line_of(a, c, d, b) == [(None, "C"), ("A", "D"), ("C", "B"), ("D", None)]


def test_a_break_has_neighbours_and_is_nobodys(edition):
    pause = make_session(edition=edition, code="P", format="break", position=2)
    a = make_session(edition=edition, code="A", position=1)
    b = make_session(edition=edition, code="B", position=3)
    assert line_of(a, pause, b) == [(None, "B"), ("A", "B"), ("A", None)]


def test_what_the_public_may_not_see_is_no_neighbour(edition):
    alone = make_session(edition=edition, starts_at=MORNING, ends_at=MORNING + HOUR)
    hide(make_session, edition=edition, starts_at=MORNING, ends_at=MORNING + HOUR * 2)
    make_session(starts_at=MORNING, ends_at=MORNING + HOUR)  # of another edition
    assert neighbours(alone, 6) == (None, None, [], 0)


def test_of_many_at_the_same_time_some_are_named_and_all_are_counted(edition):
    session, *others = (
        make_session(edition=edition, starts_at=MORNING, ends_at=MORNING + HOUR)
        for _ in range(9)
    )
    make_session(edition=edition, starts_at=MORNING + HOUR, ends_at=MORNING + 2 * HOUR)
    _before, after, parallel, total = neighbours(session, 3)
    assert (after, parallel, total) == (others[0], others[:3], 8)


def test_nothing_is_parallel_to_a_session_whose_end_is_not_on_record(edition):
    session = make_session(edition=edition, starts_at=MORNING)
    make_session(edition=edition, starts_at=MORNING, ends_at=MORNING + HOUR)
    assert neighbours(session, 6)[2:] == ([], 0)


@pytest.mark.parametrize(("place", "queries"), [(1, 1), (0, 2)])
def test_a_session_amid_its_day_takes_one_query_and_at_an_end_two(
    edition, django_assert_num_queries, place, queries
):
    sessions = [make_session(edition=edition) for _ in range(3)]
    with django_assert_num_queries(queries):
        neighbours(sessions[place], 6)
