"""The full-text index itself: FTS5 on SQLite, tsvector and GIN on PostgreSQL."""

from django.db import migrations

COLUMNS = ["title_terms", "name_terms", "people_terms", "body_terms"]

SQLITE = [
    f"""
    CREATE VIRTUAL TABLE search_fts USING fts5(
        {", ".join(COLUMNS)},
        content='search_document', content_rowid='id',
        tokenize='ascii', detail=column, prefix='2 3'
    )
    """
]


POSTGRESQL = [
    # A narrow table: its vectors lie apart, so that many rows are read fast.
    """
    CREATE TABLE search_fts (
        id integer PRIMARY KEY, head tsvector NOT NULL, everything tsvector NOT NULL
    ) WITH (toast_tuple_target = 128)
    """,
    *(
        f"CREATE INDEX search_fts_{column} ON search_fts USING gin ({column}) "
        "WITH (fastupdate = off)"
        for column in ("head", "everything")
    ),
    # One packed value instead of many rows; never by reading all documents.
    *(
        f"""
        CREATE FUNCTION search_{column}(query tsquery, most integer) RETURNS bytea
        LANGUAGE sql STABLE SET enable_seqscan = off AS $$
            SELECT string_agg(int4send(id), '') FROM (
                SELECT id FROM search_fts WHERE {column} @@ query LIMIT most
            ) found
        $$
        """
        for column in ("head", "everything")
    ),
]
POSTGRESQL_BACK = [
    "DROP FUNCTION search_head",
    "DROP FUNCTION search_everything",
    *(
        f"DROP FUNCTION IF EXISTS {name}()"
        for name in ("search_put", "search_take", "search_mark", "search_gate")
    ),
]


def make(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in POSTGRESQL if vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def take_away(apps, schema_editor):
    from search import triggers

    triggers.remove(schema_editor.connection.alias)
    if schema_editor.connection.vendor == "postgresql":
        for statement in POSTGRESQL_BACK:
            schema_editor.execute(statement, params=None)
    schema_editor.execute("DROP TABLE search_fts", params=None)


def mark_all(apps, schema_editor):
    """Mark what is on record already: `rebuild_search --dirty` makes its documents."""
    dirty = apps.get_model("search", "Dirty").objects
    for label, model, source in (
        ("topics", "Regulation", "regulations"),
        ("topics", "Topic", "topics"),
        ("topics", "Mineral", "minerals"),
        ("topics", "LifecycleStage", "stages"),
        ("organizations", "Organization", "organizations"),
        ("organizations", "Person", "people"),
        ("forum_sessions", "Edition", "editions"),
        ("forum_sessions", "Session", "sessions"),
        ("forum_sessions", "Outcome", "outcomes"),
    ):
        pks = apps.get_model(label, model).objects.order_by().values_list("pk")
        dirty.bulk_create(
            (dirty.model(source=source, record_id=pk) for (pk,) in pks.iterator()),
            batch_size=500,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_initial"),
        ("organizations", "0001_initial"),
        ("topics", "0001_initial"),
        ("forum_sessions", "0001_initial"),
        ("records", "0001_initial"),
    ]
    operations = [
        migrations.RunPython(make, take_away),
        migrations.RunPython(mark_all, migrations.RunPython.noop),
    ]
