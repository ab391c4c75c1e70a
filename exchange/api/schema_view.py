"""The OpenAPI description of the API, and the same as a page."""

from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator

from exchange.api.schema import DocumentSchema
from exchange.api.views import ReadView
from records.addresses import neutral_path


@lru_cache(maxsize=4)
def description(language):
    """Return the description in that language; the same until the program changes."""
    with override(language):
        return SchemaGenerator().get_schema(request=None, public=True)


class Schema(ReadView):
    """What there is to ask for, as OpenAPI 3.1."""

    schema = DocumentSchema()
    summary = _("This description (OpenAPI 3.1)")

    def get(self, request):
        self.refuse_what_is_wrong()
        site = self.asked.site

        def tell():
            said = description(self.asked.language or "en")
            contact = {"url": site + neutral_path(reverse("contact"))}
            info = {**said["info"], "contact": contact}
            return {**said, "info": info, "servers": [{"url": site}]}

        return self.unless_known(request, tell)
