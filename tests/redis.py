"""A Redis server of the tests' own, where the machine has one."""

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager

import pytest

from tests.browser.conftest import free_port

PROGRAM = shutil.which("redis-server")
needs_redis = pytest.mark.skipif(not PROGRAM, reason="no redis-server here")


@contextmanager
def running(port=None):
    """Run a server that keeps nothing on the disk; yield (address, process)."""
    port = port or free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [PROGRAM, *options, "--dir", folder], stdout=subprocess.DEVNULL
        )
        try:
            for _ in range(100):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            yield f"redis://127.0.0.1:{port}/0", process
        finally:
            process.kill()
            process.wait()
