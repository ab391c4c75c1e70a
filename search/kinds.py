"""The nine kinds of record as search knows them: a number, a word, a model."""

from functools import cache
from typing import NamedTuple

from django.db import models
from pyroaring import BitMap

from organizations.models import Organization, Person
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Material,
    Outcome,
    OutcomeUpdate,
    Session,
)
from topics.models import (
    Duty,
    Identifier,
    IssuingBody,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    Topic,
)

SPAN = 2**27  # of ids to each kind; the ids of all kinds fit 32 bits


@cache
def _all_ids(number):
    return BitMap(range(number * SPAN, (number + 1) * SPAN))


class Kind(NamedTuple):
    """A kind of record; its number never changes, and orders what is alike."""

    number: int
    word: str  # as in addresses: /search/?kind=regulations
    model: type[models.Model]

    def document_id(self, pk):
        return self.number * SPAN + pk

    def pk(self, document_id):
        return document_id - self.number * SPAN

    def among(self, ids):
        """Return those of the ids, a `BitMap`, that are documents of this kind."""
        return ids & _all_ids(self.number)

    def pks(self, ids):
        """Return the keys of the records among these documents, as a `BitMap`."""
        return self.among(ids).shift(-self.number * SPAN)

    def document_ids(self, pks):
        """Return the ids of the documents of these records, both a `BitMap`."""
        return pks.shift(self.number * SPAN)


KINDS = [
    Kind(1, "regulations", Regulation),
    Kind(2, "topics", Topic),
    Kind(3, "minerals", Mineral),
    Kind(4, "stages", LifecycleStage),
    Kind(5, "organizations", Organization),
    Kind(6, "people", Person),
    Kind(7, "editions", Edition),
    Kind(8, "sessions", Session),
    Kind(9, "outcomes", Outcome),
]
BY_NUMBER = {kind.number: kind for kind in KINDS}
BY_WORD = {kind.word: kind for kind in KINDS}
BY_MODEL = {kind.model: kind for kind in KINDS}

# Part → the field that names the record it is searched with.
PARTS = {
    Identifier: "regulation",
    IssuingBody: "regulation",
    Milestone: "regulation",
    Duty: "regulation",
    Contribution: "session",
    Material: "session",
    EditionRole: "edition",
    EditionDay: "edition",
    OutcomeUpdate: "outcome",
}
# Whose names stand in the documents of others, and by which relation to them.
NAMED_IN = {
    Organization: [
        (Contribution, "organization", "session"),
        (EditionRole, "organization", "edition"),
        (IssuingBody, "organization", "regulation"),
        (Outcome.organizations.through, "organization", "outcome"),
    ],
    Person: [
        (Contribution, "person", "session"),
        (EditionRole, "person", "edition"),
        (Outcome.people.through, "person", "outcome"),
    ],
}


@cache
def owner(part):
    """Return the kind that a part is searched with."""
    return BY_MODEL[part._meta.get_field(PARTS[part]).related_model]


def kind_of(document_id):
    return BY_NUMBER[document_id // SPAN]
