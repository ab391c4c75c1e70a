"""
What somebody typed, understood: terms, phrases in quotes, words to leave out.

Nothing that can be typed is an error. What is not understood, or is more than one
request may ask for, is left out and told.
"""

import re
from dataclasses import dataclass, replace

from search.analysis import (
    STOP_WORDS,
    clean,
    exact_term,
    pinyin_of_word,
    spans,
)

MOST_CHARACTERS = 200
MOST_TERMS = 12
MOST_TOKENS = 40  # pairs of Chinese characters count one each

_ASKING = re.compile(
    "什么是|是什么|什么|为什么|如何|怎么样|怎样|怎么|有哪些|哪些|关于|请问|涉及|有关"
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂「」『』〝〞", '"'))
_PIECE = re.compile(
    r'(?:(?<=\s)|^)(?P<out>[-－](?=["\w]))?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))|"(?P<late>[^"]*)"|(?P<rest>[^\s"]+)'
)


@dataclass(frozen=True)
class Term:
    """
    One thing that a document must have, or must not.

    `ways` are the alternatives; each is some tokens that a document has together,
    where "*" at the end stands for any ending. `phrase` is what must stand
    together in reading order.
    """

    typed: str
    ways: tuple[tuple[str, ...], ...]
    phrase: str = ""
    out: bool = False
    kind: str = "word"
    folded: str = ""
    weight: float = 1.0

    def unfinished(self):
        """Return this term as the beginning of a word."""
        if self.kind != "word" or self.phrase or len(self.folded) < 2:
            return self
        ways = dict.fromkeys([*self.ways, (self.folded + "*",)])
        if sounds := pinyin_of_word(self.folded, unfinished=True):
            ways[(*sounds[:-1], sounds[-1] + "*")] = None
        return replace(self, ways=tuple(ways))


@dataclass(frozen=True)
class Query:
    """What was typed, as far as it is used."""

    text: str
    terms: tuple[Term, ...] = ()
    ignored: tuple[str, ...] = ()  # words and pieces that were left out
    cut: bool = False  # more was typed than is used
    exact: tuple[str, ...] = ()  # terms of the names that it may be, as a whole
    number: tuple[str, ...] = ()  # the same of the one number in it

    def __bool__(self):
        return any(not term.out for term in self.terms)

    @property
    def wanted(self):
        return [term for term in self.terms if not term.out]

    @property
    def unwanted(self):
        return [term for term in self.terms if term.out]

    def but(self, **changes):
        return replace(self, **changes)

    def with_last_unfinished(self):
        """Return the query with its last word taken as the beginning of one."""
        if not self.terms or self.terms[-1].out:
            return self
        return self.but(terms=(*self.terms[:-1], self.terms[-1].unfinished()))


def parse(text: str) -> Query:
    """Return the `Query` of a typed text."""
    text = text.encode("utf-8", "ignore").decode()
    typed = " ".join(clean(text[: MOST_CHARACTERS * 4]).translate(_QUOTES).split())
    cut = len(typed) > MOST_CHARACTERS or len(text) > MOST_CHARACTERS * 4
    typed = typed[:MOST_CHARACTERS]
    terms, ignored = [], []
    for piece in _PIECE.finditer(typed):
        phrase = piece["phrase"] if piece["phrase"] is not None else piece["late"]
        out = bool(piece["out"])
        if phrase is not None or (out and len(list(spans(piece["word"]))) > 1):
            found = _phrase(phrase if phrase is not None else piece["word"], out)
        else:
            found = _words(piece["word"] or piece["rest"], out, ignored)
        if not found and not any(word in piece[0] for word in ignored):
            ignored.append(piece[0])
        terms += found
    if typed.count('"') % 2:
        ignored.append('"')
    kept, tokens = [], 0
    for term in dict.fromkeys(terms):
        tokens += max(len(way) for way in term.ways)
        if len(kept) == MOST_TERMS or tokens > MOST_TOKENS:
            ignored.append(term.typed)
            cut = True
        else:
            kept.append(term)
    plain = not any(term.phrase or term.out for term in kept)
    numbers = [t for t in kept if t.kind == "number" and "x" in t.ways[0][0]]
    bare = _ASKING.sub(" ", typed).lower().removeprefix("the ")
    exact = (exact_term(typed), exact_term(bare)) if plain else ()
    return Query(
        text=typed,
        terms=tuple(kept),
        ignored=tuple(dict.fromkeys(ignored)),
        cut=cut,
        exact=tuple(filter(None, dict.fromkeys(exact))),
        number=(exact_term(numbers[0].typed),) if plain and len(numbers) == 1 else (),
    )


def _words(text, out, ignored):
    terms = []
    if not out and (asking := _ASKING.findall(text)) and not _ASKING.fullmatch(text):
        ignored += asking
        text = _ASKING.sub(" ", text)
    for span in spans(text):
        typed = text[span.start : span.end]
        if span.kind == "word" and span.folded in STOP_WORDS:
            ignored.append(typed)
            continue
        starred = text[span.end :].startswith("*")
        term = Term(typed, _ways(span), out=out, kind=span.kind, folded=span.folded)
        terms.append(term.unfinished() if starred else term)
    return terms


def _ways(span):
    if span.kind == "han":
        if len(span.folded) == 1:
            return ((span.folded + "*",),)
        tokens = tuple(dict.fromkeys(span.terms[:-1]))
        return (tokens[: MOST_TOKENS // 2],)
    ways = [span.terms]
    if span.kind == "word" and (sounds := pinyin_of_word(span.folded)):
        ways.append(sounds)
    return tuple(ways)


def _phrase(text, out):
    """Return the term of a phrase, or of a word that was quoted."""
    found = [
        span
        for span in spans(text)
        if not (span.kind == "word" and span.folded in STOP_WORDS)
    ]
    if not found:
        return []
    inline = [term for span in found for term in span.terms]
    if found[-1].kind == "han":
        inline.pop()
    if len(inline) == 1 or not inline:
        span = found[0]
        return [Term(text, _ways(span), out=out, kind=span.kind, folded=span.folded)]
    inline = inline[:MOST_TOKENS]
    tokens = tuple(dict.fromkeys(inline))
    return [
        Term(text, (tokens,), phrase=f" {' '.join(inline)} ", out=out, kind="phrase")
    ]
