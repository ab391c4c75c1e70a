"""Files of citations as the programs that they are for read them."""

import re

import pytest
from django.test import RequestFactory
from django.utils import timezone
from django.utils.translation import override

from exchange.citing.files import record_as_bib, record_as_ris
from exchange.citing.items import item_of
from exchange.citing.works import load
from organizations.models import Person
from tests.exchange.citing.reading import one_line, read_citations
from tests.factories import (
    make_contribution,
    make_edition,
    make_milestone,
    make_organization,
    make_person,
    make_regulation,
    make_session,
    make_topic,
)

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]

NASTY = [
    "Braces { and }} and \\ and ~^",
    'Rock & "roll" % of $5 #1 <b>_x_</b>',
    "@article{x, title = {y}}",
    "中文：矿产与“尽责管理”",
    "\u200fمعادن\u200e and עברית \u202e",
    "Line\nTY  - JOUR\r\nER  - \r\n",
    "Smith and Sons, et al.",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_whatever_a_text_holds_the_files_say_the_same(nasty):
    edition = make_edition(name_en=nasty, city_en=nasty)
    talk = make_session(edition=edition, title_en=nasty)
    make_contribution(talk, make_organization(name_en=nasty))
    make_contribution(talk, make_person(name_en="Li Wei", sort_name="Li, Wei"))
    law = make_regulation(official_title_en=nasty)
    law.identifiers.create(value=one_line(nasty))
    law.issuing_bodies.create(name_en=nasty)
    for record in (talk, law, make_topic(label_zh_hans=nasty), edition):
        record.refresh_from_db()
        read_citations(record)


def test_control_characters_are_in_no_file():
    record = make_topic(label_en="Bad\x07\x1b title")
    for write in (record_as_bib, record_as_ris):
        written = write(record, RequestFactory().get("/")).decode()
        assert "Bad title" in written
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", written)


def test_a_date_is_as_exact_as_it_is_known_and_names_are_never_reordered():
    law = make_regulation(kind="treaty")
    make_milestone("2013-10-01", "signed", regulation=law, precision="month")
    person = make_person(name_en="Li Wei", sort_name="Li Wei")
    hidden = make_person(name_en="Ngozi O.", sort_name="O., Ngozi", listed=False)
    talk = make_session(edition=make_edition(year=2024))
    for who in (person, hidden):
        make_contribution(talk, who)

    def cited(record):
        found = load(type(record).objects.filter(pk=record.pk)).get()
        return item_of(found, "The record")

    assert cited(law)["type"] == "treaty"
    assert cited(law)["issued"] == {"date-parts": [[2013, 10]]}
    assert cited(talk)["issued"] == {"date-parts": [[2024]]}
    assert cited(talk)["author"] == [{"literal": "Li Wei"}, {"literal": "Ngozi O."}]
    Person.objects.filter(pk=hidden.pk).update(listed=True, name_zh_hans="恩戈齐")
    assert cited(talk)["author"][1] == {"family": "O.", "given": "Ngozi"}
    with override("zh-hans"):
        assert cited(talk)["author"][1] == {"literal": "恩戈齐"}
    today = timezone.localdate()
    assert cited(person)["issued"]["date-parts"] == [
        [today.year, today.month, today.day]
    ]
    # Who is not public any more is no author, and leaves no name behind.
    Person.objects.update(state="draft")
    assert "author" not in cited(talk)
