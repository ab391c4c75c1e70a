from modeltranslation.translator import TranslationOptions, register

from organizations.models import Affiliation, Organization, Person
from records.translation import RecordTranslation, keep_history


@register(Organization)
class OrganizationTranslation(RecordTranslation):
    fields = ("name", "description", "logo_alt")


@register(Person)
class PersonTranslation(RecordTranslation):
    fields = ("name", "role", "bio", "photo_alt")


@register(Affiliation)
class AffiliationTranslation(TranslationOptions):
    fields = ("title", "note")


keep_history(Organization)
keep_history(Person)
keep_history(Affiliation)
