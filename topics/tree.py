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


def related(key: int, parents: dict, children: dict) -> set:
    """
    Return the keys of what is above and below one.

    By {key: that of its parent} and {key: those right below it}. A parent that is no
    key itself is not among them.
    """
    below, above = set(), set()
    todo = [key]
    while todo:
        more = set(children.get(todo.pop(), ())) - below
        below |= more
        todo.extend(more)
    parent = parents.get(key)
    while parent in parents and parent not in above:
        above.add(parent)
        parent = parents[parent]
    return (above | below) - {key}
