"""The history of what is edited, in words."""

import dataclasses

from django.utils.translation import gettext, pgettext
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper

from records.admin.fields import Fields, field_label
from records.admin.rows import RowForm
from records.filters import in_both


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
