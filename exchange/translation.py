from modeltranslation.translator import TranslationOptions, register

from exchange.models import DatasetRelease, ImportedRow
from records.translation import keep_history


@register(DatasetRelease)
class DatasetReleaseTranslation(TranslationOptions):
    fields = ("note",)


keep_history(ImportedRow)
