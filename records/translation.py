from modeltranslation.translator import TranslationOptions, register
from simple_history import register as keep_history_of

from records.models import (
    AltName,
    Citation,
    ExternalId,
    FormerSlug,
    Merged,
    Source,
)
from records.versions import KeptVersions


class RecordTranslation(TranslationOptions):
    """What is translated on every record; a kind adds its own fields."""

    fields = ("withdrawn_reason", "note", "sort_key")


def keep_history(model, **options):
    """
    Keep every version of a model's rows, in both languages.

    Called after the translation is registered: history declared in the class
    body would miss the translated columns. Derived fields are left out.
    """
    derived = {"html", "sort_key", "sort_key_en", "sort_key_zh_hans"}
    names = {field.name for field in model._meta.get_fields()}
    options |= {"excluded_fields": sorted(derived & names)}
    keep_history_of(model, records_class=KeptVersions, **options)


@register(Source)
class SourceTranslation(TranslationOptions):
    fields = ("title",)


keep_history(Source)
keep_history(AltName)
keep_history(Citation)
keep_history(ExternalId)
keep_history(FormerSlug)
keep_history(Merged)
