"""Links of the admin to records, and to what stands in the way of deleting one."""

from django.contrib import admin
from django.contrib.admin.utils import NestedObjects
from django.db import DEFAULT_DB_ALIAS
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext

from records.models import Record
from records.templatetags.records import heading


def link_to(thing):
    """Return what a thing is called, as a link to its form if it has one."""
    opts = thing._meta
    name = heading(thing) if isinstance(thing, Record) else str(thing)
    if type(thing) not in admin.site._registry:
        return name
    page = f"admin:{opts.app_label}_{opts.model_name}_change"
    url = reverse(page, args=[thing.pk])
    return format_html('<a href="{}">{}</a>', url, name or url)


def named(thing):
    """Return a thing that stands in the way, with the record that it belongs to."""
    whole = thing
    if not isinstance(thing, Record):
        fields = thing._meta.concrete_fields
        owners = (getattr(thing, f.name) for f in fields if f.is_relation)
        whole = getattr(thing, "record", None) or next(
            (one for one in owners if isinstance(one, Record)), thing
        )
    words = {"kind": capfirst(whole._meta.verbose_name), "name": link_to(whole)}
    return format_html(gettext("{kind}: {name}"), **words)


def blocking(things):
    """Return the records, as links, that name these things and must not lose them."""
    things = list(things)
    found = NestedObjects(using=DEFAULT_DB_ALIAS, origin=things)
    found.collect(things)
    names = [named(one) for one in found.protected]
    for relation in things[0]._meta.related_objects:
        kind = relation.related_model
        # A version in a history names things too, and loses nothing.
        if relation.many_to_many and (
            issubclass(kind, Record) or hasattr(kind, "public_fields")
        ):
            tagged = kind.objects.filter(**{f"{relation.field.name}__in": things})
            names += [named(one) for one in tagged.distinct()]
    return list(dict.fromkeys(names))
