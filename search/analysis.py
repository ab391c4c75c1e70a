"""
What a text is searched by: terms, the same for a document and for a query.

A word is folded (case, width, accents) and stemmed; a run of Chinese characters
is folded to simplified ones and cut into pairs, plus its last character, so that
one character is the beginning of a term. A number with separators is one term in
whatever way it is written: "2023/1542", "32023R1542". Everything that is told
apart here is joined by spaces later; the databases only split at spaces.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import Stemmer
from opencc import OpenCC

from records.pinyin import lazy_pinyin, syllables

MOST_TERMS = 50_000  # of one field; the rest of a longer text is not searched
LONGEST_TERM = 48
PINYIN, EXACT = "拼", "名"  # what such terms begin with; no other term can

STOP_WORDS = frozenset(
    "a about an and are as at be been by can could did do does for from had has have "  # noqa: SIM905
    "how i in into is it its of on or our should than that the their them then there "
    "these they this those to under was we were what when where which will with would "
    "you your".split()
)

_INVISIBLE = dict.fromkeys(
    [
        *(0, 0xAD, 0xFEFF),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
    ]
)
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_DIGITS = r"[0-9０-９]"
_DASH = r"[-‐-―−/／－]"
_SPAN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<celex>\b[1-9]\d{{4}}[A-Za-z]{{1,2}}\d{{4}}\b)"
    rf"|(?P<number>{_DIGITS}+(?:{_DASH}{_DIGITS}+)+)"
    rf"|(?P<thousands>\b\d{{1,3}}(?:,\d{{3}})+\b)"
    rf"|(?P<dotted>\b(?:[A-Za-z]\.){{2,}})"
    r"|(?P<slashed>(?<![.\w/])[A-Za-z]{2,5}[/／][A-Za-z](?![A-Za-z]))"
    rf"|(?P<word>[^\W_{_HAN}](?:[^\W_{_HAN}]|[\u0300-\u036f]"
    rf"|['’](?=[^\W\d_{_HAN}]))*)"
)
_CODE = re.compile(r"([a-z]{2,5})(\d{3,})")
_CELEX = re.compile(r"\d(\d{4})[a-z]{1,2}(\d{4})")


class Span(NamedTuple):
    """Where a piece of text stands, and the terms it is searched by."""

    start: int
    end: int
    terms: tuple[str, ...]  # in reading order
    besides: tuple[str, ...]  # further ways to write the same
    kind: str  # "word", "number" or "han"
    folded: str


@cache
def _simplified():
    """Return the table that folds each traditional character to a simplified one."""
    blocks = [range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x2FA20)]
    characters = [chr(code) for block in blocks for code in block]
    folded = OpenCC("t2s").convert("\n".join(characters)).split("\n")
    table = zip(characters, folded, strict=True)
    return {ord(a): b for a, b in table if a != b and len(b) == 1}


@cache
def _one_to_one():
    """Return the table of all folding that keeps each character in its place."""
    table = dict(_simplified())
    for code in (*range(0xC0, 0x250), *range(0xFF01, 0xFF5F)):
        folded = fold(chr(code))
        if len(folded) == 1:
            table[code] = folded
    return table


def fold_in_place(text: str) -> str:
    """Return the text folded as far as that changes no position in it."""
    return text.translate(_one_to_one())


def clean(text: str) -> str:
    """Return the text composed and without invisible marks; nothing else changes."""
    return unicodedata.normalize("NFC", text.translate(_INVISIBLE))


def fold(text: str) -> str:
    """Return the text without differences of case, width, accent and script."""
    text = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(c for c in text if not unicodedata.combining(c))
    return unicodedata.normalize("NFKC", bare).casefold().translate(_simplified())


# British and American spellings meet; what that does to other words does no harm,
# since a document and a query suffer it alike.
_SPELLINGS = [
    (re.compile(r"is(e|es|ed|er|ers|ing|ation|ations|able)$"), r"iz\1"),
    (re.compile(r"our(s|ed|ing|er|ers|able|al|hood)?$"), r"or\1"),
    (re.compile(r"^(cent|met|fib|lit|theat|calib)re(s|d)?$"), r"\1er\2"),
    (re.compile(r"^(program)me(s)?$"), r"\1\2"),
    (re.compile(r"^(alumin|sul)(?:ium|phur)"), r"\1um"),
    (re.compile(r"^(defen|licen|offen|preten)ce"), r"\1se"),
]
_stemmers = threading.local()


@lru_cache(100_000)
def stem(word: str) -> str:
    """Return the stem of a folded English word; other words stay as they are."""
    if not word.isascii() or not word.isalpha() or len(word) > LONGEST_TERM:
        return word[:LONGEST_TERM]
    if len(word) > 4:
        for pattern, spelling in _SPELLINGS:
            word = pattern.sub(spelling, word)
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer.Stemmer("english")
    return _stemmers.english.stemWord(word)


@lru_cache(200_000)
def _of_word(written):
    word = re.sub(r"['’]s$", "", fold(written))
    word = "".join(c for c in word if c.isalnum())
    if not word:
        return (), (), word
    if code := _CODE.fullmatch(word):  # "GBT7714" as "GB/T 7714"
        return (stem(code[1]), code[2]), (word[:LONGEST_TERM],), word
    root = stem(word)
    besides = (word,) if root != word and len(word) <= LONGEST_TERM else ()
    return (root,), besides, word


def _of_number(text):
    parts = [part.lstrip("0") or "0" for part in re.findall(r"\d+", text)]
    if len(parts) == 2:  # "765/2008" and "2008/765" name one instrument
        parts.sort(key=int)
    return "x".join(parts)[:LONGEST_TERM]


def spans(text: str) -> Iterator[Span]:
    """Yield the pieces of a text that `clean()` returned, in reading order."""
    for match in _SPAN.finditer(text):
        kind, written = match.lastgroup, match[0]
        start, end = match.span()
        if kind == "word":
            terms, besides, folded = _of_word(written)
        elif kind == "han":
            folded = written.translate(_simplified())
            terms = (*(folded[i : i + 2] for i in range(len(folded) - 1)), folded[-1])
            kind, besides = "han", ()
        elif kind == "dotted":
            kind, (terms, besides, folded) = "word", _of_word(written.replace(".", ""))
        elif kind == "slashed":
            first, second = re.split("[/／]", fold(written))
            folded = first + second
            terms, besides, kind = (stem(folded),), (stem(first), stem(second)), "word"
        else:
            folded = fold(written)
            number = folded
            if celex := _CELEX.fullmatch(folded):
                number = f"{celex[1]}/{celex[2]}"
            if kind == "thousands":
                terms, besides = (folded.replace(",", "")[:LONGEST_TERM],), ()
            else:
                terms = (_of_number(number),)
                besides = tuple(re.findall(r"\d+", number)) + (
                    (folded,) if celex else ()
                )
            kind = "number"
        if terms:
            yield Span(start, end, terms, besides, kind, folded)


def exact_term(text: str) -> str:
    """Return the term that two texts share only if they are the same name."""
    joined = "".join(
        span.terms[0] if span.kind == "number" else span.folded
        for span in spans(clean(text))
    )
    return EXACT + blake2b(joined.encode(), digest_size=6).hexdigest() if joined else ""


def number_terms(text: str) -> list[str]:
    """Return the terms of the numbers with separators in a text."""
    return [
        span.terms[0]
        for span in spans(clean(text))
        if span.kind == "number" and "x" in span.terms[0]
    ]


class Terms(NamedTuple):
    """Terms in reading order, and further ones in no order."""

    inline: list[str]
    besides: set[str]


def terms_of(text: str) -> Terms:
    """Return what a document's text is found by: stop words left out."""
    inline, besides = [], set()
    for span in spans(clean(text)):
        if span.kind == "word" and span.folded in STOP_WORDS:
            continue
        inline.extend(span.terms)
        besides.update(span.besides)
        if len(inline) >= MOST_TERMS:
            break
    return Terms(inline[:MOST_TERMS], besides)


