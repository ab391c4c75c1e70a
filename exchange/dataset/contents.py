"""All tables of a release, in the order in which they name each other."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from exchange.dataset.kinds import KINDS, RECORDS
from exchange.dataset.parts import PARTS, SOURCES
from exchange.dataset.schema import Column, Table
from exchange.dataset.ties import TIES
from records.languages import TAGS


def all_codes(at):
    """Yield each code of an enumeration with what it says in both languages."""
    for table in TOLD:
        for column in table.columns:
            for code, label in column.codes:
                said = []
                for language in TAGS:
                    with override(language):
                        said.append(str(label))
                yield (f"{table.name}.{column.name}", str(code), *said)


TOLD = [RECORDS, *KINDS, SOURCES, *PARTS, *TIES]
CODES = Table(
    "codes",
    _("Codes"),
    _("What the codes of other tables say in both languages."),
    [
        Column("column", "string", _("Table and column"), None, required=True),
        Column("code", "string", _("Code"), None, required=True),
        Column("label_en", "string", _("In English"), None, required=True),
        Column("label_zh_hans", "string", _("In Chinese"), None, required=True),
    ],
    all_codes,
    ("column", "code"),
)
TABLES = [*TOLD, CODES]
BY_NAME = {table.name: table for table in TABLES}


def kind_of_owner(table):
    """Return the table of the records that a table's rows are parts of, or None."""
    return BY_NAME[table.links[(table.owner,)][0]] if table.owner else None
