"""What every page knows: the forum, where it stands, the same page elsewhere."""

from urllib.parse import urlencode

from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

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


def site(request):
    """Give `base.html` its context, in two queries: the forum, the current edition."""
    edition = SimpleLazyObject(Edition.objects.current)
    return {
        "forum": SimpleLazyObject(Forum.get),
        "current_edition": edition,
        "navigation": SimpleLazyObject(lambda: navigation(request, edition)),
        "footer": SimpleLazyObject(lambda: footer(request)),
        "alternates": alternates(request),
        "x_default": site_url(request) + neutral_path(request.path),
        "canonical": site_url(request) + request.path,
        "site_url": site_url(request),
        "LANGUAGE_TAG": TAGS[page_language()],
    }


def alternates(request):
    """Return this page in each language; the query stays on the links."""
    neutral = neutral_path(request.path)
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


def navigation(request, edition):
    """Return the entries of the main navigation, each to a page that exists."""
    match = getattr(request, "resolver_match", None)
    name = match.view_name if match else ""
    section = SECTIONS.get(name, "programme" if name.startswith("sessions:") else "")
    entries = [
        ("people", _("People"), "organizations:people"),
        ("organizations", _("Organizations"), "organizations:list"),
        ("topics", _("Topics"), "topics:list"),
        ("regulations", _("Regulations"), "topics:regulations"),
        ("minerals", _("Minerals"), "topics:minerals"),
        ("outcomes", _("Outcomes"), "sessions:outcomes"),
        ("explore", _("Explore"), "exchange:explore"),
    ]
    items = [
        {"label": label, "url": path_of(url), "current": key == section}
        for key, label, url in entries
    ]
    if edition:
        programme = {
            "label": _("Programme"),
            "url": edition.get_programme_url(),
            "current": section == "programme",
        }
        items.insert(0, programme)
    return items


def footer(request):
    """Return the columns of links at the foot of every page."""
    about = urlencode({"about": neutral_path(request.path).strip("/")}, safe="/")
    return [
        {
            "title": _("Use it"),
            "links": [
                {"label": _("About this record"), "url": path_of("about")},
                {"label": _("Data"), "url": path_of("exchange:data")},
                {"label": _("Coverage"), "url": path_of("coverage")},
                {"label": _("All sessions"), "url": path_of("sessions:list")},
                {"label": _("All editions"), "url": path_of("sessions:editions")},
                {"label": _("Life-cycle stages"), "url": path_of("topics:stages")},
            ],
        },
        {
            "title": _("Help"),
            "links": [
                {"label": _("Accessibility"), "url": path_of("accessibility")},
                {
                    "label": _("Report an error"),
                    "url": f"{path_of('corrections')}?{about}",
                },
                {"label": _("Privacy"), "url": path_of("privacy")},
            ],
        },
        {
            "title": _("Language"),
            "links": [
                {
                    "label": alternate["name"],
                    "url": alternate["path"],
                    "lang": alternate["lang"],
                    "current": alternate["current"],
                }
                for alternate in alternates(request)
            ],
        },
    ]
