"""Several hosts on one machine: web servers, nginx in front, a shared cache."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.pgcluster import children_of

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60  # seconds for a server to start
AWAY = 2  # seconds that nginx leaves a host alone that did not answer
KEY = "the same on every host of this rehearsal, 0123456789"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
worker_processes 1; {user}
events {{ worker_connections 512; }}
http {{
  access_log off; server_tokens off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream portal {{ {hosts} keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://portal;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      # Of a host that is gone the other one is asked, what may be asked twice. A 503
      # is no such sign: the other one has the same database.
      proxy_next_upstream error timeout;
      proxy_connect_timeout 1s;
      proxy_read_timeout 20s;
    }}
  }}
}}
"""


def missing():
    """Return the names of the programs that a rehearsal needs and that are not here."""
    found = [name for name in ("nginx",) if not program(name)]
    debian = list(Path("/usr/lib/postgresql").glob("*/bin/pg_basebackup"))
    if not debian and not shutil.which("pg_basebackup"):
        found.append("PostgreSQL")
    return found


def program(name):
    """Return the path of a program, also where only root finds it; or None."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    """Return how many seconds it took until somebody listened on that port."""
    began = time.monotonic()
    while time.monotonic() < began + PATIENCE:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.monotonic() - began
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")


class Process:
    """A program that is started, killed and started again."""

    def __init__(self, command, port, env=None, log=None):
        self.command, self.port, self.log = command, port, log
        self.env = {**os.environ, **(env or {})}
        self.running = None

    def start(self):
        """Start it; return the seconds until it listened."""
        with self.log.open("a") as log:
            self.running = subprocess.Popen(  # noqa: S603 — our own servers
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        return wait_for(self.port)

    def kill(self):
        """End it and what it has started, as if the host had failed."""
        for pid in [self.running.pid, *children_of(self.running.pid)]:
            os.kill(pid, signal.SIGKILL)
        self.running.wait()
        self.running = None

    def stop(self):
        if self.running and self.running.poll() is None:
            self.running.terminate()
            try:
                self.running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
        self.running = None


class Web(Process):
    """A web host: one worker process of the portal, with a folder of its own."""

    def __init__(self, folder, env):
        port = free_port()
        self.folder = folder
        folder.mkdir()
        super().__init__(
            [sys.executable, "-m", "gunicorn", "-c", "python:forum_portal.gunicorn"],
            port,
            env={
                **env,
                "DEBUG": "",
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "PROXIES": "1",
                "SECRET_KEY": KEY,
                "VAR_DIR": str(folder),
                "WORKERS": "1",
            },
            log=folder.parent / f"{folder.name}.log",
        )

    def start(self):
        """Start it; return the seconds until a worker answered."""
        began = time.monotonic()
        super().start()
        ask(self.port, "/healthz", timeout=PATIENCE)
        return time.monotonic() - began

    def manage(self, *command):
        """Run a command of the portal as this host would."""
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, cwd=ROOT, env=self.env, check=True)  # noqa: S603


def nginx(folder, hosts):
    """Return nginx as a `Process`, in front of these web hosts."""
    port = free_port()
    servers = " ".join(
        f"server 127.0.0.1:{one.port} max_fails=1 fail_timeout={AWAY}s;"
        for one in hosts
    )
    config = NGINX.format(
        folder=folder,
        hosts=servers,
        port=port,
        user="user root;" if os.geteuid() == 0 else "",
    )
    path = folder / "nginx.conf"
    path.write_text(config)
    command = [program("nginx"), "-c", str(path), "-e", f"{folder}/nginx.log"]
    return Process(command, port, log=folder / "nginx.out")


def redis(folder):
    """Return a Redis as a `Process`, that keeps nothing on the disk."""
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--save", "", "--maxmemory", "64mb"]
    command += ["--maxmemory-policy", "allkeys-lru", "--dir", str(folder)]
    return Process(command, port, log=folder / "redis.log")


def ask(port, path, headers=None, *, source="127.0.0.1", timeout=15):
    """Return (status, body) of one request on a connection of its own."""
    visitor = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=timeout, source_address=(source, 0)
    )
    try:
        visitor.request("GET", path, headers=headers or {})
        answer = visitor.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        visitor.close()
