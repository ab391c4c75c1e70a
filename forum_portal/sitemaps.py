"""The addresses of all published records and pages, for search engines."""

from types import SimpleNamespace
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import Max
from django.urls import reverse

from exchange.pictures.kinds import PICTURES
from records.languages import TAGS
from records.models import record_kinds


class BilingualSitemap(Sitemap):
    """Addresses in both languages, each with its alternates and the neutral one."""

    i18n = alternates = x_default = True
    limit = 10_000  # addresses in one file; an even number keeps languages together

    def get_urls(self, page=1, site=None, protocol=None):
        if settings.SITE_URL:
            public = urlsplit(settings.SITE_URL)
            protocol, site = public.scheme, SimpleNamespace(domain=public.netloc)
        urls = super().get_urls(page, site, protocol)
        for url in urls:
            for alternate in url["alternates"]:
                code = alternate["lang_code"]
                alternate["lang_code"] = TAGS.get(code, code)
        return urls

    def pages(self):
        """Return the numbers of the files that the addresses fill."""
        total = self.total() * len(TAGS)
        return range(1, max(1, -(-total // self.limit)) + 1)


class PageSitemap(BilingualSitemap):
    """The pages that are no records: home, the lists, about."""

    def items(self):
        lists = [model.index for model in record_kinds()]
        about = ["about", "exchange:data", "coverage", "accessibility", "privacy"]
        about += ["contact", "corrected"]
        pictures = ["exchange:explore", *PICTURES]
        return ["home", *lists, *pictures, *about]

    def total(self):
        return len(self.items())

    def location(self, item):
        if item in PICTURES:
            return reverse("exchange:picture", args=[item])
        return reverse(item)


class RecordSitemap(BilingualSitemap):
    """The published records of a kind."""

    def __init__(self, model):
        self.model = model

    def items(self):
        public = self.model.objects.published().order_by("pk")
        return public.only("slug", "updated_at")

    def total(self):
        return self.items().count()

    def lastmod(self, record):
        return record.updated_at

    def get_latest_lastmod(self):
        return self.items().aggregate(latest=Max("updated_at"))["latest"]


class ProgrammeSitemap(RecordSitemap):
    """The programme of each published edition."""

    def location(self, edition):
        return edition.get_programme_url()


def sections():
    """Return {name: sitemap}; a kind is called as in its address, `regulations`."""
    kinds = {
        reverse(model.index).strip("/").rpartition("/")[2]: model
        for model in record_kinds()
    }
    return {
        "pages": PageSitemap(),
        "programmes": ProgrammeSitemap(kinds["editions"]),
        **{name: RecordSitemap(model) for name, model in kinds.items()},
    }
