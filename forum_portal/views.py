from urllib.parse import quote, urlencode

from django.contrib.sitemaps.views import sitemap
from django.http import JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from exchange.oai.views import harvest
from forum_portal.corrections import corrected, page_asked_about
from forum_portal.coverage import coverage
from forum_portal.models import Forum
from forum_portal.sitemaps import sections
from records.addresses import site_url
from records.facets import count_public, count_related
from records.languages import TAGS, page_language, text_of
from records.models import Citation, in_public, record_kinds
from records.posting import takes_a_form
from records.prepared import prepared
from records.rates import few_at_once, limited
from records.templatetags.kinds import kind_of
from sessions.models import Edition, EditionRole, Outcome
from sessions.participation import participation_in_numbers
from sessions.views import programme_in_short
from topics.models import LifecycleStage, Milestone, Regulation

SHOWN = 5  # dates and outcomes on the home page


def home(request):
    edition = Edition.objects.current()
    stages = _stages()
    count_related(stages, "sessions", "regulations")
    context = {
        "page_title": str(Forum.get()) or _("Forum portal"),
        "core": [stage for stage in stages if stage.core_place],
        "further": [stage for stage in stages if not stage.core_place],
        "dates": _next_dates(after=timezone.localdate()),
        "outcomes": _newest_outcomes(),
    }
    if edition:
        who = participation_in_numbers(edition)
        context |= {
            "edition": edition,
            "organizers": who["roles"].get(EditionRole.Role.ORGANIZER, []),
            "organization_count": who["organizations"],
            "people_count": who["people"],
            "groups": programme_in_short(edition),
            "fact": next(iter(_first_fact(edition=edition.pk)), None),
        }
    return render(request, "home.html", context)


@prepared
def _stages():
    return LifecycleStage.objects.published().order_by("core_place")


@prepared
def _next_dates(after):
    public = Regulation.objects.published()
    ahead = Milestone.objects.filter(in_public("regulation", public), date__gt=after)
    return ahead.select_related("regulation").order_by("date", "pk")[:SHOWN]


@prepared
def _newest_outcomes():
    outcomes = Outcome.objects.published().exclude(kind=Outcome.Kind.FACT)
    order = ("-edition__year", "edition", "position", "pk")
    return outcomes.order_by(*order).with_row_details()[:SHOWN]


@prepared
def _first_fact(edition):
    facts = Outcome.objects.published().filter(kind=Outcome.Kind.FACT)
    return facts.for_edition(edition)[:1]


def about(request):
    kinds = record_kinds()
    context = {
        "totals": list(zip(map(kind_of, kinds), count_public(kinds), strict=True)),
        "certainties": Citation.Certainty,
    }
    return _about_page(request, "about/about.html", _("About this record"), context)


def about_coverage(request):
    """Say what is on record and what is not; a query for each kind."""
    context = {
        "kinds": coverage(),
        "page_description": _("What this record holds, and what it lacks."),
    }
    return _about_page(request, "about/coverage.html", _("Coverage"), context)


def accessibility(request):
    title = _("Accessibility")
    return _about_page(request, "about/accessibility.html", title)


def privacy(request):
    return _about_page(request, "about/privacy.html", _("Privacy"))


def contact(request):
    """Say whom to write to; `?about=/sessions/x/` names the page it is about."""
    asked = request.GET.get("about", "")
    page = page_asked_about(asked)
    forum = Forum.objects.first() or Forum()
    letter = forum.contact_url
    if page and letter.startswith("mailto:"):
        subject = _("Correction: %(page)s") % {"page": page["address"]}
        letter += "?" + urlencode({"subject": subject}, quote_via=quote)
    context = {
        "forum": forum,
        "about_page": page,
        "letter": letter,
        "ignored": [("about", asked)] if asked and not page else [],
    }
    return _about_page(request, "about/contact.html", _("Contact"), context)


def corrections(request):
    """Say what was corrected after readers' reports, and thank them."""
    context = {"reports": corrected()}
    title = _("Corrections")
    return _about_page(request, "about/corrections.html", title, context)


def _about_page(request, template, title, context=None):
    trail = [(_("Home"), reverse("home"))]
    if template != "about/about.html":
        trail.append((_("About this record"), reverse("about")))
    trail.append((title, ""))
    context = {"page_title": title, "trail": trail, **(context or {})}
    return render(request, template, context)


def robots(request):
    context = {"sitemap": site_url(request) + reverse("sitemap")}
    return render(request, "robots.txt", context, content_type="text/plain")


def speculation_rules(request):
    """
    Tell browsers which links to fetch when a reader points at them.

    Pages without a question alone: not searches, forms, files or the reader's own
    agenda (WICG Speculation Rules, "moderate" eagerness).
    """
    apart = ("agenda", "corrections", "offline", "preview", "search", "speaker")
    rule = {
        "where": {
            "and": [
                {"href_matches": [f"/{code}/*" for code in TAGS]},
                {"not": {"href_matches": [f"/*/{page}/*" for page in apart]}},
                {"not": {"href_matches": ["/*.*", "/*\\?(.+)"]}},
                {"not": {"selector_matches": "[rel~=nofollow], [download]"}},
            ]
        },
        "eagerness": "moderate",
    }
    response = JsonResponse(
        {"prefetch": [rule]}, content_type="application/speculationrules+json"
    )
    response["Cache-Control"] = "max-age=86400"
    return response


def opensearch(request):
    """Answer what a browser needs to offer this search, in `?language=`."""
    asked = request.GET.get("language", "").lower()
    with override(asked if asked in TAGS else page_language()):
        forum = Forum.objects.first() or Forum()
        context = {
            "name": text_of(forum, "short_name").text or text_of(forum, "name").text,
            "description": text_of(forum, "name").text,
            "address": site_url(request) + reverse("search:search"),
            "icon": site_url(request) + static("img/favicon.svg"),
            "language": TAGS[page_language()],
        }
        kind = "application/opensearchdescription+xml"
        return render(request, "search/opensearch.xml", context, content_type=kind)


def sitemap_index(request):
    """Answer the list of all parts of the sitemap."""
    base = site_url(request)
    files = []
    for name, section in sections().items():
        address = base + reverse("sitemap-section", args=[name])
        latest = section.get_latest_lastmod()
        files += [
            {"location": f"{address}?p={page}" if page > 1 else address}
            | ({"last_mod": latest} if latest else {})
            for page in section.pages()
        ]
    return render(
        request,
        "sitemap_index.xml",
        {"sitemaps": files},
        content_type="application/xml",
    )


@limited("exports")
@few_at_once
def sitemap_section(request, section):
    return sitemap(request, sections(), section=section)


@takes_a_form
@csrf_exempt  # as its own view is
def oai(request):
    """Answer a harvester (OAI-PMH), who asks for whose record this is."""
    return harvest(request, forum=lambda: Forum.objects.first() or Forum())
