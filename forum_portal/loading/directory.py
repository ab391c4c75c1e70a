"""Which record a slug of the files means, and what the files call a record."""

from exchange.cells import CellError
from forum_portal.loading.columns import REASON
from forum_portal.loading.tables import TABLES
from forum_portal.models import Forum, LoadedRow
from records.models import Record, Source


class Directory:
    """
    The records that a folder's rows are about, or may name.

    A record whose address was changed in the admin is still found by the slug
    that the files give it.
    """

    def __init__(self, folder):
        self.folder = folder
        self.loaded = {(row.file, row.slug): row for row in LoadedRow.objects.all()}
        self._found = {}  # model → slug in the files → record
        self._keys = {}  # (model, primary key) → slug in the files
        self.tokens = {}  # token of sources.csv → source
        for table in TABLES:
            if issubclass(table.model, Record):
                self._find_records(table)
        for table, (_columns, rows) in folder.files.items():
            for row in rows:
                if table.model is Forum:
                    row.record = Forum.objects.first()
                elif table.model is not Source:
                    row.record = self._found[table.model].get(row.key)
        self._find_sources()

    def find(self, model, slug):
        """Return the record that the files call by this slug."""
        if slug not in self._found[model]:
            raise CellError("a record that was not deleted in the admin", slug)
        return self._found[model][slug]

    def holds(self, model, slug):
        """Tell whether the database has what the files call by this slug."""
        if model is Source:
            return self.tokens.get(slug) is not None
        return model is Forum or slug in self._found[model]

    def known(self, model):
        """Return every slug that a cell may name."""
        rows = self.folder.rows_of(model)
        return {*self._found[model], *(row.key for row in rows)}

    def enter(self, row):
        """Take in the record made of a row."""
        if isinstance(row.record, Source):
            self.tokens[row.key] = row.record
            self._keys[Source, row.record.pk] = row.key
        elif isinstance(row.record, Record):
            self._found[type(row.record)][row.key] = row.record

    def key(self, record):
        """Return what the files call a record, "" for none."""
        if record is None:
            return ""
        own = record.url if isinstance(record, Source) else record.slug
        return self._keys.get((type(record), record.pk), own)

    def source_at(self, url):
        """Return the source with this address, made if there is none."""
        source = Source.objects.filter(url=url).first()
        if source is None:
            source = Source(url=url)
            source.clean_fields()
            source._change_reason = REASON
            source.save()
        return source

    def _find_records(self, table):
        prefetch = table.prefetch if table in self.folder.files else ()
        records = table.model.objects.prefetch_related(*prefetch)
        by_pk = {record.pk: record for record in records}
        found = {record.slug: record for record in by_pk.values()}
        missing = [
            slug
            for file, slug in self.loaded
            if file == table.file and slug not in found
        ]
        for past in table.model.history.filter(slug__in=missing):
            if past.id in by_pk:
                found[past.slug] = by_pk[past.id]
                self._keys[table.model, past.id] = past.slug
        self._found[table.model] = found

    def _find_sources(self):
        """Tell for each token of sources.csv, now or before, which source it is."""
        rows = {row.key: row for row in self.folder.rows_of(Source)}
        urls = {token: row.cells["url"] for token, row in rows.items()}
        for (file, token), loaded in self.loaded.items():
            if file == "sources.csv":
                urls[token] = loaded.cells["url"]
        for token, url in urls.items():
            row = rows.get(token)
            if url:
                source = Source.objects.filter(url=url).first()
            else:
                title = row.cells["title_en"] if row else ""
                source = Source.objects.filter(url="", title_en=title).first()
            self.tokens[token] = source
            if source:
                self._keys[Source, source.pk] = token
            if row:
                row.record = source
