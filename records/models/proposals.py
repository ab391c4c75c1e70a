"""
Changes that somebody proposes to what a publisher has decided about.

A proposal keeps values as JSON, in `changes`:

    {"fields": {"title_en": [old, new], "topics": [[1], [1, 2]]},
     "parts": [{"part": "contributions", "pk": 5, "gone": false,
                "fields": {"role": [old, new]}}]}

A field holds what `value_of()` returns; tags are the keys of what they name. A part
without a key is a new one, `gone` tells one that is to be deleted.
"""

import hashlib
import json
from contextlib import contextmanager
from copy import copy
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modeltranslation.fields import TranslationField

from records.files import store
from records.models.parts import Part

# Decided by buttons of their own, and never by what a proposal says.
LIFE = ("uid", "state", "publish_at", "first_published_at", "withdrawn_at")
# And the key of its author, as the reason of each version that is written of it
PROPOSED = "proposed by "


def value_of(thing, field):
    """Return what a row holds in a field, as JSON can."""
    if field.many_to_many:
        return sorted(one.pk for one in getattr(thing, field.name).all())
    value = field.value_from_object(thing)
    if isinstance(field, models.FileField):
        return value.name or ""
    if value is None and isinstance(field, models.CharField | models.TextField):
        return ""
    if value is None or type(value) in (str, int, bool, float, list, dict):
        return value
    return field.value_to_string(thing)


def set_value(thing, field, value):
    """Put what `value_of()` returned into a field that is no tag."""
    if field.is_relation:
        value = None if value is None else field.target_field.to_python(value)
    elif not isinstance(field, models.FileField):
        value = field.to_python(value)
    setattr(thing, field.attname, value)


def differences(before, after, names):
    """Return {field: [old, new]} of the named fields that differ; `before` or None."""
    found = {}
    for name in names:
        field = after._meta.get_field(name)
        old = value_of(before, field) if before else None
        new = value_of(after, field)
        if old != new:
            found[name] = [old, new]
    return found


class Item(NamedTuple):
    """
    One thing to decide: a field of the record or of a part, or a whole part.

    `now` is what is there today. `part` is the name of the part's relation, `thing`
    the part as it is; both are None for the record's own fields. `fields` are those
    of a new part, or of one that is to be deleted.
    """

    key: str
    model: Any
    name: str = ""
    old: Any = None
    new: Any = None
    now: Any = None
    part: str = ""
    thing: Any = None
    place: int = -1
    gone: bool = False
    fields: tuple = ()

    @property
    def is_whole(self):
        return bool(self.part) and not self.name

    @property
    def is_lost(self):
        """Whether the part that it speaks of is no longer there."""
        return bool(self.part) and self.thing is None and not self.is_new

    @property
    def is_new(self):
        return self.is_whole and not self.gone

    @property
    def is_done(self):
        return not self.is_whole and self.now == self.new

    @property
    def is_conflict(self):
        """Whether it was changed by somebody else since it was proposed."""
        if self.is_lost:
            return True
        if self.is_whole:
            return any(now != old for _name, old, _new, now in self.fields if self.gone)
        return self.now not in (self.old, self.new)


class ProposalQuerySet(models.QuerySet):
    def waiting(self):
        """Keep those that nobody has decided about."""
        return self.filter(state=Proposal.State.WAITING)

    def about(self, record):
        """Keep those about one record or source."""
        kind = models.Q(
            content_type__app_label=record._meta.app_label,
            content_type__model=record._meta.model_name,
        )
        return self.filter(kind, object_id=record.pk)


