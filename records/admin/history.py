"""
The history of what is edited: one timeline of a thing and its parts, and the way back.

Who may change a thing now may bring an earlier version back; who may add one may
bring a deleted one back, as a draft unless they may publish.
"""

import datetime

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, Max, OuterRef
from django.forms.models import _get_foreign_key
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from records.admin.fields import Fields
from records.admin.gone import gone_page
from records.admin.meanwhile import NoLostUpdate
from records.admin.rows import RowForm
from records.admin.words import Names, differences, part_name, title_of
from records.files.forms import ask_again
from records.models import OperationRow
from records.models.proposals import PROPOSED
from records.permissions import may_change_now, may_publish
from records.restoring import LIFE, REASON, restore, restore_part
from records.timeline import Kind, Step, Timeline

EVENTS_SHOWN = 20


class HistoryAdmin(NoLostUpdate, Fields, admin.ModelAdmin):
    """The admin of anything whose every version is kept."""

    form = RowForm
    list_per_page = 50
    keeps_history = True

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        return [
            path("deleted/", view(self.deleted_view), name=f"{name}_deleted"),
            path(
                "<path:object_id>/history/restore/",
                view(self.restore_view),
                name=f"{name}_restore",
            ),
            *super().get_urls(),
        ]

    def render_change_form(self, request, context, *args, **kwargs):
        if request.FILES and context.get("errors"):
            # A browser sends a chosen file once, and keeps nothing of it.
            ask_again([context["adminform"].form])
            for inline in context["inline_admin_formsets"]:
                ask_again(inline.formset.forms)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_changeform_initial_data(self, request):
        """Return what an address suggests for a new thing, less keys that are none."""
        initial = super().get_changeform_initial_data(request)
        for field in (*self.opts.fields, *self.opts.many_to_many):
            if field.is_relation and field.name in initial:
                keys = initial[field.name]
                keys = keys if isinstance(keys, list) else [keys]
                if not all(key.isdecimal() and len(key) < 19 for key in keys):
                    del initial[field.name]
        return initial

    def gone(self, request, pk):
        return gone_page(self, request, pk)

    # What belongs to a thing

    def part_kinds(self, request, pk, *, to_change=False):
        """Return the `Kind`s of parts on its page that somebody may see, or change."""
        kinds = {}
        for inline in self.get_inline_instances(request):
            rights = [inline.has_view_or_change_permission(request)]
            if to_change:
                rights = [
                    inline.has_add_permission(request, None),
                    inline.has_change_permission(request),
                    inline.has_delete_permission(request) and inline.can_delete,
                ]
            if all(rights) and hasattr(inline.model, "history"):
                where = owner_columns(self.model, inline, pk)
                kinds[inline.model] = Kind(inline.model, where)
        return list(kinds.values())

    def timeline(self, request, pk):
        return Timeline(self.model, pk, self.part_kinds(request, pk))

    # The pages

    def history_view(self, request, object_id, extra_context=None):
        """Show who changed what and when, the newest first."""
        pk = self._key(object_id)
        current = self.get_object(request, object_id)
        timeline = self.timeline(request, pk)
        if not timeline.versions:
            raise Http404
        if not self.has_view_or_change_permission(request, current):
            raise PermissionDenied
        events = timeline.events()
        page = Paginator(events, EVENTS_SHOWN).get_page(request.GET.get("p", 1))
        events = list(page)
        may_restore = self._may_restore(request, current)
        last = timeline.versions[-1]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History: %(thing)s")
            % {"thing": title_of(current or last.thing)},
            "opts": self.opts,
            "object": current,
            "object_title": title_of(current or last.thing),
            "object_id": pk,
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "events": self._told(request, timeline, events, may_restore),
            "restore_url": self._url("restore", pk),
            "may_restore": may_restore,
            "may_restore_parts": may_restore and current is not None,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/record_history.html", context)

    def _told(self, request, timeline, events, may_restore):
        latest = timeline.events()[0].when
        names = Names([step for event in events for step in event.steps])
        authors = {author_of(event.reason) for event in events}
        editors = {event.editor for event in events}
        users = get_user_model().objects.in_bulk((editors | authors) - {None})
        operations = operations_of(events)
        return [
            {
                "operation": (operation := operations.get(event.when)),
                "operation_url": operation and self._operation_url(request, operation),
                "when": event.when,
                "at": event.when.isoformat(),
                "editor": users.get(event.editor),
                "reason": reason_in_words(event.reason),
                "author": author_in_words(event.reason, users),
                "own": event_of(timeline, event),
                "changes": [told(timeline, step, names) for step in event.steps],
                "can_restore": may_restore
                and event.when < latest
                and bool(timeline.at(event.when)[timeline.own.model]),
            }
            for event in events
        ]

    def _operation_url(self, request, operation):
        mine = operation.user_id == request.user.pk
        if mine or request.user.has_perm("records.view_operation"):
            page = f"{self.admin_site.name}:records_operation_change"
            return reverse(page, args=[operation.pk])
        return ""

    def restore_view(self, request, object_id):
        """Show what bringing a version or a part back would change; do it by POST."""
        pk = self._key(object_id)
        timeline = self.timeline(request, pk)
        current = self.get_object(request, object_id)
        if not timeline.versions:
            raise Http404
        if not self._may_restore(request, current):
            raise PermissionDenied
        moment = _moment(request.GET.get("at", ""))
        part = request.GET.get("part")
        if part:
            steps, deed = self._part_to_restore(request, timeline, part, current)
        else:
            steps, deed = self._version_to_restore(request, timeline, moment, current)
        errors = []
        if request.method == "POST":
            try:
                return self.bring_back(request, current, deed)
            except ValidationError as error:
                errors = error.messages
        names, skip = Names(steps), LIFE if current else ()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Bring back: %(thing)s")
            % {"thing": title_of(current or timeline.versions[-1].thing)},
            "opts": self.opts,
            "object": current,
            "part": bool(part),
            "moment": moment,
            "changes": [
                change
                for step in steps
                if (change := told(timeline, step, names, skip))["fields"]
            ],
            "proposes": bool(current) and not may_change_now(request.user, current),
            "as_draft": not (current or may_publish(request.user, self.model)),
            "errors": errors,
            "history_url": self._url("history", pk),
        }
        return TemplateResponse(request, "admin/record_restore.html", context)

    def deleted_view(self, request):
        """List what was deleted and is not there any more, the latest first."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        history = self.model.history.model
        there = self.model._base_manager.filter(pk=OuterRef("id"))
        latest = (
            history.objects.filter(history_type="-")
            .values("id")
            .annotate(last=Max("history_id"))
            .values("last")
        )
        rows = history.objects.filter(~Exists(there), history_id__in=latest).order_by(
            "-history_date", "-history_id"
        )
        page = Paginator(rows.select_related("history_user"), self.list_per_page)
        page = page.get_page(request.GET.get("p", 1))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Deleted: %(kind)s")
            % {"kind": self.opts.verbose_name_plural},
            "opts": self.opts,
            "may_restore": self._may_restore(request, None),
            "page": page,
            "pages": page.paginator.get_elided_page_range(page.number),
            "rows": [
                {
                    "title": _title_of_row(self.model, row),
                    "when": row.history_date,
                    "editor": row.history_user,
                    "reason": reason_in_words(row.history_change_reason or ""),
                    "history_url": self._url("history", row.id),
                    "restore_url": self._url("restore", row.id),
                }
                for row in page
            ],
        }
        return TemplateResponse(request, "admin/record_deleted.html", context)

    # Bringing back

    def bring_back(self, request, current, deed):
        """Bring something back by `deed`; ValidationError says why it cannot be."""
        return self._restored(request, *deed())

    def _may_restore(self, request, current):
        if current is None:
            return self.has_add_permission(request)
        may_change = self.has_change_permission(request, current)
        return may_change and may_change_now(request.user, current)

    def _version_to_restore(self, request, timeline, moment, current):
        if moment is None:
            # The last that was there: what a deleted thing was before it went.
            events = timeline.events()
            moment = next(
                (e.when for e in events if timeline.at(e.when)[self.model]), None
            )
        then = timeline.at(moment) if moment else {}
        if not then.get(self.model):
            raise Http404
        # With a deleted thing all comes back that went with it.
        pk = timeline.own.where["id"]
        kinds = self.part_kinds(request, pk, to_change=current is not None)
        kinds = [kind.model for kind in kinds]
        now = timeline.at(timezone.now())
        steps = [
            Step(kind, pk, now[kind.model].get(pk), then[kind.model].get(pk))
            for kind in timeline.kinds
            if kind is timeline.own or kind.model in kinds
            for pk in {**then[kind.model], **now[kind.model]}
        ]

        def deed():
            publish = may_publish(request.user, self.model)
            return restore(timeline, moment, publish=publish, kinds=kinds)

        return steps, deed

    def _part_to_restore(self, request, timeline, part, current):
        label, _dot, key = part.rpartition(".")
        kinds = self.part_kinds(request, timeline.own.where["id"], to_change=True)
        kind = next((k for k in kinds if k.model._meta.label_lower == label), None)
        known = kind and key.isdecimal()
        chain = timeline.rows[kind.model].get(int(key)) if known else None
        if not chain or current is None or chain[-1].kind != "-":
            raise Http404
        last = next((v for v in reversed(chain) if kind.holds(v)), None)
        if not last:
            raise Http404

        def deed():
            _part, left = restore_part(kind, last)
            return current, left

        return [Step(kind, int(key), None, last)], deed

    def _restored(self, request, record, left):
        self.log_change(request, record, [{"changed": {}}])
        words = gettext("“%(thing)s” was brought back.") % {"thing": record}
        self.message_user(request, words, messages.SUCCESS)
        if left:
            words = ngettext(
                "%(number)d thing could not be brought back: %(names)s",
                "%(number)d things could not be brought back: %(names)s",
                len(left),
            ) % {"number": len(left), "names": "; ".join(left)}
            self.message_user(request, words, messages.WARNING)
        if self.has_view_or_change_permission(request, record):
            return redirect(self._url("change", record.pk))
        return redirect(self._url("changelist"))

    def _key(self, object_id):
        key = unquote(object_id)
        if not key.isdecimal() or len(key) > 18:
            raise Http404
        return int(key)

    def _url(self, page, *args):
        name = f"{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(f"{self.admin_site.name}:{name}", args=args)


def owner_columns(model, inline, pk):
    """Return {column: value} of the rows that an inline shows for a thing."""
    if hasattr(inline, "ct_fk_field"):
        kind = ContentType.objects.get_for_model(model)
        columns = inline.model._meta.get_field(inline.ct_field).attname
        return {columns: kind.pk, inline.ct_fk_field: pk}
    key = _get_foreign_key(model, inline.model, fk_name=inline.fk_name)
    return {key.attname: pk}


def operations_of(events):
    """Return {moment of an event: the operation that it was part of}; one query."""
    numbers = {step.number for event in events for step in event.steps}
    rows = OperationRow.objects.filter(after__in=numbers).select_related("operation")
    found = {(row.model, row.object_id, row.after): row.operation for row in rows}
    return {
        event.when: found[step.kind.model, step.pk, step.number]
        for event in events
        for step in event.steps
        if (step.kind.model, step.pk, step.number) in found
    }


def event_of(timeline, event):
    """Return what happened to the thing itself: "+", "~", "-", or "" if nothing."""
    for step in event.steps:
        if step.kind is timeline.own:
            return "+" if not step.before else "~" if step.after else "-"
    return ""


def told(timeline, step, names, skip=()):
    """Return what a page tells of what happened to one row, without some fields."""
    is_own = step.kind is timeline.own
    what = "changed" if step.before and step.after else "added"
    what = "removed" if not step.after else what
    return {
        "is_own": is_own,
        "name": "" if is_own else part_name((step.after or step.before).thing),
        "what": what,
        "fields": differences(step, names, skip if is_own else ()),
        "key": f"{step.kind.model._meta.label_lower}.{step.pk}",
        "is_gone": timeline.rows[step.kind.model][step.pk][-1].kind == "-",
    }


def author_of(reason):
    """Return the key of who proposed what was written for this reason, or None."""
    if not reason.startswith(PROPOSED):
        return None
    key = reason.removeprefix(PROPOSED)
    return int(key) if key.isdecimal() else None


def author_in_words(reason, users):
    """Return who proposed what was written for this reason; "" if nobody did."""
    if not reason.startswith(PROPOSED):
        return ""
    key = author_of(reason)
    if key is None:
        return gettext("Somebody with a private link")
    return str(users.get(key) or gettext("Not on record"))


def reason_in_words(reason):
    """Return why something was written; what we noted ourselves in any language."""
    if reason.startswith(PROPOSED):
        return gettext("A proposed change")
    if not reason.startswith(REASON):
        return reason
    moment = _moment(reason.removeprefix(REASON))
    if not moment:
        return reason
    when = date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    return gettext("brought back as it was on %(when)s") % {"when": when}


def _moment(text):
    try:
        moment = datetime.datetime.fromisoformat(text.replace(" ", "+"))
        return moment if moment <= timezone.now() else None
    except (ValueError, TypeError):  # no moment, or one of no time zone
        return None


def _title_of_row(model, row):
    names = [f.attname for f in row.tracked_fields]
    thing = model.from_db(None, names, [getattr(row, name) for name in names])
    return capfirst(title_of(thing))
