"""A forum of two days by the clock of Chengdu, and who may work at its desk."""

import datetime

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from sessions.models import EditionDay, Room
from tests.factories import make_edition, make_session


def at(hour, minute=0, day=9):
    """Return a moment of November 2026 by the clock of Chengdu."""
    moment = datetime.datetime(2026, 11, day, hour, minute, tzinfo=datetime.UTC)
    return moment - datetime.timedelta(hours=8)


@pytest.fixture
def edition():
    dates = [datetime.date(2026, 11, day) for day in (9, 10)]
    edition = make_edition(slug="2026", starts_on=dates[0], ends_on=dates[1])
    for number, date in enumerate(dates, 1):
        EditionDay.objects.create(edition=edition, number=number, date=date)
    for name in ("Hall", "Annex"):
        Room.objects.create(
            edition=edition, name_en=name, name_zh_hans=f"{name}厅", slug=name.lower()
        )
    return edition


@pytest.fixture
def held(edition):
    """Make a session of the edition: on day 1 in the hall, unless told otherwise."""

    def held(title, hour=None, **fields):
        if hour is not None:
            fields = {"starts_at": at(hour), "ends_at": at(hour + 1), **fields}
        day, hall = edition.days.first(), edition.rooms.get(slug="hall")
        fields = {"state": "draft", "day": day, "room": hall, **fields}
        return make_session(edition=edition, title_en=title, **fields)

    return held


@pytest.fixture
def desk(edition):
    """Return the address of a page of the desk."""
    return lambda page="desk", *more: reverse(
        f"admin:forum_sessions_edition_{page}", args=[edition.pk, *more]
    )


@pytest.fixture
def signed_in(client):
    """Sign somebody in who has a role; return the client."""

    def signed_in(role):
        user = User.objects.create_user(role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
        return client

    return signed_in
