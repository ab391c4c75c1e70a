"""
Links for programs in the headers of a record's page (RFC 8288).

They are those of FAIR Signposting, level 1 (https://signposting.org/FAIR/): how to
cite the record, where it is described for programs, what it is, who spoke, and the
material of a session. A licence is not among them: the content has none on record.
"""

from itertools import accumulate, takewhile

from exchange.linked_data.values import address, type_of
from exchange.record_files import FORMATS
from exchange.record_files import address as address_of_file
from records.addresses import site_url
from sessions.models import Material, Session

MOST_BYTES = 3_500  # of the header; servers and caches take 4 KB and more
MOST_OF_A_KIND = 10


class Signposting:
    """Add the links to the page of a record; no query more."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_template_response(self, request, response):
        context = response.context_data or {}
        record = context.get("record")
        shown = record and request.path == record.get_absolute_url()
        if shown and response.status_code == 200 and not context.get("robots"):
            response["Link"] = header(links(record, context, site_url(request)))
        return response


def links(record, context, site):
    """Yield (address, relation, media type or "") of a page, the first ones first."""
    yield site + record.address, "cite-as", ""
    for kind in ("AboutPage", type_of(record)):
        yield f"https://schema.org/{kind}", "type", ""
    for ending, form in FORMATS.items():
        media_type = form.media_type.partition(";")[0]
        yield site + address_of_file(record, ending), "describedby", media_type
    if isinstance(record, Session):
        for author in authors(context["spoke"], site)[:MOST_OF_A_KIND]:
            yield author, "author", ""
        for item in items(record, site)[:MOST_OF_A_KIND]:
            yield item, "item", ""


def authors(contributions, site):
    """Return the addresses of those who spoke, each once; of people, the ORCID iD."""
    found = {}
    for part in contributions:
        who = part.person or part.organization
        known = part.person and part.person.listed and part.person.orcid
        found[f"https://orcid.org/{known}" if known else site + who.address] = True
    return [url for one in found if (url := address(one))]


def items(session, site):
    """Return the addresses of what is here of a session's material."""
    found = []
    for one in session.materials.all():
        if one.availability == Material.Availability.HERE:
            found.append(site + one.file.url if one.file else one.url)
    return [url for one in found if (url := address(one)) and url.isascii()]


def header(found):
    """Return the links as a header, as many as there is room for."""
    written = [
        f'<{url}>; rel="{relation}"' + (f'; type="{kind}"' if kind else "")
        for url, relation, kind in found
    ]
    lengths = accumulate(len(one) + 2 for one in written)
    room = sum(1 for _ in takewhile(lambda length: length <= MOST_BYTES, lengths))
    return ", ".join(written[:room])
