"""A save of what somebody has deleted meanwhile: it gives back what was typed."""

from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext

from records.admin.meanwhile import (
    endings_of,
    form_of,
    formsets_of,
    row_words,
    total,
)
from records.admin.sent import as_words, is_compared, posted, shown
from records.admin.words import title_of
from records.models import Merged
from records.restoring import thing_of
from records.timeline import Timeline

CONFLICT = 409  # RFC 9110, section 15.5.10


class Typed(NamedTuple):
    """What was typed into a field, or into a row of a kind of part."""

    label: str
    lang: str
    text: str


def gone_page(site, request, pk):
    """
    Return the page about a form that was sent after its record was deleted.

    It says who deleted it and when, and shows each field as it was typed. What the
    browser keeps of the form it offers again, once the record is brought back. None
    if there never was such a record.
    """
    timeline = Timeline(site.model, pk)
    if not timeline.versions:
        return None
    last = timeline.versions[-1]
    thing = thing_of(last)
    context = {
        **site.admin_site.each_context(request),
        "title": gettext("Deleted meanwhile: %(thing)s") % {"thing": title_of(thing)},
        "opts": site.opts,
        "sentence": _sentence(last),
        "typed": [*_fields(site, request, thing), *_rows(site, request, thing)],
        "merged": _merged(site, pk),
        "may_restore": site.has_add_permission(request),
    }
    template = "admin/record_gone.html"
    return TemplateResponse(request, template, context, status=CONFLICT)


def _sentence(version):
    user = get_user_model().objects.filter(pk=version.editor).first()
    local = timezone.localtime(version.when, timezone.get_default_timezone())
    return gettext(
        "%(name)s deleted this on %(when)s, while you were writing. What you typed "
        "is not saved: it stands below, for you to copy."
    ) % {
        "name": user or gettext("Somebody"),
        "when": date_format(local, "DATETIME_FORMAT"),
    }


def _fields(site, request, thing):
    form = form_of(site, request, thing)(instance=thing)
    for name, values in posted(request.POST, "", shown(form)).items():
        field = form.fields[name]
        if any(values.values()):
            widget = getattr(field.widget, "widget", field.widget)
            lang = widget.attrs.get("lang", "")
            yield Typed(str(field.label), lang, as_words(field, values))


def _rows(site, request, thing):
    for formset, inline in formsets_of(site, request, thing):
        label, form = capfirst(str(inline.opts.verbose_name)), formset.empty_form
        names = {
            name: endings_of(field)
            for name, field in form.fields.items()
            if is_compared(name, field)
        }
        for number in range(total(request.POST, formset.prefix)):
            at = f"{formset.prefix}-{number}-"
            words = row_words(form, posted(request.POST, at, names))
            if words and f"{at}DELETE" not in request.POST:
                yield Typed(label, "", words)


def _merged(site, pk):
    """Return (name, address) of the record that it became part of, or None."""
    kind = ContentType.objects.get_for_model(site.model)
    merged = Merged.objects.filter(content_type=kind, former_id=pk).first()
    if merged is None or merged.record is None:
        return None
    name = f"admin:{site.opts.app_label}_{site.opts.model_name}_change"
    return title_of(merged.record), reverse(name, args=[merged.object_id])
