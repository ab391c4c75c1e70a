"""Times as organizers write them, by a clock that may skip or repeat an hour."""

import contextlib
import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.desk.clock import read, written

LONDON = ZoneInfo("Europe/London")
DAY = datetime.date(2026, 10, 24)  # the clocks go back in the night after it


@settings(max_examples=25, deadline=None)
@given(
    moment=st.datetimes(
        datetime.datetime(2026, 10, 20),  # noqa: DTZ001
        datetime.datetime(2026, 10, 30),  # noqa: DTZ001
        timezones=st.just(datetime.UTC),
    ),
    date=st.sampled_from([None, DAY]),
    zone=st.sampled_from([LONDON, ZoneInfo("Asia/Shanghai")]),
)
def test_every_moment_is_read_as_it_is_written(moment, date, zone):
    assert read(written(moment, date, zone), date, zone) == moment


@settings(max_examples=25, deadline=None)
@given(text=st.text("0123456789:+- T：０", max_size=20))
def test_what_is_no_time_is_refused_in_words(text):
    with contextlib.suppress(ValidationError):
        moment = read(text, DAY, LONDON)
        assert (moment is None) == (not text.strip())


@pytest.mark.parametrize(
    ("text", "date", "words"),
    [
        ("9:30", DAY, "2026-10-24 09:30+01:00"),
        (" ９：３０ ", DAY, "2026-10-24 09:30+01:00"),
        ("00:30+1", DAY, "2026-10-25 00:30+01:00"),
        ("23:30 + 1", DAY, "2026-10-25 23:30+00:00"),
        ("2026-10-25T01:30+00:00", DAY, "2026-10-25 01:30+00:00"),
        ("01:30+1", DAY, "The clocks go back then: write which of the two, as "
                         "2026-10-25 01:30+01:00."),
        ("2026-03-29 01:30", None,
         "The clocks go forward then: there is no such time."),
        ("25:00", DAY, "There is no such time."),
        ("2026-02-30 09:00", DAY, "There is no such time."),
        ("09:30", None, "The day has no date: write the date as well, as "
                        "2026-11-09 09:30."),
        ("noon", DAY, "Write a time as 09:30, the night after as 00:30+1, or "
                      "2026-11-09 09:30."),
    ],
)  # fmt: skip
def test_times_of_the_day_of_the_night_and_of_another_date(text, date, words):
    try:
        found = read(text, date, LONDON).astimezone(LONDON)
        said = found.isoformat(sep=" ", timespec="minutes")
    except ValidationError as refused:
        said = refused.messages[0]
    assert said == words
