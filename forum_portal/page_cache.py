"""
Finished pages, kept in the memory of the worker and given out before Django begins.

Nothing given out is older than the last commit: every request reads the content
version first, and a page counts only while the version that was read before it was
rendered is still the current one. A page is rendered from an environment without
cookies or conditions, so what one visitor sends cannot show up at another's.
"""

import gzip
import hashlib
import io
import re
import sys
from collections import OrderedDict
from functools import lru_cache
from http import HTTPStatus
from itertools import chain
from threading import Event, Lock
from urllib.parse import unquote_plus

import brotli
from django.conf import settings
from django.db import Error
from django.http.request import split_domain_port, validate_host

from records import content_version
from records.languages import TAGS

# Public pages and their sibling files; all else (admin, media, API) goes round.
PUBLIC = tuple(f"/{code}/" for code in TAGS)
# Pages that are not for everybody, or a form that is made for one reader
APART = tuple(
    f"/{code}/{page}/"
    for code in TAGS
    for page in ("corrections", "preview", "speaker")
)
# What addresses may ask. Anything else means nothing to a page, and is left out
# before it is rendered: a mark of an advertisement makes no second copy.
PARAMETERS = {
    "about",
    "as_of",
    "binding",
    "country",
    "day",
    "differences",
    "edition",
    "format",
    "jurisdiction",
    "kind",
    "lacking",
    "language",
    "mineral",
    "organization",
    "page",
    "person",
    "q",
    "r",
    "regulation",
    "room",
    "s",
    "sort",
    "stage",
    "status",
    "theme",
    "topic",
    "version",
    "view",
    "year_from",
    "year_to",
}
LONGEST_QUERY = 2048  # bytes; a longer one is answered, but not kept
LARGEST = 512 * 1024  # bytes of a page that is kept
SHORTEST = 200  # bytes below which compressing makes nothing smaller
OVERHEAD = 1024  # bytes of memory that a page takes besides, and each form of it
PATH = -2  # of the key of a kept page
PATIENCE = 20  # seconds to wait for somebody else's render of the same page
BRIEFLY = 1  # the same for a file, which may be too large to keep
FORWARDED = "HTTP_X_FORWARDED_PROTO"
# What a rendered page may depend on, besides
KEPT_FROM_ENVIRON = {
    "HTTP_HOST",
    "HTTP_X_FORWARDED_FOR",  # whom it is counted for; no page shows it
    "HTTP_X_REQUEST_ID",  # for the log alone: the answer is kept without it
    "PATH_INFO",
    "REMOTE_ADDR",
    "SCRIPT_NAME",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
}
COMPRESSIBLE = re.compile(
    r"text/|application/.*(json|xml|javascript|x-bibtex|ris)|\+xml"
)
ENTITY_TAG = re.compile(r'"([0-9a-f]+)(?:-\w+)?"')
NOT_TAKEN = re.compile(r" *q *= *0(\.0{0,3})? *", re.IGNORECASE)  # RFC 9110, 12.4.2
# RFC 9110, section 15.4.5: what a 304 repeats
OF_304 = {"cache-control", "content-location", "etag", "expires", "vary"}


class Page:
    """One finished response, in the encodings that somebody asked for."""

    def __init__(self, version, headers, body):
        self.version = version
        self.digest = hashlib.sha256(body).hexdigest()[:32]
        self.headers = headers
        self.body = body
        told = {name.lower(): value for name, value in headers}
        kind = told.get("content-type", "")
        self.changed = told.get("last-modified")
        self.compressible = len(body) >= SHORTEST and bool(COMPRESSIBLE.search(kind))
        self.answers = {}
        self.beside = self.counted = 0  # bytes, of its key, and of all, in a cache

    def encoding_for(self, accepted):
        """Return the best encoding that a client takes: "br", "gzip" or ""."""
        if not self.compressible:
            return ""
        return next((name for name in ("br", "gzip") if takes(accepted, name)), "")

    def answer(self, encoding, known=None):
        """
        Return (headers of a 200, headers of a 304, body) in that encoding.

        `known` is the body (bytes) if it has been compressed already.
        """
        if encoding not in self.answers:
            body = known or self.body
            if encoding == "br" and not known:
                body = brotli.compress(body, quality=5)
            elif encoding == "gzip" and not known:
                body = gzip.compress(body, compresslevel=6, mtime=0)
            tag = f"{self.digest}-{encoding}" if encoding else self.digest
            headers = [*self.headers, ("ETag", f'"{tag}"')]
            if encoding:
                headers.append(("Content-Encoding", encoding))
            short = [one for one in headers if one[0].lower() in OF_304]
            headers.append(("Content-Length", str(len(body))))
            self.answers[encoding] = headers, short, [body]
        return self.answers[encoding]

    def size(self):
        """Return the bytes of memory that it takes, with the forms made so far."""
        forms = [body for _headers, _short, [body] in list(self.answers.values())]
        bodies = [self.body, *(body for body in forms if body is not self.body)]
        return memory_of([self.headers, bodies]) + OVERHEAD * (1 + len(forms))

    def is_known(self, environ):
        """Tell whether the client has this page, in whatever encoding."""
        if tags := environ.get("HTTP_IF_NONE_MATCH"):
            return tags.strip() == "*" or self.digest in ENTITY_TAG.findall(tags)
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        return bool(since) and since == self.changed


