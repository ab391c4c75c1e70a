"""How Chinese sounds: pypinyin, with a dictionary of a third of its size in memory."""

import os
from functools import cache


@cache
def library():
    """
    Return the module pypinyin.

    Reading it takes a quarter of the time in which a command starts, and most need no
    Chinese; so who first asks for a sound waits for it.
    """
    # Its two dictionaries are not changed here: it need not hold a copy of each.
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    import pypinyin

    # 47,000 phrases are written with 1,200 syllables, of which each phrase has lists of
    # its own as it is read: 37 MB, of which 25 are given back at once.
    phrases, one_for_all = pypinyin.constants.PHRASES_DICT, {}
    for phrase, syllables in phrases.items():
        phrases[phrase] = [
            one_for_all.setdefault(tuple(sounds), sounds) for sounds in syllables
        ]
    return pypinyin


def lazy_pinyin(text: str) -> list[str]:
    """Return the sound of each character, without tone; what is not Chinese stays."""
    return library().lazy_pinyin(text)


@cache
def syllables() -> frozenset[str]:
    """Return all sounds of single characters, without tones."""
    from pypinyin.contrib.tone_convert import to_normal

    sounds = library().constants.PINYIN_DICT.values()
    return frozenset(to_normal(sound) for some in sounds for sound in some.split(","))
