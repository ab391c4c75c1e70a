"""
How every record is edited: both languages side by side, its life, its sources.

The columns of both languages are always named; the one that modeltranslation
keeps without a language (`title` beside `title_en` and `title_zh_hans`) is never
shown. So plain admin classes do, and modeltranslation's own are not needed.
"""

import dataclasses

from django import forms
from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline
from django.contrib.contenttypes.forms import BaseGenericInlineFormSet
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField
from modeltranslation.utils import build_localized_fieldname
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from records.filters import in_both
from records.languages import OWN_NAMES, TAGS, text_in
from records.models import AltName, Citation, ExternalId, Source, State
from records.templatetags.records import heading, other_heading


def both(field):
    """Return the columns of a translated field, to stand side by side in a form."""
    return tuple(in_both(field))


PUBLICATION = (
    _("Publication"),
    {
        "fields": [
            "slug",
            "state",
            "publish_at",
            both("withdrawn_reason"),
            ("standing", "first_published_at", "former_addresses"),
        ]
    },
)
NOTES = (_("Notes"), {"fields": [both("note"), "editor_note", "updated_at"]})

DATE_AND_TIME = (_("date"), _("time"))
NAME_IN = {"en": _("English name"), "zh-hans": _("Chinese name")}


def field_label(field):
    """Return what a field is called in a form: "Title (English)"."""
    if not isinstance(field, TranslationField):
        return capfirst(field.verbose_name)
    return gettext("%(field)s (%(language)s)") % {
        "field": capfirst(field.translated_field.verbose_name),
        "language": OWN_NAMES[field.language],
    }


