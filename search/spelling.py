"""Did you mean: the nearest word of a title for a word that is found nowhere."""

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.analysis import pinyin_terms
from search.matching import matching
from search.models import Word
from search.query import parse

TRIED = 8


def corrected(query, hidden, using="default"):
    """
    Return the query with each word that finds nothing replaced, or None.

    Only words that lead to something public are proposed.
    """
    text, changed = query.text, False
    for term in query.wanted:
        if term.phrase or term.kind == "number" or len(term.folded) < 3:
            continue
        if _leads_to([term], hidden, using):
            continue
        if word := _by_sound(term, hidden, using) or _nearest(term, hidden, using):
            text, changed = text.replace(term.typed, word, 1), True
    return parse(text) if changed else None


def _leads_to(terms, hidden, using):
    most = len(hidden) + 200
    return len(matching(terms, most=most, using=using) - hidden)


def _by_sound(term, hidden, using):
    """Return a Chinese name in Latin letters, if it is found so."""
    if term.kind == "han" and len(term.folded) < 5:
        for spelled in pinyin_terms(term.folded)[0]:
            if _leads_to(parse(spelled).wanted, hidden, using):
                return spelled
    return ""


def _nearest(term, hidden, using):
    size = len(term.folded)
    if term.kind == "han":
        slips = 1 if size < 5 else 2
    else:
        slips = 1 if size < 6 else 2 if size < 10 else 3
    words = Word.objects.using(using).filter(length__range=(size - slips, size + slips))
    near = process.extract(
        term.folded,
        sorted(set(words.values_list("word", flat=True))),
        scorer=OSA.distance,
        score_cutoff=slips,
        limit=TRIED * 4,
    )
    near.sort(key=lambda hit: (hit[1], hit[0][0] != term.folded[0], hit[0]))
    choices = []
    for word, distance, _index in near[:TRIED]:
        if word.isascii() != term.folded.isascii():
            continue
        if found := _leads_to(parse(word).wanted, hidden, using):
            choices.append((distance, word[0] != term.folded[0], -found, word))
    return min(choices)[-1] if choices else ""
