"""Forms of rows: a record itself, and the parts that are edited on its page."""

from django import forms
from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline
from django.contrib.contenttypes.forms import BaseGenericInlineFormSet
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from records.admin.fields import Fields
from records.files.forms import WithAlternativeTexts
from records.filters import in_both
from records.models import AltName, Citation, ExternalId
from records.models.proposals import dress


class RowForm(WithAlternativeTexts, forms.ModelForm):
    """
    The form of a model with translated fields.

    Django leaves out constraints on what the form does not show: a field without
    its language, or the record that a part belongs to. Here they are checked too,
    so that the database never has to refuse. Of a field that must be filled, one
    language is enough. With a `refusal` the form is shown again, whatever it holds.
    """

    refusal = ""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.names = [
            field.name
            for field in self._meta.model._meta.concrete_fields
            if in_both(field.name)[0] in self.fields and not field.blank
        ]

    def clean(self):
        cleaned = super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        for name in self.names:
            columns = in_both(name)
            if not any(cleaned.get(column) for column in columns):
                error = ValidationError(_("Give a name in at least one language."))
                self.add_error(columns[0], error)
        return cleaned

    def _post_clean(self):
        super()._post_clean()
        if not self.errors:
            exclude = self._get_validation_exclusions() - self._known()
            try:
                self.instance.validate_constraints(exclude=exclude)
            except ValidationError as error:
                self._update_errors(error)

    def _known(self):
        """Return what is not in the form and has its value: not left to Django."""
        fields = self._meta.model._meta.concrete_fields
        written = {
            field.translated_field.name
            for field in fields
            if isinstance(field, TranslationField)
        }
        return written | {field.name for field in fields if not field.editable}


class Rows:
    """
    What the formsets of parts have in common.

    Two rows with the same `once` fields are refused: Django compares new rows with
    each other only where no field is empty.
    """

    once = ()

    def __init__(self, *args, proposed=None, **kwargs):
        self.proposed = proposed or {}  # what its author sees: {key: row of changes}
        super().__init__(*args, **kwargs)

    def get_queryset(self):
        rows = super().get_queryset()
        if self.proposed and not getattr(self, "_is_dressed", False):
            self._is_dressed = True
            for row in rows:
                if proposed := self.proposed.get(row.pk):
                    dress(row, {} if proposed["gone"] else proposed["fields"])
        return rows

    def add_fields(self, form, index):
        super().add_fields(form, index)
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = gettext("Delete")
            proposed = self.proposed.get(form.instance.pk)
            form.fields["DELETE"].initial = bool(proposed and proposed["gone"])

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

    def get_extra(self, request, obj=None, **kwargs):
        return self.extra + len(getattr(obj, "proposed_rows", {}).get(self.model, []))

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