class RowForm(forms.ModelForm):
    """
    The form of a model with translated fields.

    Django leaves out constraints on what the form does not show: a field without
    its language, or the record that a part belongs to. Here they are checked too,
    so that the database never has to refuse. Of a field that must be filled, one
    language is enough.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = [
            field.name
            for field in self._meta.model._meta.concrete_fields
            if in_both(field.name)[0] in self.fields and not field.blank
        ]

    def clean(self):
        cleaned = super().clean()
        for name in self.names:
            columns = in_both(name)
            if not any(cleaned.get(column) for column in columns):
                error = ValidationError(_("Give a name in at least one language."))
                self.add_error(columns[0], error)
        return cleaned

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            exclude = self._get_validation_exclusions() - self._untranslated()
            try:
                self.instance.validate_constraints(exclude=exclude)
            except ValidationError as error:
                self._update_errors(error)

    def _untranslated(self):
        return {
            field.translated_field.name
            for field in self._meta.model._meta.concrete_fields
            if isinstance(field, TranslationField)
        }


class Rows:
    """
    What the formsets of parts have in common.

    Two rows with the same `once` fields are refused: Django compares new rows with
    each other only where no field is empty.
    """

    once = ()

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Delete")

    def clean(self):
        super().clean()
        seen = set()
        for form in self.forms if self.once else []:
            if form.cleaned_data and not self._should_delete_form(form):
                key = tuple(form.cleaned_data.get(name) for name in self.once)
                if key in seen and any(key):
                    form.add_error(self.once[0], _("This row is given twice."))
                seen.add(key)


class PartFormSet(Rows, BaseInlineFormSet):
    """Rows that belong to one kind of thing."""


class AnyPartFormSet(Rows, BaseGenericInlineFormSet):
    """Rows that may belong to any record; what is unique per kind is checked here."""

    def clean(self):
        super().clean()
        kind = ContentType.objects.get_for_model(self.instance)
        of_a_kind = [
            constraint
            for constraint in self.model._meta.constraints
            if "content_type" in getattr(constraint, "fields", ())
            and "object_id" not in constraint.fields
        ]
        for form in self.forms if of_a_kind else []:
            if form.cleaned_data and not self._should_delete_form(form):
                form.instance.content_type = kind
                for constraint in of_a_kind:
                    try:
                        constraint.validate(self.model, form.instance)
                    except ValidationError as error:
                        form.add_error(None, error)


class Fields(admin.options.BaseModelAdmin):
    """How the fields of a form are labelled, sized and explained."""

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return None
        field.label = field_label(db_field)
        if isinstance(field.widget, admin.widgets.RelatedFieldWidgetWrapper):
            # One adds and mends what a field names, but deletes it on its own page.
            field.widget.can_delete_related = False
            field.widget.can_view_related = False
        widget = getattr(field.widget, "widget", field.widget)
        if isinstance(db_field, TranslationField):
            widget.attrs["lang"] = TAGS[db_field.language]
        if isinstance(widget, forms.Textarea):
            widget.attrs["rows"] = 5
        if isinstance(db_field, models.DateTimeField):
            for part, words in zip(widget.widgets, DATE_AND_TIME, strict=True):
                part.attrs["aria-label"] = f"{field.label}: {words}"
            field.help_text = f"{field.help_text} {self.clock(request)}".strip()
        return field

    def clock(self, request):
        """Return a sentence: by which clock the times of this form are."""
        zone = timezone.get_current_timezone_name()
        return gettext("By the clock of %(zone)s.") % {"zone": zone}


class Inline(Fields, admin.options.InlineModelAdmin):
    """Parts of a record, edited on its page. `once`: see `Rows`."""

    form = RowForm
    formset = PartFormSet
    extra = 0
    once = ()

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        # A column's heading is no label to a screen reader.
        field.widget.attrs["aria-label"] = field.label
        return field

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.once = self.once
        return formset


class TabularInline(Inline, admin.TabularInline):
    """Parts as rows of a table."""


class StackedInline(Inline, admin.StackedInline):
    """Parts one below the other, for those with many fields."""


class AnyPartInline(Inline, GenericTabularInline):
    formset = AnyPartFormSet


class AltNameInline(AnyPartInline):
    model = AltName
    fields = ["text", "language", "in_source"]
    once = ("text",)


class CitationInline(AnyPartInline):
    model = Citation
    fields = ["source", "certainty", "about"]
    autocomplete_fields = ["source"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("source")


class ExternalIdInline(AnyPartInline):
    model = ExternalId
    fields = ["system", "value"]
    once = ("system", "value")


class HistoryWords(HistoricalRecordContextHelper):
    """Words for what changed: labels as in the form, choices by their names."""

    def context_for_delta_changes(self, delta):
        told = [c for c in delta.changes if self._is_shown(c.field)]
        return super().context_for_delta_changes(
            dataclasses.replace(delta, changes=told)
        )

    def _is_shown(self, name):
        field = self.model._meta.get_field(name)
        names = {f.name for f in self.model._meta.concrete_fields}
        return field.editable and in_both(name)[0] not in names

    def format_delta_change(self, change):
        field = self.model._meta.get_field(change.field)
        change = super().format_delta_change(change)
        return dataclasses.replace(change, field=field_label(field))

    def prepare_delta_change_value(self, change, value):
        value = super().prepare_delta_change_value(change, value)
        field = self.model._meta.get_field(change.field)
        if isinstance(value, list):
            value = ", ".join(str(one) for one in value)
        elif field.choices:
            value = dict(field.flatchoices).get(value, value)
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        if value is None or value == "":
            return pgettext("value", "empty")
        return value


class HistoryAdmin(Fields, SimpleHistoryAdmin):
    """The admin of anything whose every version is kept."""

    form = RowForm
    object_history_list_template = "admin/record_history_list.html"
    object_history_form_template = "admin/record_version.html"
    list_per_page = 50

    def get_historical_record_context_helper(self, request, historical_record):
        return HistoryWords(self.model, historical_record)


class MissingFilter(admin.SimpleListFilter):
    """Lists the records that lack a name in a language, or a source."""

    title = _("what is missing")
    parameter_name = "missing"

    def __init__(self, request, params, model, model_admin):
        self.name_fields = model_admin.get_name_fields()
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return [*NAME_IN.items(), ("source", _("source"))]

    def queryset(self, request, queryset):
        if self.value() == "source":
            return queryset.filter(has_source=False)
        if self.value() in TAGS:
            for field in self.name_fields:
                column = build_localized_fieldname(field, self.value())
                empty = Q(**{column: ""}) | Q(**{f"{column}__isnull": True})
                queryset = queryset.filter(empty)
        return queryset


class RecordAdmin(HistoryAdmin):
    """
    The admin of a kind of record.

    `name_fields` are the translated fields that it may be called by, if there is
    more than `title_field`; `wanted` are the fields, translated or not, that a
    complete record has; `columns` stand between its name and its state.
    """

    name_fields = ()
    wanted = ()
    columns = ()
    inlines = [AltNameInline, CitationInline, ExternalIdInline]
    readonly_fields = [
        "standing",
        "first_published_at",
        "former_addresses",
        "updated_at",
    ]
    radio_fields = {"state": admin.HORIZONTAL}
    search_fields = ["slug", "alt_names__text"]

    def get_name_fields(self):
        return self.name_fields or (self.model.title_field,)

    def get_list_display(self, request):
        return ["names", *self.columns, "standing", "missing"]

    def get_list_filter(self, request):
        return ["state", *self.list_filter, MissingFilter]

    def get_search_fields(self, request):
        names = [column for name in self.get_name_fields() for column in both(name)]
        return [*names, *self.search_fields]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": [both(self.model.title_field)[0]]}

    def get_queryset(self, request):
        """Annotate what the list says of every record; no query more."""
        public = self.model.objects.published().order_by().filter(pk=OuterRef("pk"))
        citations = Citation.objects.order_by().filter(
            content_type__app_label=self.opts.app_label,
            content_type__model=self.opts.model_name,
            object_id=OuterRef("pk"),
        )
        queryset = super().get_queryset(request)
        return queryset.annotate(is_public=Exists(public), has_source=Exists(citations))

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if help_text := HELP.get(db_field.name):
            field.help_text = help_text
        elif getattr(db_field, "translated_field", db_field).name in (
            self.model.markdown_fields
        ):
            field.help_text = field.help_text or _("Markdown.")
        return field

    def save_model(self, request, obj, form, change):
        # A version taken from the history does not know what came after it: the
        # address that the record has now, and that the public has seen it.
        stored = self.model._base_manager.filter(pk=obj.pk).first()
        if stored:
            obj._stored_slug = stored.slug
            if stored.was_public():
                obj.first_published_at = stored.first_published_at
        super().save_model(request, obj, form, change)

    def view_on_site(self, obj):
        # As it is stored: a form that was refused may hold an address that is none.
        stored = self.model.objects.published().filter(pk=obj.pk).first()
        return stored and stored.get_absolute_url()

    @admin.display(description=_("name"), ordering="sort_key")
    def names(self, record):
        other = other_heading(record)
        name = heading(record) or record.slug
        return format_html("{}<small>{}</small>", name, other) if other else name

    @admin.display(description=_("what the public sees"), ordering="state")
    def standing(self, record):
        if record.pk is None:
            return self.get_empty_value_display()
        colour, words = _standing(record)
        return format_html('<span class="standing {}">{}</span>', colour, words)

    @admin.display(description=_("missing"))
    def missing(self, record):
        found = [
            str(words)
            for code, words in NAME_IN.items()
            if not any(text_in(record, name, code) for name in self.get_name_fields())
        ]
        for name in self.wanted:
            if not getattr(record, name):
                found.append(str(self.opts.get_field(name).verbose_name))
        if not record.has_source:
            found.append(gettext("source"))
        return pgettext("between the items of a list", ", ").join(found)

    @admin.display(description=_("former addresses"))
    def former_addresses(self, record):
        if record.pk is None:
            return self.get_empty_value_display()
        return ", ".join(former.slug for former in record.former_slugs.all())


HELP = {
    "slug": _(
        "The last part of the page’s address, the same in both languages. If you "
        "change it after publication, the old address leads to the new one."
    ),
    "state": _(
        "Draft: only here. Published: for everybody, from the time below on. "
        "Withdrawn: its address says so, with date, title and reason."
    ),
}


def _is_public(record):
    if not hasattr(record, "is_public"):
        public = type(record).objects.published().filter(pk=record.pk)
        record.is_public = public.exists()
    return record.is_public


def _standing(record):
    """Return a CSS class and the words for what the public sees of a record."""
    if record.state == State.WITHDRAWN:
        return "is-withdrawn", gettext("Withdrawn")
    if record.state == State.DRAFT:
        return "is-draft", gettext("Nothing: a draft")
    if _is_public(record):
        return "is-public", gettext("Published")
    if record.publish_at and record.publish_at > timezone.now():
        when = date_format(timezone.localtime(record.publish_at), "DATETIME_FORMAT")
        return "is-scheduled", gettext("Nothing until %(when)s") % {"when": when}
    return "is-scheduled", gettext("Nothing: what it belongs to is not public")


@admin.register(Source)
class SourceAdmin(HistoryAdmin):
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
