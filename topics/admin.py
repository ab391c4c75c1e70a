from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from records.admin import (
    NOTES,
    PUBLICATION,
    MergeAdmin,
    RecordAdmin,
    RowForm,
    StackedInline,
    TabularInline,
    both,
)
from records.needs import of_filters
from topics.filters import StageFilter, TopicFilter
from topics.models import (
    Duty,
    Identifier,
    IssuingBody,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)
from topics.models.regulations import OWN_JURISDICTIONS, Status
from topics.needs import REGULATION_NEEDS


@admin.register(Topic)
class TopicAdmin(MergeAdmin, RecordAdmin):
    needs = of_filters(TopicFilter)
    fieldsets = [
        (_("Name"), {"fields": [both("label"), "name_language"]}),
        (_("About it"), {"fields": ["parent", both("definition"), "oecd_annex_ii"]}),
        PUBLICATION,
        NOTES,
    ]
    autocomplete_fields = ["parent"]
    columns = ["parent"]
    wanted = ["definition"]
    list_select_related = ["parent"]


class MineralForm(RowForm):
    """The published lists to tick; a code that is none of ours stays as it is."""

    lists = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = Mineral._meta.get_field("lists")
        ours = Mineral.List.choices
        codes = [code for code, _name in ours]
        further = [code for code in self.instance.lists if code not in codes]
        lists = self.fields["lists"]
        lists.label, lists.help_text = field.verbose_name, field.help_text
        lists.choices = [*ours, *((code, code) for code in further)]


@admin.register(Mineral)
class MineralAdmin(MergeAdmin, RecordAdmin):
    form = MineralForm
    fieldsets = [
        (_("Name"), {"fields": [both("label"), ("symbol", "name_language")]}),
        (_("About it"), {"fields": ["kind", "parent", "lists"]}),
        PUBLICATION,
        NOTES,
    ]
    autocomplete_fields = ["parent"]
    columns = ["symbol", "kind", "parent"]
    list_select_related = ["parent"]
    list_filter = ["kind"]
    search_fields = [*RecordAdmin.search_fields, "symbol"]


@admin.register(LifecycleStage)
class LifecycleStageAdmin(RecordAdmin):
    needs = of_filters(StageFilter)
    fieldsets = [
        (_("Name"), {"fields": [both("label"), "name_language"]}),
        (_("About it"), {"fields": [("order", "core_place"), both("definition")]}),
        PUBLICATION,
        NOTES,
    ]
    columns = ["order", "core_place"]
    wanted = ["definition"]


class MilestoneInline(TabularInline):
    model = Milestone
    fields = ["date", "precision", "kind", *both("note")]


class IssuingBodyInline(TabularInline):
    model = IssuingBody
    fields = ["organization", *both("name"), "position"]
    autocomplete_fields = ["organization"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("organization")


class IdentifierInline(TabularInline):
    model = Identifier
    fields = ["scheme", "value", "position"]


class RelationInline(TabularInline):
    model = RegulationRelation
    fk_name = "regulation"
    fields = ["kind", "target"]
    autocomplete_fields = ["target"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("regulation", "target")


class DutyInline(StackedInline):
    model = Duty
    fields = [("article", "applies_from"), both("text"), ("stages", "minerals")]
    autocomplete_fields = ["stages", "minerals"]


class RegulationForm(RowForm):
    """The jurisdiction to choose: ours, then the countries."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "jurisdiction" not in self.fields:
            return  # who may only look has no fields to fill
        choices = [
            ("", "---------"),
            (_("More than one country"), list(OWN_JURISDICTIONS.items())),
            (_("Countries"), [(code, name) for code, name in countries]),
        ]
        jurisdiction = self.fields["jurisdiction"]
        jurisdiction.widget = forms.Select(choices=choices)
        jurisdiction.help_text = ""


@admin.register(Regulation)
class RegulationAdmin(MergeAdmin, RecordAdmin):
    form = RegulationForm
    fieldsets = [
        (
            _("Name"),
            {
                "fields": [
                    both("short_name"),
                    both("official_title"),
                    ("acronym", "name_language"),
                ]
            },
        ),
        (
            _("What it is"),
            {
                "fields": [
                    ("kind", "jurisdiction"),
                    "binding",
                    both("summary"),
                    "official_url",
                    "last_verified_on",
                ]
            },
        ),
        (_("What it is about"), {"fields": ["topics", ("minerals", "stages")]}),
        PUBLICATION,
        NOTES,
    ]
    inlines = [
        MilestoneInline,
        IdentifierInline,
        IssuingBodyInline,
        RelationInline,
        DutyInline,
        *RecordAdmin.inlines,
    ]
    autocomplete_fields = ["topics", "minerals", "stages"]
    columns = ["kind", "jurisdiction_name", "status_today", "last_verified_on"]
    wanted = ["official_url", "summary", "last_verified_on"]
    needs = REGULATION_NEEDS
    list_filter = ["kind", "binding", "jurisdiction"]
    search_fields = [
        *RecordAdmin.search_fields,
        *both("official_title"),
        "acronym",
        "identifiers__value",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).with_status(name="status_now")

    @admin.display(description=_("jurisdiction"), ordering="jurisdiction")
    def jurisdiction_name(self, regulation):
        return regulation.jurisdiction_name

    @admin.display(description=_("status today"), ordering="status_now")
    def status_today(self, regulation):
        return Status(regulation.status_now).label
