"""The nine kinds of record, in the order of the lists."""

from exchange.api import directory, programme, subjects  # noqa: F401  (declare them)
from exchange.api.telling import serializer_of
from exchange.tables.kinds import TABLES

SERIALIZERS = [serializer_of(table.model) for table in TABLES.values()]
