"""
The programs that tests need and pip does not bring: browser, checker, servers.

`python -m tests.browser.tools` installs the missing ones where it may: from
Debian as root, and the HTML checker by npm into var/tools. With --left-out it
only says what the tests had to leave out for want of a program.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "var" / "tools"
CHECKER = "vnu-jar@26.9.27"
SERVERS = {"nginx": "nginx-light", "redis-server": "redis-server"}


def chromium():
    """Return the path of Chromium or Chrome, or None."""
    return next(
        filter(
            None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])
        ),
        None,
    )


def java():
    """Return the path of Java, or None."""
    return shutil.which("java")


def checker():
    """Return the path of the Nu HTML checker, or None."""
    jar = FOLDER / "node_modules/vnu-jar/build/dist/vnu.jar"
    return jar if jar.exists() else None


def left_out():
    """Return one sentence for each thing that cannot be tested here."""
    sentences = []
    if not chromium():
        sentences.append(
            "every page in a real browser (accessibility, width, console, keyboard): "
            "no Chromium. Debian: apt install chromium fonts-noto-cjk"
        )
    if not java():
        sentences.append(
            "the HTML checker: no Java. Debian: apt install default-jre-headless"
        )
    if not checker():
        sentences.append(
            f"the HTML checker: no {CHECKER}. It is installed by npm; "
            "Debian: apt install npm"
        )
    for program, what in (
        ("nginx", "the configuration of nginx in deploy/"),
        ("redis-server", "the store that several hosts share"),
    ):
        if not shutil.which(program):
            package = SERVERS[program]
            sentences.append(f"{what}: no {program}. Debian: apt install {package}")
    return sentences


def install():
    """Install what is missing, as far as this machine allows."""
    packages = []
    if not chromium():
        packages += ["chromium", "fonts-noto-cjk"]
    if not java():
        packages += ["default-jre-headless"]
    if not checker() and not shutil.which("npm"):
        packages += ["npm"]
    for program, package in SERVERS.items():
        if not shutil.which(program):
            packages.append(package)
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing from Debian:", *packages, flush=True)
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        run([*quiet, "update"])
        run([*quiet, "install", "-y", "--no-install-recommends", *packages])
    if not checker() and shutil.which("npm"):
        print("Installing the HTML checker:", CHECKER, flush=True)
        FOLDER.mkdir(parents=True, exist_ok=True)
        # Its install script would fetch a Java of its own from elsewhere.
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        run(["npm", "install", "--silent", "--prefix", FOLDER, *options, CHECKER])


def run(command):
    """Run a command that may fail: what it did not bring is left out."""
    subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        check=False,
        timeout=600,
    )


if __name__ == "__main__":
    if "--left-out" not in sys.argv:
        install()
    for sentence in left_out():
        print("LEFT OUT:", sentence)
