"""Pictures: whatever is uploaded is decoded and drawn anew, small and plain."""

import hashlib
import io
import re
import struct
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
ACCEPT = ".jpg,.jpeg,.png,.gif,.webp,.avif"
MOST_PIXELS = 40_000_000
MOST_SCANS = 200
# Longest side, in pixels: shown at one and at two dots a pixel, and in full
SIZES = (192, 400, 800)
LARGEST_PHOTO = 2400  # of a picture that is a material to download
MEDIA_TYPES = {".webp": "image/webp", ".jpg": "image/jpeg"}
WRITTEN = {
    ".webp": {"format": "WEBP", "quality": 82, "method": 4},
    ".jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
}
# photos/0f…9a-800x533.webp; a smaller one and the other format are named after it:
# photos/0f…9a-800x533.400.jpg
NAME = re.compile(
    r"(?P<stem>.+-(?P<width>\d{1,4})x(?P<height>\d{1,4}))"
    r"(?:\.(?P<size>\d{1,4}))?(?P<suffix>\.webp|\.jpg)"
)
SRGB = ImageCms.createProfile("sRGB")


class Drawn(ContentFile):
    """A picture of our own making: its bytes, and those of its smaller copies."""

    def __init__(self, name, content, copies=()):
        super().__init__(content, name=name)
        self.copies = dict(copies)


def drawn(file):
    """Return an uploaded picture as one of ours, in all sizes; or say why not."""
    image = decoded(file, SIZES[-1])
    full = encoded(image, ".webp")
    width, height = image.size
    stem = f"{hashlib.sha256(full).hexdigest()[:32]}-{width}x{height}"
    copies = {f"{stem}.jpg": encoded(image, ".jpg")}
    for size in smaller_sizes(width, height):
        small = image.copy()
        small.thumbnail((size, size), Image.Resampling.LANCZOS)
        for suffix in WRITTEN:
            copies[f"{stem}.{size}{suffix}"] = encoded(small, suffix)
    return Drawn(f"{stem}.webp", full, copies)


def drawn_large(file):
    """Return an uploaded photograph as one JPEG to download; or say why not."""
    content = encoded(decoded(file, LARGEST_PHOTO), ".jpg")
    return Drawn(f"{hashlib.sha256(content).hexdigest()[:32]}.jpg", content)


def smaller_sizes(width, height):
    return [size for size in SIZES if size < max(width, height)]


def scaled(width, height, size):
    """Return width and height of a copy whose longest side is `size`."""
    factor = size / max(width, height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def full_name(name):
    """Return the name that a record keeps for a picture or a copy of it."""
    found = NAME.fullmatch(name)
    return f"{found['stem']}.webp" if found else name


def decoded(file, longest):
    """
    Return the first frame, upright, in sRGB on white, not larger than `longest`.

    The number of pixels is read from the head of the file, before any of them is
    decoded: a few kilobytes can promise many gigabytes.
    """
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    try:
        image = Image.open(file, formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise Image.DecompressionBombError
        if image.format == "JPEG":
            _check_scans(file)
        image.draft("RGB", (longest, longest))
        image.load()
    except Image.DecompressionBombError as error:
        words = _("The picture has more than %(most)d million pixels. Make it smaller.")
        raise ValidationError(words % {"most": MOST_PIXELS // 10**6}) from error
    except Image.UnidentifiedImageError as error:
        raise ValidationError(_why_no_picture(head)) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        words = _("The picture is damaged or cut off. Copy or export it once more.")
        raise ValidationError(words) from error
    # If its notes on the way it was held cannot be read, it stays as it is.
    with suppress(OSError, SyntaxError, ValueError, struct.error):
        image = ImageOps.exif_transpose(image)
    return _plain(image, longest)


def _check_scans(file):
    """
    Refuse a JPEG that goes over its dots again and again: raise OSError.

    Each scan costs the time of the whole picture and a handful of bytes; programs
    write about ten (ITU-T T.81, B.2.3: a scan begins with FF DA, which nothing that
    is coded can hold).
    """
    place = file.tell()
    file.seek(0)
    scans = file.read().count(b"\xff\xda")
    file.seek(place)
    if scans > MOST_SCANS:
        raise OSError


def encoded(image, suffix):
    """Return the bytes of a picture: pixels alone, no notes of any kind."""
    into = io.BytesIO()
    image.save(into, **WRITTEN[suffix])
    return into.getvalue()


def _plain(image, longest):
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits a dot
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
    image.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if image.mode == "RGBA":
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    if profile and image.mode in {"RGB", "CMYK", "L"}:
        # If the profile is broken, or of other colours, the numbers stand.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            image = ImageCms.profileToProfile(image, theirs, SRGB, outputMode="RGB")
    image = image.convert("RGB")
    # What is left of the file's own notes would be written along.
    return Image.frombytes("RGB", image.size, image.tobytes())


def _why_no_picture(head):
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"heif"}:
        return _("HEIC pictures cannot be read here. Export it as JPEG first.")
    if b"<svg" in head.lower():
        return _("SVG drawings can hold programs. Export it as PNG first.")
    return _("This is no picture. Give a JPEG, PNG, WebP, AVIF or GIF file.")
