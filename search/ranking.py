"""
Which of the matching documents comes first: counted here, alike on both databases.

An exact name or identifier comes first; then what is in the title, other names,
the names of those who took part, the text. Only so many candidates are looked at
closely; the rest follow by kind, the newest first.
"""

from math import log2

from django.db.models.functions import Substr
from pyroaring import BitMap

from search.kinds import KINDS, SPAN
from search.models import Document

MOST_CANDIDATES = 200
OF_EACH_KIND = 20  # at least, so that one kind does not crowd the others out
LENGTH_READ = 3000  # of the terms of a text

EXACT_TITLE, EXACT_NAME = 110, 100
TITLE, NAME, PEOPLE, BODY = 10, 7.5, 4, 2
SHORT = 24  # terms of a title; each in a longer one, such as a statement, says less
KIND = {1: 1.5, 2: 1.8, 3: 1.8, 4: 1.8, 5: 1.5, 6: 1.5, 7: 1.5, 8: 0.5, 9: 0.0}


def newest_first(ids):
    """Return the ids of a `BitMap` by kind, the newest of a kind first."""
    return [i for kind in KINDS for i in reversed(kind.among(ids))]


def candidates(ids, most=MOST_CANDIDATES):
    """Return the ids to look at closely: some of each kind, the newest."""
    if len(ids) <= most:
        return BitMap(ids)
    chosen = BitMap()
    for kind in KINDS:
        chosen |= kind.among(ids)[-OF_EACH_KIND:]
    for kind in KINDS:
        if (left := most - len(chosen)) > 0:
            chosen |= kind.among(ids - chosen)[-left:]
    return chosen


def scores(ids, query, *, body=True, using="default"):
    """Return {id: score} of these documents, in one query."""
    columns = ["id", "names", "title_terms", "name_terms"]
    rows = Document.objects.using(using).filter(pk__in=list(ids)).order_by()
    if body:
        rows = rows.annotate(start=Substr("body_terms", 1, LENGTH_READ))
        columns += ["people_terms", "start"]
    return {
        row[0]: _score(*row[:4], *(row[4:] or ("", "")), query)
        for row in rows.values_list(*columns)
    }


def _score(pk, names, title, name, people, body, query):
    if any(f" {exact} " in title for exact in query.exact):
        return EXACT_TITLE + KIND[pk // SPAN]
    if any(f" {exact} " in name for exact in query.exact + query.number):
        return EXACT_NAME + KIND[pk // SPAN] + _as_written(query.text, names)
    wanted = query.wanted
    score = KIND[pk // SPAN]
    total = sum(term.weight for term in wanted) or 1
    in_title = TITLE * min(1.0, max(0.5, SHORT / (1 + title.count(" "))))
    for term in wanted:
        best = max(
            in_title * found(term, title),
            NAME * found(term, name),
            PEOPLE * found(term, people),
            BODY * found(term, body),
        )
        score += best * term.weight / total
    reading = f" {' '.join(t for term in wanted for t in term.ways[0])} "
    score += max(
        6 * _cover(wanted, title, reading), 4.5 * _cover(wanted, name, reading)
    )
    times = min((_times(term, body) for term in wanted), default=0)
    return score + min(2.0, 0.5 * log2(1 + times))


def _as_written(text, names):
    """Return how much a name is written like that: "EU" is no europium, nor is "eu"."""
    lines = names.split("\n")
    return 1.0 if text in lines else 0.5 * (text.upper() in lines)


def found(term, terms):
    """Return how well a term is found: 1 as it is, less as a beginning or sound."""
    if term.phrase:
        return 1.0 if term.phrase in terms else 0.0
    for i, way in enumerate(term.ways):
        if all(_has(token, terms) for token in way):
            return 1.0 if i == 0 else 0.8
    return 0.0


def _has(token, terms):
    if token.endswith("*"):
        return f" {token[:-1]}" in terms
    return f" {token} " in terms


def _cover(wanted, terms, reading):
    """Return how much of one name the query is, from 0 to 1.4 if in its order."""
    if not all(found(term, terms) for term in wanted):
        return 0.0
    inline, _bar, further = terms.partition(" || ")
    best = 0.0
    for segment in inline.split(" | "):
        padded = f" {segment.strip()} "
        if all(found(term, padded) for term in wanted):
            asked = sum(len(term.ways[0]) for term in wanted)
            part = min(1.0, asked / max(1, padded.count(" ") - 1))
            order = 0.3 if reading in padded else 0.15 * (reading[:-1] in padded)
            order += 0.1 * padded.startswith(reading[:-1])
            best = max(best, 0.1 + 0.9 * part + order)
    if not best and further and all(found(term, f" {further}") for term in wanted):
        # By sound or in another writing: the shorter the name, the nearer.
        best = 2 / (2 + inline.count(" "))
    return best


def _times(term, body):
    if term.phrase:
        return body.count(term.phrase)
    return min(
        (body.count(f" {token.removesuffix('*')}") for token in term.ways[0]),
        default=0,
    )
