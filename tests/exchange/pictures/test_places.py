"""Places in the network: computed once, and kept when somebody joins."""

import pytest

from exchange.models import NetworkPlace
from exchange.pictures.places import place_all, place_new
from tests.factories import make_contribution, make_organization, make_session

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def places():
    return {
        pk: (x, y)
        for pk, x, y in NetworkPlace.objects.values_list("organization", "x", "y")
    }


def meet(*bodies):
    session = make_session()
    for body in bodies:
        make_contribution(session, body)


def test_a_newcomer_moves_nobody():
    bodies = [make_organization() for _ in range(8)]
    meet(*bodies[:4])
    meet(*bodies[3:])
    place_new()
    before = places()
    assert before.keys() == {body.pk for body in bodies}
    assert all(0 <= value <= 1 for at in before.values() for value in at)
    new = make_organization()
    meet(new, bodies[0])
    place_new()
    after = places()
    assert {pk: after[pk] for pk in before} == before
    assert after.keys() - before.keys() == {new.pk}


def test_equal_records_give_equal_places():
    bodies = [make_organization() for _ in range(5)]
    meet(*bodies[:3])
    meet(*bodies[2:])
    place_new()
    first = places()
    NetworkPlace.objects.all().delete()
    place_new()
    assert places() == first
    assert place_all() == 5


def test_those_who_met_stand_closer_than_those_who_did_not():
    a, b, c, d = (make_organization() for _ in range(4))
    meet(a, b)
    meet(c, d)
    place_all()
    at = places()

    def distance(one, other):
        (x1, y1), (x2, y2) = at[one.pk], at[other.pk]
        return (x1 - x2) ** 2 + (y1 - y2) ** 2

    assert max(distance(a, b), distance(c, d)) < min(distance(a, c), distance(b, d))


def test_a_write_places_who_is_new(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as done:
        bodies = [make_organization() for _ in range(3)]
        meet(*bodies)
    assert places().keys() == {body.pk for body in bodies}
    assert len([one for one in done if "place_new" in repr(one)]) == 1


def test_a_meeting_that_is_not_public_draws_nobody_together():
    a, b, c = (make_organization() for _ in range(3))
    meet(a, c)
    meet(b, c)
    place_all()
    before = places()
    hidden = make_session(state="draft")
    for body in (a, b):
        make_contribution(hidden, body)
    NetworkPlace.objects.all().delete()
    place_new()
    first = places()
    hidden.delete()
    NetworkPlace.objects.all().delete()
    place_new()
    assert places() == first
    assert before.keys() == first.keys()
