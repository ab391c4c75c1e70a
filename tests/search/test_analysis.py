import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.analysis import (
    clean,
    exact_term,
    fold,
    pinyin_of_word,
    pinyin_terms,
    spans,
    stem,
    terms_of,
)


@pytest.mark.parametrize(
    ("text", "inline"),
    [
        ("Batteries and battery", ["batteri", "batteri"]),
        ("ＥＵ　２０２３／１５４２", ["eu", "1542x2023"]),
        ("(EU) 2023/1542", ["eu", "1542x2023"]),
        ("32023R1542", ["1542x2023"]),
        ("Directive 2008/98/EC", ["direct", "98x2008", "ec"]),
        ("No 765/2008", ["no", "765x2008"]),
        ("32008R0765", ["765x2008"]),
        ("Pub. L. 117-78", ["pub", "l", "78x117"]),
        ("GB/T 7714—2015", ["gbt", "2015x7714"]),
        ("GB/T 7714", ["gbt", "7714"]),
        ("GBT7714", ["gbt", "7714"]),
        ("U.S. law", ["us", "law"]),
        ("1,000 tonnes", ["1000", "tonn"]),
        ("Valparaíso", ["valparaiso"]),
        ("China’s mines", ["china", "mine"]),
        ("礦產供應鏈", ["矿产", "产供", "供应", "应链", "链"]),
        ("钴", ["钴"]),
        ("钴cobalt", ["钴", "cobalt"]),
        ("battery\u200e\u00ad", ["batteri"]),
        ("The … — 🔋 “”", []),
    ],
)
def test_what_is_written_in_many_ways_becomes_one_term(text, inline):
    assert terms_of(text).inline == inline


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("labour", "labor"),
        ("organisation", "organization"),
        ("programmes", "programs"),
        ("centre", "center"),
        ("aluminium", "aluminum"),
        ("behavioural", "behavioral"),
    ],
)
def test_british_and_american_spellings_meet(one, other):
    assert stem(one) == stem(other)


def test_a_number_is_also_found_by_its_parts_and_a_word_by_itself():
    assert terms_of("Regulation (EU) 2023/1542").besides == {
        "regulation",
        "2023",
        "1542",
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sun Lihui", "sunlihui"),
        ("GB/T 7714", "gbt7714"),
        ("(EU) 2023/1542", "EU 2023/1542"),
        ("經合組織", "经合组织"),
    ],
)
def test_one_name_is_the_same_name_in_another_writing(one, other):
    assert exact_term(one) == exact_term(other) != exact_term("else")


def test_chinese_is_spelled_in_pairs_and_a_persons_name_in_single_syllables_too():
    assert pinyin_terms("矿产链") == (["kuangchanlian"], {"拼kuangchan", "拼chanlian"})
    assert pinyin_terms("孙立会", single=True) == (
        ["sunlihui"],
        {"拼sunli", "拼lihui", "拼sun", "拼li", "拼hui"},
    )


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("kuangchan", ("拼kuangchan",)),
        ("gongyinglian", ("拼gongying", "拼yinglian")),
        ("sun", ("拼sun",)),
        ("lvse", ("拼luse",)),
        ("cobalt", ()),
        ("2023", ()),
    ],
)
def test_a_typed_word_is_read_as_pinyin_where_it_can_be(word, terms):
    assert pinyin_of_word(word) == terms


@given(st.text(max_size=300))
def test_any_text_becomes_terms_without_spaces_and_pieces_in_order(text):
    text = clean(text)
    pieces = list(spans(text))
    for before, after in pairwise(pieces):
        assert before.end <= after.start
    for piece in pieces:
        assert 0 <= piece.start < piece.end <= len(text)
        for term in (*piece.terms, *piece.besides):
            assert term
            assert len(term) <= 48
            assert not re.search(r"[\s\x00-/:-@\[-`{-\x7f]", term)


@given(st.text(max_size=100))
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abcdefgh礦產钴123/-. ", max_size=60))
def test_a_document_is_found_by_its_own_text(text):
    inline, besides = terms_of(text)
    again, _ = terms_of(text.upper())
    assert again == inline
    assert not besides & set("/-. ")
