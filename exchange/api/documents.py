"""A record as the API tells of it, for the address beside its page."""

from django.http import Http404
from rest_framework.renderers import JSONRenderer

from exchange.api import kinds  # noqa: F401  (declares the serializers)
from exchange.api.asked import Asked
from exchange.api.fields import FULL
from exchange.api.telling import serializer_of
from records.addresses import site_url
from records.languages import page_language


def record_as_json(record, request):
    """Return a public record as JSON, in the language of the moment."""
    asked = Asked(site_url(request), page_language())
    teller = asked.teller(serializer_of(type(record)), FULL)
    public = type(record).objects.published()
    found = teller.read(public.filter(pk=record.pk))
    if not found:
        raise Http404  # withdrawn a moment ago
    return JSONRenderer().render(teller.to_representation(found[0]))
