"""The starting content, as it is loaded: all of it, and what it must say."""

import pytest

from organizations.models import Affiliation
from records import content_version
from records.models import AltName, record_kinds
from sessions.models import Edition, EditionRole
from tests.conftest import CONTENT
from tests.forum_portal.folders import load, totals
from topics.models import LifecycleStage, Regulation

pytestmark = pytest.mark.django_db


def test_the_starting_content_is_loaded_in_full(content):
    counts = {
        kind.__name__: kind.objects.published().count() for kind in record_kinds()
    }
    assert counts == {
        "Edition": 2,
        "Session": 10,
        "Person": 2,
        "Organization": 39,
        "Regulation": 48,
        "Topic": 43,
        "Mineral": 77,
        "LifecycleStage": 7,
        "Outcome": 22,
    }


def test_loading_the_starting_content_again_changes_nothing(content):
    before = totals(), content_version.current()
    said = load(CONTENT)
    assert (totals(), content_version.current()) == before
    assert (
        said
        == """\
forum.csv: 1 unchanged
sources.csv: 1 unchanged
topics.csv: 43 unchanged
minerals.csv: 77 unchanged
lifecycle_stages.csv: 7 unchanged
organizations.csv: 39 unchanged
forum_editions.csv: 2 unchanged
regulations.csv: 48 unchanged
people.csv: 2 unchanged
sessions.csv: 10 unchanged
statements.csv: 22 unchanged
"""
    )


def test_stages_of_the_source_fill_the_places_of_the_core(content):
    places = LifecycleStage.objects.values_list("slug", "core_place")
    assert dict(places) == {
        "exploration": None,
        "mining": 1,
        "refining": 2,
        "processing": 3,
        "trading-and-transport": None,
        "manufacturing": 4,
        "recycling": 5,
    }


def test_an_edition_names_its_organizers_first_and_in_order(content):
    roles = EditionRole.objects.filter(edition__slug="2023", role="organizer")
    assert [role.organization.slug for role in roles] == ["cccmc", "rci"]
    assert [role.position for role in roles] == [1, 2]


def test_no_day_of_2023_has_a_date(content):
    days = Edition.objects.get(slug="2023").days.values_list("number", "date")
    assert list(days) == [(2, None)]


def test_names_of_the_source_are_marked(content):
    batteries = Regulation.objects.get(slug="eu-batteries-regulation")
    names = batteries.alt_names.filter(in_source=True).values_list("text", "language")
    assert list(names) == [
        ("New Batteries Act", "en"),
        ("Batteries and Waste Batteries Regulation", "en"),
    ]


def test_names_in_a_third_language_say_so(content):
    names = AltName.objects.exclude(language__in=["", "en", "zh-Hans"])
    assert set(names.values_list("language", "text")) == {
        ("de", "Deutsch-Chinesisches Zentrum für Nachhaltige Entwicklung"),
        ("de", "Lieferkettengesetz"),
        ("de", "Lieferkettensorgfaltspflichtengesetz"),
        (
            "de",
            "Verordnung über Sorgfaltspflichten und Transparenz bezüglich Mineralien "
            "und Metallen aus Konfliktgebieten und Kinderarbeit",
        ),
        ("es", "Pontificia Universidad Católica de Valparaíso"),
        ("fr", "Conférence Internationale sur la Région des Grands Lacs"),
        ("fr", "Loi sur le devoir de vigilance"),
        ("nb", "Kommunal Landspensjonskasse Gjensidig Forsikringsselskap"),
        ("nb", "Åpenhetsloven"),
    }


def test_what_is_from_memory_says_about_what(content):
    vigilance = Regulation.objects.get(slug="fr-duty-of-vigilance")
    memory = vigilance.citations.filter(certainty="memory")
    assert [(c.about, c.source) for c in memory] == [("milestone@2017-03-29", None)]


def test_every_milestone_with_a_detail_has_it_in_both_languages(content):
    one_sided = [
        str(milestone)
        for regulation in Regulation.objects.prefetch_related("milestones")
        for milestone in regulation.milestones.all()
        if bool(milestone.note_en) != bool(milestone.note_zh_hans)
    ]
    assert one_sided == []


def test_the_affiliation_of_2017_does_not_look_current(content):
    former = Affiliation.objects.get(organization__slug="cccmc")
    assert former.note_en == (
        "According to releases of 2017 and 2021. Later years are not on record."
    )
