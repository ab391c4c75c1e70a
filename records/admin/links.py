"""What the check of links found, to be read only."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from records.models import LinkCheck


@admin.register(LinkCheck)
class LinkCheckAdmin(admin.ModelAdmin):
    """Written by `manage.py check_links` alone."""

    list_display = ["link", "status", "problem", "dead_since", "checked_at"]
    list_display_links = None
    list_filter = [("dead_since", admin.EmptyFieldListFilter), "problem"]
    search_fields = ["url"]
    list_per_page = 50

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("address"), ordering="url")
    def link(self, check):
        return format_html('<a href="{0}" rel="noopener noreferrer">{0}</a>', check.url)
