"""
Taking an operation back: every row becomes again what it was before.

All or nothing. What the public has seen is never deleted and never a draft again:
it is withdrawn, and what it needs stays.
"""

from collections import defaultdict
from typing import NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, models, transaction
from django.db.models import Max, ProtectedError
from django.db.models.deletion import CASCADE, Collector
from django.utils.translation import gettext as _
from simple_history.models import HistoricalRecords

from records.changes import changed
from records.filters import in_both
from records.life import set_reason
from records.models import Operation, OperationRow, Part, Record, State
from records.models.operation import AT_ONCE
from records.operations import recording
from records.permissions import was_seen
from records.tagging import set_tags
from records.versions import deleting_many, keep_versions


class Refused(NamedTuple):
    """A row that stands in the way, and why."""

    thing: str
    why: str
    row: object = None  # the row itself, where it is one that was edited since


class UndoRefusedError(Exception):
    """What was not taken back; carries the rows that stand in the way."""

    def __init__(self, rows):
        super().__init__("; ".join(f"{row.thing}: {row.why}" for row in rows[:20]))
        self.rows = rows


def many(keys):
    """Yield these keys, so many as one query takes."""
    keys = list(keys)
    for start in range(0, len(keys), AT_ONCE):
        yield keys[start : start + AT_ONCE]


def plain(model):
    """Return the rows of a model as they are: nothing follows from writing them."""
    return models.QuerySet(model)


def fetch(model, pks):
    """Return {key: row} of the rows that exist."""
    rows = model._base_manager.all()
    if whole := getattr(model, "part_of", ""):
        rows = rows.select_related(whole)
    return {thing.pk: thing for some in many(pks) for thing in rows.filter(pk__in=some)}


def fetch_versions(model, numbers):
    """Return {number: version} of a model's history."""
    history = model.history.model.objects.order_by()
    return {
        version.history_id: version
        for some in many(numbers)
        for version in history.filter(history_id__in=some)
    }


def say(model, versions):
    """Return {number: all that an editor could have changed} of some versions."""
    history = model.history.model
    columns = {field.name for field in history.tracked_fields}
    names = [
        field.attname
        for field in history.tracked_fields
        # The column without a language only says what one of the others says.
        if field.editable and in_both(field.name)[0] not in columns
    ]
    tags = {number: set() for number in versions}
    for field in history._history_m2m_fields:
        kept = plain(HistoricalRecords.m2m_models[field])
        target = f"{field.m2m_reverse_field_name()}_id"
        for some in many(versions):
            found = kept.filter(history_id__in=some)
            for number, pk in found.values_list("history_id", target):
                tags[number].add((field.name, pk))
    return {
        number: (
            version.history_type == "-",
            [getattr(version, name) for name in names],
            tags[number],
        )
        for number, version in versions.items()
    }


def named(thing):
    """Return what a row is called, with its kind."""
    return f"{thing._meta.verbose_name}: {thing}"


def belongs_to(thing):
    """Return (model, key) of what a part goes with when that is deleted, or None."""
    if isinstance(thing, Part):
        kind = ContentType.objects.get_for_id(thing.content_type_id)
        return kind.model_class(), thing.object_id
    for field in thing._meta.concrete_fields:
        if field.is_relation and field.remote_field.on_delete is CASCADE:
            return field.related_model, getattr(thing, field.attname)
    return None


def _hides(thing, version):
    """
    Tell whether a row would be hidden that the public has seen.

    `version` is what it was before the operation, or None.
    """
    if not isinstance(thing, Record) or thing.state == State.DRAFT:
        return False
    return (version is None or version.state == State.DRAFT) and was_seen(thing)


def _withdraw(thing, reason):
    """Withdraw what is public; what is withdrawn keeps its own reason."""
    if thing.state == State.PUBLISHED:
        thing.state = State.WITHDRAWN
        set_reason(thing, reason)


