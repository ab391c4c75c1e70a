"""
The filter by what is not on record of a record: `?lacking=sources`.

It is the same on every kind, so that each gap that the coverage page counts is a list.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, Value
from django.utils.translation import gettext_lazy as _

from records.filters import Choices
from records.languages import OTHER
from records.models import Citation

NOT_IN = {"en": _("Not all in English"), "zh-hans": _("Not all in Chinese")}


class Gap(NamedTuple):
    """What may be lacking: in words, and which records of a kind lack it."""

    label: Any
    having: Callable  # a model → the condition to lack it
    # (model, path to it) of what that reads besides the record; None: it is not counted
    reads: tuple | None = None


def no_text(name):
    """Return the condition that neither column of a translated field has a text."""
    return empty(f"{name}_en") & empty(f"{name}_zh_hans")


def empty(column):
    return Q(**{column: ""}) | Q(**{f"{column}__isnull": True})


def unsourced(model):
    cites = cited(model).filter(source__isnull=False, object_id=OuterRef("pk"))
    return ~Q(Exists(cites))


def from_memory(model):
    memory = cited(model).filter(certainty=Citation.Certainty.MEMORY)
    return Q(pk__in=memory.values("object_id"))


def cited(model):
    return Citation.objects.filter(
        content_type__app_label=model._meta.app_label,
        content_type__model=model._meta.model_name,
    ).order_by()


def untranslated(language):
    """Return what tells which records have a name or a text in the other one only."""

    def lacks(model):
        title = model._meta.get_field(model.title_field).name
        condition = Q(pk__in=[])
        for field in (title, *model.markdown_fields):
            here, there = (
                f"{field}_{code.replace('-', '_')}"
                for code in (language, OTHER[language])
            )
            condition |= empty(here) & ~empty(there)
        return condition

    return lacks


OF_ANY = {
    "sources": Gap(_("No source"), unsourced),
    "confirmation": Gap(_("Something from memory, not confirmed"), from_memory),
    **{code: Gap(label, untranslated(code)) for code, label in NOT_IN.items()},
}


class Lacking(Choices):
    """
    A filter by what is not on record.

    `gaps` are those of one kind, {value: Gap}, besides those of any. `told` keeps the
    records of which so much may be told.
    """

    has_none = False

    def __init__(self, gaps=None, *, told=None, **kwargs):
        self.gaps = {**(gaps or {}), **OF_ANY}
        self.told = told or Q()
        choices = [(value, gap.label) for value, gap in self.gaps.items()]
        super().__init__(None, choices, label=_("Not on record"), **kwargs)

    def having(self, values):
        either = Q(pk__in=[])
        for value in values:
            either |= self.gaps[value].having(self.model)
        return either & self.told

    def rows(self, pks=None):
        records = self.records(pks)
        return [
            (records.filter(gap.having(self.model)), "pk", Value(name))
            for name, gap in self.gaps.items()
            if gap.reads is not None
        ]

    def depends_on(self):
        gaps = self.gaps.values()
        return [(*read, False) for gap in gaps for read in gap.reads or ()]
