"""The portal as a production server runs it: page cache, static files, all of it."""

import os
import runpy
import shutil
from contextlib import contextmanager
from typing import NamedTuple
from unittest import mock
from urllib.parse import unquote_to_bytes

import brotli
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory, override_settings

from forum_portal.page_cache import PageCache
from tests.connections import kept_open

SITE = "https://record.example.org"
HOST = SITE.partition("//")[2]
STYLE = "/static/css/site.css"
# Where things lie is a matter of the test, how passwords are kept one of its speed.
OF_THE_TEST = {
    *("CACHES", "DATABASES", "EMAIL_BACKEND", "LOGGING", "PASSWORD_HASHERS"),
    "STORAGES",
}


def production_settings():
    """Return the settings that differ when the portal is served at `SITE`."""
    said = {"DEBUG": "", "SITE_URL": SITE, "SECRET_KEY": settings.SECRET_KEY * 2}
    with mock.patch.dict(os.environ, said):
        made = runpy.run_path(str(settings.BASE_DIR / "forum_portal" / "settings.py"))
    return {
        name: value
        for name, value in made.items()
        if name.isupper()
        and name not in OF_THE_TEST
        and value != getattr(settings, name, None)
    }


@contextmanager
def served(folder, **more):
    """Serve from a folder, with one static file in it; yields a `Stack`."""
    style = folder / "static" / "css" / "site.css"
    style.parent.mkdir(parents=True)
    shutil.copy(settings.BASE_DIR / "static" / "css" / "site.css", style)
    style.with_name("site.css.br").write_bytes(brotli.compress(style.read_bytes()))
    places = {"STATIC_ROOT": folder / "static", "MEDIA_ROOT": folder / "media"}
    with override_settings(**production_settings(), **places, **more):
        yield Stack()


class Answer(NamedTuple):
    """What came back: status, headers as they were sent, the body."""

    status: int
    headers: list
    body: bytes

    def get(self, name):
        """Return the only header of a name, in small letters; None if it is not."""
        found = [value for key, value in self.headers if key.lower() == name]
        assert len(found) < 2, (name, found)
        return found[0] if found else None

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")


class Stack:
    """Asks the application of a production server, each time from another place."""

    def __init__(self):
        self.cache = PageCache(get_wsgi_application(), room=50_000_000)
        self.asked = 0

    def __call__(self, address, method="GET", body=b"", **environ):
        """
        Return the `Answer`; `environ` is what the server makes of headers.

        The address is taken as it is: `%2e` and `//` arrive as they were sent.
        """
        path, _mark, query = address.partition("?")
        made = RequestFactory().generic(method, "/", body).environ
        made["PATH_INFO"] = unquoted(path)
        made |= {"QUERY_STRING": query, "HTTP_HOST": HOST, "wsgi.url_scheme": "http"}
        self.asked += 1
        place = (
            f"10.{self.asked >> 16 & 255}.{self.asked >> 8 & 255}.{self.asked & 255}"
        )
        made |= {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": place}
        made |= {"HTTP_X_FORWARDED_PROTO": "https", **environ}
        said = []
        with kept_open():
            parts = self.cache(made, lambda *answer: said.append(answer))
            whole = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        status, headers = said[-1][:2]
        return Answer(int(status[:3]), headers, whole)


def unquoted(path):
    """Return a path as WSGI has it: its bytes, each as one letter (PEP 3333)."""
    return unquote_to_bytes(path).decode("latin-1")
