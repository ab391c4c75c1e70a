"""Filters that say in words where a regulation stands."""

from django import template

from topics.models.regulations import Status

register = template.Library()


@register.filter
def status_label(code):
    """Return the words for a status such as "in-force"."""
    return Status(code).label
