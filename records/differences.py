"""What differs between two texts, word by word, and between two sets."""

import re
from difflib import SequenceMatcher
from typing import NamedTuple

# Latin words whole, Chinese characters and all else one by one.
WORDS = re.compile(r"[^\W_\u2e80-\u9fff\uf900-\ufaff]+|\s+|.", re.DOTALL)
MOST = 3000  # words of a text that are compared; beyond, it is shown whole
AROUND = 8  # words left standing on each side of a change


class Piece(NamedTuple):
    """Part of a text: `op` is "same", "added", "removed" or "gap" (left out)."""

    op: str
    text: str


def pieces(old: str, new: str) -> list[Piece]:
    """
    Return how one text became another: what stayed, went and came.

    Of what stayed only the words beside a change are given. Texts of which little
    stayed are given whole, the old before the new.
    """
    before, after = WORDS.findall(old), WORDS.findall(new)
    if not old or not new or max(len(before), len(after)) > MOST:
        return _whole(old, new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < 0.3:
        return _whole(old, new)
    found = []
    for op, i, j, k, end in matcher.get_opcodes():
        if op == "equal":
            found += _shortened(before[i:j], not found, j == len(before))
        else:
            found += _whole("".join(before[i:j]), "".join(after[k:end]))
    return found


def _whole(old, new):
    both = Piece("removed", old), Piece("added", new)
    return [piece for piece in both if piece.text]


def _shortened(words, is_first, is_last):
    head = 0 if is_first else AROUND
    tail = 0 if is_last else AROUND
    if len(words) <= head + tail + AROUND:
        return [Piece("same", "".join(words))]
    return [
        Piece(op, text)
        for op, text in (
            ("same", "".join(words[:head])),
            ("gap", "…"),
            ("same", "".join(words[len(words) - tail :])),
        )
        if text
    ]
