"""Documents: what a file is, said by its content and not by its name."""

import re
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.files import pdf, pictures
from records.files.archives import kind_of_archive

OFFICE = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".pptx": f"{OFFICE}presentationml.presentation",
    ".docx": f"{OFFICE}wordprocessingml.document",
    ".xlsx": f"{OFFICE}spreadsheetml.sheet",
    ".odp": f"{ODF}presentation",
    ".odt": f"{ODF}text",
    ".ods": f"{ODF}spreadsheet",
    ".mp4": "video/mp4",
    ".mp3": "audio/mpeg",
    ".vtt": "text/vtt; charset=utf-8",
    ".srt": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    **pictures.MEDIA_TYPES,
}
ACCEPT = ",".join([*MEDIA_TYPES, ".jpeg", ".png"])
TEXTS = (".vtt", ".srt", ".txt")
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
# ISO/IEC 14496-12, 4.3: brands of films; the same box begins HEIC and AVIF pictures
FILMS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1"}
FILMS |= {b"M4V ", b"dash", b"MSNV"}
# The ID3 tag, or the first bits of a frame (ISO/IEC 11172-3, 2.4.1.3)
SOUND = re.compile(rb"ID3[\x02-\x04]|\xff[\xfb\xfa\xf3\xf2]", re.DOTALL)
PROBLEMS = {
    "locked": gettext_lazy("The PDF is locked with a password. Save it without one."),
    "program": gettext_lazy(
        "The PDF holds a program (JavaScript or an action that starts something). "
        "Print it to a new PDF."
    ),
    "unreadable": gettext_lazy("The PDF cannot be read. Copy or export it once more."),
}


def checked(file):
    """
    Return the suffix that a document's content earns it, or say why it has none.

    `file.name` counts only among plain texts, which begin in no way of their own.
    """
    file.seek(0)
    head = file.read(1024)
    if head.startswith(b"%PDF-"):
        found = pdf.verdict(file)
        if found != "good":
            raise ValidationError(PROBLEMS[found])
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        if kind := kind_of_archive(file):
            return kind
    elif head.startswith(PICTURES):
        return ".jpg"
    elif head[4:8] == b"ftyp" and head[8:12] in FILMS:
        return ".mp4"
    elif SOUND.match(head):
        return ".mp3"
    elif kind := _text(file):
        return kind
    raise ValidationError(_what_is_taken(head))


def _text(file):
    """Return the suffix of a plain text, None if it is none or acts as a page."""
    kind = PurePath(file.name or "").suffix.lower()
    file.seek(0)
    start = file.read(4096)
    marks = (b"<html", b"<script", b"<!doctype", b"<svg", b"<?xml")
    if kind not in TEXTS or b"\0" in start or any(m in start.lower() for m in marks):
        return None
    return kind


def _what_is_taken(head):
    if head.startswith(b"MZ") or head.startswith(b"\x7fELF"):
        return _("This is a program, whatever its name says. Programs are not taken.")
    return _(
        "The content of this file is not of a kind that is taken: PDF, PowerPoint, "
        "Word, Excel, OpenDocument, MP4, MP3, JPEG, PNG, or subtitles and plain text."
    )
