"""Two records, or more, that are one thing: what stays, what moves, what leads on."""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records.belongings import belongings
from records.filters import in_both
from records.languages import TAGS, text_in
from records.models import AltName, FormerSlug, Merged, Proposal, State
from records.operations import recording
from records.permissions import is_decided, may_publish, may_withdraw, was_seen

EMPTY = (None, "", [], {})
# What a record is by its own life and address: nobody chooses between two of these
OWN = {"slug", "state", "publish_at", "withdrawn_reason", "position"}
BOTH = "both"  # instead of one record's text: all of them, one below the other
NAME_LENGTH = AltName._meta.get_field("text").max_length


class MergeError(ValueError):
    """Why records cannot become one, in words."""


class Choice(NamedTuple):
    """A field of which the records have different values: `values` are by record."""

    field: models.Field
    values: list
    chosen: int  # key of the record whose value stays
    joins: bool  # whether all of them may stay, as long texts


class Moving(NamedTuple):
    """How many things of a sort hang on the records that go."""

    label: str
    count: int


def may_merge(user, records):
    """
    Tell whether somebody may make these records one.

    Who may not publish may do so with drafts alone.
    """
    first = records[0]
    opts = first._meta
    if not user.has_perm(f"{opts.app_label}.change_{opts.model_name}"):
        return False
    if may_publish(user, first) and may_withdraw(user, first):
        return True
    return not any(is_decided(record) for record in records)


def fields_of(model):
    """Return the fields of a kind that people fill in, each language by itself."""
    columns = {field.name for field in model._meta.concrete_fields}
    return [
        field
        for field in model._meta.concrete_fields
        if field.editable
        and not field.primary_key
        and in_both(field.name)[0] not in columns
        and getattr(field, "translated_field", field).name not in OWN
    ]


def rank(record):
    """Return how public a record is: the one that stays must be the most."""
    model = type(record)
    shown = model.objects.published().filter(pk=record.pk).exists()
    return shown, record.state == State.PUBLISHED, record.was_public()


class Merge:
    """One record that stays, and others of its kind that become part of it."""

    def __init__(self, stays, others):
        self.stays, self.others = stays, list(others)
        self.model = type(stays)
        if not self.others or stays.pk in {other.pk for other in self.others}:
            raise MergeError(_("Choose two records or more."))
        if any(
            rank(other) > rank(stays) or (was_seen(other) and not was_seen(stays))
            for other in self.others
        ):
            raise MergeError(
                _(
                    "The record that stays must be as public as the others: else a "
                    "public page would vanish."
                )
            )

    @property
    def records(self):
        return [self.stays, *self.others]

    @cached_property
    def choices(self):
        """The `Choice`s there are: of fields whose values differ."""
        found = []
        for field in fields_of(self.model):
            values = [getattr(record, field.attname) for record in self.records]
            told = [value for value in values if value not in EMPTY]
            if not told or all(value == values[0] for value in values):
                continue
            chosen = next(r for r in self.records if getattr(r, field.attname) in told)
            joins = isinstance(field, models.TextField) and len(set(told)) > 1
            found.append(Choice(field, values, chosen.pk, joins))
        return found

    @cached_property
    def moving(self):
        """What will hang on the record that stays, as `Moving`s."""
        found = []
        for one in belongings(self.model):
            if count := sum(one.of(other).count() for other in self.others):
                found.append(Moving(one.label, count))
        return found

    @property
    def addresses(self):
        """The addresses that will lead to the record that stays."""
        return [other.address for other in self.others if other.was_public()]

    def do(self, chosen=None, by=None):
        """
        Make them one and return the `Operation`.

        `chosen` are {name of field: key of the record whose value stays, or BOTH};
        what it leaves out is as `choices` propose. One transaction.
        """
        summary = _("%(others)s into %(record)s") % {
            "others": "; ".join(str(other) for other in self.others),
            "record": self.stays,
        }
        values = self._values(chosen or {})
        names = {}
        for record in self.records:
            names = {**names_of(record), **names}
        with recording("merge", summary, by) as operation:
            for other in self.others:
                self._move(other)
                self._lead_on(other, by)
                other.delete()
            self._write(values)
            self._keep_names(names)
        return operation

    def _values(self, chosen):
        """Return {attribute: value} of what stays, from what was chosen."""
        values = {}
        keys = [record.pk for record in self.records]
        for choice in self.choices:
            name, wanted = choice.field.attname, choice.chosen
            asked = chosen.get(choice.field.name, wanted)
            if asked == BOTH and choice.joins:
                told = dict.fromkeys(v for v in choice.values if v not in EMPTY)
                values[name] = "\n\n".join(told)
            elif asked in keys:
                values[name] = choice.values[keys.index(asked)]
            else:
                raise MergeError(_("Choose a value for each field."))
        return values

    # What moves

    def _move(self, other):
        for one in belongings(self.model):
            for thing in one.of(other):
                if one.how == "tag":
                    tags = getattr(thing, one.name)
                    tags.add(self.stays)
                    tags.remove(other)
                else:
                    self._move_row(one, thing)
        for field in self.model._meta.many_to_many:
            getattr(self.stays, field.name).add(*getattr(other, field.name).all())

    def _move_row(self, one, row):
        """Let a row name the record that stays, unless that has the same already."""
        one.hang_on(row, self.stays)
        if one.are_records:
            if row.pk != self.stays.pk:
                row.save()
            return
        for twin in one.of(self.stays).exclude(pk=row.pk):
            if _is_twin(twin, row, exactly=one.how == "part"):
                before = _values_of(twin)
                _absorb(twin, row)
                row.delete()
                if _values_of(twin) != before:
                    twin.save()
                return
        if _breaks_a_check(row):
            row.delete()
        else:
            row.save()

    def _keep_names(self, names):
        """Keep what any of them was called, as other names of what stays."""
        own = names_of(self.stays)
        self.stays.alt_names.filter(text__in=own, in_source=False).delete()
        known = set(self.stays.alt_names.values_list("text", flat=True))
        for text, language in names.items():
            text = text[:NAME_LENGTH]
            if text not in (*own, *known):
                AltName.objects.create(record=self.stays, text=text, language=language)

    def _lead_on(self, other, by):
        """Let the address and the identifier of what goes lead to what stays."""
        if other.was_public():
            FormerSlug.objects.create(record=self.stays, slug=other.slug)
        Merged.objects.create(record=self.stays, former_id=other.pk, uid=other.uid)
        for proposal in Proposal.objects.waiting().about(other):
            words = _("The record became part of %(record)s.")
            proposal.decline(by, words % {"record": self.stays})

    def _write(self, values):
        record = self.model._base_manager.get(pk=self.stays.pk)
        for name, value in values.items():
            setattr(record, name, value)
        if hasattr(record, "parent") and self._is_a_circle(record):
            record.parent = None
        try:
            record.clean()
        except ValidationError as error:
            raise MergeError(" ".join(error.messages)) from error
        record.save()
        self.stays = record

    def _is_a_circle(self, record):
        """Tell whether what it would be part of is itself, or a part of it."""
        gone = {other.pk for other in self.others}
        if record.parent_id in {record.pk, *gone}:
            return True
        return record.parent is not None and _is_below(record.parent, record)


