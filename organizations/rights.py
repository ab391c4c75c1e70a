"""
What is held on a person: all of it to read, and its removal at their request.

A removal leaves what the record needs to stay true: that somebody spoke, when, and
for which organization. Who it was is then in no table of the database, the history
included. It cannot be taken back.
"""

import io
import json
import zipfile
from collections import defaultdict
from functools import partial
from typing import NamedTuple

from django.apps import apps
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Cast
from django.dispatch import Signal
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from organizations.models import Person
from records.admin.fields import field_label
from records.belongings import belongings
from records.files import store
from records.filters import in_both
from records.languages import TAGS, text_in
from records.models import AltName, Merged, Proposal, Removed

# Where a text of something else held the name
INSTEAD, INSTEAD_IN_CHINESE = "[name removed]", "［姓名已移除］"
SHORTEST = 4  # letters of a Latin name to look for in other texts
EXCERPT = 60  # letters before and after a name that a text mentions
# What a version keeps, so that harvesters are told of what is gone
KEPT = {"history_type", "state"}
# What nobody reads a name in, and what would only break
UNREAD = {"digest", "html", "password", "session_data", "token"}

# Asked for what higher floors hold on a person: receivers return querysets.
holdings = Signal()
# Sent when a person was removed, with the `texts` to forget.
removed = Signal()


class Holding(NamedTuple):
    """Rows about a person; those that are the person's `own` go with the person."""

    rows: models.QuerySet
    own: bool = True


class Mention(NamedTuple):
    """A text of something else that holds a name of the person."""

    thing: models.Model
    field: models.Field
    excerpt: str

    @property
    def label(self):
        return field_label(self.field)


# What is held


def keys_of(person):
    """Return the keys of a person, and of the records that were merged into theirs."""
    if not hasattr(person, "keys_held"):  # asked again when the rows are gone
        kind = ContentType.objects.get_for_model(Person)
        merged = Merged.objects.filter(content_type=kind, object_id=person.pk)
        former = merged.values_list("former_id", flat=True)
        person.keys_held = {person.pk, *former}
    return person.keys_held


def versions_of(person):
    """Return all versions there are of a person, of merged records as well."""
    return _history(Person).filter(id__in=keys_of(person))


def held_on(person):
    """Return all rows about a person besides the own row, as `Holding`s."""
    found = [Holding(versions_of(person), own=False)]
    for one in belongings(Person):
        found.append(Holding(one.of(person), own=one.how != "tag"))
        if one.how == "row":
            mine = {f"{one.field.attname}__in": keys_of(person)}
            found.append(Holding(_history(one.model).filter(**mine)))
        elif one.how == "part":
            found.append(Holding(_parts(_history(one.model), one.field, person)))
    for model in apps.get_models():
        if not _keeps_history(model):
            for field in model._meta.private_fields:
                if isinstance(field, GenericForeignKey):
                    rows = model._base_manager.all()
                    found.append(Holding(_parts(rows, field, person)))
    kind = ContentType.objects.get_for_model(Person)
    keys = map(str, keys_of(person))
    log = LogEntry.objects.filter(content_type=kind, object_id__in=keys)
    found.append(Holding(log))
    for _receiver, more in holdings.send(sender=Person, person=person):
        found += [Holding(rows) for rows in more]
    return found


def _keeps_history(model):
    return hasattr(model._meta, "simple_history_manager_attribute")


def _history(model):
    return model.history.model._base_manager.order_by("pk")


def _parts(rows, field, person):
    kind = ContentType.objects.get_for_model(Person)
    mine = {f"{field.fk_field}__in": keys_of(person)}
    return rows.filter(**{f"{field.ct_field}_id": kind.pk}, **mine)


