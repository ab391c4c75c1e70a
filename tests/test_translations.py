"""The catalogues of the interface: complete, compiled, and in step with the code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).parent.parent
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"


def read(path):
    """Return the texts of a catalogue: translations by context and original."""
    entries = polib.mofile(path) if path.suffix == ".mo" else polib.pofile(path)
    return {
        (entry.msgctxt, entry.msgid): entry.msgstr_plural or entry.msgstr
        for entry in entries
        if not entry.obsolete
    }


def test_every_text_is_translated():
    catalogue = polib.pofile(CATALOGUE)
    unfinished = [*catalogue.untranslated_entries(), *catalogue.fuzzy_entries()]
    assert [entry.msgid for entry in unfinished] == []


def test_compiled_catalogue_holds_what_was_written():
    assert read(CATALOGUE.with_suffix(".mo")) == read(CATALOGUE)


def test_catalogue_holds_every_text_of_the_code_and_no_other(tmp_path):
    if not shutil.which("xgettext"):
        pytest.skip("no gettext here, so texts cannot be extracted")
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, tracked.stdout.split("\0")):
        source = ROOT / name
        if source.suffix in {".py", ".html", ".txt", ".po"} and source.exists():
            copy = tmp_path / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "-l", "zh_Hans", "--no-obsolete"],
        cwd=tmp_path,
        env=os.environ | {"VAR_DIR": str(tmp_path / "var")},
        capture_output=True,
        check=True,
    )
    extracted = read(tmp_path / CATALOGUE.relative_to(ROOT))
    assert sorted(map(str, extracted)) == sorted(map(str, read(CATALOGUE)))
