"""The commands of the Makefile, as far as they are cheap to try."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def make(*arguments, **settings):
    """Run make; return its exit status and what it said."""
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": "", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


RULES = re.DOTALL | re.MULTILINE


def test_make_alone_explains_every_target():
    status, text = make()
    explained = re.findall(r"^  ([a-z-]+) {2,}\S", text, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*?)\n\n", (ROOT / "Makefile").read_text(), RULES)
    inner = {"\\", "always", "database"}
    targets = [target for target in phony[1].split() if target not in inner]
    assert (status, explained) == (0, targets)


def test_setup_without_python_says_how_to_get_it():
    status, text = make("--always-make", ".venv/bin/.packages", "PYTHON=")
    assert status == 2
    assert text.startswith("Python 3.11 or newer is needed; none was found.\n")
    assert "sudo apt install python3-venv" in text


def test_setup_refuses_an_old_python(tmp_path):
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\n[ $1 = --version ] && echo Python 3.10.13\nexit 1\n")
    old.chmod(0o755)
    status, text = make("--always-make", ".venv/bin/.packages", f"PYTHON={old}")
    assert status == 2
    assert text.startswith(
        f"Python 3.11 or newer is needed; {old} is Python 3.10.13.\n"
    )


def test_every_pinned_package_says_why_it_is_there():
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if not line.startswith(("#", "-r "))
    ]
    pattern = re.compile(r"[\w-]+(\[\w+\])?==[\w.]+ +# \S.*")
    assert [line for line in lines if not pattern.fullmatch(line)] == []


def test_locks_hold_the_pinned_packages_and_no_other_driver_for_postgresql():
    for name in ("requirements", "requirements-dev"):
        pinned = re.findall(
            r"^[\w-]+==[\w.]+", (ROOT / f"{name}.txt").read_text().lower(), re.MULTILINE
        )
        locked = re.findall(
            r"^[\w-]+==[\w.]+", (ROOT / f"{name}.lock").read_text(), re.MULTILINE
        )
        assert set(pinned) <= set(locked)
        assert [line for line in locked if line.startswith("psycopg==")] == []
