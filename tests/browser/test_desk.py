"""The time grid of the programme desk in a real browser."""

import re
import subprocess
import sys

from axe_playwright_python.base import AXE_SCRIPT

from tests.browser.conftest import environment
from tests.browser.test_admin import RUN_AXE
from tests.browser.test_pages import RULES, WIDEST, listening

FORUM = """
import datetime
from django.contrib.auth.models import User
from sessions.models import Edition, EditionDay, Room, Session
User.objects.create_superuser("desk", password="only-for-this-test")
date = datetime.date(2031, 5, 5)
edition = Edition.objects.create(
    slug="2031", year=2031, name_en="Forum 2031", starts_on=date, ends_on=date,
    state="published")
day = EditionDay.objects.create(edition=edition, number=1, date=date)
rooms = [
    Room.objects.create(edition=edition, name_en=name, slug=name.lower())
    for name in ("Annex", "Hall")]
for number, room in enumerate(rooms):
    starts = datetime.datetime(2031, 5, 5, 1, tzinfo=datetime.UTC)
    Session.objects.create(
        edition=edition, slug=f"2031-{number}", code=f"S{number}", format="plenary",
        title_en=f"Session in {room.name_en}", day=day, room=room, starts_at=starts,
        ends_at=starts + datetime.timedelta(hours=1), state="published")
print(edition.pk)
"""


def test_sessions_are_moved_by_keyboard_and_by_drag_and_the_public_sees_it(
    own_portal, own_var_dir, tab
):
    made = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "--command", FORUM],
        env=environment(own_var_dir),
        check=True,
        capture_output=True,
        text=True,
    )
    tab.goto(f"{own_portal}/admin/")
    tab.fill("[name=username]", "desk")
    tab.fill("[name=password]", "only-for-this-test")
    tab.click("[type=submit]")
    desk = f"{own_portal}/admin/forum_sessions/edition/{made.stdout.split()[-1]}/desk/"
    tab.set_viewport_size({"width": 1024, "height": 900})
    with listening(tab, own_portal, desk) as found:
        tab.goto(f"{desk}grid/")
        tab.evaluate(AXE_SCRIPT)
        found += tab.evaluate(RUN_AXE, RULES)
        said, clashes = tab.locator("[data-say]"), tab.locator("[data-clashes] li")
        annex, hall = (tab.locator("[data-block]").nth(n) for n in (0, 1))
        # By keyboard: into the other room, where it clashes, then an hour later.
        annex.locator("[data-what]").focus()
        tab.keyboard.press("ArrowRight")
        assert said.inner_text() == "Session in Annex: 09:00–10:00, Hall. Not saved."
        clashes.first.wait_for()
        assert clashes.all_inner_texts() == [
            "Hall: “Session in Annex” and “Session in Hall” overlap."
        ]
        tab.keyboard.press("Escape")
        assert said.inner_text() == "Session in Annex is back at 09:00–10:00, Annex."
        tab.keyboard.press("Shift+ArrowDown")
        tab.check("[name=step][value='5']")
        annex.locator("[data-what]").focus()
        tab.keyboard.press("ArrowDown")
        assert said.inner_text() == "Session in Annex: 09:05–10:20, Annex. Not saved."
        # By drag: one hour later, into the other room.
        box = hall.locator("[data-title]").bounding_box()
        column = tab.locator("[data-room]").nth(1).bounding_box()
        hours = [tab.locator("[data-hour]").nth(n).bounding_box() for n in (0, 1)]
        down = hours[1]["y"] - hours[0]["y"]
        tab.mouse.move(box["x"] + 5, box["y"] + 5)
        tab.mouse.down()
        tab.mouse.move(column["x"] + 20, box["y"] + 5 + 2 * down, steps=4)
        tab.mouse.up()
        assert said.inner_text() == "Session in Hall: 11:00–12:00, Annex. Not saved."
        tab.keyboard.press("Tab")
        annex.locator("[data-what]").focus()
        tab.keyboard.press("Enter")
        tab.locator("[data-say]", has_text=re.compile(r"Saved\.")).wait_for()
        for width in (768, 1280):
            tab.set_viewport_size({"width": width, "height": 900})
            found += [str(wide) for wide in [tab.evaluate(WIDEST)] if wide]
        tab.goto(desk)
        tab.evaluate(AXE_SCRIPT)
        found += tab.evaluate(RUN_AXE, RULES)
    assert found == []
    tab.goto(f"{own_portal}/en/editions/2031/programme/?view=grid")
    assert [
        " ".join(cell.split()).replace(" ,", ",")
        for cell in tab.locator(".grid-cell").all_inner_texts()
    ] == [
        "09:05–10:20, Annex Session in Annex",
        "11:00–12:00, Annex Session in Hall",
    ]
