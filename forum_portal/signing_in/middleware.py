"""Staff without one-time codes are led to set them up where a deployment says so."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse

from forum_portal.signing_in.codes import has_codes

OPEN = {"logout", "login", "jsi18n"}  # pages of the admin that need no code


class RequireOneTimeCodes:
    """Let nobody into the admin without codes, if REQUIRE_ONE_TIME_CODES is set."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        match = request.resolver_match
        if (
            settings.REQUIRE_ONE_TIME_CODES
            and "admin" in match.app_names
            and match.url_name not in OPEN
            and request.user.is_staff
            and not has_codes(request.user)
        ):
            return HttpResponseRedirect(reverse("signing_in:codes"))
        return None
