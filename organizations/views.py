from organizations.filters import (
    OrganizationFilter,
    PersonFilter,
)
from organizations.models import Organization, Person
from records.views import RecordDetail, RecordList


class OrganizationList(RecordList):
    model = Organization
    filterset_class = OrganizationFilter
    template_name = "organizations/organization_list.html"
    context_object_name = "organizations"


class OrganizationDetail(RecordDetail):
    model = Organization
    template_name = "organizations/organization_detail.html"
    context_object_name = "organization"


class PersonList(RecordList):
    model = Person
    filterset_class = PersonFilter
    template_name = "organizations/person_list.html"
    context_object_name = "people"


class PersonDetail(RecordDetail):
    model = Person
    template_name = "organizations/person_detail.html"
    context_object_name = "person"
