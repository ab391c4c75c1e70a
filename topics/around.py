"""What pages of topics, minerals and stages show of other records: the first rows."""

from functools import cache

from django.db.models import Count, Q, Window

from organizations.filters import OrganizationFilter
from organizations.models import Organization
from records.facets import filter_by
from records.models import related_model
from records.paging import first_found
from records.prepared import prepared
from records.previewing import anything_is_shown
from topics.models import Topic

ROWS = 6  # of a relation on a page; a link leads to the rest

Session = related_model(Topic, "sessions")
Contribution = related_model(Session, "contributions")
Outcome = related_model(Topic, "outcomes")


def having(model, *conditions, **more):
    """Return the published records of a model that meet conditions, each once."""
    matching = model.objects.order_by().filter(*conditions, **more)
    return model.objects.published().filter(pk__in=matching.values("pk"))


def first_of(record, filter_, condition):
    """
    Return the first rows that a filter finds by a record, and `total`; three queries.

    And `found`, the keys of them all. Within a preview, of which the store knows
    nothing, it is what meets the condition that a function returns, without `found`.
    """
    if anything_is_shown():
        found = having(filter_.model, condition())
        return counted(_first(found.with_row_details()))
    keys, found = first_found(record, filter_, ROWS)
    rows = _rows_of(filter_.model)(keys=tuple(keys))
    return {"rows": rows, "total": len(found), "found": found}


@cache
def _rows_of(model):
    @prepared
    def rows(keys):
        return model.objects.published().filter(pk__in=keys).with_row_details()

    return rows


def sessions_of(record, **conditions):
    """Return the first sessions of a record, which are those of these conditions."""
    by_record = filter_by(type(record), "sessions")
    return first_of(record, by_record, lambda: Q(**conditions))


@cache
def _organizations_by_topic():
    return OrganizationFilter(None, Organization.objects.none()).filters["topic"]


def organizations_of(topic, among):
    """Return the first of those that took part in the sessions on some topics."""

    def took_part():
        public = Contribution.objects.published()
        return Q(contributions__in=public.filter(session__topics__in=among))

    return first_of(topic, _organizations_by_topic(), took_part)


def _first(queryset):
    return queryset.annotate(all_rows=Window(Count("pk")))[:ROWS]


def counted(rows):
    """Return the first rows, a list or a query, and how many there are in all."""
    rows = list(rows)
    return {"rows": rows, "total": rows[0].all_rows if rows else 0}


@cache
def _first_by(model, path):
    """Return the prepared query for the first of a model that lead to some keys."""

    @prepared
    def first(keys):
        return _first(having(model, **{f"{path}__pk__in": keys}).with_row_details())

    return first


def first_by(model, path, keys):
    """Return the first rows of a model that lead to some of the keys, and how many."""
    return counted(_first_by(model, path)(keys=tuple(keys)))


@prepared
def _outcomes_about(minerals):
    sessions = Session.objects.published().filter(minerals__pk__in=minerals)
    return _first(having(Outcome, session__in=sessions).with_row_details())


def outcomes_about(minerals):
    """Return the first outcomes of public sessions on some minerals, and how many."""
    return counted(_outcomes_about(minerals=tuple(minerals)))
