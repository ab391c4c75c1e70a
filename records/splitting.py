"""One record that was two: what of it goes to a new one."""

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records.belongings import OWN_PARTS, belongings
from records.filters import in_both
from records.merging import EMPTY, MergeError, fields_of
from records.models import Merged, State
from records.operations import recording

MOST = 500  # things of a sort to choose from on one page


class Split:
    """A record, and what of it may go to a new one of its kind."""

    def __init__(self, record):
        self.record, self.model = record, type(record)

    @property
    def name_fields(self):
        return in_both(self.model.title_field)

    @cached_property
    def filled(self):
        """(field, value) of what the record says besides its name."""
        return [
            (field, value)
            for field in fields_of(self.model)
            if field.name not in self.name_fields
            and (value := getattr(self.record, field.attname)) not in EMPTY
        ]

    @cached_property
    def things(self):
        """{belonging: things} of what hangs on the record."""
        found = {}
        for one in belongings(self.model):
            things = list(one.of(self.record)[:MOST])
            if things and one.model.__name__ not in OWN_PARTS:
                found[one] = things
        return found

    def do(self, given, copied, moved, by=None):
        """
        Make the new record, a draft, and return it.

        `given` are its names and slug, `copied` names of fields that both have,
        `moved` {belonging: keys} of what goes to it. What was merged into the record
        under the same names goes as well: it is that one. One operation; raise
        `MergeError`, with nothing written, where it cannot be.
        """
        made = self.model(state=State.DRAFT, **given)
        for field in self.model._meta.concrete_fields:
            # What a record of the kind cannot be without, such as a kind, is the same.
            if field.name in copied or self._is_needed(field):
                setattr(made, field.attname, getattr(self.record, field.attname))
        summary = _("%(new)s out of %(record)s") % {"new": made, "record": self.record}
        columns = {field.name for field in self.model._meta.concrete_fields}
        untranslated = [name for name in columns if in_both(name)[0] in columns]
        with recording("split", summary, by):
            try:
                made.full_clean(exclude=untranslated)
            except ValidationError as error:
                raise MergeError(" ".join(error.messages)) from error
            made.save()
            for field in self.model._meta.many_to_many:
                getattr(made, field.name).set(getattr(self.record, field.name).all())
            for one, keys in moved.items():
                for thing in one.of(self.record).filter(pk__in=keys):
                    self._move(one, thing, made)
            names = {name: given.get(name) for name in self.name_fields}
            kind = ContentType.objects.get_for_model(self.model)
            for was in Merged.objects.filter(
                content_type=kind, object_id=self.record.pk
            ):
                if was.calls_it(names):
                    was.move_to(made)
        return made

    def _is_needed(self, field):
        return (
            field.editable
            and not field.primary_key
            and not (field.blank or field.has_default())
            and field.name != "slug"
        )

    def _move(self, one, thing, made):
        if one.how == "tag":
            tags = getattr(thing, one.name)
            tags.add(made)
            tags.remove(self.record)
        elif one.model is Merged:
            thing.move_to(made)
        else:
            one.hang_on(thing, made)
            if one.are_records and (words := thing.hidden_by_move()):
                raise MergeError(words)
            thing.save()