def names_of(record):
    """Return {name: language} of what a record is called, its acronym included."""
    found = {}
    fields = {field.name for field in record._meta.concrete_fields}
    for name in dict.fromkeys([*record.own_name_fields, record.title_field]):
        for code, tag in TAGS.items():
            if text := text_in(record, name, code):
                third = record.name_language if code == "en" else ""
                found.setdefault(text, third or tag)
    if "acronym" in fields and record.acronym:
        found.setdefault(record.acronym, "")
    return found


def _is_below(record, top):
    seen = set()
    while record is not None and record.pk not in seen:
        if record.pk == top.pk:
            return True
        seen.add(record.pk)
        record = record.parent
    return False


# Two rows that say the same


def _fields(row):
    return [
        field
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in OWN
    ]


def _values_of(row):
    return {field.attname: getattr(row, field.attname) for field in _fields(row)}


def _is_twin(twin, row, exactly):
    """
    Tell whether two rows say the same, so that one of them is enough.

    They do if they are equal, if one only says less, or if the database allows but
    one of them.
    """
    ours, theirs = _values_of(twin), _values_of(row)
    said_less = () if exactly else EMPTY
    if all(
        value == theirs[name] or value in said_less or theirs[name] in said_less
        for name, value in ours.items()
    ):
        return True
    return any(
        _forbids_both(constraint, twin, row)
        for constraint in row._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
    )


def _forbids_both(constraint, twin, row):
    names = [row._meta.get_field(name).attname for name in constraint.fields]
    values = [getattr(row, name) for name in names]
    if None in values or values != [getattr(twin, name) for name in names]:
        return False
    if constraint.condition is None:
        return True
    rows = type(row)._base_manager.filter(pk__in=[row.pk, twin.pk])
    return rows.filter(constraint.condition).count() == 2


def _absorb(twin, row):
    """Give a row what it lacks of its twin; a model may know better (`absorb()`)."""
    for field in _fields(twin):
        if getattr(twin, field.attname) in EMPTY:
            setattr(twin, field.attname, getattr(row, field.attname))
    if hasattr(twin, "absorb"):
        twin.absorb(row)


def _breaks_a_check(row):
    for constraint in row._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            try:
                constraint.validate(type(row), row)
            except ValidationError:
                return True
    return False
