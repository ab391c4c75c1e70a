"""The addresses of schedule files."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import quote_etag
from django.utils.translation import gettext

from exchange.calendars import unless_known
from exchange.publishing.schedule import as_json, schedule
from exchange.publishing.schedule_xml import as_xml
from records.addresses import site_url
from records.languages import TAGS, page_language
from records.rates import limited
from records.views import RecordDetail
from sessions.models import Edition


@method_decorator(limited("exports"), "dispatch")
class ScheduleFile(RecordDetail):
    """
    The schedule of an edition in one format.

    404 in words if the edition has none. The bytes and their ETag change with the
    content only, and a conditional request is answered 304 (RFC 9110, section 13).
    """

    http_method_names = ["get", "head", "options"]
    model = Edition
    address = write = content_type = None

    def get_queryset(self):
        return Edition.objects.published().prefetch_related("days")

    def get_context_data(self, **kwargs):
        return {"edition": self.object}

    def render_to_response(self, context, **kwargs):
        edition = context["edition"]
        document = schedule(edition, site_url(self.request))
        if document is None:
            said = gettext(
                "This edition has no schedule file: its dates, or the clock times of "
                "its sessions, are not on record."
            )
            return HttpResponse(f"{said}\n", "text/plain; charset=utf-8", status=404)
        response = HttpResponse(type(self).write(document), self.content_type)
        response["ETag"] = quote_etag(document["version"])
        response["Cache-Control"] = "no-cache"  # keep it, but ask each time
        response["Content-Language"] = TAGS[page_language()]
        response["X-Robots-Tag"] = "noindex"
        # Schedule programs that run in a browser read it from other sites.
        response["Access-Control-Allow-Origin"] = "*"
        return unless_known(self.request, response)

    def get_address(self, record):
        return reverse(self.address, args=[record.slug])


class ScheduleXml(ScheduleFile):
    address = "exchange:schedule-xml"
    write = as_xml
    content_type = "application/xml; charset=utf-8"


class ScheduleJson(ScheduleFile):
    address = "exchange:schedule-json"
    write = as_json
    content_type = "application/json; charset=utf-8"
