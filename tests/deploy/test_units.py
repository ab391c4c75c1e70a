"""What systemd, the container and the release script run is there to be run."""

import re
import shutil
import subprocess

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class

from tests.deploy.front import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
RUNS = re.compile(r"(?:manage\.py|deploy/manage\"?) ([a-z_]+[^\"\\&|#\n]*)")


def commands():
    """Return (file, words) of every command of the portal that deploy/ runs."""
    return [
        (path.name, line.split())
        for path in sorted((ROOT / "deploy").rglob("*"))
        if path.is_file()
        for line in RUNS.findall(re.sub("(?m)^#.*", "", path.read_text()))
    ]


@pytest.mark.parametrize(("file", "words"), commands())
def test_every_command_exists_and_takes_its_options(file, words):
    name, *options = words
    command = load_command_class(get_commands()[name], name)
    command.create_parser("manage.py", name).parse_args(options)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_units_are_well_formed(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "program").touch(mode=0o755)
    named = []
    for unit in UNITS:
        text = re.sub(
            r"/srv/portal/\S+/bin/\w+", str(programs / "program"), unit.read_text()
        )
        named.append(tmp_path / unit.name.replace("@", "@8001"))
        named[-1].write_text(text)
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *named],
        capture_output=True,
        text=True,
    )
    said = [line for line in told.stderr.splitlines() if str(tmp_path) in line]
    assert (told.returncode, said) == (0, []), told.stderr


def test_somebody_is_told_when_a_job_or_the_server_fails():
    services = [unit for unit in UNITS if unit.suffix == ".service"]
    told = "\nOnFailure=portal-failed@%n.service\n"
    silent = [unit.name for unit in services if told not in unit.read_text()]
    # It would tell of itself for ever.
    assert silent == ["portal-failed@.service"]


@pytest.mark.parametrize(
    "fails", ["clearsessions", "delete_unused_files", "check_links"]
)
def test_a_job_of_the_night_that_fails_keeps_no_other_back(fails, tmp_path):
    unit = (ROOT / "deploy/systemd/portal-nightly.service").read_text()
    (script,) = re.findall(r"(?ms)^ExecStart=/bin/sh -c '(.*?)'$", unit)
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\necho "$2"\n[ "$2" != {fails} ]\n')
    program.chmod(0o755)
    # As systemd reads it
    script = re.sub(r"\S+/bin/python", str(program), script.replace("\\\n", " "))
    script = script.replace("$$", "$")
    ran = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True)
    assert ran.stdout.split() == ["clearsessions", "delete_unused_files", "check_links"]
    assert ran.returncode == 1
    assert (
        subprocess.run(
            ["/bin/sh", "-c", script.replace(str(program), "true")]
        ).returncode
        == 0
    )


def test_every_timer_has_its_service():
    names = {unit.name for unit in UNITS}
    timers = [name for name in names if name.endswith(".timer")]
    assert len(timers) == 3
    assert {name.replace(".timer", ".service") for name in timers} <= names


@pytest.mark.parametrize("script", ["release", "manage"])
def test_scripts_can_be_read_by_the_shell_and_run(script):
    path = ROOT / "deploy" / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", path]).returncode == 0


def test_the_release_asks_make_for_what_there_is_a_rule_for():
    rules = (ROOT / "Makefile").read_text().replace("$(BIN)", ".venv/bin")
    asked = re.findall(
        r"make --quiet -C \S+ ([\w./-]+)", (ROOT / "deploy" / "release").read_text()
    )
    assert asked
    assert [goal for goal in asked if f"\n{goal}:" not in rules] == []


def test_the_image_takes_in_what_the_portal_runs_on_and_no_more():
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    taken = {line[1:] for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in taken)
    assert set(settings.PORTAL_APPS) < taken
    assert taken - set(settings.PORTAL_APPS) == {
        *("manage.py", "pyproject.toml", "requirements.lock", "LICENSE"),
        *("data", "locale", "static", "templates"),
    }


def test_the_containers_are_as_the_image_is():
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"db", "prepare", "web"}
    for name in ("prepare", "web"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert (ROOT / "deploy" / services[name]["build"]["context"]).resolve() == ROOT
        assert (ROOT / services[name]["build"]["dockerfile"]).is_file()
    # What is under way is finished, here as under systemd.
    patience = int(services["web"]["stop_grace_period"].removesuffix("s"))
    server = (ROOT / "forum_portal" / "gunicorn.py").read_text()
    (bound,) = re.findall(r"(?m)^graceful_timeout = (\d+)$", server)
    assert patience > int(bound)
    unit = (ROOT / "deploy" / "systemd" / "portal@.service").read_text()
    assert f"TimeoutStopSec={patience}\n" in unit
    # A backup is made by programs that are no older than the server.
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    (client,) = re.findall(r"postgresql-client-(\d+)", image)
    assert services["db"]["image"].startswith(f"postgres:{client}-")
    assert image.index("USER portal") < image.index('CMD ["gunicorn')