def export(person):
    """Return all that is held on a person as a ZIP file: one of JSON, and photos."""
    tables = {}
    own = Holding(Person._base_manager.filter(pk=person.pk))
    for rows, _own in [own, *held_on(person)]:
        if told := [_as_said(row) for row in rows]:
            label = str(capfirst(rows.model._meta.verbose_name_plural))
            tables.setdefault(label, []).extend(told)
    said = {
        "person": str(person),
        "made_at": timezone.now(),
        "held": tables,
        "mentioned_in": [
            {
                "where": f"{capfirst(one.thing._meta.verbose_name)}: {one.thing}",
                "field": one.label,
                "text": one.excerpt,
            }
            for one in mentions(person)
        ],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(said, default=_as_text, ensure_ascii=False, indent=1)
        archive.writestr("held.json", text)
        for name in photos_of(person):
            if default_storage.exists(name):
                with default_storage.open(name) as file:
                    archive.writestr(f"files/{name}", file.read())
    return packed.getvalue()


def _as_text(value):
    try:
        return DjangoJSONEncoder().default(value)
    except TypeError:
        return str(value)


def _as_said(row):
    said = {}
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            try:
                value = {"id": value, "name": str(getattr(row, field.name))}
            except ObjectDoesNotExist:
                value = {"id": value}
        said[field.name] = value
    return said


def _proposals(person):
    kind = ContentType.objects.get_for_model(Person)
    return Proposal.objects.filter(content_type=kind, object_id__in=keys_of(person))


def photos_of(person):
    """
    Return the names of all photos that are, were or would be of a person.

    Without those of other people: a merge that was a mistake may have shared them.
    """
    old = versions_of(person).values_list("photo", flat=True)
    proposed = {
        proposal.changes.get("fields", {}).get("photo", ["", ""])[1]
        for proposal in _proposals(person)
    }
    # Of what was declined, no more is kept than the last part of the name.
    sent = {name for name in proposed if name and "/" in name}
    found = {str(person.photo), *map(str, old), *sent} - {"", "None"}
    return sorted(found - _held_by_others(person, "photo"))


# The name in other texts


def names_of(person):
    """
    Return all that a person is or was called, the longest first.

    What the person is called no more, and somebody else is, came by a merge that was
    a mistake: it is that one's name.
    """
    now = {*_own_names(person)}
    found = {name for row in versions_of(person) for name in _own_names(row)}
    alt_names = _parts(_history(AltName), AltName._meta.get_field("record"), person)
    found |= {*alt_names.values_list("text", flat=True)}
    found |= {*person.alt_names.values_list("text", flat=True)}
    found = now | (found - _held_by_others(person, "name_en", "name_zh_hans"))
    found = {text.strip() for text in found if text and text.strip()}
    return sorted(found, key=lambda text: (-len(text), text))


def _own_names(row):
    return [*(text_in(row, "name", code) for code in TAGS), row.sort_name]


def _held_by_others(person, *fields):
    """Return what other people have in these fields."""
    others = Person._base_manager.exclude(pk=person.pk).order_by()
    return {value for row in others.values_list(*fields) for value in row}


def telling_names_of(person):
    """Return the names that mean this person wherever a text holds them."""
    return [
        name
        for name in names_of(person)
        if (len(name) >= SHORTEST and " " in name if name.isascii() else len(name) > 1)
    ]


def mentions(person):
    """Return the `Mention`s of a person in the texts of other things, as they are."""
    names = telling_names_of(person)
    own = defaultdict(set, {Person: {person.pk}})
    for rows, is_own in held_on(person):
        if is_own:
            own[rows.model].update(rows.order_by().values_list("pk", flat=True))
    found = []
    for model in filter(_is_content, apps.get_models()):
        for row in _rows_with(model, names):
            for field in _texts_of(model) if row.pk not in own[model] else ():
                text = getattr(row, field.attname) or ""
                if _without(text, names) != text:
                    found.append(Mention(row, field, _around(str(text), names)))
    return found


def _is_content(model):
    # Records, their parts and sources say what versions of them show.
    return _keeps_history(model) and hasattr(model, "public_fields")


def _around(text, names):
    at = min(place for name in names if (place := text.find(name)) >= 0)
    start, end = max(0, at - EXCERPT), at + EXCERPT
    piece = " ".join(text[start:end].split())
    return f"{'…' * bool(start)}{piece}{'…' * (end < len(text))}"


def _texts_of(model):
    """
    Return the fields of a model that may hold a text.

    Of content each language by itself; a history has a copy of one language besides.
    """
    columns = {field.name for field in model._meta.concrete_fields}
    copies = not _is_content(model)
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.JSONField)
        and not (field.primary_key or field.choices or field.name in UNREAD)
        and (copies or in_both(field.name)[0] not in columns)
    ]


def _rows_with(model, words):
    """Return the rows of a model that may hold one of some words."""
    rows, holds = models.QuerySet(model).order_by("pk"), Q()
    for field in _texts_of(model):
        name = field.name
        if isinstance(field, models.JSONField):
            name = f"text_of_{name}"
            rows = rows.annotate(**{name: Cast(field.name, models.TextField())})
        for word in words:
            # JSON has what is no ASCII as it is, or escaped.
            for way in {word, json.dumps(word)[1:-1]}:
                holds |= Q(**{f"{name}__contains": way})
    return rows.filter(holds) if holds else rows.none()


def _instead(field):
    chinese = field.name.endswith("_zh_hans")
    return INSTEAD_IN_CHINESE if chinese else INSTEAD


def _without(value, words, wholes=(), instead=INSTEAD):
    """Return a text, or what JSON holds, without words and without whole values."""
    if isinstance(value, str):
        if value in wholes:
            return instead
        for word in words:
            value = value.replace(word, instead)
        return value
    if isinstance(value, list):
        return [_without(one, words, wholes) for one in value]
    if isinstance(value, dict):
        return {
            _without(key, words, wholes): _without(one, words, wholes)
            for key, one in value.items()
        }
    return value


# Removal


