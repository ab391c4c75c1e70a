"""When it was said: editions, their days and rooms, sessions, and what came of them."""

from sessions.models.editions import Edition, EditionDay, EditionRole, Room
from sessions.models.outcomes import Outcome, OutcomeUpdate
from sessions.models.releases import ProgrammeRelease
from sessions.models.sessions import (
    Contribution,
    Material,
    Session,
    SpokenLanguage,
)

__all__ = [
    "Contribution",
    "Edition",
    "EditionDay",
    "EditionRole",
    "Material",
    "Outcome",
    "OutcomeUpdate",
    "ProgrammeRelease",
    "Room",
    "Session",
    "SpokenLanguage",
]
