"""
How the web server runs: `gunicorn -c python:forum_portal.gunicorn`.

Reads HOST, PORT and WORKERS (the number of worker processes).
"""

import ctypes
import gc
import logging
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from wsgiref.util import setup_testing_defaults

from gunicorn.glogging import Logger
from gunicorn.http import message

from forum_portal import environment
from forum_portal.watching import logs

host = environment.listener("HOST", "127.0.0.1")
port = environment.number("PORT", 8000, least=1, most=65535)

wsgi_app = "forum_portal.wsgi"
bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
proc_name = "forum-portal"

# Threads wait for the database together, processes use both processors.
worker_class = "forum_portal.patience.Worker"
http_parser = "python"  # the one that forum_portal.patience knows
workers = environment.number("WORKERS", 2, least=1, most=256)
threads = 4
preload_app = True

# Memory that some request made grow is given back now and then, the workers
# taking turns.
max_requests = 20_000
max_requests_jitter = 4_000

# Two heaps for four threads, not eight a processor: a tenth less memory. What is larger
# than a megabyte goes back to the system when it is done with (mallopt(3): else that
# bound rises with the first large file). A smaller bound would cost each request, which
# looks into 256 kB at once, a tenth more. Whoever has another library for C than GNU's
# has no such switches.
M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1
with suppress(AttributeError, OSError):
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_ARENA_MAX, 2)
    mallopt(M_MMAP_THRESHOLD, 1024 * 1024)
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024)

# A worker tells that it lives every second, whatever its threads do: `timeout` is no
# bound on a request. What bounds one is a restart, of the server or of a worker that
# has answered its share: an import of thousands of rows gets this long to end.
timeout = 60
graceful_timeout = 120
keepalive = 15

# A page that explains itself beats the server's bare "Bad Request", so an
# overlong address has to reach Django, whose own bound is far below this one.
# The server knows only "at most 8190 bytes" or "no limit at all", and without a
# limit one endless line would fill the memory: hence its constant is moved.
message.MAX_REQUEST_LINE = limit_request_line = 128 * 1024

# The portal stands at the root of its name: no proxy has to say where by a header.
forwarder_headers = ""

# Workers say that they live by touching a file; a busy disk must not stop that.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# Nothing is written outside var/, and a visit leaves no line: the proxy in
# front of a public portal keeps the access log.
control_socket_disable = True
accesslog = None
loglevel = "warning"
logconfig_dict = logs.configuration()


class Log(Logger):
    """
    Gunicorn's log, without the part of it that would cost a fifth of a kept page.

    Gunicorn takes any dictionary of settings for a wish to have each visit logged, and
    describes each to a log that then drops it.
    """

    access_log_enabled = False


logger_class = Log
logging.captureWarnings(True)  # Every line has the form that was asked for.

# Where workers count what Prometheus asks for: in memory, and in a folder of this
# server's own, since another one may take over while this one still answers. Those
# of servers that were killed are cleared away.
METRICS = "forum-portal-metrics-"
counted = bool(environment.text("METRICS_TOKEN"))
if counted:
    place = Path(worker_tmp_dir or tempfile.gettempdir())
    for old in place.glob(f"{METRICS}*"):
        if not Path("/proc", old.name.removeprefix(METRICS).partition("-")[0]).exists():
            shutil.rmtree(old, ignore_errors=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(
        prefix=f"{METRICS}{os.getpid()}-", dir=place
    )


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
    from django.core.cache import caches
    from django.db import connections

    from forum_portal.same_file import make_none
    from forum_portal.watching.faults import BEFOREHAND
    from records.pinyin import library

    make_none()
    library()
    application = server.app.wsgi()
    for address in SHARED:
        path, _mark, query = address.partition("?")
        environ = {
            "HTTP_HOST": "localhost",
            "HTTP_X_FORWARDED_PROTO": "https",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            # Who hears of faults is not told here, by a thread that workers, which
            # are copies of this process, would find stopped in the middle.
            BEFOREHAND: True,
        }
        setup_testing_defaults(environ)
        # Without its database too the portal starts, and says what is wrong.
        try:
            answer = application(environ, lambda *started: None)
            b"".join(answer)
            getattr(answer, "close", bool)()  # a kept page has nothing to close
        except Exception as error:
            server.log.warning("Nothing was loaded beforehand: %s", error)
            break
    connections.close_all()
    with suppress(AttributeError):
        del caches["rates"]  # Each worker opens its file itself.
    if counted:  # Each worker has these pages, and says so itself.
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead("main")
    gc.collect()
    gc.freeze()


def when_ready(server):
    """Tell the person at the keyboard where the portal is."""
    load_what_workers_share(server)
    shown = "localhost" if host in {"0.0.0.0", "::"} else host  # noqa: S104
    shown = f"[{shown}]" if ":" in shown else shown
    print(f"The portal is at http://{shown}:{port}/  (Ctrl+C stops it)", flush=True)


def pre_fork(server, worker):
    """Give a new worker the lowest place that nobody has, and with it its counts."""
    taken = {one.place for one in server.WORKERS.values()}
    worker.place = min(set(range(len(taken) + 1)) - taken)


def post_fork(server, worker):
    """Let the worker count under its place."""
    if counted:
        from forum_portal.watching import metrics

        metrics.place = worker.place


def child_exit(server, worker):
    """Take what a worker had in memory out of the sums, now that it is gone."""
    if counted:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(worker.place)


def on_exit(server):
    """Leave nothing behind."""
    if counted:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def post_worker_init(worker):
    """Read what facets count with before this worker answers anybody."""
    from django.conf import settings
    from django.db import Error, connections
    from django.db.backends.signals import connection_created

    from records.facets import warm_once
    from records.statements import bound

    connection_created.connect(bound)
    try:
        for server in settings.DATABASE_REPLICAS or ["default"]:
            warm_once(server)
    except Error:
        worker.log.warning("Facets were not read beforehand", exc_info=True)
    finally:
        connections.close_all()
