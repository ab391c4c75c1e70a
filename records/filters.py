"""
Filters of lists: readable, repeatable parameters, the same on page, export and API.

A repeated name is OR, different names are AND. What is not understood is left
out and kept in `ignored`, so that a page can say so and an API refuse it.
"""

import copy
import datetime
from functools import cached_property
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.languages import TAGS, date_in_words
from records.models import (
    NO_VALUE,
    SLUG,
    AltName,
    Record,
    related_model,
)

MOST_VALUES = 50  # of one name; a bound on the work of one request
MOST_LETTERS = 200  # of a typed text


class Shared:
    """
    A filter of which each set has a copy, as django-filter wants, but not its parts.

    Nobody changes these; to copy them too was an eighth of a search. Not for a filter
    with a `method`, which knows the filter that it was made for.
    """

    def __deepcopy__(self, memo):
        return copy.copy(self)


class Values(Shared, django_filters.Filter):
    """
    A filter with any number of known values; a kind of it says which.

    It can be counted as a facet: `rows()` tells which records have which value,
    and `filter()` keeps those that have one of the values asked for. `none` stands
    for the records without any, where that can be (`has_none`).
    """

    class Field(forms.MultipleChoiceField):
        widget = forms.CheckboxSelectMultiple

        def validate(self, value):
            """Do nothing: the filter set has kept only what is known."""

    field_class = Field
    value_model = None  # of records; their slugs are the values
    has_none = True
    in_order = False  # the values have an order of their own
    gated = False  # `rows()` depends on what is public
    field_key = ""  # its name in its filter set

    def __init__(self, field_name=None, *, label=None, **kwargs):
        kwargs.setdefault("required", False)
        super().__init__(field_name=field_name, label=label, **kwargs)

    @property
    def field(self):
        field = super().field
        if not field.choices:
            field.choices = self.options
        return field

    @cached_property
    def options(self):
        """All (value, label) pairs, asked of the database once."""
        return list(self.choices())

    def understood(self, values):
        """Return {value: label} of the given values that mean something."""
        known = self.known([value for value in values if not self.is_none(value)])
        if self.has_none and NO_VALUE in values:
            known |= {NO_VALUE: gettext("Not recorded")}
        return {value: known[value] for value in values if value in known}

    def known(self, values):
        """Return {value: label} of those of the values that there are."""
        labels = {str(value): label for value, label in self.options}
        return {value: labels[value] for value in values if value in labels}

    def choices(self):
        """Return all (value, label) pairs."""
        raise NotImplementedError

    def is_none(self, value):
        """Tell whether this value stands for the records without any."""
        return self.has_none and value == NO_VALUE

    def filter(self, queryset, value):
        if not value:
            return queryset
        wanted = [one for one in value if not self.is_none(one)]
        condition = self.having(wanted) if wanted else Q(pk__in=[])
        if len(wanted) < len(value):
            condition |= ~self.having(None)
        return queryset.filter(condition)

    def having(self, values):
        """Return a condition: to have one of these values, or any value (None)."""
        raise NotImplementedError

    # As a facet

    def rows(self, pks=None):
        """
        Return [(queryset, path of the record's pk, value)]: who has which value.

        Of these records or of all, public or not. The value of a record is its pk.
        """
        return [(self.records(pks), "pk", F(self.field_name))]

    def tables(self):
        """Return the tables that `rows()` reads; a change of others is none."""
        return {self.model._meta.db_table}

    def records(self, pks):
        """Return these records of the filter set's kind, or all."""
        records = self.model.objects.order_by()
        return records if pks is None else records.filter(pk__in=pks)

    def depends_on(self):
        """
        Return [(model, path to it, flips only)]: whose changes change `rows()`.

        Besides the record itself. Some matter only when they become public or
        cease to be.
        """
        return []

    def variant(self):
        """Return what else `rows()` depends on, such as a day; "" for nothing."""
        return ""

    def order(self):
        """Return the values in their own order, if `in_order`."""
        return []

    def name_of(self, value):
        """Return the label of a value that is no record."""
        return value


