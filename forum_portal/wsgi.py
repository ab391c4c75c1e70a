"""The WSGI application that the production server runs."""

import os
import threading

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import base as urls
from django.utils import timezone
from django.utils.translation import trans_real

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum_portal.settings")

application = get_wsgi_application()
# For a page it is asked some five hundred times which language, time zone and address
# prefix hold. Only threads answer here: what follows tasks of asyncio too costs twenty
# times as much as what belongs to a thread (asgiref.local).
trans_real._active = threading.local()
timezone._active = threading.local()
urls._prefixes = threading.local()
urls._urlconfs = threading.local()
if settings.PAGE_CACHE_MB:
    if settings.METRICS_TOKEN:
        from forum_portal.watching.metrics import CountedPages as Pages
    else:
        from forum_portal.page_cache import PageCache as Pages

    shared = None
    if settings.CACHE_URL:
        from forum_portal.shared_pages import SharedPages

        shared = SharedPages()
    room = settings.PAGE_CACHE_MB * 1024 * 1024
    application = Pages(application, room, shared)
if connection.vendor == "sqlite":
    from forum_portal.same_file import SameFile

    application = SameFile(application)
if settings.DATABASE_REPLICAS:
    from psycopg2.extensions import set_wait_callback

    from forum_portal.replicas import Replicas, wait

    set_wait_callback(wait)
    # Outermost: the content version is read where the page is.
    application = Replicas(
        application, settings.DATABASE_REPLICAS, settings.DATABASE_REPLICA_LAG
    )
