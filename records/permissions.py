"""Who may do what with a record, beyond what Django's permissions tell by kind."""

from django.contrib.auth import get_permission_codename
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils import timezone

from records.models import Record, State
from records.past_public import was_shown_elsewhere


def _may(user, action, thing):
    opts = thing._meta
    name = get_permission_codename(action, opts)
    return user.is_active and user.has_perm(f"{opts.app_label}.{name}")


def may_publish(user, thing):
    """Tell whether somebody may make records of a kind public; model or record."""
    return _may(user, "publish", thing)


def may_withdraw(user, thing):
    """Tell whether somebody may take records of a kind back; model or record."""
    return _may(user, "withdraw", thing)


def was_seen(record, at=None):
    """
    Tell whether the public may have seen a record, or did before.

    What is part of a whole that was never public may have been part of another.
    """
    if not record.was_public(at):
        return False
    whole = getattr(record, record.part_of) if record.part_of else None
    return whole is None or was_seen(whole, at) or was_shown_elsewhere(record, at)


def is_decided(thing):
    """
    Tell whether a publisher has had a say about it: a change needs one again.

    So it is for a record that is published, scheduled or withdrawn, or that the public
    has seen; and for a source that such a record cites.
    """
    if isinstance(thing, Record):
        return thing.state != State.DRAFT or was_seen(thing)
    citations = getattr(thing, "citations", None)
    if citations is None:
        return False
    kinds = {}
    for kind, pk in citations.values_list("content_type", "object_id"):
        kinds.setdefault(kind, []).append(pk)
    undecided = Q(state=State.DRAFT) & ~Q(first_published_at__lte=timezone.now())
    return any(
        ContentType.objects.get_for_id(kind)
        .model_class()
        ._base_manager.filter(~undecided, pk__in=pks)
        .exists()
        for kind, pks in kinds.items()
    )


def may_change_now(user, thing):
    """
    Tell whether somebody may change a record or a source at once.

    Who may not, but may change its kind, proposes: see `records.models.Proposal`.
    """
    if not _may(user, "change", thing):
        return False
    return may_publish(user, thing) or not is_decided(thing)


def may_delete(user, record):
    """Tell whether somebody may delete a record: only what was never public."""
    if not _may(user, "delete", record) or was_seen(record):
        return False
    return record.state == State.DRAFT or may_withdraw(user, record)
