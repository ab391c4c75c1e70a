"""What was at stake: topics, minerals, stages of their life cycle, regulations."""

from topics.models.regulations import (
    Duty,
    Identifier,
    IssuingBody,
    Milestone,
    Regulation,
    RegulationRelation,
)
from topics.models.subjects import LifecycleStage, Mineral, Topic

__all__ = [
    "Duty",
    "Identifier",
    "IssuingBody",
    "LifecycleStage",
    "Milestone",
    "Mineral",
    "Regulation",
    "RegulationRelation",
    "Topic",
]
