from modeltranslation.translator import TranslationOptions, register

from records.translation import RecordTranslation, keep_history
from topics.models import (
    Duty,
    Identifier,
    IssuingBody,
    LifecycleStage,
    Milestone,
    Mineral,
    Regulation,
    RegulationRelation,
    Topic,
)


@register(Topic)
class TopicTranslation(RecordTranslation):
    fields = ("label", "definition")


@register(Mineral)
class MineralTranslation(RecordTranslation):
    fields = ("label",)


@register(LifecycleStage)
class LifecycleStageTranslation(RecordTranslation):
    fields = ("label", "definition")


@register(Regulation)
class RegulationTranslation(RecordTranslation):
    fields = ("official_title", "short_name", "summary")


@register(IssuingBody)
class IssuingBodyTranslation(TranslationOptions):
    fields = ("name",)


@register(Milestone)
class MilestoneTranslation(TranslationOptions):
    fields = ("note",)


@register(Duty)
class DutyTranslation(TranslationOptions):
    fields = ("text",)


keep_history(Topic)
keep_history(Mineral)
keep_history(LifecycleStage)
keep_history(Regulation, m2m_fields=["topics", "minerals", "stages"])
keep_history(IssuingBody)
keep_history(Identifier)
keep_history(RegulationRelation)
keep_history(Milestone)
keep_history(Duty, m2m_fields=["stages", "minerals"])
