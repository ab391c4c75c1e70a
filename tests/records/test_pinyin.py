import json
from importlib.resources import files

import pytest

from records.pinyin import PHRASES_DICT, lazy_pinyin

pytestmark = pytest.mark.either_database


def test_the_smaller_dictionary_says_the_same():
    whole = files("pypinyin").joinpath("phrases_dict.json").read_text("utf-8")
    assert json.loads(whole) == PHRASES_DICT


def test_each_list_of_sounds_is_held_once():
    held = [sounds for phrase in PHRASES_DICT.values() for sounds in phrase]
    assert len({id(one) for one in held}) == len({tuple(one) for one in held})


def test_a_character_sounds_as_its_phrase_has_it():
    assert lazy_pinyin("银行 行走 重庆") == [
        "yin", "hang", " ", "xing", "zou", " ", "chong", "qing"
    ]  # fmt: skip