class Choices(Values):
    """A filter by an enumeration, such as format or kind."""

    in_order = True

    def __init__(self, field_name, choices, **kwargs):
        super().__init__(field_name, **kwargs)
        self._choices = choices

    def choices(self):
        found = getattr(self._choices, "choices", self._choices)
        return list(found() if callable(found) else found)

    def having(self, values):
        if values is None:
            return ~Q(**{self.field_name: ""})
        return Q(**{f"{self.field_name}__in": values})

    def order(self):
        return [str(value) for value, _label in self.choices()]

    def name_of(self, value):
        return dict(self.choices()).get(value, value)


class Records(Values):
    """
    A filter by other records, given by their slugs.

    `field_name` is the path to them; the model is taken from `_meta`, so a lower
    floor may filter by a higher one. `via` names a relation on that path whose own
    `published()` must hold too: no draft session ties an organization to a topic.
    Narrower records are included where the kind is a tree.
    """

    def __init__(self, field_name, *, via="", **kwargs):
        super().__init__(field_name, **kwargs)
        self.via = via

    def related(self, path):
        return related_model(self.model, path).objects

    @property
    def path(self):
        return f"{self.via}__{self.field_name}" if self.via else self.field_name

    @property
    def value_model(self):
        return related_model(self.model, self.path)

    @property
    def in_order(self):
        return self.value_model._meta.ordering[0] != "sort_key"

    def known(self, values):
        slugs = [value for value in values if _is_slug(value)]
        if not slugs:
            return {}
        found = self.related(self.path).published().filter(slug__in=slugs)
        labels = {record.slug: str(record) for record in found}
        return {slug: labels[slug] for slug in slugs if slug in labels}

    def choices(self):
        records = self.related(self.path).published()
        return [(record.slug, str(record)) for record in records]

    def among(self, values):
        """Return the public records with these slugs and what is narrower, or all."""
        records = self.related(self.path).published()
        if values is None:
            return records
        if hasattr(records, "within"):
            return records.within(values)
        return records.filter(slug__in=values)

    def ties(self):
        """Return what may tie a record to a value on the way."""
        return self.related(self.via).published()

    def having(self, values):
        conditions = {f"{self.path}__in": self.among(values)}
        if self.via:
            conditions[f"{self.via}__in"] = self.ties()
        matching = self.model.objects.order_by().filter(**conditions)
        if values is None:
            # Asked for its contrary: PostgreSQL would look through a long list of
            # keys for each record that it is NOT IN.
            return Q(Exists(matching.filter(pk=OuterRef("pk"))))
        return Q(pk__in=matching.values("pk"))

    def rows(self, pks=None):
        if not self.via:
            return self._direct_rows(pks)
        back = self.model._meta.get_field(self.via).remote_field.name
        ties = self.ties().order_by()
        if pks is not None:
            ties = ties.filter(**{f"{back}__in": pks})
        return [(ties, back, F(self.field_name))]

    def _direct_rows(self, pks):
        field = self.model._meta.get_field(self.field_name)
        if not field.many_to_many:
            return super().rows(pks)
        forward = field.concrete
        through = (field if forward else field.remote_field).remote_field.through
        names = [
            (field if forward else field.remote_field).m2m_field_name(),
            (field if forward else field.remote_field).m2m_reverse_field_name(),
        ]
        record, value = names if forward else reversed(names)
        ties = through.objects.order_by()
        if pks is not None:
            ties = ties.filter(**{f"{record}__in": pks})
        return [(ties, record, F(value))]

    @property
    def gated(self):
        return bool(self.via)

    def tables(self):
        if self.via:
            field = self.model._meta.get_field(self.via)
        else:
            field = self.model._meta.get_field(self.field_name)
        if field.many_to_many:
            field = field if field.concrete else field.remote_field
            return {field.remote_field.through._meta.db_table}
        if self.via:
            return {field.related_model._meta.db_table}
        return super().tables()

    def depends_on(self):
        if not self.via:
            return []
        between = self.related(self.via).model
        if issubclass(between, Record):
            return [(between, self.via, False)]
        back = self.model._meta.get_field(self.via).remote_field.name
        first = self.field_name.partition("__")[0]
        return [
            (
                field.related_model,
                f"{self.via}__{field.name}",
                field.name != first or "__" not in self.field_name,
            )
            for field in between._meta.concrete_fields
            if field.is_relation
            and field.name != back
            and issubclass(field.related_model, Record)
        ]


