"""Operations: what was done to many rows at once, and the button to take it back."""

from collections import defaultdict

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignKey
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from records.admin.fields import field_label
from records.admin.life import NoForm, WithdrawForm
from records.filters import in_both
from records.may_undo import out_of_reach
from records.models import Operation
from records.templatetags.records import list_comma
from records.undo import Undo, UndoRefusedError, fetch_versions

SHOWN = 200  # rows of an operation
LONGEST = 300  # letters of a value


@admin.register(Operation)
class OperationAdmin(admin.ModelAdmin):
    """Operations are read, and taken back; nobody writes them by hand."""

    list_display = ["made_at", "user", "kind", "summary", "counted", "standing"]
    list_filter = ["kind", ("user", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["user", "undone_by"]
    search_fields = ["summary"]
    date_hierarchy = "made_at"
    list_per_page = 50

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_module_permission(self, request):
        return request.user.is_active and request.user.is_staff

    def has_view_permission(self, request, obj=None):
        """Who has no leave to look sees what they did themselves."""
        mine = obj is None or obj.user == request.user
        return mine or super().has_view_permission(request, obj)

    def get_queryset(self, request):
        operations = super().get_queryset(request)
        if super().has_view_permission(request):
            return operations
        return operations.filter(user=request.user)

    def get_urls(self):
        undo = self.admin_site.admin_view(self.undo_view)
        name = "records_operation_undo"
        return [path("<path:object_id>/undo/", undo, name=name), *super().get_urls()]

    @admin.display(description=_("rows"))
    def counted(self, operation):
        return list_comma().join(_count(*item) for item in operation.counts.items())

    @admin.display(description=_("standing"))
    def standing(self, operation):
        return gettext("Taken back") if operation.is_undone else ""

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Show what an operation did."""
        operation = self._get(request, object_id)
        if not isinstance(operation, Operation):
            return operation
        rows = operation.rows.order_by("id")
        more = max(rows.count() - SHOWN, 0)
        kinds = [] if operation.is_undone else out_of_reach(request.user, operation)
        context = self._context(
            request,
            operation,
            rows=Rows(rows[:SHOWN]).in_words(),
            more=more,
            out_of_reach=list_comma().join(
                str(kind._meta.verbose_name_plural) for kind in kinds
            ),
        )
        return TemplateResponse(
            request, "admin/records/operation/change_form.html", context
        )

    def undo_view(self, request, object_id):
        """Ask whether to take an operation back, and do it."""
        operation = self._get(request, object_id)
        if not isinstance(operation, Operation):
            return operation
        if out_of_reach(request.user, operation):
            raise PermissionDenied
        withdrawn = 0 if operation.is_undone else Undo(operation).count_withdrawn()
        sent = request.POST if request.method == "POST" else None
        # As wherever something is withdrawn, the public is told why.
        form = (WithdrawForm if withdrawn else NoForm)(sent)
        refused = []
        if sent is not None and form.is_valid():
            try:
                undone = operation.undo(request.user, **form.details())
            except UndoRefusedError as error:
                refused = error.rows
            else:
                messages.success(request, gettext("The operation was taken back."))
                return redirect("admin:records_operation_change", undone.pk)
        context = self._context(
            request,
            operation,
            refused=[
                (row, row.row and _address(row.row, "history"))
                for row in refused[:SHOWN]
            ],
            more=len(refused) - SHOWN,
            withdrawn=withdrawn,
            form=form,
        )
        return TemplateResponse(request, "admin/records/operation/undo.html", context)

    def _get(self, request, object_id):
        operation = self.get_object(request, unquote(object_id))
        if operation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return operation

    def _context(self, request, operation, **more):
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(operation),
            "operation": operation,
            "counts": [_numbers(*item) for item in operation.counts.items()],
            **more,
        }


def _numbers(label, numbers):
    """Return what a kind is called, and how many rows were new, changed, deleted."""
    return capfirst(apps.get_model(label)._meta.verbose_name_plural), *numbers


def _count(label, numbers):
    meta, number = apps.get_model(label)._meta, sum(numbers)
    return f"{number} {meta.verbose_name if number == 1 else meta.verbose_name_plural}"


class Rows:
    """The rows of an operation in words; queries grow with the kinds, not the rows."""

    def __init__(self, rows):
        self.rows = list(rows)
        self.names = defaultdict(dict)  # of what fields name, by model

    def in_words(self):
        """Return a dict of each row: its kind, what was done, its name, changes."""
        groups = defaultdict(list)
        for row in self.rows:
            groups[row.model].append(row)
        said = {}
        for model, rows in groups.items():
            said |= self._of_kind(model, rows)
        return [said[row.pk] for row in self.rows]

    def _of_kind(self, model, rows):
        numbers = {row.before for row in rows if row.before} | {r.after for r in rows}
        versions = fetch_versions(model, numbers)
        links = [f.name for f in model._meta.concrete_fields if f.is_relation]
        things = model._base_manager.filter(pk__in=[row.object_id for row in rows])
        things = {thing.pk: thing for thing in things.select_related(*links)}
        pairs = [(versions.get(r.before), versions.get(r.after)) for r in rows]
        self._learn_names(model, pairs)
        tags = self._tags(model, numbers)
        said = {}
        for row, (old, new) in zip(rows, pairs, strict=True):
            thing = things.get(row.object_id)
            known = thing or (new and new.instance)
            changes = []
            if row.what == "~" and old and new:
                changes = [*self._changes(model, old, new), *tags(old, new)]
            said[row.pk] = {
                "kind": capfirst(model._meta.verbose_name),
                "what": row.get_what_display(),
                "name": str(known or row.object_id),
                "address": thing and _address(thing),
                "changes": changes,
            }
        return said

    def _fields(self, model):
        shown = {field.name for field in model._meta.concrete_fields}
        for field in model.history.model.tracked_fields:
            # The column without a language says what one of the others says.
            if field.editable and in_both(field.name)[0] not in shown:
                yield field

    def _learn_names(self, model, pairs):
        for field in self._fields(model):
            if isinstance(field, ForeignKey):
                pks = {getattr(v, field.attname) for pair in pairs for v in pair if v}
                found = field.related_model._base_manager.in_bulk(pks - {None})
                self.names[field.related_model] |= {k: str(v) for k, v in found.items()}

    def _changes(self, model, old, new):
        for field in self._fields(model):
            before, after = getattr(old, field.attname), getattr(new, field.attname)
            if before != after:
                words = [self._words(field, value) for value in (before, after)]
                yield field_label(field), *words

    def _words(self, field, value):
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if value in (None, "", [], {}):
            return pgettext("value", "empty")
        if isinstance(field, ForeignKey):
            return self.names[field.related_model].get(value, str(value))
        if field.choices:
            value = dict(field.flatchoices).get(value, value)
        return Truncator(str(value)).chars(LONGEST)

    def _tags(self, model, numbers):
        """Return a function that yields what changed in the tags of two versions."""
        kept = []
        for field in model.history.model._history_m2m_fields:
            rows = HistoricalRecords.m2m_models[field]._base_manager
            target = field.m2m_reverse_field_name()
            found = defaultdict(set)
            pairs = rows.filter(history_id__in=numbers)
            for number, pk in pairs.values_list("history_id", f"{target}_id"):
                found[number].add(pk)
            pks = set().union(*found.values())
            names = field.related_model._base_manager.in_bulk(pks)
            kept.append((field, found, {pk: str(one) for pk, one in names.items()}))

        def changes(old, new):
            for field, found, names in kept:
                before, after = found[old.history_id], found[new.history_id]
                if before != after:
                    words = [
                        list_comma().join(sorted(names.get(pk, str(pk)) for pk in pks))
                        or pgettext("value", "empty")
                        for pks in (before, after)
                    ]
                    yield field_label(field), *words

        return changes


def _address(thing, page="change"):
    meta = thing._meta
    try:
        name = f"admin:{meta.app_label}_{meta.model_name}_{page}"
        return reverse(name, args=[thing.pk])
    except NoReverseMatch:
        return None
