import pytest
from pyroaring import BitMap

from search.kinds import BY_WORD
from search.matching import matching, newest
from search.query import parse
from tests.factories import make_edition, make_outcome, make_session, make_topic

pytestmark = pytest.mark.django_db
SESSIONS = BY_WORD["sessions"]


def called_zebra(sessions):
    """Return the ids of that many sessions of a name, and of two other records."""
    edition = make_edition()
    make_session(edition=edition, title_en="Another")
    made = [make_session(edition=edition, title_en="Zebra") for _ in range(sessions)]
    topic = make_topic(label_en="Zebra")
    outcome = make_outcome(edition=edition, title_en="Zebra")
    others = {
        BY_WORD["topics"].document_id(topic.pk),
        BY_WORD["outcomes"].document_id(outcome.pk),
    }
    return [SESSIONS.document_id(session.pk) for session in made], others


@pytest.mark.parametrize("text", ["zebra", "zebra -horse", '"zebra"'])
def test_of_a_name_all_records_but_only_the_newest_sessions_are_found(text):
    sessions, others = called_zebra(30)
    query = parse(text)
    found = newest(query.wanted, query.unwanted, BitMap, 3)
    assert others < set(found)
    assert set(sessions[-3:]) < set(found) <= {*sessions, *others}


def test_sessions_that_are_not_kept_make_room_for_older_ones():
    sessions, others = called_zebra(30)
    shown = BitMap(sessions[:4])
    kept = newest(parse("zebra").wanted, (), shown.__and__, 3)
    assert set(kept) == set(sessions[:4])
    assert set(matching(parse("zebra").wanted, head=True)) == {*sessions, *others}


def test_words_that_begin_so_are_found_as_before():
    sessions, others = called_zebra(3)
    query = parse("zeb").with_last_unfinished()
    assert set(newest(query.wanted, (), BitMap, 3)) == {*sessions, *others}
    assert not newest(parse("").wanted, (), BitMap, 3)
    assert not newest(parse("horse").wanted, (), BitMap, 3)
