"""How Chinese sounds: pypinyin, with a dictionary of a third of its size in memory."""

import os

# Its two dictionaries are not changed here: it need not hold a copy of each.
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

__all__ = ["PINYIN_DICT", "lazy_pinyin"]

# 47,000 phrases are written with 1,200 syllables, of which each phrase has lists of its
# own as it is read: 37 MB, of which 25 are given back before anything else is loaded.
_one_for_all = {}
for phrase, syllables in PHRASES_DICT.items():
    PHRASES_DICT[phrase] = [
        _one_for_all.setdefault(tuple(sounds), sounds) for sounds in syllables
    ]