class Ways(Records):
    """A filter by records that are reached in more than one way: (via, field)."""

    def __init__(self, *ways, **kwargs):
        via, field_name = ways[0]
        super().__init__(field_name, via=via, **kwargs)
        self._ways = ways

    @property
    def ways(self):
        """Each of the ways as a filter of its own."""
        ways = [Records(field_name, via=via) for via, field_name in self._ways]
        for way in ways:
            way.model = self.model
        return ways

    def having(self, values):
        either = Q()
        for way in self.ways:
            either |= way.having(values)
        return either

    def rows(self, pks=None):
        return [row for way in self.ways for row in way.rows(pks)]

    def tables(self):
        return set().union(*(way.tables() for way in self.ways))

    def depends_on(self):
        return [other for way in self.ways for other in way.depends_on()]


class Words(Shared, django_filters.CharFilter):
    """
    A filter by words that occur in a name, in either language, or another name.

    `show_other_names` tells of which records other names may be asked for.
    """

    def __init__(self, *fields, show_other_names=None, **kwargs):
        kwargs.setdefault("label", _("Words in the name"))
        super().__init__(max_length=MOST_LETTERS, strip=True, **kwargs)
        self.fields = fields
        self.show_other_names = show_other_names or Q()

    def filter(self, queryset, value):
        for word in (value or "").split()[:8]:
            condition = Q(pk__in=_pks_called(self.model, word)) & self.show_other_names
            for field in self.fields:
                condition |= Q(**{f"{field}__icontains": word})
            queryset = queryset.filter(condition)
        return queryset


def _pks_called(model, word):
    return AltName.objects.filter(
        content_type__app_label=model._meta.app_label,
        content_type__model=model._meta.model_name,
        text__icontains=word,
    ).values("object_id")


def _is_slug(value):
    return len(value) <= 100 and bool(SLUG.regex.match(value))


def in_both(field):
    """Return the names of a translated field's columns."""
    return [f"{field}_{code.replace('-', '_')}" for code in TAGS]


def read_day(text):
    """Return the date that is written `YYYY-MM-DD`; ValueError for all else."""
    day = datetime.date.fromisoformat(text)
    if day.isoformat() != text:  # a week, or no hyphens: one address for one day
        raise ValueError(text)
    return day


class Date(django_filters.DateFilter):
    """A filter that is a day, `YYYY-MM-DD`."""

    class Field(forms.DateField):
        widget = forms.DateInput(attrs={"type": "date"})

        def to_python(self, value):
            if not value:
                return None
            try:
                return read_day(value)
            except ValueError as error:
                raise forms.ValidationError(_("Give a day as 2023-09-22.")) from error

    field_class = Field

    def in_words(self, value):
        return date_in_words(value)


