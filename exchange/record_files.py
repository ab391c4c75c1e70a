"""One record in another format: the sibling addresses of its page."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _

from exchange.api.documents import record_as_json
from exchange.calendars import refused
from exchange.citing import files as citations
from exchange.citing.works import as_fetched
from exchange.linked_data import files as linked_data
from exchange.record_changes import record_as_atom
from exchange.tables.kinds import TABLES
from records import content_version
from records.addresses import path_of, site_url
from records.languages import TAGS, page_language
from records.past import Past
from records.version_pages import day_of, end_of
from records.views import RecordDetail, RecordNotFound

TABLE_OF = {table.model: table for table in TABLES.values()}


def as_they_are(records):
    return records


class Format(NamedTuple):
    """
    How a record is written in one format.

    `write(record, request)` returns bytes, in the language of the moment; it loads
    what it tells besides, public records only. `fetched(records)` may say what the
    query of the record itself fetches. `of_versions` tells whether it can write a
    record as it was on a day, `?version=2026-03-01`.
    """

    write: Callable
    media_type: str
    name: str
    fetched: Callable = as_they_are
    of_versions: bool = False


# By the ending of the address
FORMATS = {
    "bib": Format(
        citations.record_as_bib,
        "application/x-bibtex; charset=utf-8",
        "BibTeX",
        of_versions=True,
    ),
    "ris": Format(
        citations.record_as_ris,
        "application/x-research-info-systems; charset=utf-8",
        "RIS",
        of_versions=True,
    ),
    "csl.json": Format(
        citations.record_as_csl,
        "application/vnd.citationstyles.csl+json",
        "CSL JSON",
        of_versions=True,
    ),
    "jsonld": Format(
        linked_data.as_jsonld,
        "application/ld+json; charset=utf-8",
        "JSON-LD",
        linked_data.fetched,
    ),
    "ttl": Format(
        linked_data.as_turtle,
        "text/turtle; charset=utf-8",
        "Turtle",
        linked_data.fetched,
    ),
    "atom": Format(
        record_as_atom, "application/atom+xml; charset=utf-8", _("Atom feed of changes")
    ),
    "json": Format(record_as_json, "application/json; charset=utf-8", "JSON"),
}


def url_name(model, ending):
    """Return the name of the route of a kind's records in one format."""
    return f"{TABLE_OF[model].name}-record-{ending.replace('.', '-')}"


def address(record, ending):
    """Return the path of a record in one format, in the language of the moment."""
    return path_of(f"exchange:{url_name(type(record), ending)}", record.slug)


class RecordFile(RecordDetail):
    """
    A public record as a file; it moves and goes as the page of the record does.

    The tag is weak: equal content may be compressed into other bytes elsewhere.
    """

    http_method_names = ["get", "head", "options"]
    is_prepared = False  # each ending has a queryset of its own
    ending = ""

    def get_queryset(self):
        return FORMATS[self.ending].fetched(self.model.objects.published())

    def get_context_data(self, **kwargs):
        return kwargs

    def get_address(self, record):
        return address(record, self.ending)

    def render_to_response(self, context, **kwargs):
        said = f"{content_version.current()} {self.request.get_full_path()}"
        etag = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
        if answer := get_conditional_response(self.request, etag):
            return self.described(answer, etag)
        form, record = FORMATS[self.ending], self.object
        if asked := self.request.GET.get("version"):
            day = day_of(asked) if form.of_versions else None
            if not day:
                return refused([("version", asked)])
            record = Past(record).dressed(end_of(day))
            if not record:
                raise RecordNotFound(self.model, self.object.slug)
            record = as_fetched(record, day)
        answer = HttpResponse(form.write(record, self.request))
        answer["Content-Type"] = form.media_type
        file = f"{TABLE_OF[self.model].name}-{self.object.slug}.{self.ending}"
        answer["Content-Disposition"] = f'inline; filename="{file}"'
        return self.described(answer, etag)

    def described(self, answer, etag):
        """Return an answer with the headers that every file of a record has."""
        answer["ETag"] = etag
        answer["Cache-Control"] = "public, no-cache"  # keep it, but ask each time
        answer["Content-Language"] = TAGS[page_language()]
        answer["X-Robots-Tag"] = "noindex"
        # Programs that run in a browser read it from other sites.
        answer["Access-Control-Allow-Origin"] = "*"
        page = site_url(self.request) + self.object.get_absolute_url()
        answer["Link"] = f'<{page}>; rel="describes"; type="text/html"'
        return answer
