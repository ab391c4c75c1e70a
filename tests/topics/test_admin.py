"""Regulations and minerals as an organizer edits them."""

import pytest
from django.urls import reverse

from tests import factories
from tests.adminforms import filled_in
from topics.models import Regulation

ADD = reverse("admin:topics_regulation_add")

pytestmark = [pytest.mark.django_db, pytest.mark.either_database]


def change(thing):
    return reverse(f"admin:topics_{thing._meta.model_name}_change", args=[thing.pk])


def test_a_regulation_is_made_with_all_that_belongs_to_it_in_both_languages(
    admin_client,
):
    body, other = factories.make_organization(), factories.make_regulation()
    stage, mineral = factories.make_stage(), factories.make_mineral()
    sent = filled_in(
        admin_client.get(ADD),
        short_name_en="Batteries Regulation",
        short_name_zh_hans="电池法规",
        official_title_en="Regulation (EU) 2023/1542",
        slug="batteries",
        kind="regulation",
        binding="on",
        jurisdiction="EU",
        summary_zh_hans="摘要",
        stages=[stage.pk],
        milestones=[
            {
                "date": "2023-07-12",
                "precision": "day",
                "kind": "adopted",
                "note_en": "By Parliament",
                "note_zh_hans": "议会通过",
            }
        ],
        identifiers=[{"scheme": "CELEX", "value": "32023R1542", "position": 0}],
        issuing_bodies=[
            {"organization": body.pk, "position": 0},
            {"name_zh_hans": "理事会", "position": 1},
        ],
        relations=[{"kind": "repeals", "target": other.pk}],
        duties=[
            {
                "article": "48",
                "text_en": "Check",
                "text_zh_hans": "核查",
                "stages": [stage.pk],
                "minerals": [mineral.pk],
            }
        ],
    )
    assert admin_client.post(ADD, sent).status_code == 302
    regulation = Regulation.objects.get(slug="batteries")
    assert regulation.official_title_en == "Regulation (EU) 2023/1542"
    assert regulation.short_name_zh_hans == "电池法规"
    assert list(regulation.milestones.values_list("note_en", "note_zh_hans")) == [
        ("By Parliament", "议会通过")
    ]
    assert str(regulation.identifiers.get()) == "CELEX:32023R1542"
    assert [str(one) for one in regulation.issuing_bodies.all()] == [
        str(body),
        "理事会",
    ]
    assert [one.target for one in regulation.relations.all()] == [other]
    duty = regulation.duties.get()
    assert (duty.text_en, duty.text_zh_hans) == ("Check", "核查")
    assert (list(duty.stages.all()), list(duty.minerals.all())) == ([stage], [mineral])


@pytest.mark.parametrize(
    ("prefix", "row", "said"),
    [
        ("relations", {"kind": "amends"}, "An instrument has no relation to itself."),
        ("issuing_bodies", {"position": 3}, "Choose an organization or give a name."),
    ],
)
def test_what_the_database_would_refuse_is_said_beside_the_row(
    admin_client, prefix, row, said
):
    regulation = factories.make_regulation()
    if prefix == "relations":
        row = {**row, "target": regulation.pk}
    sent = filled_in(admin_client.get(change(regulation)), **{prefix: [row]})
    response = admin_client.post(change(regulation), sent)
    formset = next(
        inline.formset
        for inline in response.context["inline_admin_formsets"]
        if inline.formset.prefix == prefix
    )
    assert formset.errors == [{"__all__": [said]}]


def test_the_jurisdiction_is_chosen_among_ours_and_all_countries(admin_client):
    form = admin_client.get(ADD).context["adminform"].form
    (_empty, ours, countries) = form.fields["jurisdiction"].widget.choices
    assert ours[1] == [("EU", "European Union"), ("INT", "International")]
    assert dict(countries[1])["CD"] == "Democratic Republic of the Congo"
    response = admin_client.post(ADD, {"jurisdiction": "XX", "slug": "x"})
    errors = response.context["adminform"].form.errors
    assert errors["jurisdiction"] == ["Give a country code such as CN, or EU, or INT."]


def test_a_mineral_keeps_a_list_that_the_portal_does_not_know(admin_client):
    mineral = factories.make_mineral(lists=["CN-2016", "JP-2024"])
    response = admin_client.get(change(mineral))
    sent = filled_in(response, lists=["EU-CRM-2023", "JP-2024"])
    assert admin_client.post(change(mineral), sent).status_code == 302
    mineral.refresh_from_db()
    assert mineral.lists == ["EU-CRM-2023", "JP-2024"]


def test_the_list_shows_the_status_of_today(admin_client):
    adopted = factories.make_regulation()
    factories.make_milestone("2023-07-12", "in-force", regulation=adopted)
    factories.make_regulation()
    response = admin_client.get(reverse("admin:topics_regulation_changelist"))
    listed = response.context["cl"]
    assert [
        listed.model_admin.status_today(regulation) for regulation in listed.result_list
    ] == ["In force", "Status not on record"]