class Year(django_filters.NumberFilter):
    """A filter that is a year of four digits."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, min_value=1000, max_value=9999, **kwargs)


class RecordFilterSet(django_filters.FilterSet):
    """
    The filters of one kind of record.

    `shown` names those that the page offers as facets, in the order of a reader's
    questions; the others work when an address names them. `typed` names those whose
    fields stand in the form at all times. `sorts` maps a value of `sort` to its label
    and its order; the first one is the default.
    """

    shown = ()
    typed = ("q",)
    sorted_by = {}  # a sort that begins with the values of a facet → that facet
    sorts = {"name": (_("Name"), ["sort_key", "pk"])}

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        super().__init__(data=QueryDict(), queryset=queryset, request=request)
        for name, filter_ in self.filters.items():
            filter_.field_key = name
        self.ignored = []  # (parameter, value) pairs
        self.labels = {}  # {parameter: {value: label}} of what is understood
        self.data = self._understood(data if data is not None else QueryDict())

    def _understood(self, given):
        kept = QueryDict(mutable=True)
        for name, filter_ in self.filters.items():
            values = list(dict.fromkeys(v for v in given.getlist(name) if v.strip()))
            if isinstance(filter_, Values):
                known = filter_.understood(values[:MOST_VALUES]) if values else {}
            else:
                values = values[-1:]
                in_words = getattr(filter_, "in_words", str)
                known = {v: in_words(v) for v in values if self._is_clean(filter_, v)}
            if known:
                kept.setlist(name, sorted(known))
                self.labels[name] = known
            self.ignored += [(name, v) for v in values if v not in known]
        sort = given.get("sort", "")
        if sort and sort not in self.sorts:
            self.ignored.append(("sort", sort))
        elif sort and sort != self.default_sort:
            kept["sort"] = sort
        return kept

    def _is_clean(self, filter_, value):
        if "\N{REPLACEMENT CHARACTER}" in value:
            return False  # the bytes of the address were no text
        try:
            filter_.field.clean(value)
        except forms.ValidationError:
            return False
        return True

    @property
    def default_sort(self):
        return next(iter(self.sorts))

    @property
    def sort(self):
        """The sort in force: one of the keys of `sorts`."""
        return self.data.get("sort") or self.default_sort

    def get_form_class(self):
        # Only what the address names is made into fields: the facets stand beside
        # the form, and a field of records would ask the database for its choices.
        fields = {
            name: forms.MultipleChoiceField(
                required=False,
                choices=list(self.labels[name].items()),
                widget=forms.MultipleHiddenInput,
            )
            if isinstance(filter_, Values)
            else filter_.field
            for name, filter_ in self.filters.items()
            if name in self.typed or name in self.labels
        }
        if len(self.sorts) > 1:
            # The default has no value of its own, so the address stays short.
            choices = [
                ("" if key == self.default_sort else key, label)
                for key, (label, _order) in self.sorts.items()
            ]
            fields["sort"] = forms.ChoiceField(
                label=_("Sort by"), choices=choices, required=False
            )
        return type(f"{type(self).__name__}Form", (forms.Form,), fields)

    def annotated(self, queryset):
        """Return the queryset with what its order needs."""
        return queryset

    def in_order(self, queryset):
        """Return the queryset in the order of the sort in force."""
        return self.annotated(queryset).order_by(*self.sorts[self.sort][1])

    def filter_queryset(self, queryset):
        queryset = self.in_order(queryset)
        for name, value in self.form.cleaned_data.items():
            if name != "sort":
                queryset = self.filters[name].filter(queryset, value)
        return queryset

    def active(self):
        """Return each value that narrows: its name, value, label and remove_url."""
        return [
            {
                "name": name,
                "value": value,
                "label": label
                if isinstance(self.filters[name], Values)
                else gettext("%(name)s: %(value)s")
                % {"name": self.filters[name].label, "value": label},
                "remove_url": "?" + self.query(without=(name, value)),
            }
            for name, known in self.labels.items()
            for value, label in known.items()
        ]

    def without(self, name, value):
        """Return the same filter set without one value of one filter."""
        data = self.data.copy()
        data.setlist(name, [v for v in data.getlist(name) if v != value])
        return type(self)(data, self.queryset, request=self.request)

    def query(self, without=None, **extra):
        """Return the canonical query string of what is understood."""
        pairs = [
            (name, value)
            for name in [*self.filters, "sort"]
            for value in self.data.getlist(name)
            if (name, value) != without
        ]
        return urlencode([*pairs, *extra.items()])