def _bring_back(thing, version, names, reason):
    """Give a row these fields of a version; return the names of those that differ."""
    old = {name: getattr(thing, name) for name in names}
    hides = _hides(thing, version)
    for name in names:
        if not (hides and name.startswith(("state", "withdrawn_reason"))):
            setattr(thing, name, getattr(version, name))
    if hides:
        _withdraw(thing, reason)
    return [name for name in names if getattr(thing, name) != old[name]]


class Undo:
    """One operation to be taken back by somebody, for a public reason."""

    def __init__(self, operation, by=None, reason=None):
        self.operation, self.by, self.reason = operation, by, reason or {}
        self.refused = []
        rows = defaultdict(dict)
        for row in OperationRow.objects.filter(operation=operation):
            rows[row.model][row.object_id] = row
        self.rows = rows

    def count_withdrawn(self):
        """Return how many records that are public this would withdraw."""
        found = 0
        for model, rows in self.rows.items():
            if issubclass(model, Record):
                versions = self._versions_before(model, rows)
                for pk, thing in fetch(model, rows).items():
                    hides = _hides(thing, versions.get(rows[pk].before))
                    found += hides and thing.state == State.PUBLISHED
        return found

    def do(self):
        """Do it and return the new `Operation`; raise `UndoRefusedError`."""
        kind, summary = Operation.Kind.UNDO, self.operation.summary
        try:
            with recording(kind, summary, self.by) as taken_back:
                locked = Operation.objects.select_for_update()
                self.operation = locked.get(pk=self.operation.pk)
                self._check_is_not_undone()
                self._check_is_last()
                taken_back.undoes = self.operation
                with transaction.atomic():
                    self._write()
                self._stop_if_refused()
        except IntegrityError as error:
            words = _("The database refuses: %(error)s") % {"error": error}
            row = Refused(str(self.operation), words)
            raise UndoRefusedError([row]) from error
        return taken_back

    def _stop_if_refused(self):
        if self.refused:
            raise UndoRefusedError(self.refused)

    def _refuse(self, thing, why, row=None):
        refused = Refused(named(thing), why, row)
        if refused not in self.refused:
            self.refused.append(refused)

    # Checking

    def _check_is_not_undone(self):
        if self.operation.is_undone:
            row = Refused(str(self.operation), _("It is taken back already."))
            raise UndoRefusedError([row])

    def _check_is_last(self):
        for model, rows in self.rows.items():
            history = model.history.model.objects.order_by()
            later = {}
            for some in many(rows):
                found = history.filter(id__in=some).values_list("id")
                for pk, number in found.annotate(last=Max("history_id")):
                    if number != rows[pk].after:
                        later[number] = rows[pk].after
            versions = fetch_versions(model, [*later, *later.values()])
            told = say(model, versions)
            for number, after in later.items():
                # What was edited and brought back again is as it was.
                if told.get(number) != told.get(after):
                    version = versions[number]
                    self._refuse(version.instance, *self._edited_since(version))
        self._stop_if_refused()

    def _edited_since(self, version):
        said = {"who": version.history_user or _("Not on record")}
        if version.history_type == "-":
            return _("deleted since (%(who)s)") % said, None
        return _("edited since (%(who)s)") % said, version.instance

    # Writing

    def _write(self):
        self.new, self.gone, self.altered = {}, {}, {}
        for model, rows in self.rows.items():
            self._read(model, rows)
        self._keep_what_is_public()
        self._clear_the_way()
        for model in self._in_order(self.gone):
            self._make_again(model, self.gone[model])
        for model in self._in_order(self.altered):
            self._restore(model, self.altered[model])
        for model in self._in_order(self.gone) + self._in_order(self.altered):
            self._check_targets(model)
        self._stop_if_refused()
        for model in reversed(self._in_order(self.new)):
            self._delete(model, self.new[model])

    def _read(self, model, rows):
        versions = self._versions_before(model, rows)
        there = fetch(model, rows)
        new, gone, altered = {}, {}, {}
        for pk, row in rows.items():
            thing, version = there.get(pk), versions.get(row.before)
            if row.before is None:
                if thing is not None:
                    new[pk] = thing
            elif version is None:
                self._lack(model, pk)
            elif thing is None:
                gone[pk] = version
            else:
                altered[pk] = thing, version
        self.new[model], self.gone[model] = new, gone
        self.altered[model] = altered

    def _versions_before(self, model, rows):
        numbers = {row.before for row in rows.values() if row.before is not None}
        return fetch_versions(model, numbers)

    def _lack(self, model, pk):
        words = _("what it was before is no more on record")
        self.refused.append(Refused(f"{model._meta.verbose_name} {pk}", words))

    def _keep_what_is_public(self):
        """Take from what is to be deleted all that must stay; withdraw what shows."""
        staying = [
            thing
            for model, things in self.new.items()
            if issubclass(model, Record)
            for thing in things.values()
            if was_seen(thing)
        ]
        if not staying:
            return
        for thing in staying:
            if thing.state == State.PUBLISHED:
                _withdraw(thing, self.reason)
                thing.save()
        parts = defaultdict(list)
        for things in self.new.values():
            for thing in things.values():
                parts[belongs_to(thing)].append(thing)
        while staying:
            thing = staying.pop()
            if self.new.get(type(thing), {}).pop(thing.pk, None):
                staying += parts[type(thing), thing.pk]
                staying += self._needed_by(thing)

    def _needed_by(self, thing):
        """Yield what a row points at or is tagged with, of what would be deleted."""
        for field in thing._meta.concrete_fields:
            if field.is_relation:
                things = self.new.get(field.related_model, {})
                if found := things.get(getattr(thing, field.attname)):
                    yield found
        for field in thing._meta.many_to_many:
            if things := self.new.get(field.related_model):
                tags = getattr(thing, field.name).values_list("pk", flat=True)
                yield from (things[pk] for pk in tags if pk in things)

    def _clear_the_way(self):
        """Delete first what is named by nothing: what comes back may need its place."""
        for model in self.new:
            relations = model._meta.related_objects
            if not relations and not issubclass(model, Record):
                self._delete(model, self.new[model])
                self.new[model] = {}

    def _in_order(self, found):
        """Return the models of rows, those that are named before those that name."""
        wanted = [model for model, rows in found.items() if rows]
        order = []

        def visit(model, trail=()):
            for field in (*model._meta.concrete_fields, *model._meta.many_to_many):
                target = field.related_model
                if target in wanted and target not in (*trail, model):
                    visit(target, (*trail, model))
            if model not in order:
                order.append(model)

        for model in wanted:
            visit(model)
        return order

    def _make_again(self, model, versions):
        things = []
        for version in versions.values():
            names = [field.attname for field in version.tracked_fields]
            thing = model(**{name: getattr(version, name) for name in names})
            if isinstance(thing, Record):
                thing.derive()
            things.append(thing)
        plain(model).bulk_create(things, batch_size=AT_ONCE)
        if issubclass(model, Record):
            for thing in things:
                thing.created_at = versions[thing.pk].created_at
            plain(model).bulk_update(things, ["created_at"], batch_size=AT_ONCE)
        pks = list(versions)
        self._tag(model, {pk: v.history_id for pk, v in versions.items()})
        keep_versions(model, pks, "default", created=True, tagged=True)
        changed.send(model, pks=pks, using="default")

    def _restore(self, model, pairs):
        names = [
            field.attname
            for field in model.history.model.tracked_fields
            if field.editable and not field.primary_key
        ]
        numbers = {pk: version.history_id for pk, (_now, version) in pairs.items()}
        tagged = self._tag(model, numbers)
        fields, things, moved = set(), [], []
        whole = f"{getattr(model, 'part_of', '')}_id"
        for thing, version in pairs.values():
            differ = _bring_back(thing, version, names, self.reason)
            if whole in differ and (words := thing.hidden_by_move()):
                self._refuse(thing, words)
            if "slug" in differ and issubclass(model, Record):
                moved.append(thing)
            elif differ:
                fields.update(differ)
                things.append(thing)
        for thing in moved:
            thing.save()
        if things:
            columns = {model._meta.get_field(name).name for name in fields}
            model._default_manager.bulk_update(things, sorted(columns), batch_size=500)
        seen = {thing.pk for thing in (*things, *moved)}
        if left := [pk for pk in tagged if pk not in seen]:
            keep_versions(model, left, "default")
            changed.send(model, pks=left, using="default")

    def _tag(self, model, numbers):
        """Tag rows, given as {key: number of version}, as they were; return whose."""
        found = set()
        of = {number: pk for pk, number in numbers.items()}
        for field in model.history.model._history_m2m_fields:
            kept = plain(HistoricalRecords.m2m_models[field])
            target = f"{field.m2m_reverse_field_name()}_id"
            wanted = {pk: set() for pk in numbers}
            for some in many(of):
                tags = kept.filter(history_id__in=some)
                for number, pk in tags.values_list("history_id", target):
                    wanted[of[number]].add(pk)
            pairs = [(pk, tag) for pk, tags in wanted.items() for tag in tags]
            self._check_exist(field.related_model, pairs, model)
            if not self.refused:
                found |= set_tags(field, wanted)
        return found

    def _check_exist(self, target, pairs, model):
        """Refuse the rows of (key, key of target) whose target is no more."""
        wanted = {pair[1] for pair in pairs}
        there = set()
        for some in many(wanted):
            rows = plain(target).filter(pk__in=some)
            there |= set(rows.values_list("pk", flat=True))
        lost = [pk for pk, other in pairs if other not in there]
        for thing in fetch(model, lost).values():
            words = _("names a %(kind)s that is no more on record")
            self._refuse(thing, words % {"kind": target._meta.verbose_name})

    def _check_targets(self, model):
        pks = [*self.gone[model], *self.altered[model]]
        for field in model._meta.concrete_fields:
            if field.is_relation:
                pairs = []
                for some in many(pks):
                    rows = plain(model).filter(pk__in=some)
                    pairs += rows.values_list("pk", field.attname)
                pairs = [pair for pair in pairs if pair[1] is not None]
                self._check_exist(field.related_model, pairs, model)
        if issubclass(model, Part):
            for some in many(pks):
                for part in plain(model).filter(pk__in=some).prefetch_related("record"):
                    if part.record is None:
                        self._refuse(part, _("its record is no more"))

    # Deleting

    def _delete(self, model, things):
        if not things:
            return
        self._check_tags(model, things)
        loops = [
            field.name
            for field in model._meta.concrete_fields
            if field.related_model is model
        ]
        for some in many(things):
            rows = plain(model).filter(pk__in=some)
            if loops:
                # They name each other; they go together.
                rows.update(**dict.fromkeys(loops))
        for some in many(things):
            rows = model._base_manager.filter(pk__in=some)
            collector = Collector(using="default", origin=rows)
            try:
                collector.collect(list(rows))
            except ProtectedError as error:
                for thing in error.protected_objects:
                    self._refuse(thing, _("names what would be deleted"))
                continue
            strangers = [
                thing
                for kind, found in collector.data.items()
                for thing in found
                if hasattr(kind, "history") and thing.pk not in self.rows.get(kind, ())
            ]
            for thing in strangers:
                self._refuse(thing, _("was added since to what would be deleted"))
            if not strangers:
                with deleting_many():
                    collector.delete()

    def _check_tags(self, model, things):
        """Refuse where others are tagged with what would be deleted."""
        for relation in model._meta.related_objects:
            if not relation.many_to_many:
                continue
            field = relation.field
            through = field.remote_field.through
            names = [field.m2m_field_name(), field.m2m_reverse_field_name()]
            owner, target = (through._meta.get_field(name).attname for name in names)
            owners = set()
            for some in many(things):
                tags = plain(through).filter(**{f"{target}__in": some})
                owners |= set(tags.values_list(owner, flat=True))
            # By now, those that go as well have gone: they name, and go first.
            for thing in fetch(field.model, owners).values():
                self._refuse(thing, _("names what would be deleted"))
