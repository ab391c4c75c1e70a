from records.models.corrections import Correction
from records.models.links import LinkCheck
from records.models.merged import Merged, NotTheSame, Removed
from records.models.notices import MissedPublication, Subscription
from records.models.operation import Operation, OperationRow
from records.models.parts import AltName, Citation, ExternalId, FormerSlug, Part, Source
from records.models.previews import PreviewLink, SharedLink
from records.models.proposals import Proposal
from records.models.record import (
    NO_VALUE,
    SLUG,
    Record,
    RecordQuerySet,
    State,
    display,
    in_public,
    record_kinds,
    related_model,
)

__all__ = [
    "NO_VALUE",
    "SLUG",
    "AltName",
    "Citation",
    "Correction",
    "ExternalId",
    "FormerSlug",
    "LinkCheck",
    "Merged",
    "MissedPublication",
    "NotTheSame",
    "Operation",
    "OperationRow",
    "Part",
    "PreviewLink",
    "Proposal",
    "Record",
    "RecordQuerySet",
    "Removed",
    "SharedLink",
    "Source",
    "State",
    "Subscription",
    "display",
    "in_public",
    "record_kinds",
    "related_model",
]
