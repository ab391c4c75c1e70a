"""The one address that harvesters know."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from django.utils.log import log_response
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from exchange.oai.answers import answer
from records.addresses import site_url
from records.posting import takes_a_form
from records.rates import TooMany, refuse_too_many


# A harvester may ask by POST (the protocol, section 3.1.1); nothing is changed by it.
@takes_a_form
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def harvest(request, forum):
    """Answer a harvester, whose errors are answers with status 200, too."""
    try:
        refuse_too_many(request, "exports")
    except TooMany as refused:
        # The protocol, section 3.1.2.2: harvesters know this answer.
        wait = {"Retry-After": str(refused.wait)}
        answered = HttpResponse(status=503, headers=wait)
        # No fault of ours: no louder than the 429 of all others.
        said = "Too many requests: %s"
        log_response(
            said, request.path, response=answered, request=request, level="warning"
        )
        return answered
    query = request.POST if request.method == "POST" else request.GET
    site, now = site_url(request), timezone.now()
    with override("en"):
        said = answer(query, site, request.path, now, settings.OAI_PAGE_SIZE, forum)
    found = HttpResponse(said, "text/xml; charset=utf-8")
    found["Cache-Control"] = "no-cache"
    found["X-Robots-Tag"] = "noindex"
    found["Access-Control-Allow-Origin"] = "*"
    return found
