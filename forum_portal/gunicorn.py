"""
How the web server runs: `gunicorn -c python:forum_portal.gunicorn`.

Reads HOST, PORT and WEB_CONCURRENCY (the number of worker processes).
"""

import os

from gunicorn.http import message

from forum_portal import environment

host = environment.text("HOST", "127.0.0.1")
port = environment.number("PORT", 8000, most=65535)

wsgi_app = "forum_portal.wsgi"
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
proc_name = "forum-portal"

# Threads wait for the database together, processes use both processors.
worker_class = "gthread"
workers = environment.number("WEB_CONCURRENCY", 2, least=1)
threads = 4
preload_app = True

# Memory that some request made grow is given back now and then, the workers
# taking turns.
max_requests = 20_000
max_requests_jitter = 4_000

timeout = 30
graceful_timeout = 10
keepalive = 15

# A page that explains itself beats the server's bare "Bad Request", so an
# overlong address has to reach Django, whose own bound is far below this one.
# The server knows only "at most 8190 bytes" or "no limit at all", and without a
# limit one endless line would fill the memory: hence its constant is moved.
message.MAX_REQUEST_LINE = limit_request_line = 128 * 1024

# Workers say that they live by touching a file; a busy disk must not stop that.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# Nothing is written outside var/, and a visit leaves no line: the proxy in
# front of a public portal keeps the access log.
control_socket_disable = True
accesslog = None
loglevel = "warning"


def when_ready(server):
    """Tell the person at the keyboard where the portal is."""
    shown = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    print(f"The portal is at http://{shown}:{port}/  (Ctrl+C stops it)", flush=True)


def post_worker_init(worker):
    """Read what facets count with before this worker answers anybody."""
    from django.conf import settings
    from django.db import Error, connections

    from records.facets import warm

    try:
        for server in settings.DATABASE_REPLICAS or ["default"]:
            warm(server)
    except Error:
        worker.log.warning("Facets were not read beforehand", exc_info=True)
    finally:
        connections.close_all()
