"""A stored file as an answer: never as a page of this site, in parts if asked."""

import errno
import hashlib
import re

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from records.files.documents import MEDIA_TYPES

# Pictures that were uploaded before all were drawn anew
OLD_PICTURES = {".png": "image/png", ".jpeg": "image/jpeg", ".gif": "image/gif"}
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
NO_FILE = {
    None,
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP),
    errno.EINVAL,
}
PART = 64 * 1024  # bytes handed to the server at a time
POLICY = "sandbox; default-src 'none'"


def file_answer(request, name, *, download_name="", others=False):
    """
    Answer with a stored file, with 304, or with the part that a Range asks for.

    `others`: whether pages of other sites may show it. One range is answered
    (RFC 9110, 14.2 allows to ignore more); a HEAD costs no reading.
    """
    suffix = f".{name.rpartition('.')[2].lower()}"
    known = MEDIA_TYPES | OLD_PICTURES
    media_type = known.get(suffix, "application/octet-stream")
    # Compressed once more it would be no smaller, and would need another tag.
    request.META["HTTP_ACCEPT_ENCODING"] = "identity"
    try:
        size = default_storage.size(name)
        changed = default_storage.get_modified_time(name)
        seen = f"{name} {size} {changed.timestamp()}"
        etag = f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'
        modified = int(changed.timestamp())
        answer = get_conditional_response(request, etag, modified)
        if not answer:
            answer = _content(request, name, size, etag)
    except ConnectionError:
        raise  # The storage does not answer: that tells nothing of the file.
    except (OSError, SuspiciousFileOperation, ValueError) as error:
        if isinstance(error, OSError) and error.errno not in NO_FILE:
            raise  # It is there, but the disk or the way to it fails.
        raise Http404 from error
    if answer.status_code in {200, 206}:
        answer["Content-Type"] = media_type
        shown = media_type.startswith("image/")
        words = "inline" if shown else "attachment"
        if download_name and not shown:
            words += f'; filename="{download_name}{suffix}"'
        answer["Content-Disposition"] = words
    answer["ETag"] = etag
    answer["Last-Modified"] = http_date(modified)
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "no-cache"  # keep it, ask each time
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = POLICY
    answer["Cross-Origin-Resource-Policy"] = "cross-origin" if others else "same-origin"
    return answer


def _content(request, name, size, etag):
    part = _part(request, size, etag)
    if part == ():
        answer = HttpResponse(status=416)
        answer["Content-Range"] = f"bytes */{size}"
        return answer
    first, last = part or (0, size - 1)
    if request.method == "HEAD":
        answer = HttpResponse(status=200)
        # Open and close: what cannot be read is not there.
        default_storage.open(name).close()
    else:
        file = default_storage.open(name)
        if part:
            file.seek(first)
            answer = FileResponse(_Part(file, last - first + 1), status=206)
            answer["Content-Range"] = f"bytes {first}-{last}/{size}"
        else:
            answer = FileResponse(file)
    answer["Content-Length"] = str(last - first + 1)
    return answer


def _part(request, size, etag):
    """Return (first, last) of a range asked for; () if there is none such, or None."""
    asked = request.headers.get("Range")
    if not asked or request.method != "GET":
        return None
    if request.headers.get("If-Range", etag) != etag:
        return None
    found = RANGE.fullmatch(asked.strip().replace(" ", ""))
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        first, last = max(0, size - int(last)), size - 1
    else:
        first = int(first)
        last = min(int(last), size - 1) if last else size - 1
    if first > last:
        return () if first >= size else None
    return first, last


class _Part:
    """An open file from where it stands, for so many bytes."""

    def __init__(self, file, length):
        self.file, self.left = file, length

    def fileno(self):
        """Let the server send it as it sends a whole file: Content-Length ends it."""
        return self.file.fileno()

    def read(self, size=PART):
        data = self.file.read(min(size if size >= 0 else self.left, self.left))
        self.left -= len(data)
        return data

    def close(self):
        self.file.close()
