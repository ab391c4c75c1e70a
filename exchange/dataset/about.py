"""What a release says of itself, in the words of each standard."""

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from exchange.dataset.contents import TABLES
from exchange.dataset.kinds import KINDS
from records.languages import TAGS

README = {"en": "README.md", "zh-hans": "README.zh-Hans.md"}
MOST_SOURCES = 500  # that the description of a package names; the table has them all
FORMATS = ["text/csv", "application/vnd.sqlite3", "application/jsonl", "text/turtle"]


@dataclass
class Facts:
    """
    What there is to be said of one release.

    `counts` are {table: rows}, `changes` {kind: {change: records}} since the release
    `former`, `files` {path: (bytes, SHA-256)} of the tables, `sources` (title, address)
    pairs, `note` {language: text}.
    """

    name: str
    forum: Any
    site: str
    counts: dict
    note: dict = field(default_factory=dict)
    former: str = ""
    changes: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    sources: list = field(default_factory=list)

    @property
    def day(self):
        return datetime.date.fromisoformat(self.name[:10])

    @property
    def page(self):
        """The permanent address of the data set: the page of all its releases."""
        return f"{self.site}/about/data/"

    @property
    def tables(self):
        return [(table, self.counts[table.name]) for table in TABLES]


def title(forum):
    """Return what the data set is called, in the language of the moment."""
    return _("Record of the %(forum)s: data set") % {"forum": forum or _("forum")}


def makers(forum):
    """Return who answers for the data set, in the language of the moment."""
    return _("Editors of the record of the %(forum)s") % {"forum": forum or _("forum")}


def summary():
    return _(
        "Who came to the forum, what was at stake, when it was said and what came of "
        "it: sessions, people, organizations, topics, minerals, life-cycle stages, "
        "regulations and outcomes, with their sources, in English and Chinese."
    )


def no_licence():
    return _("A licence for the content is not on record.")


def write_all(folder, facts):
    """Write every file that speaks about the data into a folder."""
    with override("en"):
        texts = {
            "LICENSE.txt": licence(),
            "CITATION.cff": citation_cff(facts),
            "datacite.json": as_json(datacite(facts)),
            "metadata.json": as_json(datasette(facts)),
            "datapackage.json": as_json(data_package(facts)),
        }
    for language, name in README.items():
        with override(language):
            words = {"facts": facts, "title": title(facts.forum), "about": summary()}
            words |= {"note": facts.note.get(language, ""), "licence": no_licence()}
            texts[name] = render_to_string("exchange/dataset/README.txt", words)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def as_json(value):
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"


def licence():
    """Return what is on record of a licence, in both languages."""
    said = []
    for language in README:
        with override(language):
            said.append(
                no_licence()
                + "\n"
                + _("Ask the editors before you publish it or a part of it again.")
                + "\n"
            )
    return "\n".join(said)


def data_package(facts):
    """Return the descriptor of a Frictionless Data Package (1.0)."""
    return {
        "profile": "data-package",
        "name": "forum-record",
        "id": facts.page,
        "title": title(facts.forum),
        "description": f"{summary()} {no_licence()}",
        "homepage": facts.page,
        "version": facts.name,
        "created": f"{facts.day}T00:00:00Z",
        "contributors": [{"title": makers(facts.forum), "role": "author"}],
        "sources": [
            {"title": name or address} | ({"path": address} if address else {})
            for name, address in facts.sources[:MOST_SOURCES]
        ],
        "resources": [table_resource(table, facts) for table in TABLES],
    }


def table_resource(table, facts):
    """Return a Tabular Data Resource with its Table Schema."""
    path = f"data/{table.name}.csv"
    size, digest = facts.files[path]
    schema = {
        "fields": [described(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    if table.links:
        schema["foreignKeys"] = [
            {
                "fields": list(own),
                "reference": {
                    "resource": "" if other == table.name else other,
                    "fields": list(theirs),
                },
            }
            for own, (other, theirs) in table.links.items()
        ]
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": str(table.title),
        "description": str(table.description),
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": size,
        "hash": f"sha256:{digest}",
        "schema": schema,
    }


def described(column):
    """Return a field of a Table Schema."""
    limits = {}
    if column.required:
        limits["required"] = True
    if column.unique:
        limits["unique"] = True
    if column.codes:
        limits["enum"] = [str(code) for code, _label in column.codes]
    found = {
        "name": column.name,
        "type": column.type,
        "title": str(column.title),
        "description": str(column.description),
        "constraints": limits,
    }
    return {name: value for name, value in found.items() if value}


def datasette(facts):
    """Return the metadata that Datasette shows beside the SQLite file."""
    return {
        "title": title(facts.forum),
        "description": f"{summary()} {no_licence()}",
        "source": facts.page,
        "source_url": facts.page,
        "databases": {
            "forum": {
                "description": _("Release %(name)s") % {"name": facts.name},
                "tables": {
                    table.name: {
                        "title": str(table.title),
                        "description": str(table.description),
                        "columns": {
                            column.name: ". ".join(
                                str(words).rstrip(".")
                                for words in (column.title, column.description)
                                if words
                            )
                            for column in table.columns
                        },
                    }
                    | ({"label_column": table.label} if table.label else {})
                    for table in TABLES
                },
            }
        },
    }


def citation_cff(facts):
    """Return a Citation File Format file, version 1.2.0; JSON is YAML."""
    said = {
        "cff-version": "1.2.0",
        "message": _("Please cite the release that you used."),
        "type": "dataset",
        "title": title(facts.forum),
        "abstract": summary(),
        "authors": [{"name": makers(facts.forum)}],
        "version": facts.name,
        "date-released": facts.day.isoformat(),
        "url": facts.page,
    }
    return "".join(
        f"{name}: {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in said.items()
    )


def datacite(facts):
    """Return the attributes of DataCite's metadata schema 4; a DOI is not on record."""
    found = {
        "creators": [{"name": makers(facts.forum), "nameType": "Organizational"}],
        "titles": [
            {"title": said(title, language, facts.forum), "lang": TAGS[language]}
            for language in ("en", "zh-hans")
        ],
        "publisher": {"name": makers(facts.forum)},
        "publicationYear": facts.day.year,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Forum record"},
        "dates": [{"date": facts.day.isoformat(), "dateType": "Issued"}],
        "version": facts.name,
        "url": facts.page,
        "formats": FORMATS,
        "sizes": [
            _("%(total)d records") % {"total": facts.counts["records"]},
        ],
        "rightsList": [{"rights": no_licence(), "lang": "en"}],
        "descriptions": [
            {
                "description": said(summary, language),
                "descriptionType": "Abstract",
                "lang": TAGS[language],
            }
            for language in ("en", "zh-hans")
        ],
    }
    if facts.former:
        found["relatedIdentifiers"] = [
            {
                "relatedIdentifier": f"{facts.page}#{facts.former}",
                "relatedIdentifierType": "URL",
                "relationType": "IsNewVersionOf",
            }
        ]
    return found


def said(words, language, *values):
    """Return what a function says in a language."""
    with override(language):
        return words(*values)


def kinds_counted(counts):
    """Return (title, records) of each kind that a release has records of."""
    return [(kind.title, counts[kind.name]) for kind in KINDS if counts.get(kind.name)]
