"""
PostgreSQL servers that can be broken: a primary and standbys that stream from it.

Private servers as in `pgserver`, that listen on no port; the difference is that
they wait for the disk, so that what was acknowledged survives a `kill -9`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from tests.pgserver import find_programs

PATIENCE = 30  # seconds for a server to answer
OPTIONS = {
    "hot_standby_feedback": "on",
    "max_standby_streaming_delay": "2s",
    "wal_retrieve_retry_interval": "1s",
}


class Server:
    """A PostgreSQL server with a folder of its own; `host` is that of its socket."""

    def __init__(self, options=()):
        self.home = Path(tempfile.mkdtemp(prefix="pg-"))
        self.options = {**OPTIONS, **dict(options)}
        self.run_as = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(self.home, nobody.pw_uid, nobody.pw_gid)
            ids = {"user": nobody.pw_uid, "group": nobody.pw_gid}
            self.run_as = {**ids, "extra_groups": []}
        self.programs = find_programs(self.home)
        self.host = str(self.home)
        self.data = self.home / "data"

    def url(self, database="postgres"):
        """Return the address of a database there, as a DATABASE_URL."""
        return f"postgres://postgres@{quote(self.host, safe='')}/{database}"

    def run(self, program, *arguments):
        """Run a program of PostgreSQL's; raises CalledProcessError if it fails."""
        # A file and not a pipe: a server inherits it and keeps it open.
        with (self.home / "log").open("a") as log:
            subprocess.run(
                [self.programs / program, *arguments],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
                **self.run_as,
            )

    def make(self):
        """Make an empty cluster and start it; return the server."""
        how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        how.append("--locale=C.UTF-8")
        self.run("initdb", "-D", self.data, *how)
        self.start()
        return self

    def copy(self, primary_host):
        """Make a standby of the server with that socket and start it; return it."""
        how = ["-h", primary_host, "-U", "postgres", "-D", self.data]
        self.run("pg_basebackup", *how, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.start()
        return self

    def start(self):
        """Start the server and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in self.options.items())
        options += f" -k {self.home} -c listen_addresses="
        self.run("pg_ctl", "-D", self.data, "-w", "-o", options, "start")

    def kill(self):
        """End the server and all its processes at once, as if the power failed."""
        first = self.pid()
        ended = [first, *children_of(first)]
        for pid in ended:
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        while any(map(is_running, ended)) and time.monotonic() < until:
            time.sleep(0.01)
        # What a machine that starts anew does not take for a server that runs
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left in self.home.glob(".s.PGSQL.*"):
            left.unlink()

    def freeze(self, signal_sent=signal.SIGSTOP):
        """Let all its processes stand still: it is there and says nothing."""
        first = self.pid()
        for pid in (first, *children_of(first)):
            os.kill(pid, signal_sent)

    def thaw(self):
        """Let it go on."""
        self.freeze(signal.SIGCONT)

    def stop(self, mode="immediate"):
        """Stop the server: "immediate", "fast" or "smart"."""
        self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def promote(self):
        """Make a standby the primary; it takes writes when this returns."""
        self.run("pg_ctl", "-D", self.data, "-w", "promote")

    def pid(self):
        """Return the id of the first process of the server."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def is_running(self):
        """Tell whether the server has not been stopped."""
        return (self.data / "postmaster.pid").exists()

    def remove(self):
        """Stop the server, if it runs, and remove all its files."""
        if self.is_running():
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def children_of(pid):
    """Return the ids of the processes that this one has started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(") ")[2].split()
        except OSError:
            continue  # It has just ended.
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found


def is_running(pid):
    """Tell whether a process is there and is no mere entry of a table."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(") ")[2][0] != "Z"
