"""
Previews: the future page of a record, for staff and for whoever has a link to it.

The page is made by the kind's own view, in a block where the gate lets this record
pass (`records.previewing`). What belongs to it, such as the programme of an edition
and its sessions, is shown below the same address, and so are its uploaded files.
"""

import re
from contextlib import nullcontext
from typing import NamedTuple

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import patch_vary_headers

from records.languages import page_language
from records.models import PreviewLink, Proposal, Record, State
from records.previewing import showing
from records.views import RecordDetail

ROBOTS = "noindex, nofollow"
LINK = re.compile(r'(?<= href=")/[a-z-]+(/[a-z0-9/-]+/)(?=[?#"])')
FILE = re.compile(r'(?<=[" ])/(?=media/\S)')


class Preview(NamedTuple):
    """
    A record to be shown by a token, and the link it was shared by, if any.

    With a `proposal` it is shown as that would change it.
    """

    record: Record
    token: str
    link: PreviewLink | None
    may_edit: bool
    proposal: Proposal | None = None

    @property
    def edit_url(self):
        """The address of its form in the admin, or of where it is decided about."""
        thing = self.proposal or self.record
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_change"
        return reverse(name, args=[thing.pk])

    def tried(self):
        """Return a context that gives the record to show, as it is proposed."""
        return self.proposal.tried() if self.proposal else nullcontext(self.record)

    @property
    def standing(self):
        """A word for what the public sees of it now: its state, or "scheduled"."""
        record = self.record
        with showing(()):  # Asked for while the page shows the record as public.
            if type(record).objects.published().filter(pk=record.pk).exists():
                return "public"
        return "hidden" if record.state == State.PUBLISHED else record.state


def token_for_staff(thing):
    """
    Return the token of a record or a proposal, for staff who may view the record.

    It is no secret: it takes their being signed in.
    """
    return f"{thing._meta.label_lower}.{thing.pk}"


def may(user, action, record):
    """Tell whether somebody signed in as staff may do this to a record."""
    code = get_permission_codename(action, record._meta)
    allowed = user.has_perm(f"{record._meta.app_label}.{code}")
    return user.is_active and user.is_staff and allowed


def preview(request, token, page=""):
    """Show what a token stands for, or the page of something that belongs to it."""
    found = opened(request.user, token)
    try:
        if isinstance(found, Preview):
            response = shown(request, found, page)
        else:
            response = not_shown(request, 410 if found else 404, link=found)
    except ValidationError as error:
        response = not_shown(request, 409, faults=error.messages)
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = ROBOTS
    response["Referrer-Policy"] = "no-referrer"
    patch_vary_headers(response, ["Cookie"])
    return response


def not_shown(request, status, **context):
    """Return the page that says why there is no preview."""
    context |= {"robots": ROBOTS}
    return render(request, "records/no_preview.html", context, status=status)


def opened(user, token):
    """Return a `Preview`, the `PreviewLink` that works no more, or None."""
    link = PreviewLink.find(token)
    if link and not (link.is_working and link.is_later_than_withdrawal):
        return link
    thing = link.record if link else for_staff(token)
    proposal = thing if isinstance(thing, Proposal) else None
    record = proposal.record if proposal else thing
    if not isinstance(record, Record):
        return None
    may_edit = may(user, "change", record)
    if not (link or may_edit or may(user, "view", record)):
        return None
    return Preview(record, token, link, may_edit, proposal)


def for_staff(token):
    """Return the record or the waiting proposal of a token for staff, else None."""
    label, _dot, key = token.rpartition(".")
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    if not (key.isascii() and key.isdigit() and len(key) < 19):
        return None
    if model is Proposal:
        return Proposal.objects.waiting().filter(pk=key).first()
    return issubclass(model, Record) and model._base_manager.filter(pk=key).first()


def shown(request, preview, page):
    """Return the page of the record, or of what belongs to it, as it will be."""
    with preview.tried() as record:
        together = [record, *record.previewed_with()]
        with showing(together):
            return made(request, preview, together, page)


def made(request, preview, together, page):
    """Return a page of the first of the records shown together, by its own view."""
    if page.startswith("media/"):  # a picture or a document of one of them
        file = resolve(f"/{page}")
        return file.func(request, **file.kwargs)
    record = together[0]
    addresses = {one.address for one in together}
    path = f"/{page}" if page else record.address
    if whole(path) not in addresses or not path.endswith("/"):
        raise Http404
    try:
        found = resolve(f"/{page_language()}{path}")
    except Resolver404 as error:
        raise Http404 from error
    view = getattr(found.func, "view_class", None)
    if not (view and issubclass(view, RecordDetail)):
        raise Http404
    told = {"preview": preview, "robots": ROBOTS}
    response = view.as_view(extra_context=told)(request, **found.kwargs)
    response = response.render() if hasattr(response, "render") else response
    prefix = reverse("preview", args=[preview.token])[:-1]

    def within(link):
        return prefix + link[1] if whole(link[1]) in addresses else link[0]

    html = LINK.sub(within, response.content.decode())
    response.content = FILE.sub(f"{prefix}/", html)
    return response


def whole(path):
    """Return the address of the record that a path without language is a page of."""
    return "/".join(path.split("/")[:3]) + "/"
