from modeltranslation.translator import TranslationOptions, register

from exchange.models import DatasetRelease


@register(DatasetRelease)
class DatasetReleaseTranslation(TranslationOptions):
    fields = ("note",)
