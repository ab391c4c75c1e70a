"""What is on now, what is next, and the reader's own time, by a clock we set."""

import pytest

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Now</title>
<template id="on-now"><b data-badge>On now</b></template>
<template id="next"><b data-badge>Next</b></template>
{rows}<script src="/static/js/now.js" defer data-yours="Your time: "
data-later="+1 day" data-earlier="−1 day"></script>"""
ROW = """<section data-session="{state}"><span class="rail"></span>
<p data-when>{times}</p><p data-state></p></section>"""
NIGHT = ["2026-09-21T23:00+08:00", "2026-09-22T00:30+08:00"]


@pytest.fixture
def show(browser, development_portal):
    """Return a function that opens rows of times in a zone, at a moment."""
    contexts = []

    def opened(rows, zone="Asia/Shanghai", now="2026-09-21T01:30:00Z"):
        context = browser.new_context(timezone_id=zone)
        contexts.append(context)
        tab = context.new_page()
        tab.clock.install(time=now)
        html = PAGE.format(rows="".join(map(row, rows)))
        address = f"{development_portal}/now"
        tab.route(address, lambda r: r.fulfill(body=html, content_type="text/html"))
        tab.goto(address)
        return tab

    yield opened
    for context in contexts:
        context.close()


def row(times, state="scheduled"):
    if isinstance(times, tuple):
        times, state = times
    shown = "–".join(f'<time datetime="{t}">{t[11:16]}</time>' for t in times)
    return ROW.format(times=shown, state=state)


def badges(tab):
    return [text.strip() for text in tab.locator("[data-state]").all_inner_texts()]


def test_what_runs_is_on_now_and_what_starts_soonest_is_next(show):
    day = "2026-09-21T"
    rows = [
        [f"{day}08:00+08:00", f"{day}09:00+08:00"],
        [f"{day}09:00+08:00", f"{day}10:00+08:00"],
        ([f"{day}09:00+08:00", f"{day}10:00+08:00"], "cancelled"),
        [f"{day}09:00+08:00"],
        [f"{day}10:00+08:00", f"{day}11:00+08:00"],
        [f"{day}10:00+08:00", f"{day}10:30+08:00"],
        [f"{day}11:00+08:00", f"{day}12:00+08:00"],
        [],
    ]
    tab = show(rows)
    assert badges(tab) == ["", "On now", "", "", "Next", "Next", "", ""]
    assert tab.locator(".rail-now").count() == 1
    assert tab.locator(".session-sub").count() == 0
    tab.clock.fast_forward("30:00")
    assert badges(tab) == ["", "", "", "", "On now", "On now", "Next", ""]


def test_a_day_that_is_far_away_marks_nothing(show):
    assert badges(show([NIGHT], now="2026-09-01T00:00:00Z")) == [""]
    assert badges(show([NIGHT], now="2026-10-01T00:00:00Z")) == [""]


@pytest.mark.parametrize(
    ("zone", "own"),
    [
        ("Asia/Shanghai", []),
        ("Asia/Singapore", []),
        ("Europe/Berlin", ["Your time: 17:00–18:30"]),
        ("Asia/Kolkata", ["Your time: 20:30–22:00"]),
        ("America/St_Johns", ["Your time: 12:30–14:00"]),
        ("Pacific/Pago_Pago", ["Your time: 04:00–05:30"]),
        ("Pacific/Auckland", ["Your time: 03:00–04:30 +1 day"]),
    ],
)
def test_the_readers_own_time_stands_below_only_where_it_differs(show, zone, own):
    tab = show([NIGHT], zone)
    assert tab.locator("[data-when]").inner_text() == "23:00–00:30"
    said = tab.locator(".session-sub").all_inner_texts()
    assert [text.replace("\u2060", "") for text in said] == own


def test_a_morning_in_the_east_is_the_day_before_in_the_west(show):
    tab = show([["2026-09-21T09:00+08:00"]], "America/Los_Angeles")
    own = tab.locator(".session-sub").inner_text()
    assert own == "Your time: 18:00 −1 day"
