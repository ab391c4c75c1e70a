from modeltranslation.translator import TranslationOptions, register

from forum_portal.models import Forum, LoadedRow
from records.translation import keep_history


@register(Forum)
class ForumTranslation(TranslationOptions):
    fields = ("name", "short_name", "tagline")


keep_history(Forum)
keep_history(LoadedRow)
