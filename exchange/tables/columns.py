"""
What a file tells of a record: columns, each with a name, a label and a value.

The name is for programs and the same in both languages, the label is for people. A
value is a text, a number, a truth, a date, a moment, a list of texts, or None. What
is a record or a code has two columns: in words, and by its `…_id` or `…_ids`.
"""

from collections.abc import Callable
from datetime import UTC
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Prefetch
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from organizations.models import Person
from records.filters import in_both
from records.languages import text_in, text_of
from records.models import Citation
from records.prepared import rows_in

# What no file tells, and what makes reading many records slow
UNTOLD = ("html", "editor_note", *in_both("withdrawn_reason"))

AUTHOR = {"sort_name", "listed"}  # what a citation needs of a person besides


class Column(NamedTuple):
    name: str
    label: Any  # may be translated only when it is read
    value: Callable


def verbose(model, name):
    return model._meta.get_field(name).verbose_name


def by_id(label):
    """Return the label of the column that has the identifiers of another."""
    return format_lazy("{label} (id)", label=label)


def plain(model, name):
    """Return the column of a field as it is stored."""
    return [Column(name, verbose(model, name), lambda record: getattr(record, name))]


def text(model, name):
    """Return the column of a translated field, in the reader's language if it can."""
    label = verbose(model, name)
    return [Column(name, label, lambda record: text_of(record, name).text)]


def choice(model, name):
    """Return the columns of an enumeration."""
    label = verbose(model, name)
    words = in_words(model._meta.get_field(name).flatchoices)
    return [
        Column(name, label, lambda record: words().get(getattr(record, name))),
        Column(f"{name}_id", by_id(label), lambda record: getattr(record, name)),
    ]


def in_words(choices):
    """Return what returns {value: words} of choices; once in each language."""
    known = cache(lambda _language: {value: str(said) for value, said in choices})
    return lambda: known(get_language())


def once(find):
    """
    Return the function that keeps what it found for the record it was asked last.

    The columns of a row ask one after the other. Whoever asks meanwhile of another
    row has it found anew: what is kept is read and written whole.
    """
    last = (None, None)

    def found(record):
        nonlocal last
        known, value = last
        if known is not record:
            value = find(record)
            last = (record, value)
        return value

    return found


def country(model):
    label = verbose(model, "country")
    return [
        Column("country", label, lambda record: record.country.name),
        Column("country_id", by_id(label), lambda record: record.country.code),
    ]


def one(model, name):
    """Return the columns of a related record; it must be fetched by `public()`."""
    label = verbose(model, name)

    def called(record):
        found = getattr(record, name)
        return found and str(found)

    def slug(record):
        found = getattr(record, name)
        return found and found.slug

    return [Column(name, label, called), Column(f"{name}_id", by_id(label), slug)]


def many(name, ids, label, find=None):
    """Return the columns of related records: of that relation, or what is found."""
    find = once(find or (lambda record: rows_in(record, name)))
    return [
        Column(name, label, lambda record: [str(one) for one in find(record)]),
        Column(ids, by_id(label), lambda record: [one.slug for one in find(record)]),
    ]


def pairs(name, ids, label, find):
    """Return the columns of what `find(record)` returns as (label, id) pairs."""
    find = once(lambda record, all_of=find: list(all_of(record)))
    return [
        Column(name, label, lambda record: [str(said) for said, _id in find(record)]),
        Column(ids, by_id(label), lambda record: [key for _said, key in find(record)]),
    ]


def public(model, *names):
    """Return what fetches the public records of relations, only what names them."""
    fetched = []
    for name in names:
        related = model._meta.get_field(name).related_model
        title = related._meta.get_field(related.title_field).name
        columns = {"pk", "slug", "name_language", *in_both(title)}
        if related is Person:
            columns |= AUTHOR
        records = related.objects.published().only(*columns)
        fetched.append(Prefetch(name, records))
    return fetched


FIRST = (
    Column("id", _("Identifier in the address"), lambda record: record.slug),
    Column("name", _("Name"), str),
    Column(
        "name_en",
        _("Name in English"),
        lambda record: text_in(record, record.heading_field, "en"),
    ),
    Column(
        "name_zh_hans",
        _("Name in Chinese"),
        lambda record: text_in(record, record.heading_field, "zh-hans"),
    ),
)


def name_only(record):
    """Tell whether a record is somebody who asked to be shown by name only."""
    return not getattr(record, "listed", True)


def note_of(record):
    return "" if name_only(record) else text_of(record, "note").text


@once
def sources_of(record):
    """Return (title, address) pairs of the sources of a record, each once."""
    if name_only(record):
        return []
    sources = [citation.source for citation in rows_in(record, "citations")]
    found = {source.pk: source for source in sources if source}
    return [(str(source), source.url) for source in found.values()]


CITATIONS = Prefetch(
    "citations", Citation.objects.filter(source__isnull=False).select_related("source")
)
LAST = (
    Column("note", _("Public note"), note_of),
    Column(
        "sources", _("Sources"), lambda record: [name for name, _ in sources_of(record)]
    ),
    Column(
        "source_urls",
        _("Addresses of the sources"),
        lambda record: [url for _, url in sources_of(record)],
    ),
    Column(
        "first_published_at",
        _("First published (UTC)"),
        lambda record: moment(record.first_published_at),
    ),
    Column(
        "updated_at", _("Last changed (UTC)"), lambda record: moment(record.updated_at)
    ),
    Column("uid", _("Identifier for machines"), lambda record: str(record.uid)),
)


def moment(when, zone=UTC):
    """Return a moment on the clock of a zone, to the second."""
    return when and when.astimezone(zone).replace(microsecond=0)


def heading(label):
    """Return a label as it stands at the head of a column or a sheet."""
    return capfirst(str(label))
