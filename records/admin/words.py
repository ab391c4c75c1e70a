"""The values of fields in words, as an organizer knows them from the form."""

import datetime
from typing import NamedTuple

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from modeltranslation.fields import TranslationField

from records.admin.fields import field_label
from records.differences import pieces
from records.filters import in_both
from records.languages import TAGS, page_language, text_of
from records.models import Record


class Difference(NamedTuple):
    """A field that changed: its label, the `lang` of its text, and how."""

    label: str
    lang: str
    pieces: list


def told_fields(model, where=()):
    """
    Return the fields of a model that a history tells of, as they stand in its form.

    Not what follows from others, the column without a language of a translated
    field, nor the columns in `where`, which only say to what a part belongs.
    """
    names = {field.name for field in model._meta.concrete_fields}
    plain = [
        field
        for field in model._meta.concrete_fields
        if field.editable
        and not field.primary_key
        and field.attname not in where
        and in_both(field.name)[0] not in names
    ]
    return [*plain, *model.history.model._history_m2m_fields]


class Names:
    """
    The names of everything that some versions point to.

    One query for all records together, one for each other kind.
    """

    def __init__(self, steps):
        wanted = {}
        for step in steps:
            for version in filter(None, (step.before, step.after)):
                for field in told_fields(step.kind.model, step.kind.where):
                    if field.related_model:
                        known = wanted.setdefault(field.related_model, set())
                        known.update(keys_of(version, field))
        self.known = {}
        records = None
        for model, pks in wanted.items():
            if issubclass(model, Record) and pks:
                rows = _titles(model, pks)
                some = records is not None
                records = records.union(rows, all=True) if some else rows
            elif pks:
                rows = model._base_manager.filter(pk__in=pks)
                rows = rows.select_related(*_named_by(model))
                self.known |= {(model._meta.label, one.pk): str(one) for one in rows}
        for label, pk, slug, *texts in records if records is not None else ():
            titles = dict(zip(TAGS, texts, strict=True))
            title = titles[page_language()] or next(filter(None, texts), slug)
            self.known[label, pk] = title

    def of(self, model, pk):
        """Return what something is called; that it is gone, if it is."""
        gone = gettext("not on record any more (%(number)s)") % {"number": pk}
        return self.known.get((model._meta.label, pk), gone)


def _titles(model, pks):
    # A plain queryset: that of translated models mixes the order of columns up.
    english, chinese = in_both(model.title_field)
    return (
        models.QuerySet(model)
        .filter(pk__in=pks)
        .order_by()
        .annotate(
            label_=models.Value(model._meta.label, models.CharField()),
            english_=models.F(english),
            chinese_=models.F(chinese),
        )
        .values_list("label_", "pk", "slug", "english_", "chinese_")
    )


def _named_by(model):
    # A day is called by the year of its edition.
    return [
        field.name
        for field in model._meta.concrete_fields
        if field.many_to_one and issubclass(field.related_model, Record)
    ]


def keys_of(version, field):
    """Return the keys that a version points to by a field."""
    if field.many_to_many:
        return set(version.tags[field.name])
    key = getattr(version.thing, field.attname)
    return set() if key is None else {key}


def differences(step, names, skip=()):
    """Return the `Difference`s of each field, but some, of two versions of a row."""
    found = []
    for field in told_fields(step.kind.model, step.kind.where):
        if field.name in skip:
            continue
        alone = not (step.before and step.after)
        old = in_words(step.before, field, names, alone)
        new = in_words(step.after, field, names, alone)
        if old == new:
            continue
        lang = ""
        if isinstance(field, TranslationField):
            lang = TAGS[field.language]
        if field.many_to_many:
            changed = _set_pieces(old, new)
        elif isinstance(field, models.TextField | TranslationField):
            changed = pieces(old, new)
        else:
            changed = pieces(old, new) if not (old and new) else _both(old, new)
        found.append(Difference(field_label(field), lang, changed))
    return found


def _both(old, new):
    return [*pieces(old, ""), *pieces("", new)]


def _set_pieces(old, new):
    went = [one for one in old if one not in new]
    came = [one for one in new if one not in old]
    comma = pgettext("between the items of a list", ", ")
    return _both(comma.join(went), comma.join(came))


def in_words(version, field, names, is_new=False):
    """
    Return the value of a field in words, "" if it is empty; of tags a list.

    Of what is new, or gone, a "no" says nothing.
    """
    if field.many_to_many:
        keys = keys_of(version, field) if version else ()
        return sorted(names.of(field.related_model, key) for key in keys)
    if version is None:
        return ""
    value = getattr(version.thing, field.attname)
    if value is False and is_new:
        return ""
    if value is None or value == "" or value == []:
        return ""
    if field.related_model:
        return names.of(field.related_model, value)
    return plain_words(field, value)


def plain_words(field, value):
    """Return the value of a field that is no relation in words."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, datetime.datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, datetime.date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list):
        return pgettext("between the items of a list", ", ").join(map(str, value))
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    return str(value)


def part_name(part):
    """Return what kind of part this is, with a capital: "Milestone"."""
    return capfirst(str(part._meta.verbose_name))


def title_of(thing):
    """Return what a version of a row is called, without asking for more rows."""
    if isinstance(thing, Record):
        return text_of(thing, thing.heading_field).text or thing.slug
    return str(thing)
