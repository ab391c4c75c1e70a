"""Results in another order than the best first: by name, or the newest first."""

import datetime

from django.db.models import F, IntegerField, Max, Q, Value
from django.db.models.functions import Cast
from django.utils import timezone

from search.kinds import BY_WORD
from search.unions import among, columns, key, pks_by_kind, union

LAST = "\U0010ffff"
DATED = {"editions": "", "sessions": "edition__", "outcomes": "edition__"}


def by_name(results):
    """Return the results by name, as readers of the page's language sort."""
    return _by(results, pks_by_kind(results.ids), ["sort_key"], LAST)


def newest_first(results):
    """
    Return the results with what is dated latest first.

    A regulation is dated by its latest milestone that has come, what belongs to
    an edition by that edition; what has no date comes last.
    """
    pks = pks_by_kind(results.ids)
    dated = {kind: pks[kind] for kind in (*DATED, "regulations") if kind in pks}

    def days_ago(date, year):
        if date is None and year is None:
            return None
        return -(date or datetime.date(year, 1, 1)).toordinal()

    return _by(results, dated, ["dated", "of_year"], 0, days_ago)


def _by(results, pks, names, last, rank=lambda value: value):
    """Order the results by what one query says of their records."""
    arms = [
        columns(_with(names, kind, keys), Value(kind), key("pk"), *map(F, names))
        for kind, keys in pks.items()
    ]
    ranks = {
        BY_WORD[kind].document_id(pk): rank(*rest) for kind, pk, *rest in union(arms)
    }
    return results.by(lambda i: last if ranks.get(i) is None else ranks[i])


def _with(names, kind, pks):
    """Return the records of a kind, annotated with what they lack."""
    records = among(BY_WORD[kind].model.objects.order_by(), "pk", pks)
    if "dated" not in names:
        return records
    if kind == "regulations":
        past = Q(milestones__date__lte=timezone.localdate())
        date = Max("milestones__date", filter=past)
        year = Cast(Value(None), IntegerField())
    else:
        date = F(f"{DATED[kind]}starts_on")
        year = Cast(f"{DATED[kind]}year", IntegerField())
    return records.annotate(dated=date, of_year=year)
