"""Two yardsticks: a bare Django page, and a file that WhiteNoise serves."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="a yardstick needs no secret",  # noqa: S106
    MIDDLEWARE=[],
)
urlpatterns = [path("", lambda request: HttpResponse("Hello"))]
application = get_wsgi_application()


def file(environ, start_response):
    """Serve the files of the folder FILES."""
    return whitenoise(environ, start_response)


if __name__ != "__main__":
    import os

    from whitenoise import WhiteNoise

    whitenoise = WhiteNoise(application, root=os.environ["FILES"])
