"""
deploy/release changes over, or leaves everything as it was and says why.

The script is real, and so are git, make and the checkouts; of what it starts, systemd,
nginx, the portal's own commands and its answers are played, so that each can fail.
`bench.release` rehearses the rest with the real ones.
"""

import os
import signal
import subprocess
import time

import pytest

from tests.deploy.front import ROOT

# What each program that is played does: it writes down that it was called, then does
# what the file named for it and its first word says, if there is one.
PLAYED = """#!/bin/bash
echo "${{0##*/}} $*" >>{folder}/calls
if [ -e "{folder}/${{0##*/}}-$1" ]; then . "{folder}/${{0##*/}}-$1"; fi
"""
SYSTEMCTL = """
case $1 in
is-active) [ -e "{folder}/runs-$3" ] ;;
start) touch "{folder}/runs-$2" ;;
stop) rm -f "{folder}/runs-$2" ;;
reload) cp {folder}/server.conf {folder}/heard.conf ;;
esac
"""
PROGRAMS = {
    "systemctl": SYSTEMCTL,
    "nginx": "",
    "curl": "echo -n 200\n",
    "runuser": 'shift 3; exec "$@"\n',
}
# A release: its own commands and its packages.
MANAGE = PLAYED + 'if [ -e "$(dirname "$0")/../fails-at-$1" ]; then exit 1; fi\n'
MAKEFILE = """.venv/bin/.packages: requirements.lock
	mkdir -p .venv/bin
	ln -sf $$(command -v python3) .venv/bin/python
	touch .venv/bin/gunicorn $@
"""


class Machine:
    """A server with two releases, of which `one` is to be put into service first."""

    def __init__(self, folder):
        self.folder, self.root = folder, folder / "srv"
        self.source = folder / "source"
        programs = folder / "bin"
        for name, does in PROGRAMS.items():
            self.program(programs / name, PLAYED + does)
        self.source.mkdir()
        self.git(self.source, "init", "-q", "-b", "main")
        self.program(self.source / "deploy/manage", MANAGE)
        (self.source / "Makefile").write_text(MAKEFILE)
        (self.source / "manage.py").write_text("")
        (self.source / "requirements.lock").write_text("")
        self.tag("one")
        self.root.mkdir()
        self.git(folder, "clone", "-q", str(self.source), str(self.root / "8001"))
        # As docs/operators.md sets it up, before anything runs
        self.server = folder / "server.conf"
        self.server.write_text("server 127.0.0.1:8001;\n")
        self.env = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PORTAL_ROOT": str(self.root),
            "PORTAL_SERVER": str(self.server),
            "PORTAL_PATIENCE": "0",
            "PORTAL_LINGER": "0",
        }

    def program(self, path, text):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.format(folder=self.folder))
        path.chmod(0o755)

    def git(self, folder, *words):
        who = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
        done = subprocess.run(
            ["git", *who, *words],
            cwd=folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def tag(self, name, **files):
        """Commit a release of that name, which differs by these files."""
        for path, text in {"version": name, **files}.items():
            (self.source / path).write_text(text)
        self.git(self.source, "add", "-A")
        self.git(self.source, "commit", "-q", "-m", name)
        self.git(self.source, "tag", name)
        for path in files:
            (self.source / path).unlink()

    def does(self, name, text):
        """Let a program do this when it is next called with that word."""
        (self.folder / name).write_text(text)

    def begin(self, *words, **env):
        return subprocess.Popen(
            # Whatever is ignored here, as under nohup: bash could not catch it.
            ["/usr/bin/env", "--default-signal", ROOT / "deploy/release", *words],
            env=self.env | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def release(self, *words, **env):
        """Return (status, what it said last)."""
        process = self.begin(*words, **env)
        said, wrong = process.communicate(timeout=30)
        return process.returncode, (wrong or said).strip().splitlines()[-1]

    def until(self, called):
        """Wait until a program was called so."""
        for _ in range(500):
            if called in self.calls():
                return
            time.sleep(0.02)
        raise AssertionError(self.calls())

    def calls(self):
        calls = self.folder / "calls"
        return calls.read_text() if calls.exists() else ""

    def state(self):
        """Return (release that has readers, release of `current`, ports that run)."""
        (port,) = {port for port in ("8001", "8002") if port in self.heard()}
        running = sorted(path.name[-4:] for path in self.folder.glob("runs-portal@*"))
        current = (self.root / "current" / "version").read_text()
        return (self.root / port / "version").read_text(), current, running

    def heard(self):
        """Return what nginx read last."""
        return (self.folder / "heard.conf").read_text()


@pytest.fixture
def machine(tmp_path):
    """A machine on which release `one` has readers, at port 8001."""
    machine = Machine(tmp_path)
    assert machine.release("one")[0] == 0
    assert machine.state() == ("one", "one", ["8001"])
    machine.tag("two")
    return machine


def test_two_releases_change_places_and_back(machine):
    status, said = machine.release("two")
    assert (status, machine.state()) == (0, ("two", "two", ["8002"]))
    assert "--back returns to it" in said
    assert machine.release("--back")[0] == 0
    assert machine.state() == ("one", "one", ["8001"])


def test_there_is_no_way_back_before_a_second_release_had_readers(machine):
    status, said = machine.release("--back")
    assert status == 1
    assert said.endswith(
        "There is nothing to go back to: no other release has had readers. "
        "Nothing has changed for readers."
    )


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("broken.py", "def (", "Its code cannot be compiled."),
        ("fails-at-check", "", "Its settings are not right."),
        ("fails-at-backup", "", "No backup, no release."),
        ("fails-at-migrate", "", "A migration failed."),
        ("fails-at-rebuild_search", "", "Search could not catch up."),
        ("fails-at-collectstatic", "", "Its static files were not collected."),
    ],
)
def test_a_release_that_fails_says_at_which_step_and_nobody_is_led_to_it(
    machine, file, text, said
):
    machine.tag("bad", **{file: text})
    status, told = machine.release("bad")
    assert (status, machine.state()) == (1, ("one", "one", ["8001"]))
    assert f" {said} " in told
    assert machine.release("--back")[0] == 1
    assert machine.state() == ("one", "one", ["8001"])


