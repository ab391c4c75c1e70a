"""Which database is read from: the primary, or a replica while one may be."""

from django.db import router


def database(using=None):
    """
    Return the alias (str) of the database that whoever asks now reads from.

    `using` is one that the caller has chosen already. Without replicas it is
    always "default"; see `forum_portal.replicas`.
    """
    return using or router.db_for_read(None)
