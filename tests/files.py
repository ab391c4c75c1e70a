"""Files as people send them: whole, broken, disguised and hostile."""

import io
import struct
import zipfile
import zlib

from PIL import Image

OFFICE = "application/vnd.openxmlformats-officedocument."


def picture(form="PNG", mode="RGB", size=(900, 600), colour=None, **options):
    """Return the bytes of a picture of one colour."""
    into = io.BytesIO()
    Image.new(mode, size, colour or 0).save(into, form, **options)
    return into.getvalue()


def bomb(width=50_000, height=50_000):
    """Return a PNG of some hundred bytes that promises a lot of pixels."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )


def archive(parts, compression=zipfile.ZIP_DEFLATED):
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", compression) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return into.getvalue()


def slides(main="presentationml.presentation.main+xml", **more):
    """Return the least of a PowerPoint file, with more parts if given."""
    types = (
        '<?xml version="1.0"?><Types><Override PartName="/ppt/presentation.xml" '
        f'ContentType="{OFFICE}{main}"/></Types>'
    )
    parts = {"[Content_Types].xml": types, "ppt/presentation.xml": "<p/>"}
    return archive({**parts, **more})


def pdf(text="Slides", catalogue=b"", more=()):
    """Return the smallest PDF that says something."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 "
        b"/BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        *more,
    ]
    body, places = b"%PDF-1.4\n", []
    for number, thing in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer << /Root 1 0 R /Size %d >>\n" % (len(objects) + 1)
    return body + b"startxref\n%d\n%%%%EOF\n" % start


EXE = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(500)
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(100)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
FILM = b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + bytes(100)
