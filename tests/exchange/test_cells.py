"""What may stand in a cell: reading what was written gives the same value."""

import contextlib
import datetime
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import cells
from forum_portal.loading.instruments import Event
from sessions.models import Contribution, EditionRole
from topics.models import Milestone

lower = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
slugs = st.lists(lower, min_size=1, max_size=4).map("-".join)
words = st.text(
    st.characters(exclude_characters="|", exclude_categories=["C"]), min_size=1
).filter(lambda text: text == text.strip())
details = words.filter(lambda text: "\n" not in text)
days = st.dates(datetime.date(1000, 1, 1))
dates = st.one_of(
    days.map(lambda day: day.isoformat()),
    days.map(lambda day: day.isoformat()[:7]),
    days.map(lambda day: day.isoformat()[:4]),
)
clocks = st.datetimes(datetime.datetime(1000, 1, 1)).map(  # noqa: DTZ001
    lambda time: time.replace(second=0, microsecond=0)
)
pair = cells.Pair(cells.Slug(), cells.Choice(Contribution.Role), "slug:role")
VALUES = [
    (cells.TEXT, words),
    (cells.Number(0, 32767), st.integers(0, 32767)),
    (cells.YesNo(), st.booleans()),
    (cells.Day(), days),
    (cells.Clock(), clocks),
    (cells.Date(), dates),
    (cells.Slug(), slugs),
    (cells.Choice(EditionRole.Role), st.sampled_from(EditionRole.Role.values)),
    (cells.SLUGS, st.lists(slugs, unique=True)),
    (cells.TEXTS, st.lists(words, unique=True)),
    (
        cells.Listed(pair),
        st.lists(
            st.tuples(slugs, st.sampled_from(Contribution.Role.values)), unique=True
        ),
    ),
    (
        cells.Listed(Event()),
        st.lists(
            st.tuples(
                dates,
                st.sampled_from(Milestone.Kind.values),
                st.one_of(st.just(""), details),
            ),
            unique=True,
        ),
    ),
]


@pytest.mark.parametrize(("cell", "values"), VALUES)
@given(data=st.data())
def test_reading_what_was_written_gives_the_same_value(cell, values, data):
    value = data.draw(values)
    assert cell.read(cell.write(value)) == value


@pytest.mark.parametrize("cell", [cell for cell, _values in VALUES])
@given(text=st.text())
def test_any_text_is_read_or_refused(cell, text):
    with contextlib.suppress(cells.CellError):
        cell.read(text)


@pytest.mark.parametrize(("cell", "empty"), [(cells.TEXT, ""), (cells.SLUGS, [])])
def test_an_empty_cell_has_an_empty_value(cell, empty):
    assert cell.read("") == empty
    assert cell.write(empty) == ""
