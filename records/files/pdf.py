"""
Looks into a PDF file: `python -m records.files.pdf < file` prints one word.

A file comes from somebody else, so it is read in a process of its own, which is
ended when it takes too long or too much memory.
"""

import subprocess
import sys
from pathlib import Path

SECONDS = 20
MEMORY = 2**30
VERDICTS = {"good", "locked", "program", "unreadable"}
# ISO 32000-2, 12.6.4.17: a program. ISO 32000-1, 12.7.8: a form that brings its own
PROGRAMS = {"/JS", "/XFA"}
# 12.6.4: actions that run a program, or send something away
ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm"}


def verdict(file):
    """Return one of VERDICTS on an open file that begins as a PDF does."""
    file.seek(0)
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__],
            input=file.read(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
            cwd=Path(__file__).parent.parent.parent,
            env={},  # nothing of ours for a file to find
        )
    except (OSError, subprocess.SubprocessError):
        return "unreadable"
    said = done.stdout.decode(errors="replace").strip()
    return said if said in VERDICTS else "unreadable"


def look(stream):
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError
    from pypdf.generic import IndirectObject

    reader = PdfReader(stream)
    try:
        if reader.is_encrypted and not reader.decrypt(""):
            return "locked"
    except DependencyError:
        return "locked"  # by a cipher that this machine has no library for
    if not len(reader.pages):
        return "unreadable"
    known = {
        (number, generation)
        for generation, places in reader.xref.items()
        for number in places
    }
    known |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(known):
        try:
            thing = IndirectObject(number, generation, reader).get_object()
        except (PyPdfError, ValueError, KeyError, AssertionError):
            continue  # A reader that opens the file will not find it either.
        if runs_something(thing):
            return "program"
    return "good"


def runs_something(thing, depth=0):
    """Tell whether an object, or one written inside it, is such an action."""
    if depth > 20:
        return False
    if isinstance(thing, dict):
        if not PROGRAMS.isdisjoint(thing) or dict.get(thing, "/S") in ACTIONS:
            return True
        inside = dict.values(thing)
    elif isinstance(thing, list):
        inside = list.__iter__(thing)
    else:
        return False
    return any(runs_something(one, depth + 1) for one in inside)


if __name__ == "__main__":
    import io
    import logging
    import resource

    logging.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(look(io.BytesIO(sys.stdin.buffer.read())))
