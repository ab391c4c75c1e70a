"""Tables in the admin: taken out, and brought back after a look at what changes."""

import datetime

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from exchange.models import UploadedSchedule
from exchange.schedules.shape import RefusedError
from exchange.sheets.importing import carry_out
from exchange.sheets.plan import CHANGED, DELETED, NEW, SAME, Plan
from exchange.sheets.reading import LARGEST, read_sheets
from exchange.sheets.tables import tables_of
from exchange.sheets.writing import as_csv, as_xlsx
from records.models import Record, Source
from records.operations import tell_of_failure
from records.undo import many

KEEP = datetime.timedelta(days=1)
SHOWN = 200  # rows of each fate on the page
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# For the lists of the admin, whose parameters are all filters
ASKED = ("table", "file")


def kind_or_404(app, model):
    try:
        kind = apps.get_model(app, model)
    except LookupError:
        raise Http404 from None
    if not issubclass(kind, Record | Source):
        raise Http404
    return kind


def table_or_404(kind, name):
    found = next((table for table in tables_of(kind) if table.name == name), None)
    if found is None:
        raise Http404
    return found


class UploadForm(forms.Form):
    """A file to bring back, and, of a CSV file, which table it is."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        help_text=gettext_lazy("XLSX or CSV, up to 20 MB and 5,000 rows a table."),
    )
    table = forms.ChoiceField(
        label=gettext_lazy("Table of a CSV file"),
        help_text=gettext_lazy("Of a workbook, the names of its sheets say it."),
    )

    def __init__(self, kind, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [
            (table.name, table.label) for table in tables_of(kind)
        ]

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 20 MB."))
        self.cleaned_data["content"] = file.read()
        return file


def context_of(request, kind, title, **more):
    return {
        **admin.site.each_context(request),
        "opts": kind._meta,
        "title": title,
        **more,
    }


# Out


@require_safe
def export(request, app, model):
    """Send the tables of the records that a list of the admin shows."""
    kind = kind_or_404(app, model)
    shown = admin.site.get_model_admin(kind)
    if not shown.has_view_permission(request):
        raise PermissionDenied
    asked = request.GET.copy()
    name, file_format = (asked.pop(word, [""])[-1] for word in ASKED)
    if file_format not in TYPES:
        # The address of the page that asks keeps the filters of the list.
        title = _("Export")
        tables = tables_of(kind)
        context = context_of(request, kind, title, tables=tables, query=asked)
        context["total"] = _listed(shown, request, asked).count()
        return TemplateResponse(request, "admin/exchange/sheets/export.html", context)
    pks = list(_listed(shown, request, asked).values_list("pk", flat=True))
    rows = tables_of(kind)[0].rows()
    found = {one.pk: one for some in many(pks) for one in rows.filter(pk__in=some)}
    return _file(kind, name, file_format, [found[pk] for pk in pks])


def _listed(shown, request, asked):
    """Return what a list of the admin shows with these filters, all its pages."""
    request.GET = asked
    try:
        return shown.get_changelist_instance(request).queryset
    except IncorrectLookupParameters:
        raise Http404 from None


def _file(kind, name, file_format, records):
    tables = tables_of(kind)
    if file_format == "csv":
        table = table_or_404(kind, name or tables[0].name)
        content, called = as_csv(table, records), table.name
        if table is not tables[0]:
            called = f"{tables[0].name}-{called}"
    else:
        content, called = as_xlsx(tables, records), tables[0].name
    response = HttpResponse(content, content_type=TYPES[file_format])
    disposition = f'attachment; filename="{called}.{file_format}"'
    response["Content-Disposition"] = disposition
    return response


@require_safe
def template(request, app, model, name, file_format):
    """Send empty tables to fill in."""
    kind = kind_or_404(app, model)
    if file_format not in TYPES:
        raise Http404
    _check_may_import(request, kind)
    return _file(kind, name, file_format, [])


# In


def _check_may_import(request, kind):
    opts = kind._meta
    names = (f"{opts.app_label}.{word}_{opts.model_name}" for word in ("add", "change"))
    if not request.user.has_perms(names):
        raise PermissionDenied


def upload(request, app, model):
    """Take a file in, or say what is wrong with it."""
    kind = kind_or_404(app, model)
    _check_may_import(request, kind)
    form = UploadForm(kind, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            _headings(kind, given["content"], given["table"], request.user)
        except RefusedError as refused:
            form.add_error("file", str(refused))
        else:
            old = timezone.now() - KEEP
            UploadedSchedule.objects.filter(uploaded_at__lt=old).delete()
            uploaded = UploadedSchedule.objects.create(
                user=request.user,
                name=given["file"].name[:200],
                content=given["content"],
                choices={"model": kind._meta.label_lower, "table": given["table"]},
            )
            return redirect("sheets:preview", app, model, uploaded.token)
    title = _("Import")
    context = context_of(request, kind, title, form=form, tables=tables_of(kind))
    return TemplateResponse(request, "admin/exchange/sheets/upload.html", context)


def preview(request, app, model, token):
    """Show what a file would change; do it when the organizer confirms."""
    kind = kind_or_404(app, model)
    _check_may_import(request, kind)
    mine = UploadedSchedule.objects.filter(
        user=request.user,
        uploaded_at__gte=timezone.now() - KEEP,
        choices__model=kind._meta.label_lower,
    )
    uploaded = get_object_or_404(mine, token=token)
    again = reverse("sheets:upload", args=[app, model])
    if request.method == "POST" and "confirm" not in request.POST:
        uploaded.delete()
        messages.info(request, _("The file was put aside. Nothing was imported."))
        return redirect(again)
    try:
        plan = _plan(kind, uploaded, request.user)
        if request.method == "POST" and not plan.is_refused:
            if request.POST.get("digest") == plan.digest:
                operation = carry_out(plan, uploaded.name, request.user)
                uploaded.delete()
                return _done(request, operation, kind)
            messages.warning(
                request, _("Something has changed since. Look at it once more.")
            )
        digest = plan.digest
        if not plan.is_refused:
            carry_out(plan, uploaded.name, request.user, trial=True)
    except RefusedError as refused:
        if request.method == "POST":
            tell_of_failure(uploaded.name, refused, again)
        messages.error(request, str(refused))
        return redirect(again)
    context = context_of(
        request, kind, _("What the import would change"), uploaded=uploaded, plan=plan
    )
    context |= {"digest": digest, "parts": [shown(part) for part in plan.parts]}
    return TemplateResponse(request, "admin/exchange/sheets/preview.html", context)


def _plan(kind, uploaded, user):
    content = bytes(uploaded.content)
    return _headings(kind, content, uploaded.choices["table"], user).compared()


def _headings(kind, content, name, user):
    """Return the `Plan` of a file, as far as its headings tell it."""
    tables = tables_of(kind)
    sheets = read_sheets(content, name, {table.name for table in tables})
    return Plan(tables, sheets, user)


def shown(part):
    """Return what the page shows of a table."""
    refused = part.refused
    fates = {fate: part.with_fate(fate) for fate in (NEW, CHANGED, DELETED, SAME)}
    return {
        "label": part.table.label,
        "name": part.table.name,
        "counts": [len(rows) for rows in fates.values()] + [len(refused)],
        "refused": refused[:SHOWN],
        "more_refused": max(len(refused) - SHOWN, 0),
        "sections": [
            (title, rows[:SHOWN], max(len(rows) - SHOWN, 0))
            for title, rows in (
                (_("New"), fates[NEW]),
                (_("Changed"), fates[CHANGED]),
                (_("Deleted"), fates[DELETED]),
            )
            if rows
        ],
    }


def _done(request, operation, kind):
    opts = kind._meta
    if operation.pk is None:
        messages.info(request, _("The file says what is on record. Nothing changed."))
        return redirect(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    messages.success(request, _("Imported. It can be taken back on this page."))
    return redirect("admin:records_operation_change", operation.pk)


def guarded(view):
    return admin.site.admin_view(view)


app_name = "sheets"
urlpatterns = [
    path("<str:app>/<str:model>/export/", guarded(export), name="export"),
    path("<str:app>/<str:model>/import/", guarded(upload), name="upload"),
    path(
        "<str:app>/<str:model>/template/<str:name>.<str:file_format>",
        guarded(template),
        name="template",
    ),
    path(
        "<str:app>/<str:model>/import/<uuid:token>/", guarded(preview), name="preview"
    ),
]
