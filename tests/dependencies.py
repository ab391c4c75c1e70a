"""
What the portal is made of: under which licences, and with which known faults.

`python -m tests.dependencies` prints and checks the licences, with --audit the
faults that are known. Either ends with 1 when something is wrong.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
# What may be run beside our own code (MIT) and given on: licences that ask to be
# named, and those that ask for the source of their own files alone (MPL, LGPL).
ACCEPTED = {
    "0BSD",
    "Apache License, Version 2.0",
    "Apache Software License",
    "Apache-2.0",
    "BSD",
    "BSD 3-Clause",
    "BSD License",
    "BSD-2-Clause",
    "BSD-2-Clause-Views",
    "BSD-3-Clause",
    "GNU Library or Lesser General Public License (LGPL)",
    "ISC",
    "ISC License (ISCL)",
    "MIT",
    "MIT License",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
    "Public Domain",
    "Python Software Foundation License",
    "Unlicense",
}
# Files that others made: folder → (licence, the file with its text). All other files
# in static/ are ours.
ASSETS = {"static/fonts": ("OFL-1.1", "static/fonts/LICENSE")}
MADE_BY_OTHERS = {".otf", ".ttf", ".woff", ".woff2"}


def pinned():
    """Return {name: version} of what a running portal needs."""
    return dict(PIN.findall(LOCK.read_text()))


def licences():
    """Return (name, version, licence) of each package that is installed of them."""
    names = pinned()
    command = ["pip-licenses", "--from=mixed", "--format=json", "--packages", *names]
    said = run(command).stdout
    return sorted(
        (one["Name"], one["Version"], one["License"]) for one in json.loads(said)
    )


def is_accepted(licence):
    """Tell whether one of alternatives, or all of several, may be used."""
    return any(
        all(part.strip() in ACCEPTED for part in re.split(r";| AND ", either))
        for either in licence.split(" OR ")
    )


def unaccepted():
    """Return a sentence for each package and file whose licence is not accepted."""
    wrong = [
        f"{name} {version}: {licence}"
        for name, version, licence in licences()
        if not is_accepted(licence)
    ]
    for path in (ROOT / "static").rglob("*"):
        folder = path.parent.relative_to(ROOT).as_posix()
        if path.suffix in MADE_BY_OTHERS and folder not in ASSETS:
            wrong.append(f"{path.relative_to(ROOT)}: no licence on record")
    wrong += [
        f"{folder}: the text of {licence} is not at {text}"
        for folder, (licence, text) in ASSETS.items()
        if not (ROOT / text).exists()
    ]
    return wrong


def audited():
    """
    Return ({name: [known faults]}, [names that could not be looked up]).

    pip-audit passes over what its source does not know, or cannot say.
    """
    options = ["--no-deps", "--disable-pip", "--progress-spinner=off"]
    done = run(["pip-audit", "-r", str(LOCK), *options, "--format=json"])
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        return {}, list(pinned())
    faults = {
        f"{one['name']} {one['version']}": one["vulns"]
        for one in packages
        if one.get("vulns")
    }
    return faults, [one["name"] for one in packages if "skip_reason" in one]


def since():
    """Return {name: day on which this version was pinned}, as far as git knows it."""
    said = run(["git", "blame", "--date=short", LOCK.name]).stdout
    rows = re.findall(r"(\d{4}-\d\d-\d\d) +\d+\) ([A-Za-z0-9._-]+)==", said)
    return {name: day for day, name in rows}


def run(command):
    """Run a program of this environment; return its result."""
    beside = Path(sys.executable).parent / command[0]
    program = str(beside) if beside.exists() else command[0]
    return subprocess.run(
        [program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )


def print_licences():
    """Print what is used under which licence; return the number of wrong ones."""
    for name, version, licence in licences():
        print(f"{name:28} {version:14} {licence}")
    for folder, (licence, _text) in ASSETS.items():
        print(f"{folder:28} {'':14} {licence}")
    wrong = unaccepted()
    for sentence in wrong:
        print("NOT ACCEPTED:", sentence)
    return len(wrong)


def print_audit():
    """Print the faults that are known; return how many, with what was not audited."""
    faults, unknown = audited()
    for name, found in faults.items():
        for fault in found:
            fixed = ", ".join(fault["fix_versions"]) or "no version yet"
            print(f"FAULT: {name}: {fault['id']} (mended in {fixed})")
    pins, days = pinned(), since()
    if unknown:
        print(
            f"NOT AUDITED: {len(unknown)} of {len(pins)} packages: the source of "
            "pip-audit (pypi.org, its JSON interface) does not answer for them here. "
            "Look them up at https://osv.dev/list?ecosystem=PyPI:"
        )
        for name, version in pins.items():
            if name in unknown:
                print(f"  {name:28} {version:14} pinned {days.get(name, '(no date)')}")
    count = sum(map(len, faults.values()))
    print(
        f"{len(pins) - len(unknown)} of {len(pins)} packages audited, {count} faults, "
        f"{len(unknown)} NOT AUDITED."
    )
    return len(faults) + len(unknown)


if __name__ == "__main__":
    sys.exit(bool(print_audit() if "--audit" in sys.argv else print_licences()))
