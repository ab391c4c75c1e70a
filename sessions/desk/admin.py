"""How the admin of editions leads to the programme desk."""

from functools import partial

from django.contrib import admin
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sessions.desk import views

PAGES = {
    "desk": ("<int:pk>/desk/", views.desk),
    "grid": ("<int:pk>/desk/grid/", views.grid),
    "shift": ("<int:pk>/desk/shift/", views.shift),
    "day": ("<int:pk>/desk/day/", views.day),
    "status": ("<int:pk>/desk/status/<int:session>/", views.status),
    "copy": ("<int:pk>/copy/", views.copy),
}


class ProgrammeDesk(admin.ModelAdmin):
    """Adds the pages of the desk to the admin of editions, and a link to each list."""

    def get_urls(self):
        pages = [
            path(
                address,
                self.admin_site.admin_view(partial(view, self.admin_site)),
                name=f"forum_sessions_edition_{name}",
            )
            for name, (address, view) in PAGES.items()
        ]
        return pages + super().get_urls()

    def get_list_display(self, request):
        return [*super().get_list_display(request), "programme_desk"]

    @admin.display(description=_("programme desk"))
    def programme_desk(self, edition):
        url = reverse("admin:forum_sessions_edition_desk", args=[edition.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Open the desk"))
