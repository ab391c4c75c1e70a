"""The import of schedules in the admin: upload, look at what would change, confirm."""

import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from modeltranslation.admin import TranslationAdmin

from exchange.forms import UploadForm
from exchange.models import DatasetRelease, UploadedSchedule
from exchange.schedules.importing import import_schedule
from exchange.schedules.reading import read
from exchange.schedules.shape import RefusedError
from exchange.schedules.template import csv_template, xlsx_template
from sessions.models import Edition

KEEP = datetime.timedelta(days=1)
SHOWN = 200  # lines of a section
# An import changes what is public at once, and may publish.
NEEDED = [
    f"{app}.{action}_{kind}"
    for app, kind in (
        *(("forum_sessions", "edition"), ("forum_sessions", "session")),
        ("organizations", "person"),
    )
    for action in ("add", "change", "publish")
]
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@admin.register(UploadedSchedule)
class UploadedScheduleAdmin(admin.ModelAdmin):
    """A file is uploaded, shown with what it would change, and gone when imported."""

    def get_urls(self):
        def name(word):
            return f"exchange_uploadedschedule_{word}"

        def guarded(view):
            return self.admin_site.admin_view(self._only_allowed(view))

        upload = guarded(self.upload)
        return [
            path("", upload, name=name("changelist")),
            path("add/", upload, name=name("add")),
            path("template.<str:kind>", guarded(template), name=name("template")),
            path("<uuid:token>/", guarded(self.preview), name=name("preview")),
        ]

    def _only_allowed(self, view):
        def allowed(request, *args, **kwargs):
            if not self.has_view_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return allowed

    def has_view_permission(self, request, obj=None):
        """An import writes editions, sessions and people: it needs leave for all."""
        return request.user.is_active and request.user.has_perms(NEEDED)

    has_add_permission = has_change_permission = has_view_permission

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def _context(self, request, title, **more):
        return self.admin_site.each_context(request) | {"title": title} | more

    def upload(self, request):
        """Take a file in, or say what is wrong with it."""
        form = UploadForm(
            request.POST or None,
            request.FILES or None,
            initial={"edition": request.GET.get("edition")},
        )
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            old = timezone.now() - KEEP
            UploadedSchedule.objects.filter(uploaded_at__lt=old).delete()
            uploaded = UploadedSchedule.objects.create(
                user=request.user,
                name=given["file"].name[:200],
                content=given["content"],
                choices={
                    "edition": given["edition"].slug
                    if given["edition"]
                    else given["slug"],
                    "format": given["format"],
                    "time_zone": given["time_zone"],
                    "publish": given["publish"],
                    "topics": given["mapping"],
                },
            )
            return redirect("admin:exchange_uploadedschedule_preview", uploaded.token)
        context = self._context(request, _("Import a schedule"), form=form)
        return render(request, "admin/exchange/upload.html", context)

    def preview(self, request, token):
        """Show what a file would change; do it when the organizer confirms."""
        mine = UploadedSchedule.objects.filter(
            user=request.user,
            uploaded_at__gte=timezone.now() - KEEP,
            choices__has_key="edition",  # no table of records
        )
        uploaded = get_object_or_404(mine, token=token)
        confirmed = request.method == "POST" and "confirm" in request.POST
        if request.method == "POST" and not confirmed:
            uploaded.delete()
            messages.info(request, _("The file was put aside. Nothing was imported."))
            return redirect("admin:exchange_uploadedschedule_changelist")
        choices = dict(uploaded.choices)
        name = choices.pop("format")
        try:
            schedule = read(bytes(uploaded.content), name)
            report = import_schedule(
                schedule,
                dry_run=not confirmed,
                user=request.user,
                file=uploaded.name,
                **choices,
            )
        except RefusedError as refused:
            messages.error(request, str(refused))
            return redirect("admin:exchange_uploadedschedule_changelist")
        if confirmed:
            uploaded.delete()
            return self._done(request, choices["edition"], report)
        context = self._context(
            request,
            _("What the import would change"),
            uploaded=uploaded,
            choices=choices,
            report=report,
            sections=[
                (heading, len(lines), lines[:SHOWN], len(lines) - SHOWN)
                for heading, lines in report.sections()
            ],
        )
        return render(request, "admin/exchange/preview.html", context)

    def _done(self, request, slug, report):
        created, updated, unchanged = report.count("session")
        words = _(
            "Imported. Sessions: %(created)d new, %(updated)d changed, "
            "%(unchanged)d as they were."
        )
        said = {"created": created, "updated": updated, "unchanged": unchanged}
        messages.success(request, words % said)
        messages.info(request, _("It can be taken back under “Operations”."))
        edition = Edition.objects.get(slug=slug)
        return redirect(
            reverse("admin:forum_sessions_edition_change", args=[edition.pk])
        )


@admin.register(DatasetRelease)
class DatasetReleaseAdmin(TranslationAdmin):
    """Releases are made by `release_dataset`; here they are told of, or taken back."""

    list_display = ["name", "made_at"]
    fields = ["name", "former", "note", "made_at"]
    readonly_fields = ["name", "former", "made_at"]

    def has_add_permission(self, request):
        return False

    def delete_model(self, request, obj):
        obj.take_back()

    def delete_queryset(self, request, queryset):
        for made in queryset:
            made.take_back()


@require_safe
def template(request, kind):
    """Send the empty table as a file."""
    if kind not in TYPES:
        return HttpResponse(status=404)
    content = csv_template() if kind == "csv" else xlsx_template()
    response = HttpResponse(content, content_type=TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="programme.{kind}"'
    return response
