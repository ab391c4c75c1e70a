"""What a browser sends of a form: to compare what was shown, typed and stored."""

from django import forms
from django.utils.translation import gettext, pgettext

LEFT_OUT = ("DELETE", "id")


def is_compared(name, field):
    """Tell whether a field holds what somebody wrote; a chosen file cannot be kept."""
    hidden = isinstance(field, forms.models.InlineForeignKeyField)
    return not (name in LEFT_OUT or hidden or isinstance(field, forms.FileField))


def shown(form):
    """
    Return {field: {ending: values}} as the browser would send an untouched form.

    The ending is "" but for a field of several inputs, such as a date with a time:
    "_0", "_1". Values are lists of texts, empty if nothing is sent.
    """
    return {
        bound.name: _shown(bound)
        for bound in form
        if is_compared(bound.name, bound.field)
    }


def _shown(bound):
    widget = getattr(bound.field.widget, "widget", bound.field.widget)
    value = bound.value()
    if isinstance(widget, forms.MultiWidget):
        parts = value if isinstance(value, list) else widget.decompress(value)
        pairs = zip(widget.widgets_names, widget.widgets, parts, strict=True)
        return {ending: _texts(part.format_value(one)) for ending, part, one in pairs}
    if isinstance(widget, forms.CheckboxInput):
        return {"": ["on"] if value else []}
    return {"": _texts(widget.format_value(value))}


def _texts(value):
    values = value if isinstance(value, list | tuple) else [value]
    return [str(one) for one in values if one not in (None, "")]


def posted(data, prefix, names):
    """Return what was sent of some fields, in the shape of `shown()`."""
    return {
        name: {
            ending: [one for one in data.getlist(f"{prefix}{name}{ending}") if one]
            for ending in endings
        }
        for name, endings in names.items()
    }


def put(data, prefix, values):
    """Write values in the shape of `shown()` into data to be sent."""
    for name, endings in values.items():
        for ending, texts in endings.items():
            data.setlist(f"{prefix}{name}{ending}", texts)


def same(one, other):
    """Tell whether two values of a field are the same text, in whatever order."""
    return _plain(one) == _plain(other)


def _plain(values):
    return {
        ending: sorted(text.replace("\r\n", "\n").strip() for text in texts)
        for ending, texts in values.items()
    }


def as_words(field, values):
    """Return a value of a form's field as people read it; "" if it is empty."""
    texts = [text for part in values.values() for text in part]
    if isinstance(field, forms.BooleanField):
        return gettext("yes") if texts else gettext("no")
    if isinstance(field, forms.ModelChoiceField):
        keys = [text for text in texts if text.isdecimal()]
        rows = field.queryset.model._base_manager.filter(pk__in=keys)
        texts = sorted(map(str, rows))
    elif hasattr(field, "choices") or hasattr(field.widget, "choices"):
        flat = {}
        for value, label in getattr(field, "choices", field.widget.choices):
            flat |= dict(label) if isinstance(label, list | tuple) else {value: label}
        flat = {str(value): str(label) for value, label in flat.items()}
        texts = [flat.get(text, text) for text in texts]
    return pgettext("between the items of a list", ", ").join(texts)