def scheme_told(forwarded):
    """Return what Django makes of an X-Forwarded-Proto: "https" or not, or None."""
    if not forwarded:
        return forwarded
    return "https" if forwarded.split(",", 1)[0].strip() == "https" else "http"


@lru_cache(maxsize=256)
def is_allowed(host):
    """Tell whether a Host may appear in a page, as Django does."""
    return validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)


def takes(accepted, encoding):
    """Tell whether an Accept-Encoding takes an encoding (RFC 9110, 12.5.3)."""
    for part in accepted.split(","):
        name, _mark, quality = part.partition(";")
        if name.strip().lower() == encoding:
            return not NOT_TAKEN.fullmatch(quality)
    return False


def memory_of(one):
    """Return the bytes of memory of a string, bytes, or a list or tuple of such."""
    parts = one if isinstance(one, (list, tuple)) else ()
    return sys.getsizeof(one) + sum(map(memory_of, parts))


def canonical(query):
    """Return a query string without what means nothing, its names in order."""
    if not query:
        return ""
    named = [
        (name, piece)
        for piece in query.split("&")
        if (name := unquote_plus(piece.partition("=")[0])) in PARAMETERS
    ]
    # The order of values counts, that of names does not.
    return "&".join(piece for _name, piece in sorted(named, key=lambda one: one[0]))


