import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import (
    make_milestone,
    make_mineral,
    make_regulation,
    make_relation,
    make_stage,
    make_topic,
)
from topics.models import LifecycleStage, Milestone, Regulation, Topic

pytestmark = pytest.mark.django_db
Kind = Milestone.Kind


def day(text):
    return datetime.date.fromisoformat(text)


def status(binding, milestones, on):
    regulation = make_regulation(binding=binding)
    for date, kind in milestones:
        make_milestone(date, kind, regulation=regulation)
    return str(regulation.status_on(day(on)).value)


@pytest.mark.parametrize(
    ("milestones", "on", "expected"),
    [
        ([], "2023-09-20", "unknown"),
        ([("2024-01-01", "proposed")], "2023-09-20", "none"),
        ([("2023-09-20", "proposed")], "2023-09-20", "proposed"),
        (
            [("2020-01-01", "proposed"), ("2021-01-01", "adopted")],
            "2022-01-01",
            "adopted",
        ),
        ([("2021-01-01", "signed")], "2022-01-01", "adopted"),
        ([("2021-01-01", "published")], "2022-01-01", "adopted"),
        (
            [("2021-01-01", "adopted"), ("2022-01-01", "in-force")],
            "2022-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "adopted"), ("2022-01-01", "applies")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "in-force"), ("2022-01-01", "expires")],
            "2023-01-01",
            "expired",
        ),
        (
            [("2021-01-01", "in-force"), ("2022-01-01", "repealed")],
            "2023-01-01",
            "repealed",
        ),
        (
            [("2021-01-01", "in-force"), ("2022-01-01", "proposed")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "in-force"), ("2022-01-01", "amended")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "in-force"), ("2022-01-01", "deadline")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "proposed"), ("2022-01-01", "revised")],
            "2023-01-01",
            "proposed",
        ),
        ([("2021-01-01", "launched")], "2023-01-01", "unknown"),
        (
            [("2021-01-01", "repealed"), ("2022-01-01", "in-force")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("1983-08-11", "in-force"), ("2022-06-10", "adopted")],
            "2023-01-01",
            "in-force",
        ),
        (
            [("2021-01-01", "expires"), ("2022-01-01", "published")],
            "2023-01-01",
            "expired",
        ),
    ],
)
def test_status_of_a_law_is_what_its_latest_deciding_milestone_gives(
    milestones, on, expected
):
    assert status(True, milestones, on) == expected


@pytest.mark.parametrize(
    ("milestones", "expected"),
    [
        ([("2021-01-01", "proposed")], "proposed"),
        ([("2021-01-01", "adopted")], "in-use"),
        ([("2021-01-01", "published")], "in-use"),
        ([("2021-01-01", "launched")], "in-use"),
        ([("2021-01-01", "applies")], "in-use"),
        ([("2021-01-01", "revised")], "in-use"),
        ([("2021-01-01", "signed")], "adopted"),
        ([("2021-01-01", "launched"), ("2022-01-01", "expires")], "expired"),
        ([("2021-01-01", "launched"), ("2022-01-01", "amended")], "in-use"),
    ],
)
def test_what_binds_nobody_is_in_use_once_it_is_out(milestones, expected):
    assert status(False, milestones, "2023-01-01") == expected


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("published", "in-force", "in-force"),
        ("in-force", "repealed", "repealed"),
        ("signed", "applies", "in-force"),
        ("proposed", "adopted", "adopted"),
    ],
)
def test_on_one_day_the_later_step_wins_in_whatever_order_it_was_entered(
    earlier, later, expected, turned
):
    kinds = [later, earlier] if turned else [earlier, later]
    milestones = [("2021-01-01", kind) for kind in kinds]
    assert status(True, milestones, "2021-01-01") == expected


def test_of_two_equal_steps_on_one_day_the_one_entered_last_wins():
    milestones = [("2021-01-01", "repealed"), ("2021-01-01", "expires")]
    assert status(True, milestones, "2021-01-01") == "expired"


@pytest.mark.parametrize(
    ("precision", "before", "first_day"),
    [("month", "2023-06-30", "2023-07-01"), ("year", "2022-12-31", "2023-01-01")],
)
def test_a_month_or_a_year_counts_from_its_first_day(precision, before, first_day):
    regulation = make_regulation()
    milestone = make_milestone(
        "2023-07-12", "in-force", regulation=regulation, precision=precision
    )
    assert milestone.iso_date() == first_day[: {"month": 7, "year": 4}[precision]]
    assert regulation.status_on(day(before)) == "none"
    assert regulation.status_on(day(first_day)) == "in-force"


