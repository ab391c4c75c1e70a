"""
Since when a record is as it is for harvesters.

The datestamp of a record is the last change of what the public may see of it there:
of its own fields and parts, by their history, of the records that it names, and the
moment when an embargo of any of these passed.
"""

from django.db.models import F, Func, OuterRef, Q, Subquery

from organizations.models import Organization, Person
from sessions.models import EditionDay, Outcome, Session
from topics.models import Mineral, Regulation, Topic

# Of each kind, what its Dublin Core tells of: parts, and records by their paths
PARTS = {
    Session: ["contributions"],
    Person: ["affiliations"],
    Regulation: ["milestones", "identifiers", "issuing_bodies", "relations"],
}
SUBJECTS = ["topics", "minerals", "stages"]
NAMED = {
    Session: [
        "edition",
        "contributions__person",
        "contributions__organization",
        "regulations",
        *SUBJECTS,
    ],
    Person: ["affiliations__organization"],
    Organization: ["parent"],
    Topic: ["parent"],
    Mineral: ["parent"],
    Regulation: ["issuing_bodies__organization", "relations__target", *SUBJECTS],
    Outcome: [
        "edition",
        "session",
        "session__edition",
        "organizations",
        "people",
        "topics",
    ],
}


def moments(model, now):
    """
    Yield (queryset, its field of a record's key, its field of a moment).

    Each row of a queryset is a change of that record at that moment.
    """
    every = model.objects.order_by()
    yield every, "pk", "updated_at"
    yield every.filter(publish_at__lte=now), "pk", "publish_at"
    yield versions(model), "id", "history_date"
    for name in PARTS.get(model, ()):
        field = model._meta.get_field(name)
        key = field.remote_field.get_attname()
        yield versions(field.related_model), key, "history_date"
    if model is Session:
        past = versions(EditionDay).filter(id=OuterRef("day"))
        days = every.annotate(_day=Subquery(latest(past, "history_date")))
        yield days, "pk", "_day"
    for path in NAMED.get(model, ()):
        yield every, "pk", f"{path}__updated_at"
        passed = every.filter(**{f"{path}__publish_at__lte": now})
        yield passed, "pk", f"{path}__publish_at"


def versions(model):
    return model.history.model.objects.order_by()


def latest(rows, field):
    """Return the one row with the greatest value of a field, as a subquery."""
    return rows.annotate(_latest=Func(F(field), function="MAX")).values("_latest")


def changed_since(model, moment, now):
    """Return the condition that the datestamp is that moment or later."""
    found = Q()
    for rows, key, field in moments(model, now):
        since = rows.filter(**{f"{field}__gte": moment})
        found |= Q(pk__in=since.values(key))
    return found


def with_datestamps(records, now):
    """Fetch what `datestamp()` needs; no query more."""
    found = {}
    for rows, key, field in moments(records.model, now):
        own = rows.filter(**{key: OuterRef("pk")})
        found[f"_at_{len(found)}"] = Subquery(latest(own, field))
    return records.annotate(**found)


def datestamp(record):
    """Return when a record from `with_datestamps()` was changed last."""
    return max(at for name, at in vars(record).items() if name[:4] == "_at_" and at)
