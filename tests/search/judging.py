"""How good the order of results is, by what people said must come first."""

import csv
from pathlib import Path

from search.models import Document

JUDGED = Path(__file__).parent / "judged.csv"


def judged():
    """Return [(query, records of which one must be first, records of the top five)]."""
    with JUDGED.open(newline="", encoding="utf-8") as lines:
        return [
            (row["query"], row["first"].split("|"), row["top_five"].split())
            for row in csv.DictReader(lines)
        ]


def judge():
    """Return (mean reciprocal rank, [(query, what is wrong)])."""
    total, wrong = 0.0, []
    for query, first, top_five in judged():
        found = [
            f"{hit.kind}/{hit.slug}" for hit in Document.objects.search(query)[:20]
        ]
        rank = min((found.index(r) + 1 for r in first if r in found), default=0)
        total += 1 / rank if rank else 0
        if rank != 1:
            wrong.append((query, f"{first} is at {rank}, first is {found[:1]}"))
        wrong += [
            (query, f"{record} is not in the top five")
            for record in top_five
            if record not in found[:5]
        ]
    return total / len(judged()), wrong
