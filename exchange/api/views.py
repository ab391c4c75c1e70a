"""Answers of the read API."""

import hashlib
import math

from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from rest_framework import exceptions
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from exchange.api.asked import (
    LARGEST_PAGE,
    PAGE_SIZE,
    Asked,
    Wrong,
    expected,
    read_language,
    read_names,
    read_number,
)
from exchange.api.fields import FULL
from exchange.api.problems import (
    OPEN,
    ParameterError,
    gone,
    gone_with,
    problem,
    refused,
    without_data,
)
from exchange.api.schema import DocumentSchema, KindSchema
from exchange.api.telling import address_of, serializer_of
from exchange.tables.kinds import TABLES
from records import content_version
from records.addresses import neutral_path, site_url
from records.facets import count_found
from records.languages import TAGS
from records.paging import page_keys
from records.rates import count
from records.views import RecordDetail

LONGEST_LINKS = 8_000  # bytes of a header; servers in front take no more, or not much


class AlwaysJson(BaseContentNegotiation):
    """There is one format: what a client would rather have changes nothing."""

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type


class ReadView(APIView):
    """
    Something to read, by anybody and from any site.

    No session, no cookie, no form. What goes wrong is said as a problem (RFC 9457),
    in the language of `lang`, else in English.
    """

    http_method_names = ["get", "head", "options"]
    authentication_classes = permission_classes = parser_classes = ()
    renderer_classes = [JSONRenderer]
    content_negotiation_class = AlwaysJson
    usage = None

    def dispatch(self, request, *args, **kwargs):
        language, self.wrong = read_language(request.GET)
        self.asked = Asked(site_url(request), language)
        with override(language or "en"):
            answer = super().dispatch(request, *args, **kwargs)
            if hasattr(answer, "render"):
                answer.render()
            return answer

    def check_throttles(self, request):
        if request.method != "OPTIONS":
            self.usage = count(request, "api")
            if self.usage and self.usage["should_limit"]:
                raise exceptions.Throttled(max(self.usage["time_left"], 1))

    def options(self, request, *args, **kwargs):
        """Answer a browser that asks whether it may ask (Fetch Standard, 3.3)."""
        answer = HttpResponse(status=204)
        answer["Allow"] = answer["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        answer["Access-Control-Allow-Headers"] = "*"
        answer["Access-Control-Max-Age"] = "86400"
        return answer

    def handle_exception(self, exc):
        if isinstance(exc, ParameterError):
            return refused(exc.wrong)
        if isinstance(exc, Http404 | exceptions.NotFound):
            return problem(404, _("There is nothing at this address."))
        if isinstance(exc, exceptions.MethodNotAllowed):
            answer = problem(405, _("This API is for reading only."))
            answer["Allow"] = "GET, HEAD, OPTIONS"
            return answer
        if isinstance(exc, exceptions.Throttled):
            seconds = math.ceil(exc.wait or 1)
            answer = problem(429, _("Too many requests. Try again later."))
            answer["Retry-After"] = str(seconds)
            return answer
        raise exc

    def finalize_response(self, request, response, *args, **kwargs):
        answer = super().finalize_response(request, response, *args, **kwargs)
        for name, value in OPEN.items():
            answer[name] = value
        if self.usage:
            for name, value in told_of(self.usage).items():
                answer[name] = value
        answer["X-Robots-Tag"] = "noindex"
        language = self.asked.language
        answer["Content-Language"] = (
            TAGS[language] if language else ", ".join(TAGS.values())
        )
        return answer

    def refuse_what_is_wrong(self):
        if self.wrong:
            raise ParameterError(self.wrong)

    def unless_known(self, request, tell):
        """
        Return what `tell()` says, or 304 to whom has it already.

        The tag is weak: equal content may be compressed into other bytes elsewhere.
        """
        said = f"{content_version.current()} {self.asked.site}{request.get_full_path()}"
        etag = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
        answer = get_conditional_response(request, etag) or Response(tell())
        answer["ETag"] = etag
        answer["Cache-Control"] = "public, no-cache"  # keep it, but ask each time
        return answer


def told_of(usage):
    """Return the headers of draft-ietf-httpapi-ratelimit-headers-10."""
    most, period = usage["limit"], usage["period"]
    left, until = max(most - usage["count"], 0), max(usage["time_left"], 0)
    return {
        "RateLimit-Policy": f'"anonymous";q={most};w={period}',
        "RateLimit": f'"anonymous";r={left};t={until}',
    }


class Root(ReadView):
    """The lists of this API, its description and its documentation."""

    schema = DocumentSchema()
    summary = gettext_lazy("The lists of this API")

    def get(self, request):
        self.refuse_what_is_wrong()
        site = self.asked.site
        lists = {table.name: address_of(site, table.model) for table in TABLES.values()}
        schema = reverse("api:schema")
        docs = neutral_path(reverse("exchange:api-docs"))
        said = {**lists, "schema": site + schema, "docs": site + docs}
        answer = self.unless_known(request, lambda: said)
        # RFC 8631
        answer["Link"] = (
            f'<{site}{schema}>; rel="service-desc", <{site}{docs}>; rel="service-doc"'
        )
        return answer


class KindView(ReadView):
    """One kind of record."""

    model = None
    schema = KindSchema()

    @cached_property
    def serializer(self):
        return serializer_of(self.model)

    @cached_property
    def table(self):
        return self.serializer.table

    def read(self, request):
        """Read the parameters that a list and a record have in common."""
        asked, given = self.asked, request.GET
        names = self.serializer.names()
        asked.fields, wrong = read_names(given, "fields", names)
        self.wrong += wrong
        expanded, wrong = read_names(given, "expand", self.serializer.expandable())
        asked.expand = expanded or frozenset()
        self.wrong += wrong

    def filtered(self, request, given):
        """Return the filter set of these parameters; note what it did not take."""
        filterset = self.table.filterset_class(
            given, self.model.objects.published(), request=request
        )
        filterset.shown = ()  # no form, and no queries for its choices
        self.wrong += [
            Wrong(name, value, expected(filterset, name))
            for name, value in filterset.ignored
        ]
        day = getattr(filterset, "status_day", None)
        self.asked.day = day or timezone.localdate()
        return filterset


class Records(KindView):
    """The records of a kind that the filters leave, page by page."""

    def get(self, request):
        self.read(request)
        filterset = self.filtered(request, request.GET)
        number, wrong = read_number(request.GET, "page", 1)
        self.wrong += wrong
        size, wrong = read_number(request.GET, "page_size", PAGE_SIZE, LARGEST_PAGE)
        self.wrong += wrong
        self.refuse_what_is_wrong()
        found = count_found(filterset)
        count = len(found.found)
        last = max(1, -(-count // size))
        if number > last:
            said = _("The last page is %(last)d.") % {"last": last}
            raise ParameterError([Wrong("page", str(number), said)])
        pages = {
            "first": 1,
            "prev": number - 1 or None,
            "next": number + 1 if number < last else None,
            "last": last,
        }
        links = {
            rel: self.address(request, page) for rel, page in pages.items() if page
        }

        def tell():
            teller = self.asked.teller(self.serializer, width=FULL)
            start = (number - 1) * size
            # Sorting all of them with all their texts would cost more than the rest.
            here = page_keys(filterset, found, start, start + size)
            page = filterset.in_order(self.model.objects.filter(pk__in=here))
            rows = teller.read(page)
            return {
                "count": count,
                "next": links.get("next"),
                "previous": links.get("prev"),
                "results": [teller.to_representation(record) for record in rows],
            }

        answer = self.unless_known(request, tell)
        header = ", ".join(
            f'<{address}>; rel="{rel}"' for rel, address in links.items()
        )
        if len(header) <= LONGEST_LINKS:  # The body has the next and the previous too.
            answer["Link"] = header
        return answer

    def address(self, request, number):
        """Return the address of another page of the same list."""
        given = request.GET.copy()
        given["page"] = str(number)
        if number == 1:
            del given["page"]
        query = given.urlencode()
        return address_of(self.asked.site, self.model) + (f"?{query}" if query else "")


class Moved(RecordDetail):
    """Where a record went that is not at its address, for the API."""

    def __init__(self, model, asked):
        super().__init__(model=model)
        self.asked = asked

    def get_address(self, record):
        return f"{address_of(self.asked.site, self.model)}{record.slug}/"

    def gone(self, request, record):
        return gone(record, self.asked)

    def gone_with(self, request, record, whole):
        address = f"{address_of(self.asked.site, type(whole))}{whole.slug}/"
        return gone_with(whole, address, self.asked)

    def removed(self, request, removed):
        return without_data(removed)


class OneRecord(KindView):
    """One record; it moves and goes as its page does."""

    def get(self, request, slug):
        self.read(request)
        given = QueryDict(mutable=True)
        if as_of := request.GET.get("as_of"):
            given["as_of"] = as_of
        self.filtered(request, given)
        self.refuse_what_is_wrong()
        teller = self.asked.teller(self.serializer, width=FULL)
        public = self.model.objects.published()
        found = teller.read(public.filter(slug=slug))
        if not found:
            moved = Moved(self.model, self.asked).moved_or_gone(request, slug)
            if moved is None:
                raise Http404
            return moved
        return self.unless_known(request, lambda: teller.to_representation(found[0]))


class Nothing(ReadView):
    """Any other address below /api/: of one without its last stroke, the right one."""

    schema = None

    def get(self, request):
        path = f"{request.path_info}/"
        if request.path_info.endswith("/") or not leads_somewhere(path):
            raise Http404
        query = request.GET.urlencode()
        return HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)


def leads_somewhere(path):
    """Tell whether a path is one of this API's own."""
    try:
        view = resolve(path).func
    except Resolver404:
        return False
    return getattr(view, "cls", None) is not Nothing
