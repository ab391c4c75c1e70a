"""A comparison of regulations as CSV, XLSX and JSON: the rows of its page."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from exchange.calendars import refused
from exchange.tables.columns import Column, by_id
from exchange.tables.views import FORMATS, file_of
from records import content_version
from records.addresses import site_url
from records.languages import TAGS, page_language
from records.rates import limited
from topics.compare import FEWEST, Comparison

ENDINGS = ("csv", "xlsx", "json")


class Sheet:
    """
    The rows of a comparison, for what writes a `Listing`.

    A row for each fact; each regulation has a column in words and one of identifiers,
    named by its slug.
    """

    sort = ""

    def __init__(self, comparison, request, version):
        self.comparison, self.version = comparison, version
        self.language = page_language()
        site, path = site_url(request), reverse("topics:compare")
        self.path, self.query = path.removesuffix("/"), comparison.query()
        self.site, self.page = site, f"{site}{path}?{self.query}"
        self.title = _("Comparison of regulations")
        self.columns = [
            Column("fact", gettext_lazy("Fact, for programs"), None),
            Column("label", gettext_lazy("Fact"), None),
            Column("differs", gettext_lazy("Whether they differ in it"), None),
        ]
        for one in comparison.regulations:
            self.columns += [
                Column(one.slug, str(one), None),
                Column(f"{one.slug}_ids", by_id(str(one)), None),
            ]

    def read(self):
        """Return this: what is compared is read with the rows."""
        return self

    @property
    def count(self):
        return len(self.comparison.rows())

    @property
    def changed(self):
        return max(one.updated_at for one in self.comparison.regulations)

    def address(self, ending):
        """Return the address of this comparison in the format of that ending."""
        return f"{self.site}{self.path}.{ending}?{self.query}"

    def filters(self):
        """Return (label, values in words) of what is asked."""
        names = [str(one) for one in self.comparison.regulations]
        asked = [(_("Regulations"), names)]
        if self.comparison.as_of:
            asked.append((_("Status on the day"), [self.comparison.as_of.isoformat()]))
        if self.comparison.only_differences:
            asked.append((_("Facts"), [_("Only those that differ")]))
        return asked

    def rows(self):
        """Yield all rows at once: they are few."""
        yield [
            [row.name, str(row.label), row.differs, *cells_of(row)]
            for row in self.comparison.rows()
        ]

    def file_name(self, ending):
        return f"regulations-compare-{TAGS[self.language].lower()}.{ending}"


def cells_of(row):
    """Yield what a row has in its columns: texts, then identifiers, of each."""
    for cell in row.cells:
        yield [one.text for one in cell]
        yield [one.id for one in cell]


@require_safe
@limited("exports")
def compare_file(request, ending):
    """
    Answer with a comparison in one format.

    400 names what is not understood, a fifth regulation, or that there are no two.
    """
    comparison = Comparison(request.GET)
    wrong = [*comparison.ignored, *(("r", one.slug) for one in comparison.left_out)]
    if wrong:
        return refused(wrong)
    if len(comparison.regulations) < FEWEST:
        said = _("A comparison needs two regulations at least: ?r=…&r=…") + "\n"
        return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
    sheet = Sheet(comparison, request, content_version.current())
    return file_of(request, sheet, ending)


def formats_of(comparison):
    """Return the files of a comparison, as `exchange/_list_formats.html` shows them."""
    return [
        {
            "name": FORMATS[ending][2],
            "type": FORMATS[ending][1].partition(";")[0],
            "address": f"{reverse(f'exchange:compare-{ending}')}?{comparison.query()}",
        }
        for ending in ENDINGS
    ]
