"""
What the public saw of a record, at any moment since it was first public.

Told from the history of the record, of its parts and of what these point to. A state
counts only while the record was public, and shows only what a version may show: the
`public_fields` of each model. Another record is named as it is called today, and only
if it was public at that moment and still is.
"""

from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, CharField, F, Value
from django.utils import timezone
from simple_history.models import HistoricalRecords

from records.histories import is_listed, latest, public_at, versions_of
from records.in_words import field_in_words, joined
from records.models import Record
from records.templatetags.records import link

TOGETHER = timedelta(minutes=10)  # how long one editor may be at one change


class Seen(NamedTuple):
    """What the public saw: `thing` as it was, `fields` as {name: {key: words}}."""

    thing: object
    fields: dict


class Change(NamedTuple):
    """
    What changed at one time, as [(name of field, old words, new words)].

    `since` is when it began, which stays the same while one editor goes on. The
    first change, which made the record public, has no items and began no earlier
    than that, whatever else was written in the minutes before.
    """

    since: datetime
    when: datetime
    items: list


def _differences(before, after):
    """Return (name of field, old words, new words) of each value that changed."""
    found = []
    for name in {**before, **after}:
        old, new = before.get(name, {}), after.get(name, {})
        found += [
            (name, old.get(key, ""), new.get(key, ""))
            for key in {**old, **new}
            if old.get(key) != new.get(key)
        ]
    return found


