"""The page of a trace, and its CSV and SVG files."""

from django.http import Http404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _

from exchange.calendars import refused
from exchange.pictures import svg
from exchange.pictures.files import answer
from exchange.tables.formats import csv_cell, csv_lines
from exchange.trace.drawing import draw
from exchange.trace.traces import COLUMNS, KINDS, Trace
from records.addresses import site_url
from records.languages import TAGS, page_language
from records.rates import limited
from records.templatetags.records import heading
from records.views import RecordDetail

THEMES = ("", "light", "dark")
FILES = {
    "csv": ("text/csv; charset=utf-8", "CSV"),
    "svg": (svg.MEDIA_TYPE, "SVG"),
}


class TraceView(RecordDetail):
    """What both the page and the files have: the record, and where its trace is."""

    http_method_names = ["get", "head", "options"]
    route = "exchange:trace"

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.kind = KINDS[kwargs["folder"]]
        self.model = self.kind.model

    def get_queryset(self):
        return self.model.objects.published()

    def get_address(self, record):
        return self.address(self.route, record)

    def address(self, route, record):
        return reverse(route, args=[self.kwargs["folder"], record.slug])


class TracePage(TraceView):
    """Two steps out from a record, as a picture and as a table in groups."""

    template_name = "exchange/trace.html"

    def get_context_data(self, **kwargs):
        record = self.object
        trace = Trace(self.kind, record)
        files = [
            {
                "name": name,
                "type": media_type.partition(";")[0],
                "address": self.address(f"exchange:trace-{ending}", record),
            }
            for ending, (media_type, name) in FILES.items()
        ]
        return super().get_context_data(
            trace=trace,
            groups=trace.groups(),
            drawing=draw(trace).inline() if trace.own else "",
            files=files if trace.own else [],
            page_title=_("Trace: %(name)s") % {"name": record},
            page_description=str(trace.headline),
            trail=[
                (_("Home"), reverse("home")),
                (heading(record), record.get_absolute_url()),
                (_("Trace"), ""),
            ],
            **kwargs,
        )


@method_decorator(limited("exports"), "dispatch")
class TraceFile(TraceView):
    """A trace as CSV, every tie in it, or its picture as SVG."""

    ending = ""

    @property
    def route(self):
        return f"exchange:trace-{self.ending}"

    def get_context_data(self, **kwargs):
        return kwargs

    def render_to_response(self, context, **kwargs):
        request, record = self.request, self.object
        theme = request.GET.get("theme", "")
        if self.ending == "svg" and theme not in THEMES:
            return refused([("theme", theme)])
        site = site_url(request)

        def write():
            trace = Trace(self.kind, record)
            if self.ending == "csv":
                return as_csv(trace, site)
            if not trace.own:
                raise Http404("No session on record leads anywhere from here.")
            source = site + self.address("exchange:trace", record)
            tag = TAGS[page_language()]
            return draw(trace).as_file(trace.headline, source, site, tag, theme)

        media_type, _name = FILES[self.ending]
        folder, tag = self.kwargs["folder"], TAGS[page_language()].lower()
        name = f"trace-{folder}-{record.slug}-{tag}.{self.ending}"
        return answer(request, write, media_type, name)


def as_csv(trace, site):
    """Return the bytes of a table for spreadsheets, like those of lists."""
    rows = [[*cells, site + path] for *cells, path in trace.rows()]
    written = [[csv_cell(cell) for cell in row] for row in [COLUMNS, *rows]]
    return "\ufeff".encode() + csv_lines(written)
