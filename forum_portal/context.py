"""What every page knows: the forum, where it stands, the same page elsewhere."""

from urllib.parse import urlencode

from django.utils.functional import SimpleLazyObject

from forum_portal.models import Forum
from records.addresses import neutral_path, path_of, site_url
from records.languages import OWN_NAMES, TAGS, page_language
from sessions.models import Edition

# Which section of the navigation a page belongs to, by its URL name
SECTIONS = {
    "sessions:outcomes": "outcomes",
    "sessions:outcome": "outcomes",
    "organizations:people": "people",
    "organizations:person": "people",
    "organizations:list": "organizations",
    "organizations:detail": "organizations",
    "topics:list": "topics",
    "topics:detail": "topics",
    "topics:regulations": "regulations",
    "topics:regulation": "regulations",
    "topics:compare": "regulations",
    "topics:minerals": "minerals",
    "topics:mineral": "minerals",
    "exchange:explore": "explore",
    "exchange:picture": "explore",
}

PREVIEWS = {"preview", "preview-of-part"}


def site(request):
    """Give `base.html` its context, in two queries: the forum, the current edition."""
    neutral, site = neutral_path(request.path), site_url(request)
    return {
        "forum": SimpleLazyObject(Forum.get),
        "current_edition": SimpleLazyObject(Edition.objects.current),
        "section": section_of(request),
        "report_url": report_url(request, neutral),
        "alternates": alternates(request, neutral),
        "x_default": site + neutral,
        "canonical": site + request.path,
        "site_url": site,
        "LANGUAGE_TAG": TAGS[page_language()],
    }


def alternates(request, neutral):
    """Return a page without its prefix in each language; the query stays on links."""
    query = request.META.get("QUERY_STRING", "")
    query = f"?{query}" if query and query.isascii() and query.isprintable() else ""
    base = site_url(request)
    return [
        {
            "lang": tag,
            "code": code,
            "name": OWN_NAMES[code],
            "path": f"/{code}{neutral}{query}",
            "url": f"{base}/{code}{neutral}",
            "current": code == page_language(),
        }
        for code, tag in TAGS.items()
    ]


def report_url(request, neutral):
    """Return where errors of a page are told of; "" for previews: theirs is secret."""
    match = getattr(request, "resolver_match", None)
    if match and match.view_name in PREVIEWS:
        return ""
    about = urlencode({"about": neutral.strip("/")}, safe="/")
    return f"{path_of('corrections')}?{about}"


def section_of(request):
    """Return which entry of the navigation a page belongs to, "" if to none."""
    match = getattr(request, "resolver_match", None)
    name = match.view_name if match else ""
    return SECTIONS.get(name, "programme" if name.startswith("sessions:") else "")
