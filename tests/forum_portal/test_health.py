"""The home of the admin: what needs a hand, as links to what is counted."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from records.models import Correction, LinkCheck
from sessions.models import Material, Room
from tests import factories

HOME = reverse("admin:index")

pytestmark = pytest.mark.django_db


def lines_of(response):
    board = next(one["board"] for one in response.context if "board" in one)
    lines = {f"{kind.name}: {x.label}": x for kind in board["kinds"] for x in kind.own}
    shared = {
        f"{kind.name}: {x.label}": x for kind in board["kinds"] for x in kind.shared
    }
    return {str(x.label): x for x in board["inbox"]} | lines | shared


def shown(page):
    """Return how many rows a list of the admin says it has."""
    return (
        page.context["cl"].result_count
        if "cl" in page.context
        else page.context["total"]
    )


def today(days=0):
    return timezone.localdate() + datetime.timedelta(days=days)


@pytest.fixture
def plenty():
    """One record, at least, for each thing that may need a hand."""
    edition = factories.make_edition(
        starts_on=datetime.date(2026, 11, 9), ends_on=datetime.date(2026, 11, 10)
    )
    at = datetime.datetime(2026, 11, 9, 2, tzinfo=datetime.UTC)
    hour = datetime.timedelta(hours=1)
    hall = Room.objects.create(edition=edition, name_en="Hall", slug="hall")
    ada = factories.make_person()
    for number in range(3):
        session = factories.make_session(
            edition=edition,
            starts_at=at + number * hour,
            ends_at=at + (number + 1.5) * hour,
            room=hall if number else None,
            state="draft" if number else "published",
        )
        if number != 1:
            factories.make_contribution(session, ada)
    day_after = at + datetime.timedelta(days=9)
    factories.make_session(
        edition=edition, starts_at=day_after, ends_at=day_after + hour
    )
    overlong = factories.make_session(
        edition=edition, starts_at=at, ends_at=at + 3 * hour, abstract_en="Words"
    )
    factories.make_contribution(overlong, ada)
    Material.objects.create(session=overlong, kind="slides", availability="expected")
    factories.make_session(edition=edition, state="withdrawn", room=hall)
    factories.make_session(edition=edition, format="break", starts_at=at)
    factories.make_session(edition=factories.make_edition(state="draft"))
    for _ in range(2):
        factories.make_organization(
            name_en="Institute of Rivers", website="https://a.example/"
        )
    later = timezone.now() + datetime.timedelta(days=3)
    factories.make_topic(label_en="", label_zh_hans="以后", publish_at=later)
    law = factories.make_regulation(last_verified_on=today(-5))
    factories.make_milestone(str(today(10)), "applies", regulation=law)
    factories.make_milestone(str(today(-2)), "adopted", regulation=law)
    factories.make_regulation(last_verified_on=today(-200))
    Correction.objects.create(language="en", wrong="A date", state="in-hand")
    Correction.objects.create(language="en", wrong="A date", state="declined")
    now = timezone.now()
    LinkCheck.objects.create(url="https://a.example/", checked_at=now, dead_since=now)
    LinkCheck.objects.create(url="https://b.example/", checked_at=now)


def test_every_number_is_that_of_the_list_it_leads_to(admin_client, plenty):
    lines = lines_of(admin_client.get(HOME))
    counts = {label: line.count for label, line in lines.items() if line.count}
    listed = {label: shown(admin_client.get(lines[label].url)) for label in counts}
    assert listed == counts
    told = {label: n for label, n in counts.items() if "ource" not in label}
    assert told == {
        "Corrections received": 1,
        "Dead links": 1,
        "Sessions: Room taken twice at once": 2,
        "Sessions: Speaker in two sessions at once": 3,
        "Sessions: Outside the dates of the edition or day": 1,
        "Sessions: No abstract": 5,
        "Sessions: No speaker": 3,
        "Sessions: No time": 1,
        "Sessions: No date": 1,
        "Sessions: Materials expected": 1,
        "Sessions: Drafts": 2,
        "Sessions: Due, but not shown": 1,
        "Sessions: Not all in Chinese": 7,
        "Organizations: Possible duplicates": 1,
        "Organizations: No description": 2,
        "Organizations: Not all in Chinese": 2,
        "Editions: Drafts": 1,
        "Editions: No date": 1,
        "Editions: Not all in Chinese": 2,
        "People: Not all in Chinese": 1,
        "Topics: Scheduled": 1,
        "Topics: Not all in English": 1,
        "Topics: No definition": 1,
        "Regulations: A milestone in the next 60 days": 1,
        "Regulations: A milestone passed since it was verified": 1,
        "Regulations: Not verified for six months": 1,
        "Regulations: No milestone": 1,
        "Regulations: No address of the official text": 2,
        "Regulations: Not all in Chinese": 2,
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_is_published_next_is_told_with_its_date(admin_client, language, plenty):
    admin_client.cookies["django_language"] = language
    page = admin_client.get(HOME)
    board = next(one["board"] for one in page.context if "board" in one)
    assert [(one["name"], one["lang"]) for one in board["scheduled"]] == [
        ("以后", "zh-Hans" if language == "en" else "")
    ]
    assert "以后" in page.text


def test_the_board_shows_only_what_one_may_view(client, django_user_model, plenty):
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    client.force_login(user)
    assert lines_of(client.get(HOME)) == {}
    user.user_permissions.add(Permission.objects.get(codename="view_topic"))
    lines = lines_of(client.get(HOME))
    assert {label.partition(":")[0] for label in lines} == {"Topics"}


@pytest.mark.either_database
@pytest.mark.parametrize("total", [1, 30])
def test_the_board_costs_the_same_however_much_it_counts(
    admin_client, total, plenty, django_assert_num_queries
):
    for _ in range(total):
        factories.make_session(state="draft")
        factories.make_topic(publish_at=timezone.now() + datetime.timedelta(days=1))
    admin_client.get(HOME)
    # In a transaction the duplicates of five kinds are always looked for anew, by
    # 15 queries; else only after a write.
    with django_assert_num_queries(10 + 15):
        admin_client.get(HOME)
