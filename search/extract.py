"""
The text inside an uploaded file: PDF, Word, PowerPoint, plain text, subtitles.

A file comes from somebody else, so it is read in a process of its own, which is
ended when it takes too long or too much memory. What cannot be read has no text.
"""

import io
import re
import subprocess
import sys
import zipfile
from html import unescape
from pathlib import PurePath

from search.analysis import clean

MOST_BYTES = 50 * 2**20
MOST_CHARACTERS = 500_000
MOST_PAGES = 500
SECONDS = 20
MEMORY = 2**30

_TIME = re.compile(r"^(\d+|WEBVTT.*|.*\d\d:\d\d.*-->.*)$", re.MULTILINE)
_RUNS = re.compile(r"<(?:\w+:)?t(?: [^<>]*+)?>([^<]*+)</|</(?:\w+:)?p>")


def texts_of(materials):
    """
    Return the text of each material's file, taken out once and kept.

    A file that has been replaced is read again.
    """
    from search.models import FileText

    wanted = {
        material.pk: material
        for material in materials
        if material.file and PurePath(material.file.name).suffix.lower() in READERS
    }
    known = FileText.objects.in_bulk(list(wanted)) if wanted else {}
    texts = []
    for pk, material in wanted.items():
        kept = known.get(pk)
        if kept is None or kept.name != material.file.name:
            kept = FileText(material_id=pk, name=material.file.name)
            kept.text = text_in_file(material.file)
            kept.save()
        texts.append(kept.text)
    return texts


def text_in_file(file) -> str:
    """Return the text in a stored file; "" if it cannot be read in time."""
    try:
        if file.size > MOST_BYTES:
            return ""
        with file.storage.open(file.name) as stream:
            data = stream.read()
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, PurePath(file.name).suffix.lower()],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=True,
            cwd=PurePath(__file__).parent.parent,
            env={},  # nothing of ours for a file to find
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    text = clean(done.stdout.decode(errors="replace"))
    return " ".join(text[:MOST_CHARACTERS].split())


def _pdf(data):
    from pypdf import PdfReader

    length = 0
    for page in PdfReader(io.BytesIO(data)).pages[:MOST_PAGES]:
        text = page.extract_text()
        yield text
        length += len(text)
        if length > MOST_CHARACTERS:
            return


def _office(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist()[:2000]:
            if re.fullmatch(r"word/document\.xml|ppt/slides/\w+\.xml", part.filename):
                with archive.open(part) as stream:
                    xml = stream.read(MOST_BYTES).decode(errors="replace")
                yield unescape("".join(m[1] or "\n" for m in _RUNS.finditer(xml)))


def _plain(data):
    for encoding in ("utf-8-sig", "gb18030", "latin-1"):
        try:
            yield _TIME.sub("", data.decode(encoding))
        except UnicodeDecodeError:
            continue
        return


READERS = {
    ".pdf": _pdf,
    ".docx": _office,
    ".pptx": _office,
    ".txt": _plain,
    ".md": _plain,
    ".vtt": _plain,
    ".srt": _plain,
}

if __name__ == "__main__":
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for piece in READERS[sys.argv[1]](sys.stdin.buffer.read()):
        sys.stdout.buffer.write(piece.encode(errors="replace") + b"\n")
