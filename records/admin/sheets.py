"""The way from a list of records to its tables; what these are is told elsewhere."""

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _


class Sheets(admin.ModelAdmin):
    """A list with buttons for import and export, and an action to export rows."""

    has_sheets = True

    def get_actions(self, request):
        actions = super().get_actions(request)
        if "export_rows" not in actions and not self.is_popup(request):
            actions["export_rows"] = self.get_action("export_rows")
        return actions

    def is_popup(self, request):
        return admin.options.IS_POPUP_VAR in request.GET

    @admin.action(description=_("Export the selected rows"), permissions=["view"])
    def export_rows(self, request, queryset):
        page = reverse(
            "sheets:export", args=[self.opts.app_label, self.opts.model_name]
        )
        if request.POST.get("select_across") == "1":
            return redirect(f"{page}?{request.GET.urlencode()}")
        pks = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True))
        return redirect(f"{page}?{urlencode({'id__in': pks})}")
