"""Records of one kind that are likely the same."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.models import Organization, Person
from records.duplicates import count, likely
from records.models import AltName, NotTheSame
from tests.factories import make_organization, make_person

pytestmark = pytest.mark.django_db

PEOPLE = [
    ("Sun Lihui", {"name_zh_hans": "孙立会", "name_en": ""}, "in characters"),
    ("Ngozi Okafor", {"name_en": "Okafor, Ngozi"}, "order"),
    ("Dr. José Álvarez", {"name_en": "jose alvarez"}, "order"),
    ("Ngozi Okafor", {"name_en": "Ngozi Okafour"}, "nearly"),
    ("Ngozi Okafor", {"name_en": "N. Okafor"}, "initials"),
    ("Wen Bo", {"name_en": "Wen Bo"}, "same name"),
    ("Jürgen Müller", {"name_en": "Mueller, Juergen"}, "“ae” for “ä”"),
    ("Jürgen Müller", {"name_en": "Jurgen Muller"}, "order"),
    ("Søren Ågård", {"name_en": "Soeren Aagaard"}, "“ae” for “ä”"),
    ("Müller", {"name_en": "Muehler"}, ""),
    ("Wen Bo", {"name_en": "Wen Tao"}, ""),
    ("Speaker 1", {"name_en": "Speaker 2"}, ""),
    ("Maria Silva", {"name_en": "Marco Silva"}, ""),
]


@pytest.mark.parametrize(("name", "other", "why"), PEOPLE)
def test_people_are_found_however_their_name_is_written(name, other, why):
    make_person(name_en=name)
    make_person(**other)
    found = [pair.why for pair in likely(Person)]
    assert len(found) == bool(why)
    assert why in "".join(found)


def test_organizations_are_found_by_form_acronym_script_and_website():
    names = [
        {"name_en": "GEM Co., Ltd.", "name_zh_hans": "格林美股份有限公司"},
        {"name_zh_hans": "格林美公司"},
        {"name_zh_hans": "華友鈷業", "name_en": "Huayou Cobalt"},
        {"name_zh_hans": "华友钴业", "name_en": ""},
        {"name_en": "University of Lagos", "website": "https://unilag.example/"},
        {"name_en": "Lagos University"},
        {"name_en": "Unilag", "website": "http://www.unilag.example"},
        {"name_en": "Initiative for Responsible Mining Assurance"},
        {"name_en": "Secretariat", "acronym": "IRMA"},
        {"name_en": "Other"},
    ]
    made = [make_organization(**fields) for fields in names]
    AltName.objects.create(record=made[-1], text="Lagos, University of")
    found = {(made.index(p.record), made.index(p.other)) for p in likely(Organization)}
    assert found == {(0, 1), (2, 3), (4, 5), (4, 6), (7, 8), (4, 9), (5, 9)}


def test_a_pair_marked_as_two_things_stays_away_and_drafts_count():
    one, other = (make_person(name_en="Wen Bo", state="draft") for _ in range(2))
    assert [pair[:2] for pair in likely(Person)] == [(one, other)]
    NotTheSame.objects.mark(other, one)
    assert likely(Person) == []
    third = make_person(name_en="Bo Wen")
    assert {pair[:2] for pair in likely(Person)} == {(one, third), (other, third)}


@pytest.mark.django_db(transaction=True)
def test_only_what_was_written_is_looked_through_again(django_assert_num_queries):
    one, other = make_person(name_en="Wen Bo"), make_person(name_en="Someone else")
    assert count(Person) == count(Organization) == 0
    make_organization(name_en="A company")
    # The content version, which tells that something was written, and the stamp
    with CaptureQueriesContext(connection) as asked:
        assert count(Person) == 0
    assert len(asked) < 4
    with django_assert_num_queries(0):
        count(Person)
    for write, found in [
        (lambda: AltName.objects.create(record=other, text="Bo Wen"), 1),
        (lambda: NotTheSame.objects.mark(one, other), 0),
        (lambda: NotTheSame.objects.all().delete(), 1),
        (lambda: Person.objects.filter(pk=one.pk).update(name_en="Wu"), 0),
        (lambda: Person.objects.bulk_update([one], ["name_en"]), 1),
        (lambda: one.delete(), 0),
    ]:
        write()
        assert count(Person) == found
