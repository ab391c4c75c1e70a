"""
How the web server runs: `gunicorn -c python:forum_portal.gunicorn`.

Reads HOST, PORT and WEB_CONCURRENCY (the number of worker processes).
"""

import ctypes
import gc
import os
from contextlib import suppress
from wsgiref.util import setup_testing_defaults

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

# Two heaps for four threads, not eight a processor: a tenth less memory. Whoever
# has another library for C than GNU's has no such switch.
M_ARENA_MAX = -8
with suppress(AttributeError, OSError):
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)

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


# Asked for before the first worker starts, so that workers share what such pages
# load: routes, templates, translations, dictionaries of Chinese. That halves the
# memory of a worker.
SHARED = (
    "/en/",
    "/zh-hans/",
    "/en/people/",
    "/en/search/?q=mine",
    "/zh-hans/search/?q=%E7%9F%BF",
    "/api/v1/sessions/",
)


def load_what_workers_share(server):
    """Render a few pages, then keep the garbage collector from touching the memory."""
    from django.db import connections

    application = server.app.wsgi()
    for address in SHARED:
        path, _mark, query = address.partition("?")
        environ = {
            "HTTP_HOST": "localhost",
            "HTTP_X_FORWARDED_PROTO": "https",
            "PATH_INFO": path,
            "QUERY_STRING": query,
        }
        setup_testing_defaults(environ)
        # Without its database too the portal starts, and says what is wrong.
        with suppress(Exception):
            answer = application(environ, lambda *started: None)
            b"".join(answer)
            answer.close()
    connections.close_all()
    gc.collect()
    gc.freeze()


def when_ready(server):
    """Tell the person at the keyboard where the portal is."""
    load_what_workers_share(server)
    shown = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    print(f"The portal is at http://{shown}:{port}/  (Ctrl+C stops it)", flush=True)


def post_worker_init(worker):
    """Read what facets count with before this worker answers anybody."""
    from django.db import Error, connections

    from records.facets import warm

    try:
        warm()
    except Error:
        worker.log.warning("Facets were not read beforehand", exc_info=True)
    finally:
        connections.close_all()
