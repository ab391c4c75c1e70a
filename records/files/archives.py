"""Looks into Office files, which are ZIP archives, without unpacking them."""

import re
import zipfile
import zlib
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_PARTS = 10_000
MOST_BYTES = 500 * 2**20  # of all parts, unpacked
MOST_TIMES = 200  # how much larger a part may become; text is below 50
SMALL = 2**20  # bytes below which a part may shrink as it likes
LISTED = 4 * 2**20  # bytes that are read of a part that lists others

OFFICE = "application/vnd.openxmlformats-officedocument."
# ECMA-376 part 1: the content type of the main part. ODF 1.3 part 2, 3.3: the first
# part says what the file is.
MAIN_PARTS = {
    f"{OFFICE}presentationml.presentation.main+xml": ".pptx",
    f"{OFFICE}presentationml.slideshow.main+xml": ".pptx",
    f"{OFFICE}wordprocessingml.document.main+xml": ".docx",
    f"{OFFICE}spreadsheetml.sheet.main+xml": ".xlsx",
}
ODF = "application/vnd.oasis.opendocument."
ODF_TYPES = {
    f"{ODF}presentation": ".odp",
    f"{ODF}text": ".odt",
    f"{ODF}spreadsheet": ".ods",
}
MACROS = re.compile("macroenabled|vbaproject", re.IGNORECASE)
PROGRAMS = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|basic/.+|scripts/.+|activex/.+)$"
    r"|\.(exe|dll|scr|com|bat|cmd|ps1|vbs|js|jse|wsf|hta|jar|lnk|msi)$",
    re.IGNORECASE,
)


def kind_of_archive(file):
    """Return the suffix of an Office file; None if it is another archive."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            check_sizes(parts)
            kind, has_programs = _kind(archive)
            if has_programs or any(PROGRAMS.search(part.filename) for part in parts):
                words = _("The file holds macros or programs. Save it without them.")
                raise ValidationError(words)
            return kind
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        words = _("The file is damaged or cut off. Copy or export it once more.")
        raise ValidationError(words) from error
    except (NotImplementedError, RuntimeError) as error:
        words = _("The file is locked with a password, or packed in an unusual way.")
        raise ValidationError(words) from error


def check_sizes(parts, most=MOST_BYTES):
    """
    Raise ValidationError if the parts of an archive (ZipInfo) unpack to too much.

    That is more than `most` bytes, thousands of parts, or a part that swells as no
    text does.
    """
    bloated = any(
        part.file_size > SMALL and part.file_size > MOST_TIMES * part.compress_size
        for part in parts
    )
    total = sum(part.file_size for part in parts)
    if bloated or len(parts) > MOST_PARTS or total > most:
        words = _("The file becomes too large when it is unpacked.")
        raise ValidationError(words)
    for part in parts:
        name = part.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/"):
            words = _("The file holds parts with names that lead elsewhere.")
            raise ValidationError(words)


def _kind(archive):
    """Return (suffix or None, whether the file says that it has macros)."""
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        types = _elements(archive, "[Content_Types].xml")
        said = [one.get("ContentType", "") for one in types]
        macros = any(MACROS.search(one) for one in said)
        settings = "word/_rels/settings.xml.rels"
        if settings in names:
            # A template from elsewhere brings its programs when the file is opened.
            macros = macros or any(
                one.get("Type", "").endswith("/attachedTemplate")
                and one.get("TargetMode") == "External"
                for one in _elements(archive, settings)
            )
        main = [MAIN_PARTS[one] for one in said if one in MAIN_PARTS]
        return (main[0] if main else None), macros
    if "mimetype" in names:
        said = _beginning(archive, "mimetype").decode(errors="replace").strip()
        return ODF_TYPES.get(said), False
    return None, False


def _elements(archive, name):
    """Return the elements of a part that lists others, however it is written."""
    try:
        return list(fromstring(_beginning(archive, name)).iter())
    except (ParseError, DefusedXmlException, LookupError) as error:
        raise ValueError(str(error)) from error  # damaged


def _beginning(archive, name):
    with archive.open(name) as part:
        return part.read(LISTED)
