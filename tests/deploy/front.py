"""nginx with the configuration of deploy/, on ports and in a folder of its own."""

import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.browser.conftest import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "deploy" / "nginx.conf"
NAME = "record.example.org"
MAIN = """
{user}daemon off;
worker_processes 2;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 2048; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/portal.conf;
}}
"""


def programs_missing():
    """Return the names of the programs that are needed here and are not there."""
    return [name for name in ("nginx", "openssl") if not shutil.which(name)]


def write(folder, http, https, text):
    """Write the configuration, for these ports, and a certificate into a folder."""
    for written, here in {
        r"\[::\]:": "[::1]:",
        r"listen 80\b": f"listen 127.0.0.1:{http}",
        r"listen \[::1\]:80\b": f"listen [::1]:{http}",
        r"listen 443\b": f"listen 127.0.0.1:{https}",
        r"listen \[::1\]:443\b": f"listen [::1]:{https}",
        r"/etc/letsencrypt/live/[^/]+": str(folder),
        r"/etc/nginx/portal-server\.conf": f"{folder}/server.conf",
        r"/var/log/nginx": str(folder),
        r"/var/lib/portal": f"{folder}/var",
        r"/var/www/portal": str(folder / "pages"),
        r"(client_body|client_header)_timeout \d+s": r"\1_timeout 2s",
    }.items():
        text, found = re.subn(written, here, text)
        assert found, written
    (folder / "portal.conf").write_text(text)
    # As docs/operators.md says
    pages = (ROOT / "deploy").glob("portal-*.html")
    subprocess.run(["install", "-D", "-m644", "-t", folder / "pages", *pages])
    user = "user root;\n" if Path("/root").is_dir() and shutil.os.geteuid() == 0 else ""
    (folder / "main.conf").write_text(MAIN.format(folder=folder, user=user))
    subprocess.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        f"-days 2 -subj /CN={NAME} -keyout privkey.pem -out fullchain.pem".split(),
        cwd=folder,
        check=True,
        capture_output=True,
    )


@contextmanager
def front(folder, portal, site=None):
    """
    Run nginx before a portal on that port; yield its ports for http and https.

    `site` is the configuration, if it is not just that of deploy/.
    """
    http, https = free_port(), free_port()
    (folder / "server.conf").write_text(f"server 127.0.0.1:{portal};\n")
    write(folder, http, https, site or SITE.read_text())
    command = ["nginx", "-c", str(folder / "main.conf"), "-p", str(folder)]
    proved = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert proved.returncode == 0, proved.stderr
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                HTTPConnection("127.0.0.1", http, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.05)
        yield http, https
    finally:
        process.terminate()
        process.wait()
