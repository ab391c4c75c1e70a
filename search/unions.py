"""Facts about records of many kinds, by one query for all of them."""

from django.db.models import BigIntegerField, CharField, QuerySet
from django.db.models.functions import Cast

from search.kinds import KINDS

FEW = 1000  # keys that are named to the database


def pks_by_kind(ids):
    """Return {word of the kind: primary keys, a `BitMap`} of the documents."""
    found = {kind.word: kind.pks(ids) for kind in KINDS}
    return {word: pks for word, pks in found.items() if pks}


def among(rows, path, pks):
    """Keep the rows of these keys, if they are few enough to be named."""
    return rows.filter(**{f"{path}__in": list(pks)}) if len(pks) <= FEW else rows


def key(path):
    return Cast(path, BigIntegerField())


def text(expression):
    return Cast(expression, CharField())


def columns(rows, *expressions):
    """Return the rows with these columns alone, by names that every kind has."""
    names = [f"column_{n}" for n in range(len(expressions))]
    rows = rows.annotate(**dict(zip(names, expressions, strict=True)))
    # Not a queryset of translated models: it would shuffle the columns.
    return QuerySet(rows.model, rows.query).values_list(*names)


def union(arms):
    """Return the rows of all arms, which have the same columns."""
    return arms[0].union(*arms[1:], all=True) if arms else ()
