"""
Filters of lists: readable, repeatable parameters, the same on page, export and API.

A repeated name is OR, different names are AND. What is not understood is left
out and kept in `ignored`, so that a page can say so and an API refuse it.
"""

import datetime
from functools import cached_property
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import Count, F, Q
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from records.languages import TAGS, page_language
from records.models import SLUG, AltName, related_model

MOST_VALUES = 50  # of one name; a bound on the work of one request
MOST_LETTERS = 200  # of a typed text


class Values(django_filters.Filter):
    """A filter with any number of known values; a kind of it says which."""

    class Field(forms.MultipleChoiceField):
        widget = forms.CheckboxSelectMultiple

        def validate(self, value):
            """Do nothing: the filter set has kept only what is known."""

    field_class = Field

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

    def known(self, values):
        """Return {value: label} of the given values that mean something."""
        labels = {str(value): label for value, label in self.options}
        return {value: labels[value] for value in values if value in labels}

    def choices(self):
        """Return all (value, label) pairs, for a form that shows this filter."""
        raise NotImplementedError


class Choices(Values):
    """A filter by an enumeration, such as format or kind."""

    def __init__(self, field_name, choices, **kwargs):
        super().__init__(field_name, **kwargs)
        self._choices = choices

    def choices(self):
        found = getattr(self._choices, "choices", self._choices)
        return list(found() if callable(found) else found)

    def filter(self, queryset, value):
        if not value:
            return queryset
        return queryset.filter(**{f"{self.field_name}__in": value})


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

    def used_in(self, queryset, most):
        """Return (slug, name) of the records tied to these, at most so many."""
        tied = queryset
        if self.via:
            owner = self.model._meta.get_field(self.via).remote_field.name
            tied = self.related(self.via).published().filter(**{f"{owner}__in": tied})
        to, records = self.field_name, self.related(self.path)
        names = [f"{to}__{name}" for name in in_both(records.model.title_field)]
        if page_language() == "zh-hans":
            names.reverse()
        found = (
            tied.filter(**{f"{to}__in": records.published()})
            .order_by()
            .values_list(f"{to}__slug", *names, F(f"{to}__sort_key"))
            .annotate(times=Count("pk"))
            .order_by("-times", f"{to}__slug")[:most]
        )
        by_name = sorted(found, key=lambda row: row[3])
        return [(slug, name or other) for slug, name, other, *_rest in by_name]

    def filter(self, queryset, value):
        if not value:
            return queryset
        records = self.related(self.path).published()
        if hasattr(records, "within"):
            records = records.within(value)
        else:
            records = records.filter(slug__in=value)
        conditions = {f"{self.path}__in": records}
        if self.via:
            conditions[f"{self.via}__in"] = self.related(self.via).published()
        matching = self.model.objects.order_by().filter(**conditions)
        return queryset.filter(pk__in=matching.values("pk"))


class Words(django_filters.CharFilter):
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


class Date(django_filters.DateFilter):
    """A filter that is a day, `YYYY-MM-DD`."""

    class Field(forms.DateField):
        widget = forms.DateInput(attrs={"type": "date"})

        def to_python(self, value):
            if not value:
                return None
            try:
                return datetime.date.fromisoformat(value)
            except ValueError as error:
                raise forms.ValidationError(_("Give a day as 2023-09-22.")) from error

    field_class = Field


class Year(django_filters.NumberFilter):
    """A filter that is a year of four digits."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, min_value=1000, max_value=9999, **kwargs)


class RecordFilterSet(django_filters.FilterSet):
    """
    The filters of one kind of record.

    `shown` names those that the form offers; the others work when an address
    names them. `sorts` maps a value of `sort` to its label and its order; the
    first one is the default.
    """

    shown = ()
    sorts = {"name": (_("Name"), ["sort_key", "pk"])}

    def __init__(self, data=None, queryset=None, *, request=None, prefix=None):
        super().__init__(data=QueryDict(), queryset=queryset, request=request)
        self.ignored = []  # (parameter, value) pairs
        self.labels = {}  # {parameter: {value: label}} of what is understood
        self.data = self._understood(data if data is not None else QueryDict())

    def _understood(self, given):
        kept = QueryDict(mutable=True)
        for name, filter_ in self.filters.items():
            values = list(dict.fromkeys(v for v in given.getlist(name) if v.strip()))
            if isinstance(filter_, Values):
                known = filter_.known(values[:MOST_VALUES]) if values else {}
            else:
                values = values[-1:]
                known = {v: v for v in values if self._is_clean(filter_, v)}
            if known:
                kept.setlist(name, list(known))
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
        # Only the filters that the form offers or the address names are made into
        # fields: each field of records asks the database for its choices.
        fields = {
            name: filter_.field
            if name in self.shown or name == "q"
            else forms.MultipleChoiceField(
                required=False,
                choices=list(self.labels[name].items()),
                widget=forms.MultipleHiddenInput,
            )
            if isinstance(filter_, Values)
            else filter_.field
            for name, filter_ in self.filters.items()
            if name in self.shown or name == "q" or name in self.labels
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

    def filter_queryset(self, queryset):
        for name, value in self.form.cleaned_data.items():
            if name != "sort":
                queryset = self.filters[name].filter(queryset, value)
        return queryset.order_by(*self.sorts[self.sort][1])

    def active(self):
        """Return {"label", "remove_url"} of each value that narrows the list."""
        return [
            {
                "label": label
                if isinstance(self.filters[name], Values)
                else gettext("%(name)s: %(value)s")
                % {"name": self.filters[name].label, "value": label},
                "remove_url": "?" + self.query(without=(name, value)),
            }
            for name, known in self.labels.items()
            for value, label in known.items()
        ]

    def query(self, without=None, **extra):
        """Return the canonical query string of what is understood."""
        pairs = [
            (name, value)
            for name in [*self.filters, "sort"]
            for value in self.data.getlist(name)
            if (name, value) != without
        ]
        return urlencode([*pairs, *extra.items()])
