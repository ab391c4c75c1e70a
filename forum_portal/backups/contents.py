"""What a database holds, as a manifest tells it."""

from django.utils.crypto import salted_hmac

# Tables whose rows stay behind. Sign-ins: a backup that is stolen lets nobody in, and
# one that is restored takes back no signing out. Marks that name transactions: they
# mean nothing to another server.
LEFT_OUT = {"django_session", "facet_touch", "content_touch"}


def described(cursor, tables):
    """Return {"migrations": [[app, name]], "counts": {table: rows}}."""
    counts = {}
    for table in sorted(tables):
        cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        counts[table] = 0 if table in LEFT_OUT else cursor.fetchone()[0]
    migrations = []
    if "django_migrations" in tables:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
        migrations = [list(row) for row in cursor.fetchall()]
    return {"migrations": migrations, "counts": counts}


def key_digest():
    """Return what tells whether the secret key is the same one, and nothing else."""
    return salted_hmac("forum_portal.backups", "key", algorithm="sha256").hexdigest()
