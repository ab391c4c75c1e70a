"""The programme page: at any size, in each view, narrowed, and what it says of time."""

import datetime

import pytest

from sessions import views
from sessions.models import EditionDay, Room, SpokenLanguage
from tests.factories import (
    make_contribution,
    make_edition,
    make_organization,
    make_person,
    make_session,
    make_topic,
)
from tests.sessions.reading import content, fact, headings, main, section, titles
from tests.sessions.samples import HOUR, MORNING, hide

pytestmark = pytest.mark.django_db
PAGE = "/en/editions/e/programme/"


@pytest.fixture
def edition():
    return make_edition(slug="e", city_en="Chengdu", time_zone="Asia/Shanghai")


@pytest.fixture
def two_days(edition):
    """Two days of two sessions at once, and a session without a day."""
    rooms = [
        Room.objects.create(edition=edition, slug=name, name_en=f"Room {name}")
        for name in "ab"
    ]
    for number in (1, 2):
        day = EditionDay.objects.create(
            edition=edition, number=number, date=f"2026-09-{20 + number}"
        )
        start = MORNING + datetime.timedelta(days=number - 1)
        for room in rooms:
            make_session(
                edition=edition,
                day=day,
                room=room,
                title_en=f"{number}{room.slug}",
                starts_at=start,
                ends_at=start + HOUR,
                position=number,
            )
    make_session(edition=edition, title_en="Undated", position=5)
    hide(make_session, edition=edition, day=day)
    return rooms


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(views, "MOST", 4)


def days_of(page):
    return [name for name in headings(page) if name.startswith("Day")]


def test_a_programme_up_to_the_limit_shows_all_days_on_one_page(client, two_days):
    page = client.get(PAGE)
    assert days_of(page) == [
        "Day 1, 21 September 2026",
        "Day 2, 22 September 2026",
        "Day not on record",
    ]
    assert titles(page) == ["1a", "1b", "2a", "2b", "Undated"]
    assert headings(page, 3) == ["09:00", "09:00", "Undated"]
    for anchor in ("day-1", "day-2", "no-day"):
        assert f'href="#{anchor}"' in page.text
        assert f'id="{anchor}"' in page.text


@pytest.mark.usefixtures("two_days", "small_pages")
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["1a", "1b", "Undated"]),
        ("?day=1", ["1a", "1b"]),
        ("?day=2", ["2a", "2b"]),
        ("?day=2&room=a", ["2a"]),
        ("?room=a", ["1a", "2a"]),
        ("?view=full", ["1a", "1b", "2a", "2b", "Undated"]),
    ],
)
def test_a_longer_one_shows_the_first_day_and_what_has_none(client, query, shown):
    page = client.get(PAGE + query)
    assert [name for name in named(page) if name in ALL] == shown


ALL = ["1a", "1b", "2a", "2b", "Undated"]


def named(page):
    """Return the words of all links of the page's own content, in order."""
    return [part.partition("<")[0] for part in content(page).split('/">')[1:]]


@pytest.mark.usefixtures("two_days", "small_pages")
def test_a_day_of_a_long_programme_is_a_page_of_its_own_and_no_filter(client):
    first, second = client.get(PAGE), client.get(PAGE + "?day=2")
    assert "5 sessions in Chengdu. 3 of them are on this page." in main(first)
    assert f'<a class="button" href="{PAGE}" aria-current="true">Day 1' in first.text
    assert '<a class="button" href="?day=2" aria-current="true">Day 2' in second.text
    assert "remove filter" not in second.text
    assert 'content="noindex' not in second.text
    assert f'rel="canonical" href="http://testserver{PAGE}?day=2"' in second.text


@pytest.mark.usefixtures("two_days")
def test_a_bad_day_view_room_or_language_is_named_and_the_rest_holds(client):
    EditionDay.objects.create(edition=make_edition(), number=7)
    page = client.get(PAGE + "?day=7&view=cube&room=cellar&language=xx&topic=nope")
    assert titles(page) == ALL
    left_out = "topic “nope”, day “7”, room “cellar”, language “xx”, view “cube”."
    assert f"Not understood and left out: {left_out}" in main(page)


def test_menus_offer_what_the_sessions_have_and_keep_the_rest(client, two_days):
    hidden_topic = make_topic(state="draft")
    session = make_session(
        edition=two_days[0].edition,
        topics=[make_topic(slug="labour", label_en="Labour"), hidden_topic],
    )
    make_topic(label_en="Elsewhere")
    SpokenLanguage.objects.create(session=session, language="fr")
    make_contribution(session, make_organization(slug="ilo", name_en="ILO"), "host")
    hidden = make_organization(name_en="Hidden tie")
    make_contribution(session, make_person(state="draft"), organization=hidden)
    page = client.get(PAGE + "?topic=labour&stage=&view=grid")
    form = content(page).partition("<form")[2].partition("</form>")[0]
    assert '<option value="labour" selected>Labour</option>' in form
    assert '<option value="a">Room a</option>' in form
    assert '<option value="fr">French</option>' in form
    assert '<option value="ilo">ILO</option>' in form
    assert '<input type="hidden" name="view" value="grid">' in form
    assert "Hidden tie" not in form
    assert "Elsewhere" not in form
    assert 'class="chip chip-filter" href="?view=grid#results"' in page.text


def test_the_grid_has_rooms_times_and_a_list_of_the_rest(client, two_days):
    page = client.get(PAGE + "?view=grid")
    assert section(page, "Day 2, 22 September 2026") == (
        "Room a Room b 09:00 09:00–10:00 , Room a 2a 09:00–10:00 , Room b 2b"
    )
    assert 'class="grid-cell at-1 to-5 in-2"' in page.text
    assert titles(page) == ["Undated"]
    assert 'tabindex="0"' in page.text
    assert "style=" not in page.text


