"""The pages of the programme desk. Each checks who may do what, session by session."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext

from records.admin import RowForm, both, field_label
from records.operations import recording
from records.permissions import may_change_now
from sessions.desk.copying import CopyForm, copied
from sessions.desk.grid import board_of
from sessions.desk.rows import CELLS, label_of, values_of
from sessions.desk.shifts import NO_DAY, DayForm, ShiftForm, confirmed
from sessions.desk.table import EMPTY, MOST_EMPTY, Table, saved
from sessions.models import Edition, Session
from sessions.models.timetable import REASON_WANTED, lacks_reason

TEMPLATES = "admin/forum_sessions/desk"
MOST_ROWS = 300  # in one table; of a larger edition each day has one
PERMISSIONS = ("forum_sessions.view_edition", "forum_sessions.view_session")


def edition_for(request, pk):
    """Return the edition whose desk is asked for, or refuse."""
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
    return get_object_or_404(Edition, pk=pk)


def page(site, request, edition, template, title, **context):
    context |= {
        **site.each_context(request),
        "opts": Edition._meta,
        "edition": edition,
        "title": title,
        "may_copy": request.user.has_perm("forum_sessions.add_edition"),
        "may_move_days": may_change_now(request.user, edition),
    }
    return TemplateResponse(request, f"{TEMPLATES}/{template}.html", context)


def desk(site, request, pk):
    """Show the table of an edition's sessions; check or save what comes back."""
    edition = edition_for(request, pk)
    empty = _number(request.GET.get("rows"), EMPTY, MOST_EMPTY)
    wants_json = request.headers.get("Accept") == "application/json"
    done = None
    if request.method == "POST" and "check" not in request.POST:
        table, done = saved(edition, request.user, request.POST, empty)
        if done is not None and not wants_json:
            _tell(request, done)
            return redirect(_next(request, edition))
    else:
        table = Table(edition, request.user, empty)
        if request.method == "POST":
            table.take(request.POST)
    table.look_for_clashes()
    if wants_json:
        return JsonResponse(_told(table, done))
    days = _days(table)
    asked = request.GET.get("day", "")
    if not asked and len(table.rows) > MOST_ROWS:
        asked = days[0][0]
    context = {
        "table": table,
        "rows": [
            (number, row)
            for number, row in enumerate(table.rows, 1)
            if not asked or row.mine or _day_of(row.session) == asked
        ],
        "new": list(enumerate(table.new, len(table.rows) + 1)),
        "labels": [label_of(name) for name in CELLS],
        "days": days,
        "asked": asked,
        "whole": len(table.rows) <= MOST_ROWS,
        "read_only": sum(not row.may_change for row in table.rows),
        "more": min(empty + 10, MOST_EMPTY),
    }
    return page(site, request, edition, "table", gettext("Programme desk"), **context)


def grid(site, request, pk):
    """Show a day as a grid whose blocks are moved; the table's view saves them."""
    edition = edition_for(request, pk)
    table = Table(edition, request.user, empty=0)
    days = _days(table)
    keys = dict(days)
    asked = request.GET.get("day") or (days[0][0] if days else NO_DAY)
    if asked not in {NO_DAY, *keys}:
        raise Http404
    numbers = {str(day.number): day for day in table.choices.days.values()}
    table.look_for_clashes()
    board = board_of(table, numbers.get(asked))
    context = {"table": table, "board": board, "days": days, "asked": asked}
    return page(site, request, edition, "grid", gettext("Time grid"), **context)


def shift(site, request, pk):
    """Plan a shift of many sessions, show it, and do it when that is confirmed."""
    return _moves(site, request, pk, ShiftForm, gettext("Shift sessions"))


def day(site, request, pk):
    """The same for a day that moves to another date."""
    return _moves(site, request, pk, DayForm, gettext("Move a day"))


def _moves(site, request, pk, kind, title):
    edition = edition_for(request, pk)
    if not request.user.has_perm("forum_sessions.change_session"):
        raise PermissionDenied
    asked = request.method == "POST"
    form = kind(request.POST if asked else None, edition=edition, user=request.user)
    plan = None
    if asked and form.is_valid():
        if "confirm" in request.POST:
            plan, done = confirmed(kind, edition, request.user, request.POST)
            if done:
                _tell(request, len(plan.moves))
                return redirect("admin:forum_sessions_edition_desk", edition.pk)
            words = gettext("It has changed since it was shown. Look at it again.")
            messages.warning(request, words)
        plan = plan or form.plan()
    return page(site, request, edition, "moves", title, form=form, plan=plan)


