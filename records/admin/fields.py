"""How the fields of a form are named, sized and explained."""

from django import forms
from django.contrib import admin
from django.db import models
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from records.files import store
from records.files.fields import PictureField
from records.files.forms import StoredFileField
from records.filters import in_both
from records.languages import OWN_NAMES, TAGS

DATE_AND_TIME = (_("date"), _("time"))


def both(field):
    """Return the columns of a translated field, to stand side by side in a form."""
    return tuple(in_both(field))


def field_label(field):
    """Return what a field is called in a form: "Title (English)"."""
    if not isinstance(field, TranslationField):
        return capfirst(field.verbose_name)
    return gettext("%(field)s (%(language)s)") % {
        "field": capfirst(field.translated_field.verbose_name),
        "language": OWN_NAMES[field.language],
    }


class PictureInput(admin.widgets.AdminFileWidget):
    """A way to choose a picture, below the one that is kept."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = super().render(name, value, attrs, renderer)
        copies = self.is_initial(value) and getattr(value, "modern", None)
        if not copies:
            return chosen
        return format_html(
            '<img src="{}" width="{}" height="{}" alt="{}" loading="lazy">{}',
            copies[0].url,
            copies[0].width,
            copies[0].height,
            value.alt.text,
            chosen,
        )


class Fields(admin.options.BaseModelAdmin):
    """How the fields of a form are labelled, sized and explained."""

    formfield_overrides = {PictureField: {"widget": PictureInput}}

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
        if isinstance(field, StoredFileField):
            field.help_text = f"{field.help_text} {room_for(field)}".strip()
        return field

    def clock(self, request):
        """Return a sentence: by which clock the times of this form are."""
        zone = timezone.get_current_timezone_name()
        return gettext("By the clock of %(zone)s.") % {"zone": zone}


def room_for(field):
    """Return a sentence: how large a file may be, and how much room all take."""
    try:
        used, quota = store.usage()
    except ConnectionError:
        return gettext("At most %(most)s.") % {
            "most": filesizeformat(field.most_bytes())
        }
    return gettext("At most %(most)s. All files together: %(used)s of %(quota)s.") % {
        "most": filesizeformat(field.most_bytes()),
        "used": filesizeformat(used),
        "quota": filesizeformat(quota),
    }
