"""PostgreSQL: the newest sessions of a name, without reading all that have it."""

from django.db import migrations

# Eight of the nine kinds; the sessions (kind 8 of search.kinds) are most of all there is
OTHERS = f"(id < {8 * 2**27} OR id >= {9 * 2**27})"
SESSIONS = f"id >= {8 * 2**27} AND id < {9 * 2**27}"
POSTGRESQL = [
    f"CREATE INDEX search_fts_head_others ON search_fts USING gin (head) "
    f"WITH (fastupdate = off) WHERE {OTHERS}",
    # A common word is in many of the last sessions; only for a rare one, of which
    # there are few, the index of all is asked.
    f"""
    CREATE FUNCTION search_newest(query tsquery, most integer) RETURNS bytea
    LANGUAGE sql STABLE SET enable_seqscan = off AS $$
        WITH recent AS MATERIALIZED (
            SELECT id FROM (
                SELECT id, head FROM search_fts WHERE {SESSIONS}
                ORDER BY id DESC LIMIT 5 * most
            ) last WHERE head @@ query
        )
        SELECT string_agg(int4send(id), '') FROM (
            SELECT id FROM search_fts WHERE {OTHERS} AND head @@ query
            UNION ALL
            SELECT id FROM recent
            UNION ALL (
                SELECT id FROM search_fts WHERE {SESSIONS} AND head @@ query
                AND (SELECT count(*) FROM recent) < most
                ORDER BY id DESC LIMIT most
            )
        ) found
    $$
    """,
]
BACK = ["DROP FUNCTION search_newest", "DROP INDEX search_fts_head_others"]


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL:
            schema_editor.execute(statement, params=None)


def take_away(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in BACK:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("search", "0002_full_text")]
    operations = [migrations.RunPython(make, take_away)]
