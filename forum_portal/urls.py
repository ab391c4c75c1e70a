from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from forum_portal import corrections, errors, media, offline, views
from records import previews

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

urlpatterns = [
    path("admin/sheets/", include("exchange.sheets.views")),
    path("admin/", include("forum_portal.signing_in.urls")),
    path("admin/", admin.site.urls),
    path("robots.txt", views.robots, name="robots"),
    path("speculation-rules.json", views.speculation_rules, name="speculation-rules"),
    path("opensearch.xml", views.opensearch, name="opensearch"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("sw.js", offline.worker, name="worker"),
    path("sitemap.xml", views.sitemap_index, name="sitemap"),
    path("sitemap-<section>.xml", views.sitemap_section, name="sitemap-section"),
    path("api/", include("exchange.api.urls")),
    path("media/<path:path>", media.file, name="media"),
    path("oai", views.oai, name="oai"),
]
urlpatterns += i18n_patterns(
    path("", views.home, name="home"),
    path("about/", views.about, name="about"),
    path("about/coverage/", views.about_coverage, name="coverage"),
    path("about/accessibility/", views.accessibility, name="accessibility"),
    path("about/privacy/", views.privacy, name="privacy"),
    path("about/contact/", views.contact, name="contact"),
    path("about/corrections/", views.corrections, name="corrected"),
    path("corrections/", corrections.report, name="corrections"),
    path("offline/", offline.offline, name="offline"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path("preview/<str:token>/<path:page>", previews.preview, name="preview-of-part"),
    path("", include("sessions.urls")),
    path("", include("organizations.urls")),
    path("", include("topics.urls")),
    path("", include("search.urls")),
    path("", include("exchange.urls")),
)
if settings.DEBUG:
    styleguide = TemplateView.as_view(template_name="styleguide.html")
    urlpatterns += i18n_patterns(path("styleguide/", styleguide, name="styleguide"))