class Proposal(Part):
    """What somebody who may not publish would change of a record, or of a source."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        APPLIED = "applied", _("Applied")
        DECLINED = "declined", _("Declined")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="proposals",
        null=True,
        verbose_name=_("proposed by"),
    )
    made_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    changes = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=State, default=State.WAITING, db_index=True
    )
    word = models.CharField(_("word of why"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at", "-id"]
        verbose_name = _("proposed change")
        verbose_name_plural = _("proposed changes")
        default_permissions = ("change", "delete", "view")
        indexes = [models.Index(fields=["content_type", "object_id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "author"],
                condition=Q(state="waiting"),
                name="one_proposal_of_an_author_waits_for_a_record",
            )
        ]

    def __str__(self):
        return str(self.record or _("A record that is no more"))

    @property
    def is_waiting(self):
        return self.state == self.State.WAITING

    # What it would do

    def items(self):
        """Return what there is to decide, as a list of `Item`."""
        model = type(self.record)
        items = [
            Item(
                name,
                model,
                name,
                *values,
                now=value_of(self.record, model._meta.get_field(name)),
            )
            for name, values in self.changes.get("fields", {}).items()
        ]
        for place, row in enumerate(self.changes.get("parts", [])):
            items += self._items_of(place, row)
        return items

    def _items_of(self, place, row):
        model = self._part_model(row)
        thing = None
        if row["pk"]:
            parts = getattr(self.record, row["part"])
            thing = parts.filter(pk=row["pk"]).first()
        fields = [
            (name, *values, thing and value_of(thing, model._meta.get_field(name)))
            for name, values in row["fields"].items()
        ]
        whole = Item(
            str(place),
            model,
            part=row["part"],
            thing=thing,
            place=place,
            gone=row["gone"],
            fields=tuple(fields),
        )
        if row["gone"] or not row["pk"]:
            return [whole]
        return [
            whole._replace(
                key=f"{place}.{name}", name=name, old=old, new=new, now=now, fields=()
            )
            for name, old, new, now in fields
        ]

    def _part_model(self, row):
        return type(self.record)._meta.get_field(row["part"]).related_model

    def digest(self):
        """Return what changes when the proposal does, or what it would change."""
        told = [
            [item.key, item.old, item.new, item.now, item.fields, item.is_lost]
            for item in self.items()
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()

    def applied_to(self, record):
        """
        Return an unsaved copy of the record with everything that is proposed.

        Its tags and parts stand on it as if they were fetched.
        """
        thing = copy(record)
        thing._prefetched_objects_cache = {}
        dress(thing, self.changes.get("fields", {}))
        parts = {}
        for row in self.changes.get("parts", []):
            parts.setdefault(row["part"], []).append(row)
        for name, rows in parts.items():
            relation = type(record)._meta.get_field(name)
            changed = {row["pk"]: row for row in rows if row["pk"]}
            things = []
            for one in getattr(record, name).all():
                row = changed.get(one.pk)
                if row and row["gone"]:
                    continue
                if row:
                    dress(one, row["fields"])
                things.append(one)
            for row in rows:
                if not row["pk"]:
                    one = self._new_part(relation, record)
                    dress(one, row["fields"])
                    things.append(one)
            _fetched(thing, name, relation.related_model, things)
        if hasattr(thing, "derive"):
            thing.derive()
        return thing

    def _new_part(self, relation, record):
        part = relation.related_model()
        part._prefetched_objects_cache = {}
        if hasattr(relation, "object_id_field_name"):
            part.content_type, part.object_id = self.content_type, record.pk
        else:
            setattr(part, relation.field.name, record)
        return part

    def take(self, changes):
        """Propose these changes instead; files that came with the old ones go."""
        store.delete([change[1] for _key, change in self._new_files()])
        self.changes = changes

    # Deciding

    def apply(self, by, keys, word=""):
        """
        Write what was taken of it, all of it or nothing; `keys` are those of items.

        Raises `ValidationError` if the record would not be valid.
        """
        taken = [item for item in self.items() if item.key in keys]
        if lost := [item for item in taken if item.is_lost]:
            raise ValidationError(
                _("It is no longer there: %(name)s.")
                % {"name": lost[0].model._meta.verbose_name}
            )
        with transaction.atomic():
            own = [item for item in taken if not item.part]
            self._write(self.record, {item.name: item.new for item in own})
            parts = {}
            for item in taken:
                if item.part:
                    parts.setdefault(item.place, []).append(item)
            # What goes leaves its place to what comes.
            for items in sorted(parts.values(), key=lambda of: not of[0].gone):
                self._write_part(items)
            self._forget_files({item.key for item in taken})
            self._decide(self.State.APPLIED, by, word)

    def _write(self, thing, values):
        thing._change_reason = f"{PROPOSED}{self.author_id or ''}"
        _write(thing, values)

    def _write_part(self, items):
        first = items[0]
        if first.gone:
            first.thing._change_reason = f"{PROPOSED}{self.author_id or ''}"
            first.thing.delete()
        elif first.is_new:
            relation = type(self.record)._meta.get_field(first.part)
            new = {name: new for name, _old, new, _now in first.fields}
            self._write(self._new_part(relation, self.record), new)
        else:
            self._write(first.thing, {item.name: item.new for item in items})

    @contextmanager
    def tried(self):
        """
        Have everything that is proposed written while the block lasts, then undone.

        For a page that shows the record as it would be. Nobody else sees it.
        """
        with transaction.atomic():
            keys = {item.key for item in self.items() if not item.is_lost}
            type(self).objects.get(pk=self.pk).apply(by=None, keys=keys)
            yield type(self.record)._base_manager.get(pk=self.object_id)
            transaction.set_rollback(True)

    def decline(self, by, word):
        """Leave the record as it is, with a word of why; its files go."""
        with transaction.atomic():
            self._forget_files(())
            self._decide(self.State.DECLINED, by, word)

    def delete(self, *args, **kwargs):
        store.delete([change[1] for _key, change in self._new_files()])
        return super().delete(*args, **kwargs)

    delete.alters_data = True

    def _new_files(self):
        """Yield (key of the item, [old, new]) of each change of a file."""
        rows = [("", type(self.record), self.changes.get("fields", {}))]
        rows += [
            (str(place), self._part_model(row), row["fields"])
            for place, row in enumerate(self.changes.get("parts", []))
            if not row["gone"]
        ]
        for place, model, fields in rows if self.record else ():
            for name, change in fields.items():
                if change[1] and hasattr(model._meta.get_field(name), "upload_to"):
                    whole = place and not self.changes["parts"][int(place)]["pk"]
                    key = place if whole else f"{place}.{name}" if place else name
                    yield key, change

    def _forget_files(self, taken):
        """Delete the files of what was not taken; the last part of a name stays."""
        gone = [change for key, change in self._new_files() if key not in taken]
        store.delete([new for _old, new in gone])
        for change in gone:
            change[1] = change[1].rpartition("/")[2]

    def _decide(self, state, by, word):
        self.state, self.decided_by, self.word = state, by, word
        self.decided_at = timezone.now()
        self.save()


def _write(thing, values):
    """Set fields and tags of a row, check it as a form would, and save it."""
    opts = thing._meta
    fields = {name: opts.get_field(name) for name in values if name not in LIFE}
    if not fields and thing.pk:
        return
    tags = [field for field in fields.values() if field.many_to_many]
    for name, field in fields.items():
        if not field.many_to_many:
            set_value(thing, field, values[name])
    bare = {
        field.translated_field.name
        for field in opts.concrete_fields
        if isinstance(field, TranslationField)
    }
    getattr(thing, "_prefetched_objects_cache", {}).clear()
    thing.full_clean(exclude=bare)
    thing.save()
    for field in tags:
        known = field.related_model._base_manager.filter(pk__in=values[field.name])
        getattr(thing, field.name).set(known)


def dress(thing, changes):
    for name, (_old, new) in changes.items():
        field = thing._meta.get_field(name)
        if field.many_to_many:
            found = field.related_model._base_manager.in_bulk(new)
            _fetched(thing, name, field.related_model, list(found.values()))
        else:
            set_value(thing, field, new)


def _fetched(thing, name, model, things):
    if not hasattr(thing, "_prefetched_objects_cache"):
        thing._prefetched_objects_cache = {}
    fetched = model._base_manager.none()
    fetched._result_cache = things
    thing._prefetched_objects_cache[name] = fetched
