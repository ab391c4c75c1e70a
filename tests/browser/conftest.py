"""A running portal and a browser to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
from playwright.sync_api import sync_playwright

from tests import prepared
from tests.browser import tools
from tests.conftest import CONTENT
from tests.pages import WITHDRAWN_OUTCOME

FILL = f"""
from django.core.management import call_command
from sessions.models import Outcome
call_command("load_forum", "{CONTENT}", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
outcome = Outcome.objects.get(slug="{WITHDRAWN_OUTCOME}")
outcome.state = "withdrawn"
outcome.withdrawn_reason_en = "Published by mistake."
outcome.withdrawn_reason_zh_hans = "误发。"
outcome.save()
"""


@pytest.fixture(scope="package")
def var_dir(tmp_path_factory):
    """A folder with the starting content in SQLite and the collected static files."""
    folder = tmp_path_factory.mktemp("var")
    prepared.copy_to(folder / "portal.sqlite3")
    fill = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", FILL]
    subprocess.run(fill, env=environment(folder), check=True)
    return folder


@pytest.fixture(scope="package")
def portal(var_dir):
    """The address of the portal, served as `make serve` does."""
    port = free_port()
    command = ["-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
    yield from serve(command, port, environment(var_dir, PORT=str(port)))


@pytest.fixture(scope="module")
def own_var_dir(var_dir, tmp_path_factory):
    """A folder like `var_dir`, for a test that writes what others must not see."""
    folder = tmp_path_factory.mktemp("own") / "var"
    return shutil.copytree(var_dir, folder)


@pytest.fixture(scope="module")
def own_portal(own_var_dir):
    """The address of a portal that serves `own_var_dir`."""
    port = free_port()
    command = ["-m", "gunicorn", "-c", "python:forum_portal.gunicorn"]
    yield from serve(command, port, environment(own_var_dir, PORT=str(port)))


@pytest.fixture(scope="package")
def development_portal(var_dir):
    """The address of the same portal as `make dev` serves it."""
    port = free_port()
    command = ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    yield from serve(command, port, environment(var_dir, DEBUG="1"))


@pytest.fixture(scope="package")
def browser():
    """A Chromium that cannot reach any other host."""
    if not tools.chromium():
        pytest.skip("no Chromium here")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=tools.chromium(),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            ],
        )


@pytest.fixture(scope="module")
def tab(browser):
    """One browser tab, shared by the tests of a module to save time."""
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def environment(var_dir, **settings):
    """Return the environment of a fresh installation that keeps to var_dir."""
    fresh = {"VAR_DIR": str(var_dir), "DATABASE_URL": "", "DEBUG": "", "HOST": ""}
    return os.environ | fresh | settings


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def serve(command, port, env):
    """Run a server while the caller needs it; yield its address."""
    address = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([sys.executable, *command], env=env)
    try:
        wait_for(port, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def wait_for(port, server):
    """Return as soon as the server answers; fail if it has not in 30 seconds."""
    for _ in range(300):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the server on port {port} did not start")
