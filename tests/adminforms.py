"""How tests fill in the admin's forms: as they came, but for what is given."""

from django.forms import BaseFormSet, FileField


def filled_in(response, **changes):
    """
    Return what the browser would send of an admin page's form.

    `changes` are form fields by their names; an inline's rows are
    `prefix=[{...}, ...]`, added below those that are there.
    """
    sent = values_of(response.context["adminform"].form)
    for inline in response.context["inline_admin_formsets"]:
        formset: BaseFormSet = inline.formset
        rows = changes.pop(formset.prefix, [])
        there = formset.initial_form_count()
        for form in [formset.management_form, *formset.forms]:
            sent |= values_of(form)
        for number, row in enumerate(rows, start=there):
            sent |= {f"{formset.prefix}-{number}-{k}": v for k, v in row.items()}
        sent[f"{formset.prefix}-TOTAL_FORMS"] = there + len(rows)
    return sent | changes


def values_of(form):
    """Return the values that the fields of a form show, by their names."""
    values = {}
    for bound in form:
        value = bound.value()
        widget = getattr(bound.field.widget, "widget", bound.field.widget)
        several = getattr(widget, "allow_multiple_selected", False)
        if value is False or isinstance(bound.field, FileField):
            continue
        if value is None and several:
            continue
        if hasattr(widget, "decompress") and not isinstance(value, list):
            value = widget.decompress(value)
        if hasattr(bound.field, "fields"):
            for number, part in enumerate(value or [None, None]):
                values[f"{bound.html_name}_{number}"] = part or ""
        else:
            values[bound.html_name] = "" if value is None else value
    return values
