"""The value of any public field in words, as HTML in the language of the moment."""

from django.db.models import BooleanField, DateField, DateTimeField, URLField
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from modeltranslation.utils import build_localized_fieldname

from records.languages import TAGS, other_language, page_language, text_in
from records.models import Record
from records.templatetags.records import comma, day, language_name, text
from records.text import markdown_to_html


def field_in_words(thing, name, zone=None):
    """
    Return a field of a record or a part that is no relation; "" if it is empty.

    Moments are told by the clock of `zone`.
    """
    field = thing._meta.get_field(name)
    if name in getattr(thing, "markdown_fields", ()):
        return prose(thing, name)
    if hasattr(type(thing), build_localized_fieldname(name, "en")):
        return text(thing, name)
    value = getattr(thing, name)
    if value is None or value == "" or value == []:
        return ""
    for kind, words in WRITTEN.items():
        if isinstance(field, kind):
            return words(thing, field, value, zone)
    if name.endswith("language"):
        value = language_name(value)
    elif isinstance(value, list):
        value = comma().join(map(str, getattr(thing, f"{name[:-1]}_names")()))
    elif field.flatchoices:
        value = getattr(thing, f"get_{name}_display")()
    else:
        value = getattr(thing, f"{name}_name", value)
    return format_html("{}", value)


def prose(thing, name):
    """Return a Markdown field as HTML, made anew of its text."""
    for code in (page_language(), other_language()):
        if html := markdown_to_html(text_in(thing, name, code)):
            safe = mark_safe(html)  # noqa: S308 — sanitized as it is made
            if code == page_language():
                return safe
            return format_html('<div lang="{}">{}</div>', TAGS[code], safe)
    return ""


def joined(words):
    """Return several facts on one line."""
    return format_html_join(comma(), "{}", ((said,) for said in words if said))


def label_of(model, name):
    """Return what a field of a kind of record is called."""
    field = model._meta.get_field(name)
    if name == "citations":
        return _("Sources")  # as on the page of today and in files
    if field.one_to_many:
        return capfirst(str(field.related_model._meta.verbose_name_plural))
    return capfirst(str(field.verbose_name))


def _truth(thing, field, value, zone):
    if isinstance(thing, Record):
        return _("Yes") if value else _("No")
    return str(field.verbose_name) if value else ""


def _moment(thing, field, value, zone):
    zone = zone or timezone.get_current_timezone()
    local = value.astimezone(zone)
    shown = formats.date_format(local, "DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}">{}</time> ({})', local.isoformat(), shown, zone.key
    )


def _date(thing, field, value, zone):
    return day(value, getattr(thing, "precision", "day"))


def _address(thing, field, value, zone):
    if not value.startswith(("http://", "https://")):
        return format_html("{}", value)
    return format_html('<a href="{0}" rel="noopener">{0}</a>', value)


WRITTEN = {
    BooleanField: _truth,
    DateTimeField: _moment,  # before DateField, which it is as well
    DateField: _date,
    URLField: _address,
}
