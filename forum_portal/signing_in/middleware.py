"""Staff without one-time codes are led to set them up where a deployment says so."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from forum_portal.signing_in.codes import has_codes

OPEN = {"logout", "login", "jsi18n"}  # pages of the admin that need no code


def lacks_codes(user):
    return user.is_staff and not has_codes(user)


class RequireOneTimeCodes:
    """
    Let nobody into the admin without codes, if REQUIRE_ONE_TIME_CODES is set.

    On other pages, such as previews and files of drafts, they are but visitors.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if not settings.REQUIRE_ONE_TIME_CODES:
            return None
        if not request.path.startswith(reverse("admin:index")):
            # Looked up by pages that ask who it is, and by no other.
            user = request.user
            request.user = SimpleLazyObject(
                lambda: AnonymousUser() if lacks_codes(user) else user
            )
            return None
        match = request.resolver_match
        is_open = match.url_name in OPEN or "signing_in" in match.app_names
        if is_open or not lacks_codes(request.user):
            return None
        return HttpResponseRedirect(reverse("signing_in:codes"))
