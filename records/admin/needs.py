"""The filter of the admin's lists by what needs a hand: `?needs=drafts`."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.models import State
from records.needs import OF_RECORD


class NeedsFilter(admin.SimpleListFilter):
    """Lists the records that need a hand; nobody waits for what was withdrawn."""

    title = _("what needs a hand")
    parameter_name = "needs"

    def __init__(self, request, params, model, model_admin):
        self.needs = model_admin.get_needs()
        self.model = model
        super().__init__(request, params, model, model_admin)

    def lookups(self, request, model_admin):
        return [(value, need.label) for value, need in self.needs.items()]

    def queryset(self, request, queryset):
        if self.value() in self.needs:
            return queryset.filter(in_need(self.model, self.needs[self.value()]))
        return queryset


def in_need(model, need):
    """Return the condition that a record needs it and was not withdrawn."""
    return need.having(model) & ~Q(state=State.WITHDRAWN)


class Needs(admin.options.BaseModelAdmin):
    """An admin whose list can be filtered by what needs a hand; `needs` of its kind."""

    needs = {}

    def get_needs(self):
        """Return {value: Gap}, those of any record first."""
        return {**OF_RECORD, **self.needs}
