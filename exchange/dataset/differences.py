"""
What changed from one release to the next.

A record is known by its uid, so that a new slug is a change and not another record.
What is gone is told by its uid alone: a record may have been withdrawn, and then its
title must not live on. Of a change the names of the fields are told, never the old
value: what somebody had taken out must not live on either.
"""

from exchange.dataset.contents import BY_NAME, TOLD
from exchange.dataset.database import quoted
from exchange.dataset.kinds import KINDS

NOT_COMPARED = {"uid", "updated_at"}  # nobody sees when an unseen note was edited
CHANGES = ADDED, CHANGED, REMOVED = "added", "changed", "removed"


def find(database, former):
    """
    Fill the temporary table `difference` of a database: one row for each difference.

    `former` is the path of the database of the release before; "" if there is none.
    Columns and tables that only one of the two has are not compared.
    """
    database.execute(
        "CREATE TEMP TABLE difference (kind TEXT, uid TEXT, id TEXT, change TEXT, "
        "field TEXT, PRIMARY KEY (kind, uid, change, field))"
    )
    if not former:
        return
    database.execute("ATTACH ? AS former", [f"file:{former}?mode=ro"])
    known = {
        name: {row[1] for row in database.execute(f"PRAGMA former.table_info({name})")}
        for (name,) in database.execute("SELECT name FROM former.sqlite_master")
        if name in BY_NAME
    }
    for kind in KINDS:
        if kind.name in known:
            compare_records(database, kind, known[kind.name])
    for table in TOLD:
        if table.owner and table.name in known:
            compare_parts(database, table, known[table.name])


def compare_records(database, kind, known):
    name = quoted(kind.name)
    for change, here, there in (
        (ADDED, f"main.{name}", f"former.{name}"),
        (REMOVED, f"former.{name}", f"main.{name}"),
    ):
        slug = "id" if change == ADDED else "''"
        database.execute(
            f"INSERT INTO difference SELECT ?, uid, {slug}, ?, '' FROM {here} "
            f"WHERE uid NOT IN (SELECT uid FROM {there})",
            [kind.name, change],
        )
    for column in kind.names:
        if column in known and column not in NOT_COMPARED:
            database.execute(
                f"INSERT INTO difference SELECT ?, n.uid, n.id, ?, ? "
                f"FROM main.{name} n JOIN former.{name} o USING (uid) "
                f"WHERE n.{quoted(column)} IS NOT o.{quoted(column)}",
                [kind.name, CHANGED, column],
            )


def compare_parts(database, table, known):
    """Tell of each record in both releases whether its rows of a table differ."""
    counted = (table.owner, "number")  # a number alone makes no difference
    left_out = counted if table.key == counted else counted[:1]
    names = [name for name in table.names if name in known and name not in left_out]
    kind = table.links[(table.owner,)][0]
    key = "uid" if table.owner == "uid" else "id"
    columns = ", ".join(f"t.{quoted(name)}" for name in names)

    def rows(schema):
        return (
            f"SELECT r.uid, {columns} FROM {schema}.{quoted(table.name)} t "
            f"JOIN {schema}.{quoted(kind)} r ON r.{key} = t.{quoted(table.owner)}"
        )

    now, then = rows("main"), rows("former")
    database.execute(
        f"INSERT OR IGNORE INTO difference SELECT r.kind, r.uid, r.id, ?, ? "
        f"FROM main.records r JOIN former.records USING (uid) WHERE r.uid IN ("
        f"SELECT uid FROM (SELECT * FROM ({now}) EXCEPT SELECT * FROM ({then})) UNION "
        f"SELECT uid FROM (SELECT * FROM ({then}) EXCEPT SELECT * FROM ({now})))",
        [CHANGED, table.name],
    )


def summary(database):
    """Return {kind: {change: number of records}} of what `find()` found."""
    found = database.execute(
        "SELECT kind, change, count(DISTINCT uid) FROM difference "
        "GROUP BY kind, change ORDER BY kind, change"
    )
    told = {}
    for kind, change, count in found:
        told.setdefault(kind, {})[change] = count
    return told


def rows(database):
    """Yield (kind, uid, id, change, field) of each difference, in order."""
    yield from database.execute(
        "SELECT * FROM difference ORDER BY kind, change, id, uid, field"
    )


def changed_records(database, kind, change, most):
    """Return (id, uid, name, fields) of the first records of a kind so changed."""
    found = database.execute(
        "SELECT d.id, d.uid, r.name, group_concat(d.field, ', ') "
        "FROM (SELECT * FROM difference WHERE kind = ? AND change = ? "
        "ORDER BY id, uid, field) d LEFT JOIN records r USING (uid) "
        "GROUP BY d.uid ORDER BY d.id, d.uid LIMIT ?",
        [kind, change, most],
    )
    # An outcome may be called by a statement of several lines.
    return [
        (slug, uid, " ".join((name or "").split()), fields)
        for slug, uid, name, fields in found
    ]
