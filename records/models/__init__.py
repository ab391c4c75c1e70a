from records.models.operation import Operation, OperationRow
from records.models.parts import AltName, Citation, ExternalId, FormerSlug, Part, Source
from records.models.record import (
    NO_VALUE,
    SLUG,
    Record,
    RecordQuerySet,
    State,
    in_public,
    record_kinds,
    related_model,
)

__all__ = [
    "NO_VALUE",
    "SLUG",
    "AltName",
    "Citation",
    "ExternalId",
    "FormerSlug",
    "Operation",
    "OperationRow",
    "Part",
    "Record",
    "RecordQuerySet",
    "Source",
    "State",
    "in_public",
    "record_kinds",
    "related_model",
]
