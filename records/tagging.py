"""What rows are tagged with, written for many rows at once."""

from django.db import models

AT_ONCE = 1000  # rows written by one statement


def set_tags(field, wanted):
    """
    Tag rows, given as {key: keys of what they are tagged with}; return whose changed.

    Two queries for each thousand rows, and no version is kept: who calls does that.
    """
    through = field.remote_field.through
    names = [field.m2m_field_name(), field.m2m_reverse_field_name()]
    owner, target = (through._meta.get_field(name).attname for name in names)
    rows = models.QuerySet(through)
    then, now = {(pk, tag) for pk, tags in wanted.items() for tag in tags}, {}
    pks = list(wanted)
    for start in range(0, len(pks), AT_ONCE):
        there = rows.filter(**{f"{owner}__in": pks[start : start + AT_ONCE]})
        for key, one, other in there.values_list("pk", owner, target):
            now[one, other] = key
    extra = [key for pair, key in now.items() if pair not in then]
    for start in range(0, len(extra), AT_ONCE):
        rows.filter(pk__in=extra[start : start + AT_ONCE]).delete()
    missing = sorted(then - now.keys())
    rows.bulk_create(
        [through(**{owner: one, target: other}) for one, other in missing],
        batch_size=AT_ONCE,
    )
    return {pair[0] for pair in then ^ now.keys()}
