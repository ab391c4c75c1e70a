"""The addresses of the portal, and some that go wrong."""

import errno

from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError, connection
from django.urls import path

from forum_portal import errors
from forum_portal.urls import handler400, handler403, handler404, handler500
from forum_portal.urls import urlpatterns as portal
from records.posting import takes_a_form

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def fail(request):
    raise RuntimeError


@takes_a_form
def lose_database(request):
    raise OperationalError


def write(request):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE content_version SET value = value")


@takes_a_form
def have_no_room(request):
    raise OSError(errno.ENOSPC, "No space left on device")


def suspect(request):
    raise SuspiciousOperation


urlpatterns = [
    *portal,
    path("en/fail/", fail),
    path("en/lost/", lose_database),
    path("en/full/", have_no_room),
    path("en/suspect/", suspect),
    path("en/write/", write),
    path("zh-hans/fail/", fail),
    path("zh-hans/lost/", lose_database),
    path("zh-hans/suspect/", suspect),
    path("en/often/", errors.too_many_requests),
    path("zh-hans/often/", errors.too_many_requests),
]
