"""The two base views of the portal: a list with filters, and one record."""

from functools import cache

from django.http import Http404, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.views.generic import DetailView, ListView

from records.facets import count_facets
from records.models import FormerSlug, Removed, State
from records.paging import CountedPaginator, page_keys
from records.past_public import gone_with_whole
from records.prepared import prepared
from records.version_pages import version_page


class RecordNotFound(Http404):
    """No public record of this kind has this slug; carries both for the 404 page."""

    def __init__(self, model, slug):
        super().__init__(f"No {model._meta.verbose_name} {slug!r}")
        self.model = model
        self.slug = slug


class RecordList(ListView):
    """
    The published records of a kind, filtered, sorted, 50 a page.

    A subclass names `model`, `filterset_class`, `template_name` and
    `context_object_name`. Rows are fetched by the kind's `with_row_details()`, unless
    it says more in `with_details()`; for a page they are asked by a prepared query.
    What the address says and the filters do not understand is left out, and
    `ignored` names it. An empty list tells what it would hold without each filter.
    """

    paginate_by = 50
    counted = None

    def get_queryset(self):
        records = self.model.objects.published()
        self.filterset = self.filterset_class(
            self.request.GET, records, request=self.request
        )
        asked = self.get_asked()
        if not self.filterset.shown:
            return self.with_details(self.filterset.qs, **asked)
        self.counted = count_facets(self.filterset)
        self.number = self.get_number(len(self.counted.found))
        start = (self.number - 1) * self.paginate_by
        keys = page_keys(self.filterset, self.counted, start, start + self.paginate_by)
        rows = {row.pk: row for row in _by_keys(type(self))(keys=tuple(keys), **asked)}
        return [rows[pk] for pk in keys if pk in rows]

    @staticmethod
    def with_details(records, **asked):
        """Fetch what the rows show of records; `asked` is what `get_asked()` gives."""
        return records.with_row_details()

    def get_asked(self):
        """Return what rows depend on beside the record, as values of a query."""
        return {}

    def get_number(self, count):
        """Return the number of the page asked for, or of the nearest there is."""
        asked = self.request.GET.get("page", "")
        if asked and not (asked.isascii() and asked.isdigit()):
            self.filterset.ignored.append(("page", asked))
            asked = ""
        last = max(1, -(-count // self.paginate_by))
        number = min(max(int(asked[:9] or 1), 1), last)
        if asked and str(number) != asked.lstrip("0"):
            self.filterset.ignored.append(("page", asked))
        return number

    def paginate_queryset(self, queryset, page_size):
        if self.counted:
            count = len(self.counted.found)
            paginator = CountedPaginator(queryset, page_size, count)
        else:
            paginator = self.get_paginator(queryset, page_size)
            self.number = self.get_number(paginator.count)
        page = paginator.page(self.number)
        return paginator, page, page.object_list, page.has_other_pages()

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        page = context["page_obj"]
        filterset = self.filterset
        count = context["paginator"].count
        return context | {
            "filterset": filterset,
            "facets": self.counted.facets if self.counted else [],
            "count": count,
            "found_keys": self.counted and self.counted.found,
            "removals": [] if count else self.get_removals(),
            "ignored": filterset.ignored,
            "active_filters": filterset.active(),
            "query": filterset.query(),
            "canonical_query": f"page={page.number}" if page.number > 1 else "",
            "robots": "noindex, nofollow" if filterset.labels else "",
        }

    def get_removals(self):
        """Return the active filters, each with the `count` that it stands against."""
        if not self.counted:
            return []
        return [
            {**active, "count": self.counted.without(active["name"], active["value"])}
            for active in self.filterset.active()
        ]


class RecordDetail(DetailView):
    """
    One published record.

    A former slug redirects for good, a withdrawn record answers 410 with what it
    was and why it went, what was public until its edition was withdrawn 410 with why
    that went, and anything else 404 with the nearest names. A subclass
    names `model`, `template_name` and `context_object_name`, and loads what its
    page shows in `get_queryset()` and `get_context_data()`. The former is asked once
    and prepared, so it reads nothing of the request and no clock but `published()`'s;
    a view whose queryset is another each time says `is_prepared = False`.

    `?version=2026-03-01` asks the page of a record for what it was on that day.
    """

    is_prepared = True

    def get_queryset(self):
        return self.model.objects.published().with_sources()

    def get_object(self, queryset=None):
        slug = self.kwargs["slug"]
        if queryset is None and self.is_prepared:
            found = _by_slug(type(self), self.model)(slug=slug)
        else:
            records = self.get_queryset() if queryset is None else queryset
            found = records.filter(slug=slug)
        if not found:
            raise RecordNotFound(self.model, slug)
        return found[0]

    def get_context_data(self, **kwargs):
        return super().get_context_data(record=self.object, **kwargs)

    def get(self, request, *args, **kwargs):
        try:
            asked = request.GET.get("version")
            if (
                asked is not None
                and request.resolver_match.view_name == self.model.page
            ):
                record = RecordDetail.get_object(self, self.model.objects.published())
                if page := version_page(request, record, asked):
                    return page
                self.extra_context = {"not_versions": [("version", asked)]}
            return super().get(request, *args, **kwargs)
        except RecordNotFound as error:
            return self.moved_or_gone(request, error.slug) or _reraise(error)

    def moved_or_gone(self, request, slug):
        """Return a redirect or a 410 for a slug that was public once, else None."""
        former = FormerSlug.objects.filter(
            content_type__app_label=self.model._meta.app_label,
            content_type__model=self.model._meta.model_name,
            slug=slug,
        ).first()
        moved = former and self.model.objects.filter(pk=former.object_id)
        if moved and (record := moved.published().first() or moved.withdrawn().first()):
            query = request.META.get("QUERY_STRING", "")
            address = self.get_address(record)
            return HttpResponsePermanentRedirect(
                f"{address}?{query}" if query else address
            )
        gone = self.model.objects.withdrawn().filter(slug=slug).first()
        gone = gone or gone_with_whole(self.model, slug=slug)
        if not gone and former:
            # It does not lead on: the new address may be one that was never public.
            gone = gone_with_whole(self.model, pk=former.object_id)
        if gone and gone.state == State.WITHDRAWN:
            return self.gone(request, gone)
        if gone:
            return self.gone_with(request, gone, getattr(gone, gone.part_of))
        removed = Removed.objects.of(self.model, slug)
        return removed and self.removed(request, removed)

    def gone(self, request, record):
        """Answer 410 for a withdrawn record: what it was and why it went."""
        context = {"gone": record, "robots": "noindex"}
        return render(request, "410.html", context, status=410)

    def gone_with(self, request, record, whole):
        """
        Answer 410 for what was public until what it belongs to was withdrawn.

        Nothing is told of the record: it may have been changed in the dark since.
        """
        kind = record._meta.verbose_name
        context = {"kind": kind, "whole": whole, "robots": "noindex"}
        return render(request, "gone_with.html", context, status=410)

    def removed(self, request, removed):
        """Answer 410 where a person's data were removed: that, and no more."""
        context = {"removed": removed, "robots": "noindex"}
        return render(request, "removed.html", context, status=410)

    def get_address(self, record):
        """Return the address of this same page for that record."""
        return record.get_absolute_url()


@cache
def _by_keys(page):
    """Return the prepared query of a list for the public records with these keys."""

    @prepared
    def rows(keys, **asked):
        records = page.model.objects.published().filter(pk__in=keys)
        return page.with_details(records, **asked).order_by()

    return rows


@cache
def _by_slug(page, model):
    """Return the prepared query of a page for one record of that kind."""

    @prepared
    def one(slug):
        view = page(model=model)
        return view.get_queryset().filter(slug=slug).order_by()[:1]

    return one


def _reraise(error):
    raise error
