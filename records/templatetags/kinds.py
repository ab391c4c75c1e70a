"""What the kinds of record are called, and where their lists are."""

from typing import NamedTuple

from django import template
from django.urls import reverse

from records.models import record_kinds

register = template.Library()


class Kind(NamedTuple):
    """A kind of record in words, with the address of its list."""

    name: str
    plural: str
    url: str


def kind_of(model):
    """Return the `Kind` of a model of records."""
    meta = model._meta
    return Kind(meta.verbose_name, meta.verbose_name_plural, reverse(model.index))


@register.simple_tag
def all_kinds():
    """Return the nine kinds of record."""
    return [kind_of(model) for model in record_kinds()]


@register.filter
def kind_name(record):
    """Return what a record is, such as "regulation"."""
    return record._meta.verbose_name