def test_after_a_release_that_failed_the_way_back_leads_to_what_had_readers(machine):
    machine.release("two")
    machine.tag("bad", **{"fails-at-rebuild_search": ""})
    assert machine.release("bad")[0] == 1
    assert machine.release("--back")[0] == 0
    assert machine.state() == ("one", "one", ["8001"])


def test_a_release_that_does_not_become_ready_is_stopped(machine):
    machine.does("curl---silent", "echo -n 503; exit")
    status, told = machine.release("two")
    assert status == 1
    assert "It was not ready after 0 seconds. Readers keep" in told
    assert machine.state() == ("one", "one", ["8001"])


def test_what_does_not_start_is_stopped_and_static_files_are_those_of_before(machine):
    machine.does("systemctl-start", "exit 1")
    status, told = machine.release("two")
    assert (status, machine.state()) == (1, ("one", "one", ["8001"]))
    assert "It does not start" in told
    last = machine.calls().splitlines()[-1]
    assert last == "manage collectstatic --no-input --verbosity 0"
    assert "systemctl stop portal@8002" in machine.calls()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_a_release_that_is_broken_off_leaves_what_there_was(machine, sign):
    machine.release("two")
    machine.tag("three")
    machine.does("manage-check", "sleep 20")
    (machine.folder / "calls").unlink()
    process = machine.begin("three")
    machine.until("manage check")
    os.killpg(process.pid, sign)
    told = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert "It was broken off while its settings were checked. Nothing has" in told
    assert (machine.root / "8001/version").read_text() == "one"
    assert machine.state() == ("two", "two", ["8002"])


@pytest.mark.parametrize(
    "step",
    [
        "manage-migrate",
        "systemctl-start",
        "systemctl-enable",
        "nginx--t",
        "systemctl-reload",
        "systemctl-disable",
    ],
)
def test_what_was_killed_at_any_step_never_costs_readers_their_server(machine, step):
    # What was killed takes nothing back; what comes next does.
    machine.tag("three")
    machine.does(step, "kill -9 $PPID; sleep 0.2")
    assert machine.release("two")[0] == -9
    (machine.folder / step).unlink()
    stopped = machine.folder / "stopped"
    told = f'echo "$2: $(cat {machine.folder}/heard.conf)" >>{stopped}'
    machine.does("systemctl-stop", told)
    assert machine.release("three")[0] == 0
    readers, current, running = machine.state()
    assert (readers, current, len(running)) == ("three", "three", 1)
    for line in stopped.read_text().splitlines():
        port, heard = line.removeprefix("portal@").split(": ")
        assert port not in heard


def test_a_program_that_is_missing_is_named(machine):
    (machine.folder / "bin/nginx").unlink()
    few = machine.folder / "few"
    few.mkdir()
    for name in ("bash", "date", "flock", "git", "make"):
        (few / name).symlink_to(f"/usr/bin/{name}")
    path = f"{machine.folder}/bin:{few}"
    status, told = machine.release("two", PATH=path)
    assert (status, machine.state()) == (1, ("one", "one", ["8001"]))
    assert "There is no nginx here" in told


def test_what_is_written_can_be_read_whatever_the_umask_of_root(machine):
    before = os.umask(0o077)
    try:
        machine.release("two")
    finally:
        os.umask(before)
    assert machine.state()[0] == "two"
    for path in (
        machine.root / "8002",
        machine.root / "8002/manage.py",
        machine.server,
    ):
        assert path.stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize(
    "words", [[], [""], ["-h"], ["--help"], ["--bakc"], ["two", "now"], ["--back", "x"]]
)
def test_what_it_does_not_understand_is_told_before_anything_is_touched(
    words, tmp_path
):
    done = subprocess.run(
        [ROOT / "deploy/release", *words],
        env={**os.environ, "PORTAL_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("usage: deploy/release v1.2.0 ")
    assert list(tmp_path.iterdir()) == []
