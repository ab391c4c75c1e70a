from django.contrib import admin
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from forum_portal.models import Forum
from records.admin import HistoryAdmin, both

admin.site.site_header = _("Forum record")
admin.site.site_title = _("Forum record")
admin.site.index_title = _("Everything on record")
# Both languages side by side need the width that the sidebar would take.
admin.site.enable_nav_sidebar = False


@admin.register(Forum)
class ForumAdmin(HistoryAdmin):
    """There is one forum: its list is its form, and nobody adds or deletes one."""

    fields = [both("name"), both("short_name"), both("tagline"), "contact"]

    def changelist_view(self, request, extra_context=None):
        if forum := Forum.objects.first():
            return redirect("admin:forum_portal_forum_change", forum.pk)
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request):
        return super().has_add_permission(request) and not Forum.objects.exists()

    def has_delete_permission(self, request, obj=None):
        return False
