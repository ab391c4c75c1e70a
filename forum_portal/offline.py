"""What lets a browser keep the portal: its manifest, its worker, its offline page."""

import json

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from forum_portal.models import Forum
from records.languages import TAGS, page_language, text_of
from sessions.models import Edition

GROUND = "#f5f8f7"  # --color-ground of the light theme
# What every kept page looks and works by
ASSETS = [
    "css/site.css",
    "fonts/atkinson-next-latin.woff2",
    "img/favicon.svg",
    "js/agenda-page.js",
    "js/now.js",
    "js/offline-notes.js",
    "js/offline-page.js",
    "js/pages.js",
    "js/theme.js",
]


@require_safe
def manifest(request):
    """Answer the web app manifest (W3C), in `?language=`."""
    asked = request.GET.get("language", "").lower()
    with override(asked if asked in TAGS else page_language()):
        forum = Forum.objects.first() or Forum()
        name = text_of(forum, "name").text or _("Forum portal")
        home = reverse("home")
        document = {
            "id": "/",
            "name": name,
            "short_name": text_of(forum, "short_name").text or name,
            "description": text_of(forum, "tagline").text,
            "lang": TAGS[page_language()],
            "dir": "ltr",
            "start_url": home,
            "scope": "/",
            "display": "minimal-ui",
            "background_color": GROUND,
            "theme_color": GROUND,
            "icons": [
                icon("img/favicon.svg", "any"),
                icon("img/icon-192.png", "192x192"),
                icon("img/icon-512.png", "512x512"),
                icon("img/icon-maskable-512.png", "512x512", "maskable"),
            ],
            "shortcuts": shortcuts(),
        }
    return HttpResponse(
        json.dumps(document, ensure_ascii=False), "application/manifest+json"
    )


def icon(file, sizes, purpose="any"):
    kind = "image/svg+xml" if file.endswith(".svg") else "image/png"
    return {"src": static(file), "sizes": sizes, "type": kind, "purpose": purpose}


def shortcuts():
    """Return the pages to go to at once: the current programme and the agenda."""
    edition = Edition.objects.current()
    pages = [(_("Programme"), edition.get_programme_url())] if edition else []
    pages.append((_("My agenda"), reverse("sessions:agenda")))
    return [{"name": name, "url": url} for name, url in pages]


@require_safe
def worker(request):
    """
    Answer the service worker (W3C); a browser takes other bytes for a new one.

    So they must not depend on content: a release of the portal changes them, by the
    names of the static files.
    """
    offline = {}
    for language in TAGS:
        with override(language):
            offline[language] = reverse("offline")
    config = {"offline": offline, "assets": [static(name) for name in ASSETS]}
    script = render_to_string("sw.js", {"config": json.dumps(config)})
    response = HttpResponse(script, "text/javascript; charset=utf-8")
    response["Service-Worker-Allowed"] = "/"
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def offline(request):
    """Show what this browser keeps; the worker shows it for any page it has not."""
    title = _("Without a network")
    trail = [(_("Home"), reverse("home")), (title, "")]
    context = {"page_title": title, "trail": trail, "robots": "noindex"}
    return render(request, "offline.html", context)
