"""
Which documents hold what a query asks for, the same on both databases.

Nothing is ranked here, so even a very common term costs little: SQLite and
PostgreSQL each return the ids of all matches.
"""

from array import array

from django.db import connections
from django.db.models import Q

from search.models import Document
from search.triggers import COLUMNS
from sessions.models import Edition

HEAD = COLUMNS[:2]


def matching(wanted, unwanted=(), *, head=False, most=None, using="default"):
    """
    Return the ids of the documents with all the wanted terms, in no order.

    With `head`, in what a record is called: its title, other names, identifiers.
    With `most`, any that many.
    """
    if not wanted:
        return []
    connection = connections[using]
    find = _postgresql if connection.vendor == "postgresql" else _sqlite
    phrases = [term.phrase for term in wanted if term.phrase]
    without = [term.phrase for term in unwanted if term.phrase]
    plain = [term for term in unwanted if not term.phrase]
    with connection.cursor() as cursor:
        return find(cursor, wanted, plain, phrases, without, head, most)


def _groups(terms, write, both, either):
    """Return the expression of each term: all tokens of any one of its ways."""
    return [
        "("
        + f" {either} ".join(
            "(" + f" {both} ".join(write(token) for token in way) + ")"
            for way in term.ways
        )
        + ")"
        for term in terms
    ]


def _quoted(mark, star):
    def write(token):
        word = token.removesuffix("*").replace(mark, "")
        return f"{mark}{word}{mark}{star if token.endswith('*') else ''}"

    return write


def _sqlite(cursor, wanted, unwanted, phrases, without, head, most):
    write = _quoted('"', "*")
    expression = f"({' AND '.join(_groups(wanted, write, 'AND', 'OR'))})"
    if head:
        expression = f"{{{' '.join(HEAD)}}} : {expression}"
    for other in _groups(unwanted, write, "AND", "OR"):
        expression = f"({expression}) NOT {other}"
    sql, params = "SELECT rowid FROM search_fts WHERE search_fts MATCH %s", [expression]
    if phrases or without:
        text = " || ".join(f"d.{column}" for column in (HEAD if head else COLUMNS))
        sql = (
            "SELECT d.id FROM search_fts JOIN search_document d "
            "ON d.id = search_fts.rowid WHERE search_fts MATCH %s"
            + f" AND instr({text}, %s) > 0" * len(phrases)
            + f" AND instr({text}, %s) = 0" * len(without)
        )
        params += [*phrases, *without]
    cursor.execute(sql + (f" LIMIT {most:d}" if most else ""), params)
    return [row[0] for row in cursor.fetchall()]


def _postgresql(cursor, wanted, unwanted, phrases, without, head, most):
    write = _quoted("'", ":*")
    expression = f"({' & '.join(_groups(wanted, write, '&', '|'))})"
    expression += "".join(f" & !{o}" for o in _groups(unwanted, write, "&", "|"))
    function = "search_head" if head else "search_everything"
    cursor.execute(
        f"SELECT {function}(%s::tsquery, %s::text[], %s::text[], %s)",
        [expression, phrases, without, most],
    )
    ids = array("q", bytes(cursor.fetchone()[0] or b""))
    ids.byteswap()
    return ids.tolist()


def hidden(at, using="default"):
    """Return the ids of the documents that the public may not see at that moment."""
    editions = Edition.objects.using(using)
    public = set(editions.published(at).order_by().values_list("pk", flat=True))
    others = [
        pk
        for pk in editions.order_by().values_list("pk", flat=True)
        if pk not in public
    ]
    condition = Q(visible_from__gt=at)
    if others:
        condition |= Q(edition_id__in=others)
    # Not ordered: to order by id, SQLite would read all documents.
    found = Document.objects.using(using).filter(condition).order_by()
    return set(found.values_list("pk", flat=True))