GIVES = {
    True: {
        "proposed": "proposed",
        "adopted": "adopted",
        "signed": "adopted",
        "published": "adopted",
        "in-force": "in-force",
        "applies": "in-force",
        "expires": "expired",
        "repealed": "repealed",
    },
    False: {
        "proposed": "proposed",
        "adopted": "in-use",
        "published": "in-use",
        "launched": "in-use",
        "applies": "in-use",
        "revised": "in-use",
        "signed": "adopted",
        "in-force": "in-force",
        "expires": "expired",
        "repealed": "repealed",
    },
}
STEPS = {"expires": 3, "repealed": 3, "in-force": 2, "applies": 2}


def status_by_hand(binding, milestones, on):
    """Return the status that milestones, in the order entered, give on a day."""
    past = [
        (date, STEPS.get(kind, 1), n, GIVES[binding][kind])
        for n, (date, kind) in enumerate(milestones)
        if date <= on and kind in GIVES[binding]
    ]
    for early in ({"proposed", "adopted"}, {"proposed"}, set()):
        if decided := [one for one in past if one[-1] not in early]:
            return max(decided)[-1]
    told = any(kind in GIVES[binding] for _date, kind in milestones)
    return "none" if told else "unknown"


DAYS = st.dates(day("2020-01-01"), day("2020-01-12"))


def test_status_equals_what_a_reader_works_out_by_hand():
    regulation = make_regulation()

    @settings(max_examples=60, deadline=None)
    @given(
        binding=st.booleans(),
        milestones=st.lists(st.tuples(DAYS, st.sampled_from(Kind.values)), max_size=8),
        on=DAYS,
    )
    def work_out(binding, milestones, on):
        Regulation.objects.update(binding=binding)
        Milestone.objects.all().delete()
        Milestone.objects.bulk_create(
            Milestone(regulation=regulation, date=date, kind=kind)
            for date, kind in milestones
        )
        row = Regulation.objects.with_status(on).get()
        assert row.status == status_by_hand(binding, milestones, on)

    work_out()


def test_next_date_is_the_first_one_still_ahead():
    regulation = make_regulation()
    for date in ("2020-01-01", "2031-05-01", "2030-05-01"):
        make_milestone(date, "applies", regulation=regulation)
    dated = Regulation.objects.with_next_date(day("2029-01-01")).get()
    assert dated.next_date == day("2030-05-01")
    assert Regulation.objects.with_next_date(day("2031-05-01")).get().next_date is None


def test_within_keeps_a_topic_and_all_that_is_narrower():
    top = make_topic(slug="top")
    middle = make_topic(slug="middle", parent=top)
    make_topic(slug="leaf", parent=middle)
    hidden = make_topic(slug="hidden", parent=top, state="draft")
    make_topic(slug="below-hidden", parent=hidden)
    make_topic(slug="elsewhere")
    within = Topic.objects.published().within(["top"]).order_by("pk")
    assert [topic.slug for topic in within] == ["top", "middle", "leaf"]


@pytest.mark.parametrize("make", [make_topic, make_mineral])
def test_a_record_is_never_placed_below_itself(make):
    top = make()
    leaf = make(parent=make(parent=top))
    top.parent = leaf
    with pytest.raises(ValidationError) as refused:
        top.full_clean()
    assert refused.value.message_dict == {
        "parent": ["This would place the record below itself."]
    }


def test_a_relation_is_read_from_both_ends():
    relation = make_relation(make_regulation(), "amends", make_regulation())
    assert relation.get_kind_display() == "Amends"
    assert relation.get_inverse_display() == "Amended by"


def test_core_has_its_five_places_only_where_something_is_covered():
    mining = make_stage(core_place=1)
    recycling = make_stage(core_place=5)
    trading = make_stage()
    make_stage(core_place=3, state="draft")
    assert LifecycleStage.objects.core_places([recycling, trading]) == [
        {"stage": mining, "covered": False},
        {"stage": recycling, "covered": True},
    ]
    assert LifecycleStage.objects.core_places([trading]) == []