class StatusForm(RowForm):
    class Meta:
        model = Session
        fields = ["event_status", *both("status_reason")]
        widgets = {"event_status": forms.RadioSelect}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = field_label(self._meta.model._meta.get_field(name))

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("event_status") == Session.EventStatus.SCHEDULED:
            # What takes place as planned has nothing to give reasons for.
            cleaned |= dict.fromkeys(both("status_reason"), "")
        elif lacks_reason(cleaned):
            self.add_error("status_reason_en", REASON_WANTED)
        return cleaned


def status(site, request, pk, session):
    """Cancel a session or mark it as moved, with a reason; or take that back."""
    if request.method != "POST":
        return _status(site, request, pk, session, Session.objects)
    with transaction.atomic():
        found = Session.objects.select_for_update(of=("self",))
        return _status(site, request, pk, session, found)


def _status(site, request, pk, session, found):
    edition = edition_for(request, pk)
    session = get_object_or_404(found.filter(edition=edition), pk=session)
    session.edition = edition
    if not may_change_now(request.user, session):
        raise PermissionDenied
    initial = {"event_status": Session.EventStatus.CANCELLED}
    form = StatusForm(
        request.POST if request.method == "POST" else None,
        instance=session,
        initial=initial if session.event_status == "scheduled" else None,
    )
    if form.is_valid():
        with recording("bulk", gettext("Status of “%s”") % session, request.user):
            form.save()
        words = gettext("“%(session)s”: %(status)s.")
        said = {"session": session, "status": session.get_event_status_display()}
        messages.success(request, words % said)
        return redirect(_next(request, edition))
    title = gettext("Cancel or move a session")
    shown = Session.objects.published().filter(pk=session.pk).exists()
    context = {"form": form, "session": session, "shown": shown}
    return page(site, request, edition, "status", title, **context)


def copy(site, request, pk):
    """Make a new edition from the structure of this one."""
    source = edition_for(request, pk)
    if not request.user.has_perm("forum_sessions.add_edition"):
        raise PermissionDenied
    form = CopyForm(
        request.POST if request.method == "POST" else None,
        source=source,
        may_add_sessions=request.user.has_perm("forum_sessions.add_session"),
    )
    if form.is_valid():
        edition = copied(form, request.user)
        words = gettext("“%(edition)s” is made. All of it is a draft.")
        messages.success(request, words % {"edition": edition})
        return redirect("admin:forum_sessions_edition_desk", edition.pk)
    title = gettext("New edition from this one")
    return page(site, request, source, "copy", title, form=form)


def _told(table, done):
    """Return what a page that saves by itself needs to know."""
    return {
        "saved": done,
        "errors": [
            gettext("Row %(number)d, “%(session)s”, %(cell)s: %(words)s")
            % {"number": number, "session": row.session, "cell": label, "words": words}
            for number, row, _key, label, words in table.errors
        ]
        + [
            gettext("“%(session)s” was deleted by somebody else.") % {"session": title}
            for title in table.lost
        ],
        "clashes": [str(clash) for clash in table.clashes],
        "was": {
            row.key: values_of(row.session, table.choices)
            for row in (table.changed if done else ())
        },
        "clashing": {
            row.key: row.clashes for row in (*table.rows, *table.new) if row.clashes
        },
    }


def _days(table):
    """Return [(number or "none", date)] of the days that the desk has pages for."""
    days = [(str(d.number), d.date) for d in table.choices.days.values()]
    if any(session.day is None for session in table.sessions):
        days.append((NO_DAY, None))
    return days


def _day_of(session):
    return str(session.day.number) if session.day else NO_DAY


def _next(request, edition):
    """Return the page of the desk to go back to."""
    back = request.POST.get("next", "")
    desk = reverse("admin:forum_sessions_edition_desk", args=[edition.pk])
    here = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return back if here and back.startswith(desk) else desk


def _number(text, default, most):
    known = text and text.isascii() and text.isdecimal() and len(text) < 5
    return min(int(text), most) if known else default


def _tell(request, count):
    words = ngettext("%(count)d session saved.", "%(count)d sessions saved.", count)
    if count:
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, gettext("Nothing was changed."))