class PageCache:
    """
    A WSGI application in front of Django's; `room` is in bytes.

    `shared` has `find` and `keep`: where other workers and hosts leave their pages.

    GET and HEAD of public addresses by visitors who have not signed in. What is no
    200, sets a cookie, varies by more than its encoding, must not be stored or is
    too large passes through.
    """

    def __init__(self, application, room, shared=None):
        self.application = application
        self.shared = shared
        self.version = content_version.current
        self.room = room
        self.used = 0
        self.pages = OrderedDict()
        self.rendering = {}
        self.lock = Lock()
        self.session = f"{settings.SESSION_COOKIE_NAME}="

    def __call__(self, environ, start_response):
        key = self.key(environ)
        try:
            version = key and self.version()
        except Error:
            version = None  # Django will tell what is wrong with the database.
        if not version:
            return self.application(environ, start_response)
        page = self.find(key, version)
        if page is None:
            return self.render(key, version, environ, start_response)
        return self.give(page, environ, start_response)

    def key(self, environ):
        """Return what a request is filed under; None if it goes round the cache."""
        query = environ.get("QUERY_STRING", "")
        if (
            environ["REQUEST_METHOD"] not in {"GET", "HEAD"}
            or not environ["PATH_INFO"].startswith(PUBLIC)
            or environ["PATH_INFO"].startswith(APART)
            or len(query) > LONGEST_QUERY
            or environ.get("CONTENT_LENGTH") not in {None, "", "0"}
            or "HTTP_TRANSFER_ENCODING" in environ
            or "HTTP_AUTHORIZATION" in environ
            or self.session in environ.get("HTTP_COOKIE", "")
        ):
            return None
        host = environ.get("HTTP_HOST", "")
        if not is_allowed(host):
            return None
        return (
            scheme_told(environ.get(FORWARDED)),
            environ["wsgi.url_scheme"],
            "" if settings.SITE_URL else host.lower(),  # who is named in the page
            environ.get("SCRIPT_NAME", ""),
            environ["PATH_INFO"],
            canonical(query),
        )

    def find(self, key, version):
        """Return the page of that key and version; None if it is not kept."""
        with self.lock:
            page = self.pages.get(key)
            if page is None or page.version != version:
                return None
            self.pages.move_to_end(key)
            return page

    def give(self, page, environ, start_response):
        encoding = page.encoding_for(environ.get("HTTP_ACCEPT_ENCODING", ""))
        is_new = encoding not in page.answers
        headers, short, body = page.answer(encoding)
        if is_new:
            self.count(page)
        if page.is_known(environ):
            start_response("304 Not Modified", short[:])
            return []
        start_response("200 OK", headers[:])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body

    def render(self, key, version, environ, start_response):
        """Let one request render the page, and the others wait for it."""
        with self.lock:
            done = self.rendering.get((key, version))
            leads = done is None
            if leads:
                done = self.rendering[key, version] = Event()
        if not leads:
            self.wait(done, key)
            if page := self.find(key, version):
                return self.give(page, environ, start_response)
            return self.application(environ, start_response)
        answer = None
        try:
            page = self.shared and self.shared.find(key, version)
            if page is None:
                answer = Answer(self.application, bare(environ, key[-1]))
                page = answer.as_page(version)
            if page:
                self.keep(key, page)
        finally:
            with self.lock:
                del self.rendering[key, version]
            done.set()
        if page:
            if self.shared and answer:
                self.shared.keep(key, page)
            return self.give(page, environ, start_response)
        if answer.status.startswith("200") and "HTTP_IF_NONE_MATCH" in environ:
            answer.close()  # The view itself may know that nothing has changed.
            return self.application(environ, start_response)
        start_response(answer.status, answer.headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            answer.close()
            return []
        return answer.parts if answer.is_file else answer

    def wait(self, done, key):
        """
        Wait for a page that another request has made; for a file not long.

        One that can be kept is soon there. A larger one may take seconds, for which all
        threads would wait: how many are made at once has its own bound (records.rates).
        """
        done.wait(PATIENCE if key[PATH].endswith("/") else BRIEFLY)

    def keep(self, key, page):
        with self.lock:
            if old := self.pages.pop(key, None):
                self.used -= old.counted
                old.counted = 0
            self.pages[key] = page
            page.beside = memory_of(key)
            page.counted = page.beside + page.size()
            self.used += page.counted
            self.make_room()

    def count(self, page):
        """Count in a kept page the forms of it that have been made since."""
        with self.lock:
            if page.counted:  # It has not been dropped meanwhile.
                self.used -= page.counted
                page.counted = page.beside + page.size()
                self.used += page.counted
                self.make_room()

    def make_room(self):
        """Drop what was not asked for longest until all fits."""
        while self.used > self.room and self.pages:
            _key, page = self.pages.popitem(last=False)
            self.used -= page.counted
            page.counted = 0


class Answer:
    """What an application answered; iterates over the body, part by part."""

    def __init__(self, application, environ):
        self.parts = application(environ, self.start)
        # The server sends it better than anybody who reads it.
        self.is_file = isinstance(self.parts, environ.get("wsgi.file_wrapper", ()))
        self.body = iter(self.parts)

    def start(self, status, headers, exc_info=None):
        self.status, self.headers = status, headers

    def as_page(self, version):
        """Return the answer as a page to keep; None if it must not or cannot be."""
        said = {name.lower(): value for name, value in self.headers}
        told = said.get("cache-control", "")
        varies = {name.strip().lower() for name in said.get("vary", "").split(",")}
        if (
            self.is_file
            or not self.status.startswith(str(HTTPStatus.OK.value))
            or "set-cookie" in said
            or "no-store" in told
            or "private" in told
            or "content-encoding" in said
            or not varies <= {"", "accept-encoding"}
        ):
            return None
        parts, size = [], 0
        for part in self.body:
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                self.body = chain(parts, self.body)
                return None
        self.close()
        made_anew = {"content-length", "etag", "vary", "x-request-id"}
        headers = [one for one in self.headers if one[0].lower() not in made_anew]
        headers.append(("Vary", "Accept-Encoding"))
        if not told:
            headers.append(("Cache-Control", "no-cache"))  # keep it, ask each time
        return Page(version, headers, b"".join(parts))

    def __iter__(self):
        return self.body

    def close(self):
        if hasattr(self.parts, "close"):
            self.parts.close()


def bare(environ, query):
    """Return the environment of a plain GET of the same address."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in KEPT_FROM_ENVIRON or name.startswith(("wsgi.", "gunicorn."))
    }
    if FORWARDED in environ:
        kept[FORWARDED] = scheme_told(environ[FORWARDED])
    return kept | {
        "REQUEST_METHOD": "GET",
        "QUERY_STRING": query,
        "wsgi.input": io.BytesIO(),
    }
