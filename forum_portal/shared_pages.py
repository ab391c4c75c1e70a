"""
Finished pages in the store that all hosts share, behind each worker's own memory.

A page is filed under what it depends on, the content version among it: nobody who
has read a newer version finds an older page. What is read back counts only with our
signature over its place and its content, and is never run: a store that others can
write to makes no page of ours.
"""

import hashlib
import hmac
import json
import logging

import brotli
from django.conf import settings
from django.core.cache import caches

from forum_portal.page_cache import Page
from records.shared import AwayError

logger = logging.getLogger(__name__)
LASTS = 3600  # seconds; what nobody can ask for any more goes by itself
SIGNATURE = 32  # bytes
# Files of ours that a page may depend on
MADE_OF = {".html", ".json", ".lock", ".mo", ".py", ".svg", ".txt", ".xml"}


class SharedPages:
    """The way from a worker to the shared pages; `find` and `keep` never fail."""

    def __init__(self):
        self.secret = digest(b"shared pages", settings.SECRET_KEY.encode())
        self.portal = self.sign(release(), told_of_settings()).hex()

    def sign(self, *parts):
        """Return 32 bytes that only who knows the SECRET_KEY can make of the parts."""
        return hmac.digest(self.secret, digest(*parts), "sha256")

    def place(self, key, version):
        """Return the name (str) that a page has in the store."""
        said = json.dumps([self.portal, version, key])
        return f"page:{self.sign(said.encode()).hex()}"

    def find(self, key, version):
        """Return the Page of a key (tuple) and a version (str) if it is kept."""
        place = self.place(key, version)
        try:
            kept = caches["shared"].get(place)
        except AwayError:
            return None
        if not kept:
            return None
        signature, content = kept[:SIGNATURE], kept[SIGNATURE:]
        if not hmac.compare_digest(signature, self.sign(place.encode(), content)):
            logger.warning("A page in the shared store is not ours: left out.")
            return None
        return unpacked(content, version)

    def keep(self, key, page):
        """Give a page to the others, with its compressed forms."""
        place, content = self.place(key, page.version), packed(page)
        try:
            signed = self.sign(place.encode(), content) + content
            caches["shared"].set(place, signed, LASTS)
        except AwayError:
            pass


def packed(page):
    """Return a page as bytes: a line of JSON, then its forms one after another."""
    forms = ["br", "gzip"] if page.compressible else [""]
    bodies = [page.answer(form)[2][0] for form in forms]
    about = {
        "headers": page.headers,
        "forms": [[form, len(body)] for form, body in zip(forms, bodies, strict=True)],
    }
    return b"\n".join([json.dumps(about).encode(), b"".join(bodies)])


def unpacked(content, version):
    """Return the page that was packed; its plain form comes out of a compressed one."""
    line, _mark, rest = content.partition(b"\n")
    about, bodies = json.loads(line), {}
    for form, length in about["forms"]:
        bodies[form], rest = rest[:length], rest[length:]
    plain = bodies[""] if "" in bodies else brotli.decompress(bodies["br"])
    page = Page(version, [tuple(header) for header in about["headers"]], plain)
    for form, body in bodies.items():
        page.answer(form, body)
    return page


def digest(*parts):
    """Return the SHA-256 (bytes) of parts (bytes) whose bounds count."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.digest()


def release():
    """
    Return a digest (bytes) of the code, the templates and the names of static files.

    While hosts take a new release one after another, each finds pages of its own.
    """
    paths = [settings.STATIC_ROOT / "staticfiles.json"]
    for folder in (*settings.PORTAL_APPS, "templates", "locale"):
        paths += sorted((settings.BASE_DIR / folder).rglob("*"))
    paths.append(settings.BASE_DIR / "requirements.lock")
    return digest(
        *(
            digest(path.name.encode(), path.read_bytes())
            for path in paths
            if path.suffix in MADE_OF and path.is_file()
        )
    )


def told_of_settings():
    """Return the settings that a page depends on, as bytes."""
    database = settings.DATABASES["default"]
    named = [database[name] for name in ("ENGINE", "NAME", "HOST", "PORT")]
    said = [named, settings.SITE_URL, settings.TIME_ZONE, settings.MEDIA_URL]
    said += [settings.CONTENT_SECURITY_POLICY, settings.MAX_UPLOAD_MB]
    return json.dumps(said, default=str).encode()
