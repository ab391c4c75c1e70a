"""
What writes the sign-in log: Django tells of sign-ins and of changed rights.

Whoever makes the change, a page, a command or the shell, it is heard here.
"""

from axes.signals import user_locked_out
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import (
    user_logged_in,
    user_logged_out,
    user_login_failed,
)
from django.db.models.signals import m2m_changed, post_save, pre_save
from django.utils import timezone
from simple_history.models import HistoricalRecords

from forum_portal.signing_in.models import FLAGS, SecurityEvent
from records.clients import agent_of, ip_of

Kind = SecurityEvent.Kind
SIGNS = {"post_add": "+", "post_remove": "−", "pre_clear": "−"}
FIELDS = [m2m.field for m2m in (User.groups, User.user_permissions, Group.permissions)]


def listen():
    """Connect everything below, once."""
    user_logged_in.connect(signed_in)
    user_logged_out.connect(signed_out)
    user_login_failed.connect(failed)
    user_locked_out.connect(locked)
    pre_save.connect(account_changes, sender=User)
    post_save.connect(account_made, sender=User)
    for field in FIELDS:
        m2m_changed.connect(rights_changed, sender=field.remote_field.through)


def signed_in(sender, request, user, **kwargs):
    request.session["signed_in"] = {
        "at": timezone.now().isoformat(),
        "ip": ip_of(request),
        "agent": agent_of(request),
    }
    SecurityEvent.note(Kind.SIGNED_IN, user.username, request=request, by=user)


def signed_out(sender, request, user, **kwargs):
    if user:
        SecurityEvent.note(Kind.SIGNED_OUT, user.username, request=request, by=user)


def failed(sender, credentials, request=None, **kwargs):
    if not getattr(request, "axes_locked_out", None):
        SecurityEvent.note(Kind.FAILED, credentials.get("username"), request=request)


def locked(sender, request, username, **kwargs):
    SecurityEvent.note(Kind.LOCKED, username, request=request)


def account_changes(sender, instance, raw=False, update_fields=None, **kwargs):
    watched = {*FLAGS, "password"} & set(update_fields or [*FLAGS, "password"])
    before = not raw and watched and User.objects.filter(pk=instance.pk).first()
    if not before:
        return
    if "password" in watched and before.password != instance.password:
        _note(Kind.PASSWORD, instance.username)
    changed = [
        f"{name}: {getattr(before, name)} → {getattr(instance, name)}"
        for name in FLAGS
        if name in watched and getattr(before, name) != getattr(instance, name)
    ]
    if changed:
        _note(Kind.RIGHTS, instance.username, ", ".join(changed))


def account_made(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        given = ", ".join(name for name in FLAGS[1:] if getattr(instance, name))
        _note(Kind.ACCOUNT, instance.username, given)


def rights_changed(sender, instance, action, reverse, model, pk_set, **kwargs):
    sign = SIGNS.get(action)
    # Roles get their rights from the program when it is installed.
    if not sign or (sender is Group.permissions.through and _request() is None):
        return
    if pk_set is None:  # all of them
        field = next(one for one in FIELDS if one.remote_field.through is sender)
        name = field.remote_field.get_accessor_name() if reverse else field.name
        others = list(getattr(instance, name).all())
    else:
        others = list(model.objects.filter(pk__in=pk_set))
    if reverse:
        for one in others:
            _note(Kind.RIGHTS, str(one), f"{sign} {instance}")
    elif others:
        _note(Kind.RIGHTS, str(instance), f"{sign} {', '.join(map(str, others))}")


def _note(kind, username, detail=""):
    request = _request()
    user = getattr(request, "user", None)
    by = user if getattr(user, "pk", None) else None
    SecurityEvent.note(kind, username, request=request, by=by, detail=detail)


def _request():
    # What answers now keeps its request there, so that history knows who did it.
    return getattr(HistoricalRecords.context, "request", None)
