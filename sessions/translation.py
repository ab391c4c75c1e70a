from modeltranslation.translator import TranslationOptions, register

from records.translation import RecordTranslation, keep_history
from sessions.models import (
    Contribution,
    Edition,
    EditionDay,
    EditionRole,
    Material,
    Outcome,
    OutcomeUpdate,
    ProgrammeRelease,
    Room,
    Session,
    SpokenLanguage,
)


@register(Edition)
class EditionTranslation(RecordTranslation):
    fields = ("name", "city", "venue", "directions", "theme", "summary", "notice")


@register(EditionDay)
class EditionDayTranslation(TranslationOptions):
    fields = ("title",)


@register(EditionRole)
class EditionRoleTranslation(TranslationOptions):
    fields = ("note",)


@register(Room)
class RoomTranslation(TranslationOptions):
    fields = ("name", "notes")


@register(Session)
class SessionTranslation(RecordTranslation):
    fields = ("title", "subtitle", "abstract", "status_reason")


@register(Material)
class MaterialTranslation(TranslationOptions):
    fields = ("title",)


@register(Outcome)
class OutcomeTranslation(RecordTranslation):
    fields = ("title", "statement")


@register(ProgrammeRelease)
class ProgrammeReleaseTranslation(TranslationOptions):
    fields = ("note",)


@register(OutcomeUpdate)
class OutcomeUpdateTranslation(TranslationOptions):
    fields = ("note",)


for part in (EditionDay, EditionRole, Room, SpokenLanguage, Contribution, Material):
    keep_history(part)
keep_history(Edition)
keep_history(Session, m2m_fields=["topics", "regulations", "minerals", "stages"])
keep_history(Outcome, m2m_fields=["organizations", "people", "topics"])
keep_history(OutcomeUpdate)
keep_history(ProgrammeRelease)
