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


def lexemes(*columns):
    """Return the SQL for a tsvector of terms that are parted by single spaces."""
    terms = " || ".join(f"ltrim({column})" for column in columns)
    return f"array_to_tsvector(string_to_array(btrim({terms}), ' '))"


POSTGRESQL = [
    f"""
    ALTER TABLE search_document
    ADD head tsvector GENERATED ALWAYS AS ({lexemes(*COLUMNS[:2])}) STORED,
    ADD everything tsvector GENERATED ALWAYS AS ({lexemes(*COLUMNS)}) STORED
    """,
    *(
        f"CREATE INDEX search_document_{column} ON search_document "
        f"USING gin ({column}) WITH (fastupdate = off)"
        for column in ("head", "everything")
    ),
    # One packed value instead of many rows; never by reading all documents.
    *(
        f"""
        CREATE FUNCTION search_{column}(query tsquery, most integer) RETURNS bytea
        LANGUAGE sql STABLE SET enable_seqscan = off AS $$
            SELECT string_agg(int4send(id::integer), '') FROM (
                SELECT id FROM search_document WHERE {column} @@ query LIMIT most
            ) found
        $$
        """
        for column in ("head", "everything")
    ),
]
POSTGRESQL_BACK = [
    "DROP FUNCTION search_head",
    "DROP FUNCTION search_everything",
    "ALTER TABLE search_document DROP head, DROP everything",
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
        for name in ("search_mark", "search_gate"):
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {name}()", params=None)
    else:
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
