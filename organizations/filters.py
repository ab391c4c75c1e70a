from organizations.models import Organization, Person
from records.filters import RecordFilterSet, Words, in_both


class OrganizationFilter(RecordFilterSet):
    q = Words(*in_both("name"))

    class Meta:
        model = Organization
        fields = []


class PersonFilter(RecordFilterSet):
    q = Words(*in_both("name"))

    class Meta:
        model = Person
        fields = []
