"""All records of a filtered list, read in parts, and what is to be said of them."""

from collections.abc import Iterator

from django.db.models import Func
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import slugify

from exchange.tables.columns import Column
from records.addresses import site_url
from records.languages import TAGS, page_language

PART = 250  # records read at once, which bounds the memory that a file takes
LONGEST_NAME = 60  # letters of a file name


class Listing:
    """
    The records that a filter set leaves, in its order.

    Two queries tell which they are and when one last changed for the public; each part
    of them is then read by the same number of queries. `version` is the content
    version that was read before. `part` is which part of a feed is asked for.
    """

    part = 1

    def __init__(self, table, filterset, request, version):
        self.table, self.filterset, self.version = table, filterset, version
        self.language = page_language()
        self.site = site_url(request)
        page, query = reverse(table.model.index), filterset.query()
        self.page = self.site + page + (f"?{query}" if query else "")
        self.path = self.site + page.removesuffix("/")
        self.query = query
        address = Column("url", "URL", lambda record: self.site + record.address)
        self.columns = [*table.columns, address]

    def read(self):
        """Find out which records there are, and when one changed or appeared last."""
        found = self.filterset.qs
        self.keys = list(found.values_list("pk", flat=True))
        times = [Coalesce(time, "updated_at") for time in times_of(self.table.model)]
        latest = Func(Greatest("updated_at", *times), function="MAX")
        changed = found.order_by().annotate(latest=latest)
        self.changed = changed.values_list("latest", flat=True).get()
        return self

    @property
    def count(self):
        return len(self.keys)

    @property
    def title(self):
        return self.table.title

    @property
    def sort(self):
        return self.filterset.sorts[self.filterset.sort][0]

    def address(self, ending, part=None):
        """Return the address of this list in a format; of a feed, that of a part."""
        part = part or self.part
        asked = [self.query, f"page={part}" if part > 1 else ""]
        query = "&".join(filter(None, asked))
        return f"{self.path}.{ending}" + (f"?{query}" if query else "")

    def filters(self):
        """Return (label, values in words) of what narrows the list."""
        return [
            (
                self.filterset.filters[name].label,
                [str(label) for label in known.values()],
            )
            for name, known in self.filterset.labels.items()
        ]

    def parts(self, keys=None) -> Iterator[list]:
        """Yield the records in lists of at most PART, in order."""
        keys = self.keys if keys is None else keys
        for start in range(0, len(keys), PART):
            part = keys[start : start + PART]
            found = self.table.fetched(part, self.filterset)
            yield [found[key] for key in part if key in found]

    def rows(self) -> Iterator[list[list]]:
        """Yield the rows in lists of at most PART; what is missing is None."""
        values = [column.value for column in self.columns]
        for records in self.parts():
            yield [[stated(value(record)) for value in values] for record in records]

    def file_name(self, ending):
        """Return a name that tells what is in the file, as regulations-eu-en.csv."""
        asked = [value for known in self.filterset.labels.values() for value in known]
        words = slugify(" ".join([self.table.name, *asked]))[:LONGEST_NAME].strip("-")
        return f"{words}-{TAGS[self.language].lower()}.{ending}"


def times_of(model):
    """Return the fields, as paths, of when a record and its whole became public."""
    wholes = [f"{model.part_of}__first_published_at"] if model.part_of else []
    return ["first_published_at", *wholes]


def last_changed(record):
    """Return when a record changed for the public: it may have been written before."""
    whole = getattr(record, record.part_of) if record.part_of else record
    times = [record.first_published_at, whole.first_published_at]
    return max(record.updated_at, *filter(None, times))


def stated(value):
    """Return None for a text that is missing, and the value otherwise."""
    if isinstance(value, Promise):
        value = str(value)  # in the language of the moment
    return None if value == "" else value
