import json
import subprocess
import sys
from importlib.resources import files

import pytest

from records.pinyin import lazy_pinyin, library

pytestmark = pytest.mark.either_database


def test_the_smaller_dictionary_says_the_same():
    whole = files("pypinyin").joinpath("phrases_dict.json").read_text("utf-8")
    assert json.loads(whole) == library().constants.PHRASES_DICT


def test_each_list_of_sounds_is_held_once():
    phrases = library().constants.PHRASES_DICT.values()
    held = [sounds for phrase in phrases for sounds in phrase]
    assert len({id(one) for one in held}) == len({tuple(one) for one in held})


def test_a_character_sounds_as_its_phrase_has_it():
    assert lazy_pinyin("银行 行走 重庆") == [
        "yin", "hang", " ", "xing", "zou", " ", "chong", "qing"
    ]  # fmt: skip


def test_a_command_does_not_wait_for_the_dictionary():
    asked = "import sys, django; django.setup(); sys.exit('pypinyin' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
