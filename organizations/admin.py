from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_countries.filters import CountryFilter

from organizations.filters import OrganizationFilter
from organizations.models import Affiliation, Organization, Person
from organizations.rights_admin import RightsAdmin
from records.admin import (
    NOTES,
    PUBLICATION,
    MergeAdmin,
    RecordAdmin,
    StackedInline,
    both,
)
from records.needs import of_filters


class AffiliationInline(StackedInline):
    model = Affiliation
    autocomplete_fields = ["person", "organization"]

    def get_fields(self, request, obj=None):
        # The page it stands on already says who, or where.
        other = "organization" if self.parent_model is Person else "person"
        return [other, both("title"), ("starts", "ends"), both("note")]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person", "organization")


@admin.register(Organization)
class OrganizationAdmin(MergeAdmin, RecordAdmin):
    fieldsets = [
        (_("Name"), {"fields": [both("name"), ("acronym", "name_language")]}),
        (
            _("About it"),
            {
                "fields": [
                    ("kind", "country"),
                    "parent",
                    both("description"),
                    "website",
                    ("ror", "wikidata"),
                    "logo",
                    both("logo_alt"),
                ]
            },
        ),
        PUBLICATION,
        NOTES,
    ]
    inlines = [AffiliationInline, *RecordAdmin.inlines]
    autocomplete_fields = ["parent"]
    columns = ["acronym", "kind", "country"]
    wanted = ["country", "website", "description"]
    needs = of_filters(OrganizationFilter)
    list_filter = ["kind", ("country", CountryFilter)]
    search_fields = [*RecordAdmin.search_fields, "acronym"]


@admin.register(Person)
class PersonAdmin(RightsAdmin, MergeAdmin, RecordAdmin):
    fieldsets = [
        (_("Name"), {"fields": [both("name"), ("sort_name", "name_language")]}),
        (
            _("About the person"),
            {
                "fields": [
                    both("role"),
                    both("bio"),
                    "orcid",
                    "photo",
                    both("photo_alt"),
                    "photo_credit",
                    "listed",
                ]
            },
        ),
        PUBLICATION,
        NOTES,
    ]
    inlines = [AffiliationInline, *RecordAdmin.inlines]
    columns = ["organizations", "listed"]
    list_filter = ["listed"]
    search_fields = [
        *RecordAdmin.search_fields,
        "sort_name",
        "affiliations__organization__acronym",
    ]

    def get_queryset(self, request):
        queryset = super().get_queryset(request)
        return queryset.prefetch_related("affiliations__organization")

    @admin.display(description=_("organizations"))
    def organizations(self, person):
        return ", ".join(str(a.organization) for a in person.affiliations.all())
