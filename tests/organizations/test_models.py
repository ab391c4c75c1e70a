import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from organizations.models import Affiliation, Organization, Person
from tests.factories import make_affiliation, make_organization, make_person

pytestmark = pytest.mark.django_db


def test_an_affiliation_is_public_if_both_its_ends_are():
    shown = make_affiliation()
    make_affiliation(person=make_person(state="draft"))
    make_affiliation(organization=make_organization(state="draft"))
    assert list(Affiliation.objects.published()) == [shown]


def test_who_asked_to_be_shown_by_name_only_has_no_public_affiliation():
    make_affiliation(person=make_person(listed=False))
    assert list(Affiliation.objects.published()) == []


def test_people_sort_by_the_name_given_for_sorting():
    ngozi = make_person(name_en="Ngozi Okafor", sort_name="Okafor, Ngozi")
    adam = make_person(name_en="Adam Zhou")
    assert list(Person.objects.all()) == [adam, ngozi]


def test_a_person_row_costs_one_query_more_for_any_number(django_assert_num_queries):
    rci = make_organization(name_en="RCI")
    for _ in range(3):
        make_affiliation(organization=rci)
    with django_assert_num_queries(2):
        people = list(Person.objects.published().with_row_details())
        shown = [a.organization.name_en for p in people for a in p.affiliations.all()]
    assert shown == ["RCI"] * 3


def test_an_organization_is_not_part_of_itself():
    organization = make_organization()
    organization.parent = organization
    with pytest.raises(IntegrityError), transaction.atomic():
        organization.save()


def test_an_affiliation_does_not_end_before_it_starts():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_affiliation(starts="2021-01-01", ends="2020-01-01")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ror", "https://ror.org/xyz"),
        ("wikidata", "54129"),
        ("website", "www.example.org"),
    ],
)
def test_an_identifier_of_the_wrong_shape_is_refused(field, value):
    organization = Organization(slug="x", name_en="X", kind="company")
    setattr(organization, field, value)
    with pytest.raises(ValidationError) as refused:
        organization.full_clean()
    assert list(refused.value.message_dict) == [field]