def test_the_grid_is_offered_only_where_rooms_and_times_are_on_record(client, edition):
    make_session(edition=edition)
    assert "view=grid" not in client.get(PAGE).text
    page = main(client.get(PAGE + "?view=grid"))
    assert "No session has both a room and a clock time on record." in page


def test_the_day_at_a_glance_is_one_table_of_one_day(client, two_days):
    page = client.get(PAGE + "?view=day&day=2")
    assert section(page, "Day 2, 22 September 2026") == (
        "Day 2, 22 September 2026 Time Room Session "
        "09:00–10:00 Room a 2a 09:00–10:00 Room b 2b"
    )
    assert content(page).count("<table") == 1
    paper = page.text.partition('<div class="on-paper">')[2]
    assert "http://testserver/editions/e/programme/?day=2" in paper
    assert 'class="qr"' in paper


def test_each_day_names_its_clock_where_the_clocks_change_between_days(client):
    edition = make_edition(slug="e", city_en="Berlin", time_zone="Europe/Berlin")
    for number, start in enumerate(("2026-10-24T07:00Z", "2026-10-25T08:00Z"), 1):
        make_session(
            edition=edition,
            day=EditionDay.objects.create(edition=edition, number=number),
            starts_at=datetime.datetime.fromisoformat(start),
        )
    page = client.get(PAGE)
    assert "All times are" not in main(page)
    assert "Times of this day are Berlin time (UTC+2)." in section(page, "Day 1")
    assert "Times of this day are Berlin time (UTC+1)." in section(page, "Day 2")


def test_a_session_past_midnight_is_in_its_day_and_says_so(client, edition):
    day = EditionDay.objects.create(edition=edition, number=1, date="2026-09-21")
    late = MORNING + datetime.timedelta(hours=16)  # 01:00 in China
    make_session(slug="late", edition=edition, day=day, starts_at=late)
    assert "01:00 next day" in section(client.get(PAGE), "Day 1, 21 September 2026")
    assert fact(client.get("/en/sessions/late/"), "When") == (
        "Day 1, 21 September 2026 01:00 next day, Chengdu time (UTC+8)"
    )


def test_the_notice_the_way_there_and_the_rooms_are_told(client, edition):
    edition.notice_en, edition.directions_en = "**Bring** a coat.", "Line 1, exit B."
    edition.venue_en = "Hall"
    edition.save()
    room = Room.objects.create(
        edition=edition, slug="r", name_en="Room 1", floor="2F", notes_en="Step-free"
    )
    make_session(
        slug="s", edition=edition, room=room, stream_url="https://a.example/live"
    )
    programme, session = client.get(PAGE), client.get("/en/sessions/s/")
    for page in (programme, session, client.get("/en/editions/e/")):
        assert "<strong>Bring</strong> a coat." in page.text
    assert section(programme, "Where it is") == (
        "Venue Hall How to get there Line 1, exit B. Room 1 2F, Step-free"
    )
    assert fact(session, "Where") == "Room 1, 2F, Step-free Hall, Chengdu"
    assert fact(session, "How to get there") == "Line 1, exit B."
    assert 'href="https://a.example/live"' in session.text


def test_a_session_names_six_at_the_same_time_and_links_to_the_others(client, edition):
    day = EditionDay.objects.create(edition=edition, number=3)
    for n in range(9):
        make_session(
            slug=f"s{n}",
            edition=edition,
            day=day,
            starts_at=MORNING,
            ends_at=MORNING + HOUR,
        )
    page = client.get("/en/sessions/s0/")
    told = section(page, "At the same time")
    assert "And 2 more at the same time" in told
    assert f'href="{PAGE}?day=3"' in page.text


def test_the_same_page_is_whole_in_chinese(client, two_days):
    for query in ("", "?view=grid", "?view=day", "?view=full"):
        page = client.get(f"/zh-hans/editions/e/programme/{query}")
        assert '<html lang="zh-Hans">' in page.text
        assert "2a" in page.text or query == "?view=day"


@pytest.mark.usefixtures("two_days")
def test_a_programme_narrowed_to_one_day_leads_to_the_others(client):
    page = client.get(f"{PAGE}?day=2")
    assert days_of(page) == ["Day 2, 22 September 2026"]
    for anchor in ("day-1", "day-2", "no-day"):
        assert f'href="{PAGE}#{anchor}"' in page.text
    page = client.get(f"{PAGE}?day=2&view=full")
    assert 'href="?view=full#day-1"' in page.text


def test_a_session_over_a_change_of_the_clocks_names_both(client):
    edition = make_edition(slug="dst", city_en="Berlin", time_zone="Europe/Berlin")
    start = datetime.datetime(2027, 3, 28, 1, 30, tzinfo=edition.zone)
    session = make_session(
        edition=edition,
        day=EditionDay.objects.create(edition=edition, number=1, date="2027-03-28"),
        starts_at=start,
        ends_at=start.astimezone(datetime.UTC) + 2 * HOUR,
    )
    changes = (
        "The clocks change on this day: "
        "its times are Berlin time (UTC+1), then Berlin time (UTC+2)."
    )
    page = client.get(session.get_absolute_url())
    assert f"01:30–04:30, Berlin time (UTC+1) {changes}" in main(page)
    assert changes in main(client.get("/en/editions/dst/programme/"))
