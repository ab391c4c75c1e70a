"""
Which documents hold what a query asks for, the same on both databases.

Nothing is ranked here, so even a very common term costs little: SQLite and
PostgreSQL each return the ids of all matches.
"""

import json
from array import array

from django.db import connections
from django.db.models import Q
from pyroaring import BitMap

from search.kinds import BY_WORD, SPAN
from search.models import Document
from search.triggers import COLUMNS
from sessions.models import Edition

HEAD = COLUMNS[:2]
NEWEST = "newest"  # in what a record is called; of sessions only the newest
SESSIONS = BY_WORD["sessions"]

MOST_READ = 3000  # documents in which a phrase is looked for word by word


def matching(wanted, unwanted=(), *, head=False, most=None, using="default"):
    """
    Return the ids of the documents with all the wanted terms, as a `BitMap`.

    With `head`, in what a record is called: its title, other names, identifiers.
    With `most`, any that many. Where the words of a phrase are together in more
    than `MOST_READ` documents, that they stand side by side is not looked at.
    """
    if not wanted:
        return BitMap()
    phrases = [term.phrase for term in wanted if term.phrase]
    plain = [term for term in unwanted if not term.phrase]
    without = [term for term in unwanted if term.phrase]
    ids = _find(wanted, plain, head, None if phrases or without else most, using)
    if phrases and len(ids) <= MOST_READ:
        for phrase in phrases:
            ids = _holding(phrase, ids, head, using)
    for term in without:
        together = _find([*wanted, term], plain, head, None, using)
        if len(together) <= MOST_READ:
            together = _holding(term.phrase, together, head, using)
        ids -= together
    return ids


def newest(wanted, unwanted, kept, most, *, using="default"):
    """
    Return `kept(ids)` of the documents that are called by all the wanted terms.

    Of the sessions, of which there may be very many, at least the `most` newest.
    `kept` is a function that leaves some of the ids of a `BitMap`.
    """
    if not any(term.phrase for term in (*wanted, *unwanted)):
        asked = most + 20  # for some may not be kept
        ids = _find(wanted, unwanted, NEWEST, asked, using) if wanted else BitMap()
        left = kept(ids)
        if len(SESSIONS.among(ids)) < asked or len(SESSIONS.among(left)) >= most:
            return left
    return kept(matching(wanted, unwanted, head=True, using=using))


def _find(wanted, unwanted, head, most, using):
    connection = connections[using]
    find = _postgresql if connection.vendor == "postgresql" else _sqlite
    with connection.cursor() as cursor:
        return find(cursor, wanted, unwanted, head, most)


def _holding(phrase, ids, head, using):
    """Return those of the ids whose terms hold the phrase, side by side."""
    holds = Q()
    for column in HEAD if head else COLUMNS:
        holds |= Q(**{f"{column}__contains": phrase})
    found = Document.objects.using(using).filter(holds, pk__in=list(ids)).order_by()
    return BitMap(list(found.values_list("pk", flat=True)))


def _groups(terms, write, both, either):
    """Return the expression of each term: all tokens of any one of its ways."""
    return [
        "("
        + f" {either} ".join(
            "(" + f" {both} ".join(write(token) for token in way) + ")"
            for way in term.ways
            if (*way[:-1], f"{way[-1]}*") not in term.ways  # which finds it, too
        )
        + ")"
        for term in terms
    ]


def _quoted(mark, star):
    def write(token):
        word = token.removesuffix("*").replace(mark, "")
        return f"{mark}{word}{mark}{star if token.endswith('*') else ''}"

    return write


def _sqlite(cursor, wanted, unwanted, head, most):
    write = _quoted('"', "*")
    expression = f"({' AND '.join(_groups(wanted, write, 'AND', 'OR'))})"
    if head:
        expression = f"{{{' '.join(HEAD)}}} : {expression}"
    for other in _groups(unwanted, write, "AND", "OR"):
        expression = f"({expression}) NOT {other}"
    sql, asked = "SELECT rowid FROM search_fts WHERE search_fts MATCH %s", 1
    if head == NEWEST:
        first, after = SESSIONS.document_id(0), SESSIONS.document_id(SPAN)
        last = f"{sql} AND rowid BETWEEN {first} AND {after - 1} ORDER BY rowid DESC"
        parts = f"{sql} AND rowid < {first}", f"{sql} AND rowid >= {after}"
        sql = " UNION ALL ".join((*parts, f"SELECT * FROM ({last} LIMIT {most:d})"))
        asked = 3
    elif most:
        sql += f" LIMIT {most:d}"
    # One text is read much faster than as many rows.
    cursor.execute(f"SELECT group_concat(rowid) FROM ({sql})", [expression] * asked)
    return BitMap(json.loads(f"[{cursor.fetchone()[0] or ''}]"))


def _postgresql(cursor, wanted, unwanted, head, most):
    write = _quoted("'", ":*")
    expression = f"({' & '.join(_groups(wanted, write, '&', '|'))})"
    expression += "".join(f" & !{o}" for o in _groups(unwanted, write, "&", "|"))
    functions = {False: "search_everything", True: "search_head"}
    function = functions.get(head, "search_newest")
    cursor.execute(f"SELECT {function}(%s::tsquery, %s)", [expression, most])
    ids = array("I", bytes(cursor.fetchone()[0] or b""))
    ids.byteswap()  # PostgreSQL packs numbers the other way round
    return BitMap(ids)


def hidden(at, using="default"):
    """Return the ids of the documents that the public may not see at that moment."""
    editions = Edition.objects.using(using).order_by()
    public = editions.published(at).values("pk")
    others = list(editions.exclude(pk__in=public).values_list("pk", flat=True))
    condition = Q(visible_from__gt=at)
    if others:
        condition |= Q(edition_id__in=others)
    # Not ordered: to order by id, SQLite would read all documents.
    found = Document.objects.using(using).filter(condition).order_by()
    return BitMap(list(found.values_list("pk", flat=True)))
