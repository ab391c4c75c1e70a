"""Every package that the portal runs with has a licence that may be used."""

import subprocess
import sys

import pytest

from tests import dependencies


def test_every_package_and_font_has_an_accepted_licence():
    found = {name.lower().replace("_", "-") for name, *_rest in dependencies.licences()}
    assert {"django", "gunicorn", "psycopg2-binary"} <= found
    assert dependencies.unaccepted() == []


@pytest.mark.parametrize(
    ("licence", "accepted"),
    [
        ("MIT", True),
        ("GPL-3.0 OR MIT", True),
        ("BSD License; MIT License", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("UNKNOWN", False),
    ],
)
def test_which_licences_are_accepted(licence, accepted):
    assert dependencies.is_accepted(licence) == accepted


# What pip-audit is run as: it knows nothing, all, or a fault.
AUDITS = {
    "exit 1": (1, "0 of {all} packages audited, 0 faults, {all} NOT AUDITED."),
    "echo '{{\"dependencies\": []}}'": (
        0,
        "{all} of {all} packages audited, 0 faults, 0 NOT AUDITED.",
    ),
    'echo \'{{"dependencies": [{{"name": "x", "version": "1", "vulns": '
    '[{{"id": "A-1", "fix_versions": []}}]}}, '
    '{{"name": "django", "skip_reason": "gone"}}]}}\'': (
        1,
        "{less} of {all} packages audited, 1 faults, 1 NOT AUDITED.",
    ),
}


@pytest.mark.parametrize("does", AUDITS)
def test_an_audit_that_could_not_look_something_up_is_not_a_good_one(does, tmp_path):
    status, last = AUDITS[does]
    # Programs are looked for beside Python first.
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    audit = tmp_path / "pip-audit"
    audit.write_text(f"#!/bin/sh\n{does.format()}\n")
    audit.chmod(0o755)
    run = f"import sys; sys.executable = {str(python)!r}; sys.argv = ['x', '--audit']"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{run}; import runpy; "
            "runpy.run_module('tests.dependencies', run_name='__main__')",
        ],
        cwd=dependencies.ROOT,
        capture_output=True,
        text=True,
    )
    count = len(dependencies.pinned())
    said = last.format(all=count, less=count - 1)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (status, said)
