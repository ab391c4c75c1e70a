"""Records that are narrower than others, put together as a tree."""

from collections.abc import Iterable


def grow(records: Iterable) -> list:
    """
    Return the roots; each record gets `above` and `branches`, in the given order.

    A record whose broader one is not among them is a root.
    """
    records = list(records)
    by_key = {record.pk: record for record in records}
    for record in records:
        record.above = by_key.get(record.parent_id)
        record.branches = []
    for record in records:
        if record.above:
            record.above.branches.append(record)
    return [record for record in records if not record.above]


def with_narrower(record) -> list:
    """Return a record of a grown tree and all that is below it."""
    found, seen = [], set()
    todo = [record]
    while todo:
        one = todo.pop()
        if one.pk not in seen:
            seen.add(one.pk)
            found.append(one)
            todo.extend(one.branches)
    return found


def lineage(record) -> list:
    """Return what is above a record of a grown tree, the broadest first."""
    above, seen = [], {record.pk}
    while (record := record.above) and record.pk not in seen:
        seen.add(record.pk)
        above.insert(0, record)
    return above


def count_within(records: Iterable, name: str) -> None:
    """
    Give each record of a grown tree `<name>_count`, by one query.

    It says how many published related records it or anything narrower has, each
    counted once.
    """
    records = list(records)
    if not records:
        return
    field = records[0]._meta.get_field(name)
    related = field.related_model.objects.published().order_by()
    held = {record.pk: set() for record in records}
    for owner, pk in related.values_list(field.remote_field.name, "pk"):
        if owner in held:
            held[owner].add(pk)
    for record in records:
        within = set().union(*(held[r.pk] for r in with_narrower(record)))
        setattr(record, f"{name}_count", len(within))
