"""The WSGI application that the production server runs."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forum_portal.settings")

application = get_wsgi_application()
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
if settings.DATABASE_REPLICAS:
    from psycopg2.extensions import set_wait_callback

    from forum_portal.replicas import Replicas, wait

    set_wait_callback(wait)
    # Outermost: the content version is read where the page is.
    application = Replicas(
        application, settings.DATABASE_REPLICAS, settings.DATABASE_REPLICA_LAG
    )
