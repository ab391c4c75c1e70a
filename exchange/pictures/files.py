"""How a file of a picture, or of any page that is no list and no record, is sent."""

import hashlib

from csp.utils import build_policy
from django.http import HttpResponse
from django.utils.cache import get_conditional_response

from exchange.pictures import svg
from records import content_version
from records.languages import TAGS, page_language


def answer(request, write, media_type, file):
    """
    Answer with the bytes that `write()` returns, or with 304 to whom has them.

    `file` is the name to keep it by. The tag is weak: equal content may be
    compressed into other bytes elsewhere.
    """
    said = f"{content_version.current()} {request.get_full_path()}"
    etag = f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'
    found = get_conditional_response(request, etag)
    if not found:
        found = HttpResponse(write(), content_type=media_type)
        kept = "attachment" if media_type.startswith("text/csv") else "inline"
        found["Content-Disposition"] = f'{kept}; filename="{file}"'
    if media_type == svg.MEDIA_TYPE:
        # A drawing has its rules within; nothing else of the policy is loosened.
        policy = build_policy(replace={"style-src": svg.style_sources()})
        found["Content-Security-Policy"] = policy
    found["ETag"] = etag
    found["Cache-Control"] = "public, no-cache"  # keep it, but ask each time
    found["Content-Language"] = TAGS[page_language()]
    found["X-Robots-Tag"] = "noindex"
    # Programs that run in a browser read it from other sites.
    found["Access-Control-Allow-Origin"] = "*"
    return found