class Past:
    """
    A public record through time, in the language of the moment.

    A fixed number of queries for a kind of record, at most 22, however long its
    history is.
    """

    def __init__(self, record):
        self.record = record
        self.model = type(record)
        self.zone = getattr(getattr(record, record.part_of or "pk"), "zone", None)
        self.own = versions_of(self.model.history.filter(id=record.pk))
        self.own = self.own.get(record.pk, [])
        self.tags = self._tags()
        self.parts = {name: self._parts(name) for name in self._names("one_to_many")}
        self.linked, self.beside = self._pointed_at()
        self.spans = self._spans()
        self.said = {}  # what was put into words already

    # What was

    def at(self, moment):
        """Return what the public saw at a moment as `Seen`, or None."""
        version = latest(self.own, moment)
        thing = version and version.thing
        if not thing or not public_at(thing.state, thing.publish_at, moment):
            return None
        if self.model.part_of:
            whole = self.model._meta.get_field(self.model.part_of)
            if not self._link(whole, thing, moment):
                return None
        by_name_only = not (is_listed(self.record) and is_listed(thing))
        fields = {}
        for name in self.model.public_fields if not by_name_only else ():
            field = self.model._meta.get_field(name)
            if field.many_to_many:
                pks = self.tags.get((name, version.number), ())
                fields[name] = {
                    pk: self._link_to(one)
                    for pk, one in self.linked.get(field.related_model, {}).items()
                    if pk in pks and self._is_shown(one, moment)
                }
            elif field.one_to_many:
                fields[name] = self._parts_at(name, moment)
            else:
                words = self._words(thing, field, moment)
                fields[name] = {None: words} if words else {}
        return Seen(thing, fields)

    def dressed(self, moment):
        """
        Return the record as it was at a moment, or None if it was not public.

        What may be shown of its tags, parts and the records it names stands on it as
        if it were fetched. Who asks to be shown by name only is returned as today.
        """
        seen = self.at(moment)
        if not seen or not seen.fields:
            return seen and self.record
        thing = copy(seen.thing)
        thing._prefetched_objects_cache = {}
        for name, said in seen.fields.items():
            field = self.model._meta.get_field(name)
            if field.many_to_many:
                of_kind = self.linked.get(field.related_model, {})
                things = [of_kind[pk] for pk in said]
            elif field.one_to_many:
                parts = self.parts[name]
                things = [copy(latest(parts[pk], moment).thing) for pk in said]
                for part in things:
                    self._name_others(part, moment)
            else:
                if field.is_relation:
                    setattr(thing, name, self._target(field, thing, moment))
                continue
            fetched = field.related_model._base_manager.none()
            fetched._result_cache = things
            thing._prefetched_objects_cache[name] = fetched
        return thing

    def _name_others(self, part, moment):
        alone = False
        for name in part.public_fields:
            field = part._meta.get_field(name)
            if field.is_relation:
                one = self._target(field, part, moment)
                setattr(part, name, None if alone else one)
                alone = alone or (
                    isinstance(one, Record) and not self._is_listed(one, moment)
                )

    def _target(self, field, thing, moment):
        if issubclass(field.related_model, Record):
            return self._link(field, thing, moment)
        versions = self.beside[field.related_model].get(getattr(thing, field.attname))
        version = versions and latest(versions, moment)
        return version and version.thing

    def changes(self, most):
        """Return the newest changes that the public saw, at most so many."""
        found, groups = [], self._groups()
        seen = {}

        def state(place):
            if place not in seen:
                seen[place] = self.at(groups[place][1])
            return seen[place]

        for place in range(len(groups) - 1, -1, -1):
            if len(found) == most:
                break
            after = state(place)
            if not after:
                continue
            earlier = (state(one) for one in range(place - 1, -1, -1))
            before = next(filter(None, earlier), None)
            items = _differences(before.fields, after.fields) if before else []
            since, when = groups[place]
            if not before and self.record.first_published_at:
                since = max(since, min(self.record.first_published_at, when))
            if items or not before:
                found.append(Change(since, when, items))
        return found

    def _groups(self):
        """Return (first, last moment) of what one editor wrote within minutes."""
        now = timezone.now()
        chains = [self.own, *(v for of in self.parts.values() for v in of.values())]
        chains += [v for of in self.beside.values() for v in of.values()]
        moments = {(v.when, v.editor) for versions in chains for v in versions}
        moments |= {
            (v.thing.publish_at, None)
            for v in self.own
            if v.thing and v.thing.publish_at and v.thing.publish_at > v.when
        }
        moments |= {
            (max(when, publish_at or when), None)
            for rows in self.spans.values()
            for when, _state, publish_at, _listed in rows
        }
        groups, last_editor = [], None
        for when, editor in sorted(moments, key=lambda m: (m[0], m[1] or 0)):
            if when > now:
                break
            near = groups and when - groups[-1][1] <= TOGETHER
            if groups and (when == groups[-1][1] or (near and editor == last_editor)):
                groups[-1][1] = when
            else:
                groups.append([when, when])
            last_editor = editor
        return groups

    # In words

    def _parts_at(self, name, moment):
        field = self.model._meta.get_field(name)
        shown = []
        for versions in self.parts[name].values():
            version = latest(versions, moment)
            part = version and version.thing
            if part and self._is_mine(part, field):
                words = self._part_in_words(part, moment)
                if words:
                    shown.append((part, words))
        meta = field.related_model._meta
        for order in reversed(meta.ordering):
            key = meta.get_field(order.lstrip("-")).attname
            shown.sort(
                key=lambda one, key=key: (
                    getattr(one[0], key) is not None,
                    getattr(one[0], key) or 0,
                ),
                reverse=order.startswith("-"),
            )
        return {part.pk: words for part, words in shown}

    def _part_in_words(self, part, moment):
        """Return a part in words; None if a record that it names is not to be seen."""
        said, links = [], 0
        for name in part.public_fields:
            field = part._meta.get_field(name)
            if not (field.is_relation and issubclass(field.related_model, Record)):
                said.append(self._words(part, field, moment))
            elif getattr(part, field.attname):
                one = self._link(field, part, moment)
                if not one:
                    return None
                # Who asked for it is shown by name only, not with an organization.
                if not links:
                    said.append(self._link_to(one))
                links += not self._is_listed(one, moment)
        return joined(said)

    def _words(self, thing, field, moment):
        if not field.is_relation:
            key = id(thing), field.name
            if key not in self.said:
                self.said[key] = field_in_words(thing, field.name, self.zone)
            return self.said[key]
        other = self._target(field, thing, moment)
        if not other or isinstance(other, Record):
            return self._link_to(other) if other else ""
        return joined(
            field_in_words(other, name, self.zone) for name in other.public_fields
        )

    def _link_to(self, one):
        if id(one) not in self.said:
            self.said[id(one)] = link(one)
        return self.said[id(one)]

    # Who may be named

    def _link(self, field, thing, moment):
        """Return the record that a foreign key points to, if it may be named."""
        one = self.linked.get(field.related_model, {}).get(
            getattr(thing, field.attname)
        )
        return one if one and self._is_shown(one, moment) else None

    def _is_shown(self, one, moment):
        keys = [(type(one), one.pk)]
        if one.part_of:
            whole = one._meta.get_field(one.part_of)
            keys.append((whole.related_model, getattr(one, whole.attname)))
        return all(self._row(key, moment) for key in keys)

    def _is_listed(self, one, moment):
        row = self._row((type(one), one.pk), moment)
        return bool(is_listed(one) and row and row[3])

    def _row(self, key, moment):
        """Return what is known of a record's life at a moment, if it was public."""
        rows = self.spans.get(key, ())
        row = next((row for row in reversed(rows) if row[0] <= moment), None)
        return row if row and public_at(row[1], row[2], moment) else None

    # Reading the histories

    def _names(self, kind, model=None):
        model = model or self.model
        return [
            name
            for name in model.public_fields
            if getattr(model._meta.get_field(name), kind)
        ]

    def _tags(self):
        """Return {(field, number of version): keys of the records}, by one query."""
        rows = None
        for name in self._names("many_to_many"):
            field = self.model._meta.get_field(name)
            kept = HistoricalRecords.m2m_models[field]
            owner, other = field.m2m_field_name(), field.m2m_reverse_field_name()
            found = (
                kept.objects.filter(**{f"{owner}_id": self.record.pk})
                .annotate(tag_=Value(name, output_field=CharField()))
                .order_by()
                .values_list("tag_", "history_id", f"{other}_id")
            )
            rows = rows.union(found, all=True) if rows is not None else found
        tags = {}
        for name, number, pk in rows if rows is not None else ():
            tags.setdefault((name, number), set()).add(pk)
        return tags

    def _parts(self, name):
        """Return the versions of every part that the record ever had; one query."""
        field = self.model._meta.get_field(name)
        history = field.related_model.history
        ever = history.filter(**self._mine(field)).order_by()
        found = versions_of(history.filter(id__in=ever.values("id")))
        if hasattr(field, "object_id_field_name"):
            kind = ContentType.objects.get_for_model(self.model)
            for version in (v for versions in found.values() for v in versions):
                if version.thing and self._is_mine(version.thing, field):
                    version.thing.content_type = kind  # or each asks for it
        return found

    def _mine(self, field):
        if hasattr(field, "object_id_field_name"):
            kind = ContentType.objects.get_for_model(self.model)
            return {"content_type_id": kind.pk, "object_id": self.record.pk}
        return {field.field.attname: self.record.pk}

    def _is_mine(self, part, field):
        return all(getattr(part, name) == v for name, v in self._mine(field).items())

    def _pointed_at(self):
        """
        Return what the record and its parts ever pointed to, by kind.

        `linked` are records that are public now, `beside` the versions of the rest.
        """
        wanted = {}
        for (name, _number), pks in self.tags.items():
            related = self.model._meta.get_field(name).related_model
            wanted.setdefault(related, set()).update(pks)
        chains = [(self.model, [self.own])]
        for name, of in self.parts.items():
            chains.append((self.model._meta.get_field(name).related_model, of.values()))
        for model, many in chains:
            things = [v.thing for versions in many for v in versions if v.thing]
            for name in self._names("many_to_one", model):
                field = model._meta.get_field(name)
                pks = {getattr(thing, field.attname) for thing in things} - {None}
                wanted.setdefault(field.related_model, set()).update(pks)
        linked, beside = {}, {}
        for model, pks in wanted.items():
            if not issubclass(model, Record):
                rows = model.history.filter(id__in=pks)
                beside[model] = versions_of(rows) if pks else {}
            elif pks:
                public = model.objects.published().filter(pk__in=pks)
                linked[model] = {one.pk: one for one in public.defer("html")}
        return linked, beside

    def _spans(self):
        """Return {(model, key): [(when, state, publish_at, listed)]}, by one query."""
        wanted = {model: set(of) for model, of in self.linked.items()}
        for model, of in self.linked.items():
            if model.part_of:
                whole = model._meta.get_field(model.part_of)
                wanted.setdefault(whole.related_model, set()).update(
                    getattr(one, whole.attname) for one in of.values()
                )
        models = {model._meta.label: model for model in wanted}
        rows = None
        for label, model in models.items():
            listed = Value(True, output_field=BooleanField())
            if hasattr(model, "listed"):
                listed = F("listed")
            found = (
                model.history.filter(id__in=wanted[model])
                .annotate(
                    label_=Value(label, output_field=CharField()), is_listed=listed
                )
                .order_by()
                .values_list(
                    "label_",
                    "id",
                    "history_date",
                    "history_id",
                    "state",
                    "publish_at",
                    "is_listed",
                )
            )
            rows = rows.union(found, all=True) if rows is not None else found
        spans = {}
        for label, pk, when, _number, *row in sorted(
            rows if rows is not None else (), key=lambda row: row[2:4]
        ):
            known = spans.setdefault((models[label], pk), [])
            if not known or known[-1][1:] != tuple(row):
                known.append((when, *row))
        return spans