def words_of(text: str) -> set[str]:
    """Return the words that a misspelt one may stand for: not stemmed, no numbers."""
    found = set()
    for span in spans(clean(text)):
        if span.kind == "word" and span.folded.isalpha() and len(span.folded) > 3:
            found.add(span.folded[:LONGEST_TERM])
        elif span.kind == "han" and 2 < len(span.folded) < 13:
            found.add(span.folded)
    return found


def joined_name(text: str) -> str:
    """Return a name of two or three Latin words as one, "sunlihui"; else ""."""
    words = [span.folded for span in spans(clean(text)) if span.kind == "word"]
    name = "".join(words)
    short = len(words) in (2, 3) and name.isascii() and len(name) <= LONGEST_TERM
    return stem(name) if short else ""


# Pinyin


@cache
def _syllables():
    """Return the syllables of Mandarin without tones, "ü" as "u"."""
    plain = {plain_sound(sound) for sound in syllables()}
    return frozenset(s for s in plain if set(s) & set("aeiou"))


def plain_sound(syllable: str) -> str:
    """Return a syllable without tone or case, "ü" as "u"."""
    return fold(syllable).replace("v", "u")


def pinyin_terms(text: str, *, single: bool = False) -> tuple[list[str], set[str]]:
    """
    Return how the Chinese runs of a text are spelled, and the terms for that.

    The terms are pairs of syllables, "kuangchan"; with `single`, as for the names
    of people, each syllable too.
    """
    spelled, terms = [], set()
    for span in spans(clean(text)):
        if span.kind != "han":
            continue
        sounds = [plain_sound(sound) for sound in lazy_pinyin(span.folded)]
        spelled.append("".join(sounds))
        terms.update(PINYIN + a + b for a, b in pairwise(sounds))
        if single:
            terms.update(PINYIN + sound for sound in sounds)
    return spelled, terms


@lru_cache(10_000)
def pinyin_of_word(word: str, *, unfinished: bool = False) -> tuple[str, ...]:
    """
    Return the pinyin terms that a typed word asks for together, or none.

    "gongyinglian" is gongying and yinglian. An unfinished last syllable counts
    as its beginning.
    """
    if not word.isascii() or not word.isalpha() or len(word) > LONGEST_TERM:
        return ()
    sounds = _split(word.replace("v", "u"), unfinished)
    if not sounds:
        return ()
    if len(sounds) == 1:
        return (PINYIN + sounds[0],)
    return tuple(PINYIN + a + b for a, b in pairwise(sounds))


def _split(word, unfinished):
    """Return the syllables of a word, the longest first where there is a choice."""
    ways = {len(word): []}
    for start in range(len(word) - 1, -1, -1):
        rest = word[start:]
        if unfinished and any(s.startswith(rest) for s in _syllables()):
            ways[start] = [rest]
            continue
        for length in range(min(6, len(rest)), 0, -1):
            if rest[:length] in _syllables() and start + length in ways:
                ways[start] = [rest[:length], *ways[start + length]]
                break
    return ways.get(0, [])
