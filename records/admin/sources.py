from django.contrib import admin

from records.admin.fields import both
from records.admin.naming import blocking
from records.admin.proposing import ProposingAdmin
from records.admin.sheets import Sheets
from records.models import Source


@admin.register(Source)
class SourceAdmin(Sheets, ProposingAdmin):
    fields = [
        both("title"),
        "url",
        "kind",
        "publisher",
        ("published_on", "accessed_on"),
        "language",
    ]
    list_display = ["__str__", "kind", "publisher", "published_on", "accessed_on"]
    list_filter = ["kind"]
    search_fields = [*both("title"), "url", "publisher"]
    date_hierarchy = "published_on"

    def get_deleted_objects(self, objs, request):
        deleted, counts, needed, _protected = super().get_deleted_objects(objs, request)
        return deleted, counts, needed, blocking(objs)
