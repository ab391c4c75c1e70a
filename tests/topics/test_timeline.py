import datetime

import pytest

from tests.factories import make_edition, make_milestone, make_regulation, make_session
from topics.timeline import latest_edition, timeline

pytestmark = pytest.mark.django_db
TODAY = datetime.date(2026, 11, 22)


def said(entries):
    """Return what entries stand for: a kind of milestone, or codes of sessions."""
    return [
        e.milestone.kind if e.milestone else [s.code for s in e.sessions]
        for e in entries
    ]


def test_a_timeline_puts_the_editions_among_the_milestones_latest_first():
    regulation = make_regulation()
    make_milestone("2020-12-10", "proposed", regulation=regulation)
    make_milestone("2024-02-18", "applies", regulation=regulation)
    make_milestone("2026-11-23", "deadline", regulation=regulation)
    make_milestone("2026-11-22", "amended", regulation=regulation)
    edition = make_edition(year=2023, starts_on="2023-09-20", ends_on="2023-09-22")
    edition.refresh_from_db()
    undated = make_edition(year=2025)
    sessions = [
        make_session(edition=edition, code="S1"),
        make_session(edition=undated, code="U1"),
        make_session(edition=edition, code="S2"),
    ]
    for session, number in zip(sessions, (2, 1, 2), strict=True):
        session.of_edition = number
    found = timeline(regulation.milestones.all(), sessions, TODAY)
    assert said(found["ahead"]) == ["deadline"]
    assert said(found["past"]) == [
        "amended",
        ["U1"],
        "applies",
        ["S1", "S2"],
        "proposed",
    ]
    assert found["past"][1].precision == "year"
    assert [e.further for e in found["past"] if e.edition] == [0, 0]


def test_of_each_edition_three_sessions_are_named_and_the_others_counted():
    edition = make_edition(year=2023)
    sessions = [make_session(edition=edition, code=f"S{n}") for n in range(6)]
    for session in sessions:
        session.of_edition = 40
    (entry,) = timeline([], sessions, TODAY)["past"]
    assert [session.code for session in entry.sessions] == ["S0", "S1", "S2"]
    assert entry.further == 37


def test_then_is_the_latest_edition_that_has_begun():
    old = make_edition(year=2023, starts_on=datetime.date(2023, 9, 20))
    new = make_edition(year=2025, starts_on=datetime.date(2025, 9, 20))
    ahead = make_edition(year=2027, starts_on=datetime.date(2027, 9, 20))
    undated = make_edition(year=2026)
    assert latest_edition([old, new, ahead, undated], TODAY) == new
    assert latest_edition([ahead, undated], TODAY) == undated
    assert latest_edition([ahead], TODAY) is None
    assert latest_edition([], TODAY) is None
