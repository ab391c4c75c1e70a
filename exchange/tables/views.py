"""The addresses of lists in other formats: /en/regulations.csv?jurisdiction=EU."""

import hashlib
import re
import uuid
from datetime import UTC, datetime
from itertools import chain, islice
from urllib.parse import urlsplit

from django.db.models import F
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from exchange.calendars import refused
from exchange.citing.files import as_bib, as_ris
from exchange.citing.items import site_name
from exchange.feeds import NEWEST, Feed, permanent_id, printable
from exchange.tables.columns import UNTOLD, name_only
from exchange.tables.formats import as_csv, as_json
from exchange.tables.kinds import TABLES
from exchange.tables.listing import Listing, last_changed
from exchange.tables.xlsx import as_xlsx
from records import content_version
from records.languages import TAGS
from records.rates import few_at_once, limited
from records.templatetags.records import colon, list_comma, prose

PART = re.compile(r"[1-9][0-9]{0,5}")  # the number of a part of a feed
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # a feed must tell when; an empty one: this


def as_atom(listing):
    """
    Yield an Atom feed (RFC 4287) of a list, those made public last first.

    It has as many parts as it takes to tell of all records, each of which leads to
    the next (RFC 5005, section 3). The identifiers of feed and entries are the same
    for good; each language has its own.
    """
    language = TAGS[listing.language]
    words = [label for _name, labels in listing.filters() for label in labels]
    title = listing.table.title
    if words:
        title = f"{title}{colon()}{list_comma().join(words)}"
    feed = Feed(
        printable(title),
        listing.page,
        None,
        language=language,
        author_name=printable(site_name()) or urlsplit(listing.site).netloc,
        feed_url=listing.address("atom"),
        feed_guid=uuid.uuid5(uuid.NAMESPACE_URL, listing.page).urn,
        updated=listing.changed or NEVER,
        ways=dict(ways(listing)),
    )
    newest = F("first_published_at").desc(nulls_last=True)
    keys = listing.filterset.qs.order_by(newest, "-pk").values_list("pk", flat=True)
    untold = [name for name in UNTOLD if name != "html"]
    start = (listing.part - 1) * NEWEST
    here = list(keys[start : start + NEWEST])
    found = listing.table.fetched(here, listing.filterset, untold)
    for record in sorted(found.values(), key=listed_first, reverse=True):
        about = "" if name_only(record) else prose(record, listing.table.prose)
        feed.add_item(
            printable(str(record)),
            listing.site + record.get_absolute_url(),
            printable(about).replace('href="/', f'href="{listing.site}/') or None,
            unique_id=permanent_id(record, "record", language),
            pubdate=record.first_published_at,
            updateddate=last_changed(record),
        )
    yield feed.writeString("utf-8").encode()


def ways(listing):
    """Yield (relation, address) of the other parts of a feed, if it has any."""
    last = max(1, -(-listing.count // NEWEST))
    if last > 1:
        yield "first", listing.address("atom", 1)
        yield "last", listing.address("atom", last)
    if listing.part > 1:
        yield "previous", listing.address("atom", min(listing.part - 1, last))
    if listing.part < last:
        yield "next", listing.address("atom", listing.part + 1)


def listed_first(record):
    return record.first_published_at or NEVER, record.pk


# Of each ending: what writes it, its media type, what people call it
FORMATS = {
    "csv": (as_csv, "text/csv; charset=utf-8", "CSV"),
    "xlsx": (
        as_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _("Excel (XLSX)"),
    ),
    "json": (as_json, "application/json; charset=utf-8", "JSON"),
    "bib": (as_bib, "application/x-bibtex; charset=utf-8", "BibTeX"),
    "ris": (as_ris, "application/x-research-info-systems; charset=utf-8", "RIS"),
    "atom": (as_atom, "application/atom+xml; charset=utf-8", "Atom"),
}
READ_IN_PLACE = {"json", "atom"}  # the others are kept


@require_safe
@limited("exports")
@few_at_once
def list_file(request, page, ending):
    """
    Answer with all records of a list in one format, with the filters of its page.

    400 names a value that is not understood; an unknown parameter means nothing. Only
    a feed comes in parts, by `page`.
    """
    table = TABLES[page]
    filterset = table.filterset_class(
        request.GET, table.model.objects.published(), request=request
    )
    part = request.GET.get("page", "1") if ending == "atom" else "1"
    unknown = [] if PART.fullmatch(part) else [("page", part)]
    if ignored := [*filterset.ignored, *unknown]:
        return refused(ignored)
    filterset.shown = ()  # no form, and no queries for its choices
    listing = Listing(table, filterset, request, content_version.current())
    listing.part = int(part)
    return file_of(request, listing, ending)


def file_of(request, listing, ending):
    """
    Answer with the rows of a listing in one format, or with 304 to whom has them.

    The tag is weak: equal content may be compressed into other bytes elsewhere. The
    head and the first rows are made here: what fails in them is answered by a page
    that says so. What fails later can but cut the file off.
    """
    write, media_type, _name = FORMATS[ending]
    said = f"{listing.version} {listing.language} {listing.address(ending)}"
    etag = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
    if answer := get_conditional_response(request, etag):
        return described(answer, listing, ending, etag)
    if request.method == "HEAD":
        return described(HttpResponse(), listing, ending, etag, media_type)
    parts = in_language(listing.language, write(listing.read()))
    first = list(islice(parts, 2))
    answer = StreamingHttpResponse(chain(first, parts))
    return described(answer, listing, ending, etag, media_type)


def described(answer, listing, ending, etag, media_type=""):
    """Return an answer with the headers that every file of a list has."""
    if media_type:
        answer["Content-Type"] = media_type
        kept = "inline" if ending in READ_IN_PLACE else "attachment"
        file = listing.file_name(ending)
        answer["Content-Disposition"] = f'{kept}; filename="{file}"'
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, no-cache"  # keep it, but ask each time
    answer["Content-Language"] = TAGS[listing.language]
    answer["X-Robots-Tag"] = "noindex"
    # Programs that run in a browser read it from other sites.
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def in_language(language, parts):
    """Yield parts, each made in that language: they are sent after the view."""
    parts = iter(parts)
    while True:
        with translation.override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part