class Removal:
    """The removal of a person: what it would do, and doing it."""

    def __init__(self, person):
        self.person = person

    @cached_property
    def counts(self):
        """What is deleted, as [(label, number of rows)]."""
        found = defaultdict(int)
        for rows, is_own in held_on(self.person):
            # Their histories go as well, and are not counted twice.
            past = hasattr(rows.model, "instance_type")
            if is_own and not past and rows.model is not self.contribution:
                label = capfirst(rows.model._meta.verbose_name_plural)
                found[str(label)] += rows.count()
        return [(label, count) for label, count in found.items() if count]

    @property
    def contribution(self):
        return Person._meta.get_field("contributions").related_model

    @cached_property
    def contributions(self):
        """What the person did: it stays, without the person."""
        return list(self.person.contributions.select_related("session", "organization"))

    @cached_property
    def mentions(self):
        return mentions(self.person)

    @cached_property
    def photos(self):
        return photos_of(self.person)

    def do(self, by=None, texts=True):
        """
        Remove the person, for good.

        `texts` takes the name out of the texts of other things as well. What tells
        that it was done names nobody.
        """
        person, photos = self.person, self.photos
        with transaction.atomic():
            if connection.vendor == "sqlite":
                # What is deleted is overwritten, in the file and in its log.
                in_sqlite("PRAGMA secure_delete = ON")
                clear = partial(in_sqlite, "PRAGMA wal_checkpoint(TRUNCATE)")
                transaction.on_commit(clear)
            names, words, wholes = names_of(person), *self._words()
            reworded = {one.thing for one in self.mentions} if texts else ()
            Removed.objects.keep(Person, wholes | self._keys())
            self._leave_contributions()
            self._delete()
            for thing in reworded:
                self._reword(thing, words)
            self._sweep(words, wholes, texts)
            removed.send(sender=Person, texts=[*names, *words])
            if by is not None:
                self._note(by)
            store.delete(photos)
            transaction.on_commit(cache.clear)

    def _words(self):
        """Return what to take out of every text, and of where it stands alone."""
        person, past = self.person, versions_of(self.person)
        slugs = {person.slug, *past.values_list("slug", flat=True)}
        slugs |= {*person.former_slugs.values_list("slug", flat=True)}
        numbers = {*past.values_list("orcid", flat=True)}
        numbers = {person.orcid} | (numbers - _held_by_others(person, "orcid"))
        words = [*telling_names_of(person), *sorted(numbers - {""})]
        words += sorted(slug for slug in slugs if "-" in slug)
        return words, slugs

    def _keys(self):
        """Return what files call the person: they must not bring the person back."""
        keys = {*self.person.external_ids.values_list("value", flat=True)}
        for rows, _own in held_on(self.person):
            if any(field.name == "key" for field in rows.model._meta.concrete_fields):
                keys |= {*rows.values_list("key", flat=True)}
        return keys

    def _leave_contributions(self):
        """Let what the person did stand by itself, in the history as well."""
        for part in self.contributions:
            part.person, part.name_removed = None, True
            twins = self.contribution._base_manager.filter(
                session=part.session_id,
                organization=part.organization_id,
                person=None,
                role=part.role,
            )
            if part.organization_id and twins.exists():
                part.delete()
            else:
                part.save()
        keys = keys_of(self.person)
        past = _history(self.contribution).filter(person_id__in=keys)
        past.update(person_id=None, name_removed=True)

    def _delete(self):
        """Delete the person and all that is the person's own; empty the history."""
        person, key = self.person, self.person.pk
        for outcome in person.outcomes.all():
            outcome.people.remove(person)
        for rows, is_own in held_on(person):
            for row in rows if is_own and rows.model is not self.contribution else ():
                row.delete()
        person.delete()
        person.pk = key
        # The versions that tell of these deletions
        for rows, is_own in held_on(person):
            if is_own:
                keys = list(rows.values_list("pk", flat=True))
                models.QuerySet(rows.model).filter(pk__in=keys).delete()
        versions = versions_of(person)
        empty = {
            field.attname: ""
            for field in versions.model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and field.name not in KEPT
        }
        for key in keys_of(person):
            gone = {**empty, "slug": f"removed-{key}", "listed": False}
            versions.filter(id=key).update(**gone)

    def _reword(self, thing, words):
        """Take the name out of the texts of something else, as an editor would."""
        for field in _texts_of(type(thing)):
            if not isinstance(field, models.URLField | models.SlugField):
                value = getattr(thing, field.attname)
                said = _without(value, words, instead=_instead(field))
                setattr(thing, field.attname, said)
        thing.save()

    def _sweep(self, words, wholes, texts):
        """Take it out of whatever the portal keeps beside its content."""
        for model in apps.get_models():
            of = getattr(model, "instance_type", model)
            if _is_content(model) or (_is_content(of) and not texts):
                continue
            for row in _rows_with(model, [*words, *wholes]):
                values = {
                    field.attname: _without(value, words, wholes, _instead(field))
                    for field in _texts_of(model)
                    if (value := getattr(row, field.attname)) is not None
                    and not (field.name == "slug" and of is not model)
                }
                models.QuerySet(model).filter(pk=row.pk).update(**values)

    def _note(self, by):
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(Person),
            object_repr=_("A person"),
            action_flag=DELETION,
            change_message=_("Removed at the person’s request."),
        )


def in_sqlite(command):
    """Run a command of SQLite's own."""
    with connection.cursor() as cursor:
        cursor.execute(command)
