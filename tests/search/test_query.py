import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import MOST_CHARACTERS, MOST_TERMS, MOST_TOKENS, parse


def said(text):
    """Return (typed, phrase?, left out?) of each term, and what was ignored."""
    query = parse(text)
    return (
        [(term.typed, bool(term.phrase), term.out) for term in query.terms],
        list(query.ignored),
    )


@pytest.mark.parametrize(
    ("text", "terms", "ignored"),
    [
        ("cobalt mines", [("cobalt", False, False), ("mines", False, False)], []),
        (
            '"due diligence" -coal',
            [("due diligence", True, False), ("coal", False, True)],
            [],
        ),
        ("“due diligence”", [("due diligence", True, False)], []),
        ('"cobalt"', [("cobalt", False, False)], []),
        ("co-operation", [("co", False, False), ("operation", False, False)], []),
        ("-co-operation", [("co-operation", True, True)], []),
        ("the cobalt", [("cobalt", False, False)], ["the"]),
        ('"', [], ['"']),
        ('cobalt "', [("cobalt", False, False)], ['"']),
        ("*", [], ["*"]),
        ("-", [], ["-"]),
        ("AND OR", [], ["AND", "OR"]),
        ("", [], []),
        ("🔋", [], ["🔋"]),
        ("什么是钴", [("钴", False, False)], ["什么是"]),
        (
            "哪些法规涉及电池",
            [("法规", False, False), ("电池", False, False)],
            ["哪些", "涉及"],
        ),
    ],
)
def test_what_is_typed_is_understood_or_named_as_ignored(text, terms, ignored):
    assert said(text) == (terms, ignored)


def test_the_work_of_one_query_is_bounded_and_the_rest_is_told():
    words = parse(" ".join(f"w{n}" for n in range(30)))
    assert (len(words.terms), words.cut) == (MOST_TERMS, True)
    assert "w29" in words.ignored
    chinese = parse("".join(chr(0x4E00 + n) for n in range(190)))
    assert sum(len(term.ways[0]) for term in chinese.terms) <= MOST_TOKENS
    long = parse("cobalt " * 2000)
    assert (len(long.text) <= MOST_CHARACTERS, long.cut) == (True, True)


@given(st.text(max_size=400))
def test_nothing_that_can_be_typed_is_an_error(text):
    query = parse(text)
    assert len(query.terms) <= MOST_TERMS
