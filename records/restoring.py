"""
Bringing back what was: a record as it stood at a moment, or one part of it.

Texts, tags and parts come back; the life of a record does not. What is public stays
public, what is a draft stays one, and an address that the public has seen still
leads here. A record that was deleted comes back with its old key and addresses.
"""

from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import CharField, DateField, ProtectedError
from django.utils.text import capfirst
from django.utils.translation import gettext
from modeltranslation.fields import TranslationField

from records.models import Record, State

# What a version does not decide. Of the rest `save()` derives what follows.
LIFE = (
    "state",
    "publish_at",
    "first_published_at",
    "withdrawn_at",
    "withdrawn_reason_en",
    "withdrawn_reason_zh_hans",
)
REASON = "restored "  # and the moment, as the reason of each version written


@transaction.atomic
def restore(timeline, moment, *, publish=False, kinds=()):
    """
    Bring a record back as it was at a moment, with the parts of these kinds.

    `publish` says whether a deleted record may come back as public as it was; else
    it is a draft. Return (record, names of what could not be brought back).
    ValidationError says why nothing could be.
    """
    there = timeline.at(moment)
    versions = list(there[timeline.own.model].values())
    if not versions:
        raise LookupError(moment)
    record, left = _restore_own(timeline, versions[0], moment, publish)
    for kind in timeline.kinds[1:]:
        if kind.model in kinds:
            left += _restore_parts(kind, there[kind.model], moment)
    left += _set_tags(record, versions[0].tags)
    return record, left


@transaction.atomic
def restore_part(kind, version):
    """Bring one part back that was removed; ValidationError says why it cannot be."""
    part = thing_of(version)
    part._change_reason = _reason(version.when)
    _make_again(part)
    return part, _set_tags(part, version.tags)


def thing_of(version):
    """Return a whole object of a version: what it leaves out is as in a new one."""
    names = [f.attname for f in version.thing.history.model.tracked_fields]
    values = {name: version.thing.__dict__[name] for name in names}
    thing = type(version.thing)()
    for name, value in values.items():
        thing.__dict__.pop(name, None)
        setattr(thing, name, value)
    return thing


def _restore_own(timeline, version, moment, publish):
    record = thing_of(version)
    now = type(record)._base_manager.select_for_update().filter(pk=record.pk).first()
    if isinstance(record, Record):
        if now:
            for name in (*LIFE, "uid"):
                setattr(record, name, getattr(now, name))
            record._stored_slug = now.slug
        else:
            record._stored_slug = record.slug
            if not publish:
                record.state = State.DRAFT
    if now and hasattr(now, "created_at"):
        record.created_at = now.created_at
    record._change_reason = _reason(moment)
    _save(record, is_new=now is None)
    if isinstance(record, Record) and now is None:
        seen = {
            version.thing.slug
            for version, after in pairwise(timeline.versions)
            if version.thing.was_public(after.when)
        }
        for slug in sorted(seen - {record.slug}):
            record.former_slugs.get_or_create(slug=slug)
    return record, []


def _restore_parts(kind, then, moment):
    """Make the parts of a kind what they were; return the names of the others."""
    left = []
    now = {part.pk: part for part in kind.model._base_manager.filter(**kind.where)}
    for pk, part in now.items():
        if pk not in then:
            part._change_reason = _reason(moment)
            try:
                with transaction.atomic():
                    part.delete()
            except ProtectedError:
                left.append(_called(part))
    for pk, version in then.items():
        part = thing_of(version)
        part._change_reason = _reason(moment)
        try:
            with transaction.atomic():
                if pk not in now:
                    _make_again(part)
                elif _differ(part, now[pk]):
                    _save(part, is_new=False)
                left += _set_tags(part, version.tags)
        except (ValidationError, IntegrityError):
            left.append(_called(part))
    return left


def _make_again(part):
    # What belongs elsewhere by now stays there: that other record may be public.
    if type(part)._base_manager.filter(pk=part.pk).exists():
        raise ValidationError(gettext("It belongs to another record now."))
    _save(part, is_new=True)


def _differ(part, other):
    names = [f.attname for f in part.history.model.tracked_fields]
    return any(getattr(part, name) != getattr(other, name) for name in names)


def _save(thing, *, is_new):
    thing._state.adding = is_new
    # A text without its language is the one of the page's: checked by its columns.
    untranslated = {
        field.translated_field.name
        for field in thing._meta.concrete_fields
        if isinstance(field, TranslationField)
    }
    fixed = {f.name for f in thing._meta.concrete_fields if not f.editable}
    empty = {
        field.name
        for field in thing._meta.concrete_fields
        if isinstance(field, TranslationField) and not getattr(thing, field.attname)
    }
    thing.full_clean(exclude=untranslated | fixed | empty)
    thing.save()


def _set_tags(thing, tags):
    """Tag a thing as it was; return what it cannot be tagged with any more."""
    left = []
    for name, keys in tags.items():
        field = getattr(thing, name)
        rows = field.model._base_manager.filter(pk__in=keys)
        there = set(rows.values_list("pk", flat=True))
        if there != set(field.values_list("pk", flat=True)):
            field.set(there)
        label = capfirst(str(thing._meta.get_field(name).verbose_name))
        left += [f"{label}: {key}" for key in sorted(keys - there)]
    return left


def _called(part):
    # Not by what it names, which may be what is gone.
    texts = [
        str(dict(field.flatchoices).get(value, value))
        for field in part._meta.concrete_fields
        if isinstance(field, CharField | DateField)
        and (value := getattr(part, field.attname))
    ]
    kind = capfirst(str(part._meta.verbose_name))
    return " · ".join([kind, *texts[:2]])


def _reason(moment):
    return f"{REASON}{moment.isoformat()}"
