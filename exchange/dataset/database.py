"""
The SQLite file of a release, which Datasette opens well, and what is read from it.

It holds the same rows as the CSV files. JSON Lines and the differences between two
releases are read from it, so that memory does not grow with the rows.
"""

import json
import sqlite3

from exchange.dataset.contents import TABLES, TOLD

TYPES = {"integer": "INTEGER", "boolean": "INTEGER"}  # else TEXT


def quoted(*names):
    """Return names as SQL; they are our own, and hold no quotes."""
    return ", ".join(f'"{name}"' for name in names)


def connect(path):
    """Open a database whose file is the same, byte by byte, for the same writes."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN")
    return database


def create(database, table):
    """Create a table with its keys and what keeps its values in order."""
    lines = [column_line(table, column) for column in table.columns]
    lines.append(f"PRIMARY KEY ({quoted(*table.key)})")
    for own, (other, theirs) in table.links.items():
        lines.append(
            f"FOREIGN KEY ({quoted(*own)}) REFERENCES {quoted(other)} "
            f"({quoted(*theirs)}) DEFERRABLE INITIALLY DEFERRED"
        )
    database.execute(f"CREATE TABLE {quoted(table.name)} ({', '.join(lines)})")
    for own in table.links:
        if own[0] != table.key[0]:
            name = f"{table.name}_{own[0]}"
            database.execute(
                f"CREATE INDEX {quoted(name)} ON {quoted(table.name)} ({quoted(*own)})"
            )


def column_line(table, column):
    words = [quoted(column.name), TYPES.get(column.type, "TEXT")]
    if column.required or column.name in table.key:
        words.append("NOT NULL")
    if column.unique:
        words.append("UNIQUE")
    if column.codes:
        codes = ", ".join("'" + str(code) + "'" for code, _label in column.codes)
        words.append(f"CHECK ({quoted(column.name)} IN ({codes}))")
    return " ".join(words)


def insert(database, table, rows):
    places = ", ".join("?" * len(table.columns))
    database.executemany(f"INSERT INTO {quoted(table.name)} VALUES ({places})", rows)


def finish(database):
    """
    Index the texts for full-text search, check all keys, and pack the file.

    The trigram tokenizer finds any three letters in a row, in Chinese as well.
    """
    for table in TABLES:
        if table.texts:
            name, columns = f"{table.name}_fts", quoted(*table.texts)
            database.execute(
                f"CREATE VIRTUAL TABLE {quoted(name)} USING fts5 ({columns}, "
                f"content={quoted(table.name)}, tokenize='trigram')"
            )
            database.execute(
                f"INSERT INTO {quoted(name)} (rowid, {columns}) "
                f"SELECT rowid, {columns} FROM {quoted(table.name)}"
            )
    database.execute("COMMIT")
    broken = database.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise ValueError(f"A row of {broken[0]} names what is not in {broken[2]}.")
    database.execute("VACUUM")
    database.close()


def named_rows(database, sql, values=()):
    """Yield rows as dicts."""
    found = database.execute(sql, values)
    names = [column[0] for column in found.description]
    for row in found:
        yield dict(zip(names, row, strict=True))


def json_lines(database, kind):
    """
    Yield each record of a kind as a line of JSON, with all its parts in it.

    What is missing is left out. A part that is one value is that value.
    """
    parts = [
        table
        for table in TOLD
        if table.owner and table.links[(table.owner,)][0] in (kind.name, "records")
    ]
    truths = {t.name: booleans(t) for t in [kind, *parts]}
    for record in named_rows(database, f"SELECT * FROM {quoted(kind.name)} ORDER BY 1"):
        said = stated(record, truths[kind.name])
        for table in parts:
            owner = record["uid" if table.owner == "uid" else "id"]
            own = [name for name in table.names if name != table.owner]
            sql = (
                f"SELECT {quoted(*own)} FROM {quoted(table.name)} "
                f"WHERE {quoted(table.owner)} = ? ORDER BY {quoted(*table.key)}"
            )
            found = [
                stated(row, truths[table.name])
                for row in named_rows(database, sql, [owner])
            ]
            if found:
                single = len(own) == 1
                said[table.name] = [r[own[0]] for r in found] if single else found
        yield json.dumps(said, ensure_ascii=False).encode() + b"\n"


def booleans(table):
    return {column.name for column in table.columns if column.type == "boolean"}


def stated(row, truths):
    return {
        name: bool(value) if name in truths else value
        for name, value in row.items()
        if value is not None
    }


def counts(database):
    """Return {table: number of rows}."""
    return {
        table.name: database.execute(
            f"SELECT count(*) FROM {quoted(table.name)}"
        ).fetchone()[0]
        for table in TABLES
    }
